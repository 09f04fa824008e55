#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Both sides of what has a limit, and counters of which no two are equal.

# bats file_tags=company
load helper
load tool/answers
bats_require_minimum_version 1.5.0

# said STAGE COUNTERS: a status line after ten seconds, or $AT
said() {
	jq -nc --arg stage "$1" --argjson at "${AT:-10}" --argjson rest "{$2}" \
		'{stage: $stage, time: (1000 + $at), elapsed: $at, scan: "abc0",
		shard: 0, shards: 1} + $rest'
}

# shown ALL SENT: the status line, SENT of ALL targets after ten seconds
shown() {
	{
		said targets "\"facts\": {\"targets\": $1, \"ports\": [80]}"
		said send "\"targets\": $2, \"packets\": $2, \"failures\": 0"
		said recv '"unique": 1, "received": 1'
	} | zmap-status 2>&1
}

@test "edges: the time left, in each of its forms" {
	while read -r all sent want; do
		# the last line: on a busy machine one comes before it
		got=$(shown "$all" "$sent" | sed -n 's/.* (\(.*\) left);.*/\1/p' |
			tail -n 1)
		[ "${got:-none}" = "$want" ] || {
			echo "$sent of $all: $got, not $want"
			return 1
		}
	done <<-'E'
		1000000000000 1 317098 years
		10000000000 3 1057 years
		1000000000 31 10 years
		1000000000 32 3616d
		100000000 100 115d
		10000000 116 9d23h
		10000000 115 10d
		10000 1 1d03h
		10000 2 13h
		36010 10 10h
		36000 10 9h59m
		10000 20 1h23m
		3610 10 1h00m
		3600 10 59m
		10000 100 16m
		610 10 10m
		600 10 9m50s
		10000 1000 1m30s
		70 10 1m00s
		69 10 59s
		10000 5000 10s
		10000 9500 1s
		10000 9600 none
	E
	# earlier than this it would be a guess
	AT=5 run shown 10000 2500
	[[ $output == *'(15s left)'* ]]
	AT=4.9 run shown 10000 2500
	[[ $output != *' left)'* ]]
}

@test "edges: rates in three digits, K and M" {
	while read -r sent want; do
		run shown 1000000000000 "$sent"
		[[ $output == *"send: $sent $want ($want avg);"* ]] || {
			echo "$sent: $output, not $want"
			return 1
		}
	done <<-'E'
		10 1 p/s
		9994 999 p/s
		9995 1.00 Kp/s
		99940 9.99 Kp/s
		99950 10.0 Kp/s
		999490 99.9 Kp/s
		999500 100 Kp/s
		5620000 562 Kp/s
		9994990 999 Kp/s
		9995000 1.00 Mp/s
		562000000 56.20 Mp/s
	E
}

# Each counter a number of its own: what is under the wrong name, shows.
@test "edges: each number of the metadata comes from its own counter" {
	cat >table <<-'E'
		send targets 10007 targets_scanned
		send packets 20011 packets_sent
		send failures 13 send_to_failures
		recv captured 9001 -
		recv kernel_drops 17 pcap_drop
		recv interface_drops 19 pcap_ifdrop
		recv received 8887 pcap_recv
		recv valid 7001 validation_passed
		recv invalid 1886 validation_failed
		recv fragments 23 ip_fragments
		recv success 5003 success_total
		recv unique 4001 success_unique
		recv app_success 3001 app_success_total
		recv app_unique 2003 app_success_unique
		recv failure_unique 1009 -
		recv repeats 1991 -
		recv queue_drops 29 queue_drop
		recv cooldown_success 307 success_cooldown_total
		recv cooldown_unique 211 success_cooldown_unique
		recv in_cooldown 401 -
		recv forgotten 31 -
	E
	[ "$(cut -d ' ' -f 3 table | sort | uniq -d | wc -l)" -eq 0 ]
	{
		said targets '"facts": {"targets": 10007, "ports": [80]}'
		for stage in send recv; do
			said $stage "$(awk -v s=$stage '$1 == s {
				printf "%s\"%s\": %s", sep, $2, $3; sep = ", "
			}' table), \"final\": true"
		done
	} >lines
	zmap-status -m meta <lines >shown 2>&1
	while read -r _ name n key; do
		[ "$key" = - ] || [ "$(jq -r ".$key" meta)" = "$n" ] || {
			echo "$name: $key is $(jq ".$key" meta), not $n"
			return 1
		}
	done <table
	[ "$(jq .failure_total meta)" -eq $((7001 - 5003)) ]
	# and each of the summary
	zmap-status -q -g <lines 2>summary
	while read -r name n; do
		[ "$(awk -F '\t+' -v k="$name" '$1 == "exc" && $2 == k { print $3 }' \
			summary)" = "$n" ] || { echo "$name: not $n"; cat summary; return 1; }
	done <<-'E'
		sent 20011
		failures 13
		success-received-unique 4001
		success-received-total 5003
		success-cooldown-received-unique 211
		success-cooldown-received-total 307
		failure-received-unique 1009
		failure-received-total 1998
		validation-failed 1886
		dropped 65
	E
	# and so do those of the last line
	grep -q 'send: 20011 done' shown
	grep -q 'recv: 4001 ' shown
}

# warned NAME N M: what a display says that sees 950 answers in a second, and of
# a counter of those that are dropped N and then M
warned() {
	{
		AT=10 said send '"targets": 1, "packets": 50'
		AT=10 said recv "\"received\": 50, \"$1\": $2"
		AT=11 said send '"targets": 2, "packets": 1000'
		AT=11 said recv "\"received\": 1000, \"$1\": $3"
		sleep 1.3
	} | zmap-status 2>&1 | grep WARN
}

@test "edges: what is dropped is told of when it is over 5 in 100" {
	for name in kernel_drops interface_drops queue_drops; do
		warned $name 0 50 >>few &
		warned $name 0 52 >"many.$name" &
	done
	wait
	cat few
	[ ! -s few ]
	for name in kernel_drops interface_drops queue_drops; do
		grep -q ' 52 answers a second are dropped, 5% of all' "many.$name" ||
			{ echo "$name"; cat "many.$name"; return 1; }
	done
}

# once: seconds of waiting, whatever the family
# bats test_tags=once
@test "edges: --min-hitrate counts no answer twice, and lets pass what is over" {
	# 30 % answer, each of them more than once
	for want in 4:50 0:20; do
		lab --classes duplicate=30 bash -c "
			zmap-targets -p 80 -e 1 --no-blacklist -n 80000 10.0.0.0/8 |
			zmap-send -v 2 -r 4000 |
			zmap-recv -v 1 -c 0 --min-hitrate ${want#*:} 2>err >out.cbor
			echo \${PIPESTATUS[2]}" >rc
		[ "$(cat rc)" = "${want%:*}" ] || { cat rc err; return 1; }
	done
}

@test "edges: --max-sendto-failures N stops at the failure after it" {
	cat >refuse <<-'E'
		nft add table ip no
		nft add chain ip no out '{ type filter hook output priority 0; }'
		nft add rule ip no out ip daddr 10.0.0.0/29 drop
		zmap-send -v 1 --io ip --retries 1 --max-sendto-failures "$1" \
			-T 1 -r 100 <in >out 2>err
		echo $?
	E
	# eight of these fail
	targets 10.0.0.0/25 >in
	[ "$(lab bash refuse 8)" -eq 5 ]
	[ "$(counter out failed)" -eq 8 ]
	[ "$(lab bash refuse 7)" -eq 4 ]
	[ "$(counter out failed)" -eq 8 ]
	[ "$(lab bash refuse 3)" -eq 4 ]
	[ "$(counter out failed)" -eq 4 ]
}

@test "edges: what waits in the ring when the cooldown is over is read" {
	lab --classes late=100 bash -c '
		zmap-targets -p 80 -e 1 --no-blacklist -n 20000 10.0.0.0/8 |
			zmap-send -v 1 -r 20000 | zmap-recv -v 1 -c 2 >out.cbor &
		until_sent 20000
		kill -STOP $(pgrep -x zmap-recv)
		sleep 4
		kill -CONT $(pgrep -x zmap-recv)
		wait'
	adds_up out.cbor
	[ "$(counter out.cbor captured)" -eq 20000 ]
	[ "$(counter out.cbor received)" -eq 20000 ]
	[ "$(counter out.cbor unread)" -eq 0 ]
}

@test "edges: the checkpoint of a scan that runs lags behind what was sent" {
	cat >look <<-'E'
		zmap-targets -p 80 -e 1 --no-blacklist -n 12000 10.0.0.0/8 |
			zmap-send -v 1 -r 2000 --checkpoint ck --checkpoint-lag 0.5 >out &
		tx=/sys/class/net/s0/statistics/tx_packets
		until_sent 10
		while sent=$(cat $tx) && [ "$sent" -lt 11000 ]; do
			echo "${EPOCHREALTIME/./}" "$sent" \
				"$(sed -n 's/^position //p' ck 2>/dev/null)"
			sleep 0.02
		done
		wait
	E
	lab bash look >seen
	# what was sent half a second before, when it was written or later: the
	# later of two looks that it was between
	awk '{ when[NR] = $1; sent[NR] = $2; at[NR] = $3 }
		END { for (i = 2; i <= NR; i++) {
			if (at[i] + 0 == 0 || at[i] == at[i - 1])
				continue
			while (when[k + 1] < when[i] - 500000)
				k++
			print at[i] - sent[k + 1]
		} }' seen >ahead
	sort -n ahead
	[ "$(wc -l <ahead)" -ge 3 ]
	[ "$(sort -n ahead | tail -n 1)" -le 0 ]
	# and in the end it says that all is sent
	grep -qx 'sent 12000' ck
	grep -qx drained ck
}

# once: sets of /16; IPv6 has another
# bats test_tags=once
@test "edges: answers that memory is too short for are told, none is a repeat" {
	cc -shared -fPIC -D_GNU_SOURCE -o short.so \
		"$ROOT/tests/modules/shortage.c"
	# three answers out of each of four /16, twice
	make '
p = [s.synack("192.%d.2.%d" % (i, j)) for i in range(4) for j in range(1, 4)]
s = a.Scan(networks=(("192.0.0.0", "192.3.255.255"),))
p = [s.synack("192.%d.2.%d" % (i, j)) for k in range(2)
     for i in range(4) for j in range(1, 4)]
a.pcap("in.pcap", p)
open("s.cbor", "wb").write(s.stream())'
	zmap-recv --read-pcap in.pcap <s.cbor >out.cbor
	[ "$(counter out.cbor unique)" -eq 12 ]
	[ "$(counter out.cbor repeats)" -eq 12 ]
	[ "$(counter out.cbor forgotten)" -eq 0 ]
	run -5 env PAGES_MAX=0 LD_PRELOAD="$PWD/short.so" bash -c \
		'zmap-recv --read-pcap in.pcap <s.cbor 2>&1 >out.cbor'
	[[ $output == *"of 24 answers it is not known whether they are repeats"* ]]
	[ "$(counter out.cbor forgotten)" -eq 24 ]
	[ "$(counter out.cbor repeats)" -eq 0 ]
	[ "$(counter out.cbor status)" = incomplete ]
	# those that had a place keep it
	run -5 env PAGES_MAX=2 LD_PRELOAD="$PWD/short.so" bash -c \
		'zmap-recv --read-pcap in.pcap <s.cbor 2>&1 >out.cbor'
	[ "$(counter out.cbor forgotten)" -eq 12 ]
	[ "$(counter out.cbor repeats)" -eq 6 ]
}

@test "edges: whoever starts us with SIGPIPE ignored is not told of a gone reader" {
	zmap-targets -p 80 --no-blacklist -n 300000 10.0.0.0/8 >targets.cbor
	mkstream --repeat 200000 <<<'{"saddr":"1.2.3.4"}' >results.cbor
	while read -r command; do
		bash -c "trap '' PIPE; { $command; } 2>err | head -c 10 >/dev/null
			echo \${PIPESTATUS[0]}" >rc
		[ "$(cat rc)" -eq 141 ] || { echo "$command:"; cat rc err; return 1; }
		[ ! -s err ] || { echo "$command:"; cat err; return 1; }
	done <<-'E'
		exec zmap-targets -p 80 --no-blacklist -n 300000 10.0.0.0/8
		exec zmap-targets --text -p 80 --no-blacklist -n 300000 10.0.0.0/8
		exec zmap-filter "" <results.cbor
		exec zmap-out -O json <results.cbor
		exec zmap-out <results.cbor
	E
}

@test "edges: an event among targets goes through zmap-send" {
	zmap-targets -p 80 --no-blacklist 10.0.0.0/28 >plain
	"$PYTHON" -c '
import sys, cbor2, io
data = open("plain", "rb").read()
f = io.BytesIO(data)
cbor2.CBORDecoder(f).decode()
at = f.tell()
sys.stdout.buffer.write(data[:at] + cbor2.dumps(
    {"event": "stranger", "n": 7}) + data[at:])' >in
	lab --counters counters bash -c 'zmap-send -v 1 <in >out; sleep 0.2'
	readstream <out | grep -c '"event": *"stranger"' >n
	[ "$(cat n)" -eq 1 ]
	[ "$(jq .probes counters)" -eq 16 ]
}

@test "edges: ~ and ~user in a configuration file" {
	home=$(getent passwd games | cut -d : -f 6)
	printf 'blacklist-file ~games/no-such-list\n' >one
	run unshare -rn zmap -C one -p 80 10.0.0.0/28
	fails 2 "$home/no-such-list: No such file"
	printf 'blacklist-file ~/no-such-list\n' >two
	HOME=$T/home run unshare -rn zmap -C two -p 80 10.0.0.0/28
	fails 2 "$T/home/no-such-list: No such file"
	# nobody has this name, or the tilde is none
	for path in '~nosuchuser/list' 'a~games/list' './~/list'; do
		printf 'blacklist-file %s\n' "$path" >three
		run unshare -rn zmap -C three -p 80 10.0.0.0/28
		fails 2 "$path: No such file"
	done
}

@test "edges: without /proc, and without room for a descriptor" {
	plain "a sanitizer needs /proc"
	requires strace
	requires_lab
	cat >scan <<-'E'
		inject='strace -f -qq -o trace -e inject=?eventfd2:error=EMFILE'
		targets 10.0.0.0/30 | $inject zmap-send -v 1 >probes
		echo $?
		mount -t tmpfs none /proc
		targets 10.0.0.0/28 | zmap-send -v 3 -r 500 |
			zmap-recv -v 3 -c .5 --buffer-size 4M | zmap-out | wc -l
	E
	export -f targets
	run lab --classes open=100 bash scan
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "zmap-send: eventfd: Too many open files" ]
	[ "${lines[1]}" = 1 ]
	# how large the capture's buffer is cannot be looked up
	[ "${lines[-1]}" = 16 ]
	[[ $output != *"memory is short"* ]]
}

@test "edges: 1024 source addresses, and no more" {
	zmap-targets -p 80 -n 1 --no-blacklist 10.0.0.0/24 >in
	zmap-send -d -s 40000 -P 1 -S 198.18.0.0-198.18.3.254,198.18.3.255 <in >out
	[ -s out ]
	run zmap-send -d -S 198.18.0.0-198.18.3.255,198.18.4.0 <in
	fails 2 "too many addresses"
	run zmap-send -d -S 198.18.0.0-198.18.4.0 <in
	fails 2 "too many addresses"
}

@test "edges: a file that could not be replaced leaves nothing beside it" {
	said send '"targets": 1, "packets": 1' >lines
	mkdir d
	run unshare -rnm bash -c 'mount -t tmpfs -o size=8k none d &&
		chmod 755 d; head -c 8192 /dev/zero >d/fill
		zmap-status -q --prometheus d/p <lines; echo $?; ls -A d'
	[ "${lines[0]}" = "zmap-status: d/p: No space left on device" ]
	[ "${lines[1]}" = 2 ]
	[ "${lines[2]}" = fill ]
	[ "${#lines[@]}" -eq 3 ]
	requires_lab
	cat >full <<-'E'
		mount -t tmpfs -o size=8k none d
		head -c 8192 /dev/zero >d/fill
		targets 10.0.0.0/30 | zmap-send -v 1 --checkpoint d/c >out
		ls -A d
	E
	export -f targets
	run lab bash full
	[[ ${lines[0]} == *"checkpoint d/c: No space left on device" ]]
	[ "${lines[-1]}" = fill ]
	[[ $output != *.tmp* ]]
}

# once: one by one of IPv4; IPv6's are in wire6
# bats test_tags=once
@test "edges: answers to each of many source addresses" {
	requires_lab
	# up to 16 are spelt out in the kernel's filter, more are a range
	for last in 16 17 20; do
		lab --classes open=100 zmap -q -v 1 -p 80 -r 2000 -c 1 -o "found.$last" \
			-f daddr --output-filter success --no-header-row \
			-S "192.0.2.1-192.0.2.$last" 10.0.0.0/23 2>err
		[ "$(wc -l <"found.$last")" -eq 512 ]
		[ "$(sort -u "found.$last" | wc -l)" -eq "$last" ]
	done
}
