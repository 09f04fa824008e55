#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-status: what it shows and writes, from made-up status lines and in scans.

# bats file_tags=company
load helper
bats_require_minimum_version 1.5.0

# line stage elapsed shard counters...: a status line of a scan begun at 1000
line() {
	local stage=$1 elapsed=$2 shard=$3
	shift 3
	jq -nc --arg stage "$stage" --argjson e "$elapsed" \
		--argjson shard "$shard" --argjson rest "{$*}" \
		'{stage: $stage, time: (1000 + $e), elapsed: $e,
		scan: "abc0", shard: $shard, shards: 4} + $rest'
}

# A shard of 1000 targets that is over, with as many hits as asked.
shard() {
	line targets 0 "$1" '"facts": {"targets": 1000, "ports": [80],
		"seed": 7, "source_ports": [32768, 61000], "allowed": 4000,
		"source_ips": ["192.0.2.1", "192.0.2.2"]}'
	line send 1 "$1" '"targets": 400, "packets": 400, "failures": 0'
	line recv 1 "$1" "\"unique\": $(($2 / 2)), \"received\": 50"
	line send 2.5 "$1" '"targets": 1000, "packets": 1000, "failures": 0,
		"final": true'
	line recv 10.5 "$1" "\"unique\": $2, \"received\": 90,
		\"valid\": 80, \"success\": 60, \"final\": true"
}

@test "status: help, version, bad option, operands" {
	run zmap-status --help
	[ "$status" -eq 0 ]
	run zmap-status -V
	[ "$status" -eq 0 ]
	run zmap-status --bogus
	fails 2 'no option --bogus'
	for bad in '{' '{"a":1} junk' '1 2' '' "{a:1}"; do
		run zmap-status --user-metadata "$bad" </dev/null
		fails 2 'not JSON'
	done
	run zmap-status -u /nonexistent/x </dev/null
	fails 1 '/nonexistent/x: No such file'
	run zmap-status -m /nonexistent/x </dev/null
	fails 1 '/nonexistent/x: No such file'
	run zmap-status --prometheus /nonexistent/x </dev/null
	fails 1 '/nonexistent/x: No such file'
}

@test "status: no input, no line" {
	run zmap-status </dev/null
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "status: one shard, after the fact, in the form of the guide" {
	shard 0 50 >lines
	run zmap-status <lines
	[ "$status" -eq 0 ]
	[ "$output" = " 0:10 100%; send: 1000 done (400 p/s avg); recv: 50 0 p/s (5 p/s avg); drops: 0 p/s (0 p/s avg); hits: 5.00%" ]
}

@test "status: shards joined by cat count together" {
	for i in 0 1 2 3; do shard "$i" $((i * 10)) >"shard$i"; done
	cat shard? | zmap-status -q -m joined.json
	[ "$(jq .success_unique joined.json)" -eq 60 ]
	[ "$(jq .packets_sent joined.json)" -eq 4000 ]
	[ "$(jq .hitrate joined.json)" = 1.5 ]
	# mixed as they come live, too
	cat shard? | sort -t: -k3,3 -s | zmap-status 2>err
	grep -q '100%; send: 4000 done' err
}

@test "status: a resumed shard counts on" {
	{
		line send 5 0 '"packets": 300, "targets": 300, "final": true'
		line send 1 0 '"packets": 100, "targets": 100'
		line send 2 0 '"packets": 700, "targets": 700, "final": true'
	} | zmap-status -q -m m.json
	[ "$(jq .packets_sent m.json)" -eq 1000 ]
}

# A run of shard 0 that had so many targets to take, took so many of them in
# two seconds, and ended: the facts are those of the run alone.
one_run() {
	line targets 0 0 "\"facts\": {\"targets\": $1, \"position\": $((9000 - $1))}"
	line send 0.1 0 "\"facts\": {\"targets\": $1, \"position\": $((9000 - $1))}"
	[ "$2" -gt 0 ] || return 0
	line send 1 0 "\"packets\": 9, \"targets\": 9, \"rate\": 2000,
		\"threads\": 2, \"left\": 70, \"position\": 14"
	line send 2 0 "\"packets\": $2, \"targets\": $2, \"rate\": 2000,
		\"threads\": 2, \"left\": 7, \"position\": $2, \"final\": true"
	line recv 4 0 '"unique": 5, "cooldown": 1, "cooldown_left_ms": 0,
		"final": true'
}

@test "status: a resumed shard is complete when its last run is" {
	{ one_run 8192 3543; one_run 4649 3189; } >stopped
	zmap-status -m m -u up --prometheus p <stopped 2>err
	grep -q '^ 0:08 81%; send: 6732 done (1.68 Kp/s avg); recv: 10 ' err
	jq -e '.complete == false and .packets_sent == 6732 and .rate == 2000 and
		.targets_scanned == 6732 and .success_unique == 10' m
	grep -q '^zmap_packets_sent_total.* 6732$' p
	# the end of the same
	{ one_run 8192 3543; one_run 4649 4649; } | zmap-status -m m 2>err
	grep -q '^ 0:08 100%; send: 8192 done ' err
	jq -e '.complete and .packets_sent == 8192 and .rate == 2000' m
	# more was done before than is left, and nothing came of it
	{ one_run 8192 5000; one_run 3192 0; } | zmap-status -q -m m
	jq -e '.complete == false and .packets_sent == 5000' m
	# over in less time than the next needed to begin
	{ one_run 8192 5000 | jq -c '.elapsed /= 100'; one_run 3192 3192; } |
		zmap-status -q -m m
	jq -e '.complete and .packets_sent == 8192 and .rate == 2000' m
}

@test "status: a scan stopped twice and resumed, from the lines it kept" {
	cat >thrice <<-'E'
		set -m
		run() {
			local n=$1 most=$2
			shift 2
			{ zmap-targets -p 80 -b /dev/null --status-fd 3 "$@" 10.0.0.0/19 |
				zmap-send --status-fd 3 --checkpoint c -r 2000 |
				zmap-recv -c 1 --status-fd 3 --checkpoint c |
				zmap-out >/dev/null; } 3>"run$n" &
			[ "$most" = all ] || {
				until_sent "$most"
				kill -INT -- -$!
			}
			wait $!
		}
		run 1 3000
		run 2 6000 --resume c
		cat /sys/class/net/s0/statistics/tx_packets
		run 3 all --resume c
	E
	lab bash thrice >sent
	cat run1 run2 | zmap-status -q -m m
	jq -e --argjson sent "$(cat sent)" '.complete == false and
		.packets_sent <= $sent and .rate == 2000' m ||
		{ cat m sent; return 1; }
	[ "$(jq .packets_sent m)" -ge 6000 ]
	cat run? | zmap-status -m m 2>err
	jq -e '.complete and .packets_sent == 8192 and .rate == 2000' m ||
		{ cat m; return 1; }
	grep -q '100%; send: 8192 done' err
}

@test "status: what is not a status line is said, once, with its number" {
	run zmap-status -q < <(shard 0 1; echo nonsense; echo '{"a":1}')
	fails 1 'stdin: line 6: not a JSON object'
	[ "${#lines[@]}" -eq 1 ]
	run zmap-status -q < <(shard 0 1 | head -c -5)
	fails 1 'stdin: line 5 stops short'
	# hostile: deep, huge, wrong types
	run zmap-status -q < <(printf '[%.0s' {1..5000}; echo)
	[ "$status" -eq 1 ]
	run zmap-status -q < <(head -c 3000000 /dev/zero | tr '\0' x)
	fails 1 'too long'
	run zmap-status < <(line send 1 0 '"packets": "x", "targets": -5')
	[ "$status" -eq 0 ]
	run zmap-status < <(echo '{"stage":"send","time":1,"elapsed":1,"scan":"x\"}"}')
	[ "$status" -eq 1 ]
}

@test "status: summary, as the guide prints it" {
	zmap-status -q -g < <(shard 0 50) 2>got
	grep -q $'^cnf\ttarget-port\t*80$' got
	grep -q $'^cnf\tsource-port-range-begin\t*32768$' got
	grep -q $'^cnf\tsource-addr-range-end\t*192.0.2.2$' got
	grep -q $'^cnf\tpermutation-seed\t*7$' got
	grep -q $'^env\tnprocessors\t' got
	grep -q $'^exc\tsent\t*1000$' got
	grep -q $'^exc\thit-rate\t*5.000000$' got
	grep -q $'^exc\tsuccess-received-total\t*60$' got
	run ! grep -v $'^\(cnf\|env\|exc\|adv\)\t' got
	run ! grep synack got
	# a dry run has no word of source ports
	zmap-status -q -g < <(line send 0 0) 2>dry
	grep -q $'^cnf\tsource-port-range-begin\t*$' dry
	grep -q $'^cnf\tsource-port-range-end\t*$' dry
	# by the names of the guide where they say the same
	zmap-status -q -g < <(shard 0 50; line send 0 0 '"facts":
		{"probe": "tcp_synscan"}') 2>got
	grep -q $'^exc\tsynack-received-unique\t*50$' got
	grep -q $'^exc\tsynack-received-total\t*60$' got
	grep -q $'^exc\tsynack-cooldown-received-unique\t*0$' got
	grep -q $'^exc\tsynack-cooldown-received-total\t*0$' got
	grep -q $'^exc\tblacklisted\t*4294963296$' got
	# what nobody said is not printed as if it were known
	zmap-status -q -g < <(line recv 1 0 '"unique": 1') 2>got
	run ! grep blacklisted got
}

# later SECONDS COMMAND...: its lines, said so much later
later() {
	local by=$1
	shift
	"$@" | jq -c ".time += $by"
}

@test "status: summary: from the first shard's begin to the last one's end" {
	# of 2.5 s each: the one in the middle is neither
	zmap-status -q -g < <(later 500 shard 0 9; shard 1 9
		later 7000 shard 2 9; later 60 shard 3 9) 2>got
	grep -q $'^exc\tsend-start-time\t*Thu Jan 01 00:16:40 1970$' got
	grep -q $'^exc\tsend-end-time\t*Thu Jan 01 02:13:22 1970$' got
	grep -q $'^exc\trecv-start-time\t*Thu Jan 01 00:16:40 1970$' got
	grep -q $'^exc\trecv-end-time\t*Thu Jan 01 02:13:30 1970$' got
}

@test "status: how many addresses the lists allow, at the edges" {
	allowed() {
		line targets 0 0 "\"facts\": {\"targets\": 9, $1}"
		line send 1 0 '"targets": 9, "packets": 9, "final": true'
	}
	while read -r n left; do
		allowed "\"allowed\": $n" | zmap-status -q -g -m m 2>got
		grep -q $'^exc\tblacklisted\t*'"$left$" got
		jq -e ".blocklist_total_allowed == $((4294967296 - left)) and
			.blocklist_total_not_allowed == $left" m
	done <<-'E'
		0 4294967296
		4294967295 1
		4294967296 0
		4294967297 0
		18446744073709551615 0
	E
	# IPv6 has more
	allowed '"allowed": 1099511627776, "family": 6' |
		zmap-status -q -g -m m 2>got
	jq -e '.blocklist_total_allowed == 1099511627776 and
		(has("blocklist_total_not_allowed") | not)' m
	run ! grep blacklisted got
}

@test "status: how long the cooldown takes is known from zmap-recv" {
	{
		echo '{"stage":"recv","defaults":{"cooldown-time":2}}'
		shard 0 50 | grep -v '"stage":"recv"'
		line recv 2.6 0 '"unique": 40, "received": 50, "valid": 50'
	} >lines
	zmap-status -q -g -m m <lines 2>got
	jq -e '.cooldown_secs == 2' m
	grep -q $'^cnf\tcooldown-period\t*2$' got
	# it says so itself
	lab bash -c 'zmap-targets -p 80 -b /dev/null 10.0.0.0/26 |
		zmap-send -r 1000 | zmap-recv -c 1.5 --status-fd 3 3>st | cat >/dev/null'
	zmap-status -q -m m <st
	jq -e '.cooldown_secs == 1.5' m
}

@test "status: updates are CSV with as many cells as the header" {
	shard 0 50 >lines
	zmap-status -q -u up <lines
	[ "$(awk -F, '{ print NF }' up | sort -u)" = 21 ]
	[ "$(wc -l <up)" -ge 2 ]	# a busy machine: a second passed
	[ "$(tail -n 1 up | cut -d, -f4,5,7,10)" = 100.000000,5.000000,1000,50 ]
}

@test "status: counters for Prometheus, in its format, and whole" {
	zmap-status -q --prometheus zmap.prom < <(shard 0 50; shard 1 20)
	grep -qxF 'zmap_hits_total{scan="abc0",shard="0"} 50' zmap.prom
	grep -qxF 'zmap_hits_total{scan="abc0",shard="1"} 20' zmap.prom
	# each name with HELP and TYPE before its samples, numbers at the end
	awk '/^# HELP/ { h[$3] = 1; next } /^# TYPE/ { t[$3] = $4; next }
		{ n = $1; sub(/{.*/, "", n)
		if (!h[n] || !t[n]) exit 1
		if ($NF !~ /^([0-9.e+-]+|NaN)$/) exit 1 }' zmap.prom
	[ "$(ls)" = zmap.prom ]
}

@test "status: disk full is an error, at the end" {
	run zmap-status -q -m /dev/full < <(shard 0 50)
	fails 1 '/dev/full: No space left'
	run zmap-status -q -u /dev/full < <(shard 0 50)
	fails 1 '/dev/full: No space left'
	run bash -c 'zmap-status --help >/dev/full'
	[ "$status" -eq 1 ]
}

@test "status: notes and user metadata go into the metadata" {
	zmap-status -q -m m --notes 'a "b"' --user-metadata '{"x":[1]}' \
		< <(shard 0 50)
	[ "$(jq -r .notes m)" = 'a "b"' ]
	[ "$(jq -c '."user-metadata"' m)" = '{"x":[1]}' ]
	for good in null 5 '"x"' ' [1] '; do
		zmap-status -q -m m --user-metadata "$good" < <(shard 0 50)
		jq -e --argjson want "$good" \
			'has("user-metadata") and ."user-metadata" == $want' m
	done
}

@test "status: user metadata is what RFC 8259 calls JSON, or refused" {
	while IFS= read -r good; do
		zmap-status -q -m m --user-metadata "$good" < <(shard 0 50)
		jq -e --argjson want "$good" '."user-metadata" == $want' m
	done <<-'E'
		{}
		[ ]
		{"a":[1,-0,2.5e+3,1E9,{"b":null}],"c":true , "d":false}
		"\u00e9\"\\\/\b\f\n\r\t"
		-12.5
	E
	while IFS= read -r bad; do
		run zmap-status -q -m m --user-metadata "$bad" < <(shard 0 50)
		fails 2 'zmap-status: --user-metadata: not JSON (RFC 8259):'
	done <<-'E'
		{"a":NaN}
		{'a':1}
		[Infinity]
		[-Infinity]
		{"a":01}
		[1.]
		[.5]
		[+1]
		[1e]
		[-]
		[TRUE]
		nul
		[1,]
		[1 2]
		{"a"}
		{"a":1,}
		{a:1}
		"\x"
		"\u12g4"
		"open
		[1]]
		[1
		{"a":1
		// 1
		1 /* 2 */

	E
	run zmap-status -q --user-metadata $'"\xff"' < <(shard 0 50)
	fails 2 'not JSON'
	run zmap-status -q --user-metadata $'"a\tb"' < <(shard 0 50)
	fails 2 'not JSON'
	run zmap-status -q --user-metadata "$(printf '[%.0s' {1..99999})" < <(shard 0 50)
	fails 2 'not JSON'
}

@test "status: metadata has what is in force, as the stages say it" {
	lab zmap -p 80 -B 1T -t 0.5 -T 010 --probe-ttl 064 -N 010 -c 1 -q \
		--no-blacklist 10.0.0.0/24 -m m -o r.csv
	jq -e '.bandwidth == 1e12 and .max_runtime == 0.5 and .senders == 10 and
		.probe_ttl == 64 and .max_results == 10 and
		.output_results == 10 and .cooldown_secs == 1 and
		.cli_cidr_destinations == ["10.0.0.0/24"] and
		.output_filename == "r.csv"' m
	[ "$(wc -l <r.csv)" -eq 10 ]
	# stages of a pipeline made by hand say it, too, with their defaults
	lab bash -c 'zmap-targets -p 80 -b /dev/null -e 7 10.0.0.0/28 --status-fd 3 |
		zmap-send -r 2500.5 --status-fd 3 | zmap-recv -c 0.5 --status-fd 3 |
		zmap-out --status-fd 3 >/dev/null' 3>st
	zmap-status -q -g -m m --notes "a b" <st 2>got
	jq -e '.rate == 2500.5 and .senders == null and .probe_ttl == 64 and
		.cooldown_secs == 0.5 and .seed == 7 and .seed_provided == 1 and
		.output_module == "csv" and .probe_module == "tcp_synscan" and
		.deduplication_method == "full" and .notes == "a b" and
		.blocklist_filename == "/dev/null" and .quiet == 1 and
		.cli_cidr_destinations == ["10.0.0.0/28"]' m
	grep -q $'^cnf\trate\t*2500.5$' got
	# no number is a text, and the types are ZMap's
	grep '"options"' st | jq -es 'map(.options) | add |
		.rate == 2500.5 and .seed == 7 and ."cooldown-time" == 0.5'
	# a seed that ZMap would print as a negative number
	zmap -q -v 1 -p 80 -b /dev/null -d -n 1 -e 18446744073709551615 -m m \
		10.0.0.1 >/dev/null
	grep -q '"seed":-1,' m
}

@test "status: metadata is JSON however a number was written" {
	for c in 0.5 8 5.0 8e0 0 null; do
		{ echo "{\"stage\":\"recv\",\"options\":{\"cooldown-time\":$c}}"
			shard 0 50; } | zmap-status -q -g -m m 2>>got
		jq -c .cooldown_secs m >>secs
		# jq is lenient
		"$PYTHON" -c 'if True:
			import json, sys
			json.load(sys.stdin, parse_constant=sys.exit)' <m
	done
	[ "$(paste -sd' ' secs)" = '0.5 8 5 8 0 null' ]
	[ "$(sed -n 's/^cnf.cooldown-period.//p' got | tr -d '\t' |
		paste -sd' ')" = '0.5 8 5 8 0 0' ]
}

@test "status: odd facts are no end" {
	for facts in '"ports": 5' '"ports": {"a": 1}' '"ports": null' \
		'"ports": []' '"ports": [null]' '"ports": [[1]]' \
		'"source_ips": 7' '"source_ips": [null]' '"targets": "x"' \
		'"source_ports": {}' '"probe": []' '"allowed": -1' \
		'"interface": [[]]'; do
		run zmap-status -q -g -m m < <(shard 0 50
			line targets 0 0 "\"facts\": {$facts}")
		[ "$status" -eq 0 ] || { echo "$facts: $status $output"; return 1; }
		[[ $output == *$'exc\tsent\t'* ]]
		jq -e '.packets_sent == 1000' m
	done
}

@test "status: what is too much for a line of status is not cut silently" {
	ports=$(seq 1 2 1999 | paste -sd,)
	zmap -q -v 1 -p "$ports" -b /dev/null -d 10.0.0.0/31 -m m -g \
		>/dev/null 2>got
	jq -e --argjson want "[$ports]" '.target_ports == $want' m
	[ "$(sed -n 's/^cnf.target-port.//p' got | tr -d '\t')" = '1000 ports' ]
	# not before there are so many of them
	jq -e 'has("cli_cidr_destinations_left_out") or has("options_left_out")
		| not' m
	mapfile -t nets < <(for i in {0..3999}; do
		echo "10.0.$((i / 256)).$((i % 256))"
	done)
	zmap -q -v 1 -p 80 -b /dev/null -d -n 1 -m m "${nets[@]}" >/dev/null
	jq -e '(.cli_cidr_destinations | length) as $n | $n > 1000 and
		$n + .cli_cidr_destinations_left_out == 4000 and
		.cli_cidr_destinations[$n - 1] != null and
		(has("options_left_out") | not)' m
	filter="ttl = 1$(printf ' || ttl = %d' {1..5000})"
	zmap -q -v 1 -p 80 -b /dev/null -d -n 1 -m m --notes x \
		--output-filter "$filter" 10.0.0.0/24 >/dev/null
	jq -e '.options_left_out == ["output-filter"] and .notes == "x" and
		(has("output_filter") | not)' m
}

# percents file: never falling, 0 to 100, the last one is 100
percents() {
	tail -n +2 "$1" | cut -d, -f4 | awk '
		$1 < last || $1 < 0 || $1 > 100 { exit 1 } { last = $1 }
		END { if (last != 100) exit 1 }'
	# the time left is never negative
	tail -n +2 "$1" | cut -d, -f3 | awk '/-/ { exit 1 }'
}

# once: 9 s of a screen, whatever the family
# bats test_tags=once
@test "status: percent and time left, with -n, -t, -N, shards, probes, ports" {
	# each in a lab of its own, side by side
	local -A scans=()
	while read -r name args; do
		eval "lab --classes open=50 zmap -q -c 1 -u up.$name -m $name \
			-o /dev/null $args" 3>&- &
		scans[$!]=$name
	done <<-'E'
		n -p 80 -r 1000 -n 2000 10.0.0.0/8
		t -p 80 -r 1000 -t 2 10.0.0.0/8
		N -p 80 -r 1000 -N 900 10.0.0.0/8
		shards -p 80 -r 1000 -e 1 --shards 4 --shard 2 10.0.0.0/19
		probes -p 80 -r 2000 -P 3 10.0.0.0/20
		ports -p 80,443,8000-8001 -r 3000 10.0.0.0/21
	E
	for pid in "${!scans[@]}"; do
		name=${scans[$pid]}
		wait "$pid"
		percents "up.$name" || { cat "up.$name"; return 1; }
		[ "$(jq .complete "$name")" = true ] || { cat "$name"; return 1; }
	done
	# two seconds of sending and one of cooldown: while about half of them
	# are sent, about a third of the time has passed
	awk -F, '$7 > 600 && $7 < 1400 && ($4 < 15 || $4 > 80) { exit 1 }' \
		up.n up.t
}

@test "status: the numbers are those of the far side" {
	lab --counters far --capture far.pcap zmap -p 80,443 -P 2 -r 8000 \
		-e 5 -c 3 -o found -m meta -u up -f saddr,sport \
		--no-header-row --output-filter 'success = 1 && repeat = 0' \
		10.9.0.0/20 2>err
	sent=$(jq .probes far)
	[ "$sent" -eq 16384 ]
	rows=$(wc -l <found)
	expect.py -P 2 -p 80,443 --addresses 10.9.0.0/20 | wc -l >expected
	[ "$rows" -ge "$(cat expected)" ]
	# of 2^128 addresses it is not said how many are not scanned
	[ "${FAMILY:-4}" = 6 ] && left=null || left=4294963200
	jq -e --slurpfile far far --argjson rows "$rows" --argjson left $left '
		($far[0].answers | .open + .duplicate + .late + .blowback
			+ .lossy) as $success |
		($far[0].answers | .closed + .unreachable) as $failure |
		.packets_sent == $far[0].probes and
		.targets_scanned == 8192 and .packet_streams == 2 and
		.success_unique == $rows and .output_results == $rows and
		.success_total == $success and .failure_total == $failure and
		.validation_passed == $success + $failure and
		.validation_passed + .validation_failed == .pcap_recv and
		.pcap_drop == 0 and .send_to_failures == 0 and
		(.hitrate - 100 * $rows / 8192 | fabs) < 0.001 and
		.success_cooldown_unique <= .success_unique and
		.target_ports == [80, 443] and .seed == 5 and
		.seed_provided == 1 and .rate == 8000 and .bandwidth == 0 and
		.blocklist_total_allowed == 4096 and
		.blocklist_total_not_allowed == $left and
		.cooldown_secs == 3 and .max_targets == -1 and
		.iface == "s0" and .source_ips == ["192.0.2.1"] and
		.source_mac == "02:00:00:00:00:01" and
		.gateway_mac == "02:00:00:00:00:02" and
		.gateway_ip == "192.0.2.254" and .default_mode == 0 and .dryrun == 0 and
		.quiet == 0 and .syslog == 1 and
		.cli_cidr_destinations == ["10.9.0.0/20"] and
		.probe_module == "tcp_synscan" and .complete and
		(.send_start_time | test("^[-0-9]{10}T[:0-9]{8}[-+][0-9]{4}$"))
		' meta || { jq -c . far meta; return 1; }
	# the last line: packets, hits, and the rate between first and last
	line=$(grep '; send: ' err | tail -n 1)
	[[ $line == *" 100%; send: 16384 done "* ]]
	[[ $line == *"; recv: $rows "* ]]
	[ "$(tail -n 1 up | cut -d, -f7,10)" = "16384,$rows" ]
	tcpdump -tt -n -r far.pcap tcp 2>/dev/null |
		awk 'NR == 1 { t = $1 } END { print (NR - 1) / ($1 - t) }' >far.rate
	awk -F, -v far="$(cat far.rate)" '{ us = $9 }
		END { if (us < far * 0.85 || us > far * 1.15) {
			print us, far; exit 1 } }' up
}

@test "status: no reader of the Prometheus file sees half of it" {
	cat >read <<-'E'
		zmap -q -p 80 -r 2000 -n 6000 -c 1 -o /dev/null \
			--prometheus dir/zmap.prom 10.0.0.0/8 &
		while kill -0 $! 2>/dev/null; do
			# as node_exporter does: what ends so, and nothing else
			for f in dir/*.prom; do
				[ -e "$f" ] || continue
				tail -n 1 "$f"
			done
		done | sed 's/[ {].*//' | sort | uniq -c >ends
		ls dir >left
	E
	mkdir dir
	lab bash read
	[ "$(awk '{ print $2 }' ends)" = zmap_complete ] || {
		cat ends
		return 1
	}
	[ "$(awk '{ print $1 }' ends)" -gt 50 ]
	[ "$(cat left)" = zmap.prom ]
	grep -q '^zmap_packets_sent_total{.*} 6000$' dir/zmap.prom
}

@test "status: a file that cannot be written ends the scan before it begins" {
	mkdir there
	cat >scans <<-'E'
		for o in -m/nonexistent/x -u/nonexistent/x -mthere -uthere \
			--prometheus=/nonexistent/x --prometheus=there; do
			zmap -v 2 -p 80 -r 1000 -c 1 -o /dev/null "$o" 10.0.0.0/22
			echo "status $?"
		done 2>&1
	E
	lab --counters far bash scans >out
	[ "$(jq .probes far)" -eq 0 ]
	diff out - <<-'E'
		zmap-status: /nonexistent/x: No such file or directory
		status 1
		zmap-status: /nonexistent/x: No such file or directory
		status 1
		zmap-status: there: Is a directory
		status 1
		zmap-status: there: Is a directory
		status 1
		zmap-status: /nonexistent/x: No such file or directory
		status 1
		zmap-status: there: Is a directory
		status 1
	E
	ls -A there >left
	[ ! -s left ]
}

@test "status: a scan that never began leaves out what nobody knows" {
	run lab zmap -q -p 80 -o out -m meta -b none 10.0.0.0/24
	[ "$status" -eq 2 ]
	jq -e '.complete == false and .packets_sent == 0 and
		.cli_cidr_destinations == ["10.0.0.0/24"] and
		(has("generator") or has("first_scanned") or has("seed") or
		has("send_start_time") or has("scan_id") or
		has("blocklist_total_allowed") or has("source_port_first")
		| not)' meta
}

@test "status: interrupted, metadata is written and does not say complete" {
	cat >stop <<-'E'
		set -m
		zmap -p 80 -r 1000 -c 1 -q -o found -m meta 10.0.0.0/8 &
		until_sent 800
		kill -INT -- -$!
		wait $!
		echo $?
	E
	lab bash stop >out 2>&1
	[ "$(tail -n 1 out)" = 3 ]
	[ "$(jq .complete meta)" = false ]
	[ "$(jq .packets_sent meta)" -gt 500 ]
}

@test "status: in place on a terminal, lines elsewhere, nothing when quiet" {
	for n in 1 2 3; do
		line send "$n" 0 "\"packets\": $n, \"targets\": $n"
	done >lines
	cat >show <<-'E'
		stty cols 60 2>/dev/null
		{ head -n 1 lines; sleep 1.3; tail -n 2 lines; sleep 1; } |
			zmap-status "$@" >/dev/null
	E
	TERM=xterm script -qec 'bash show' typescript >/dev/null </dev/null
	grep -q $'\r\033\[K' typescript
	# no line is longer than the terminal is wide
	tr '\r' '\n' <typescript | sed 's/\x1b\[K//' | grep '^ 0:' |
		awk 'length > 60 { exit 1 }'
	# nor a number cut in two: whole parts go, averages first
	for cols in 80 60 40 24; do
		sed -i "s/stty cols [0-9]*/stty cols $cols/" show
		TERM=xterm script -qec 'bash show' typescript >/dev/null </dev/null
		tr '\r' '\n' <typescript | sed 's/\x1b\[K//' |
			grep '^ 0:' >shown.$cols
		awk -v cols=$cols 'length >= cols { exit 1 }' shown.$cols
		grep -E '^ 0:0[0-9] [0-9]+%; (.*; )?hits: 0\.00%$' shown.$cols
	done
	grep -F 'recv: ' shown.60
	run grep avg shown.60
	[ "$status" -eq 1 ]
	TERM=dumb script -qec 'bash show' plain >/dev/null </dev/null
	run ! grep -q $'\033' plain
	bash show -q 2>err
	[ ! -s err ]
}

# once: 12 s of a screen, whatever the family
# bats test_tags=once
@test "status: what goes wrong is told in words, and the log has it too" {
	cat >scan <<-'E'
		nft 'add table ip t
			add chain ip t o { type filter hook output priority 0; }
			add rule ip t o ip daddr 10.0.0.0/9 drop'
		zmap -p 80 -r 20000 -t 3 -c 0 --io ip -b /dev/null -o found \
			"$@" 10.0.0.0/8
		echo $?
	E
	lab bash scan 2>shown >rc
	warned='\[WARN\] status: [0-9]+ packets a second could not be sent'
	grep -Eq "^[A-Z].*$warned" shown
	grep -Eq '^ 0:0[1-9] .*; send: ' shown
	# a log is for messages, the line of status is for who looks on
	lab bash scan -l log 2>shown >rc
	grep -Eq "^[A-Z].*$warned" log
	run ! grep -F '; send: ' log
	run ! grep -F WARN shown
	grep -Eq '^ 0:0[1-9] .*; send: ' shown
	lab bash scan -q -v 1 2>shown >rc
	run ! grep -F WARN shown
}

# In tmux: types a command in the lab, and keys when the screen shows what they
# wait for; leaves the screen at its end in the file screen.
typed() {
	local tmux="tmux -L zmap-$$ -f /dev/null" i wait

	$tmux new-session -d -x 150 -y 24 "cd $T && TERM=xterm lab $1; echo rc=\$?; exec sleep 60"
	shift
	for wait in "$@" 'rc='; do
		for ((i = 0; i < 300; i++)); do
			$tmux capture-pane -p >screen
			! grep -Eq -- "${wait%%>*}" screen || break
			sleep 0.1
		done
		[[ $wait != *'>'* ]] || $tmux send-keys "${wait#*>}"
	done
	$tmux kill-server
	grep -v '^$' screen
}

# once: 8 s of a screen, whatever the family
# bats test_tags=once
@test "status: on a screen the line stays in its place, and is right" {
	run typed 'zmap -p 80 -r 3000 -c 1 -o found 10.0.0.0/19' \
		'0:0[1-9] [0-9]+%.*; send: [0-9]+ [0-9.]+ K?p/s'
	[[ $output == *"rc=0" ]]
	# one line all the time, and the messages above it, whole
	[ "$(grep -c '%; send:' screen)" -eq 1 ]
	grep -Eq '^ 0:[0-9]{2} 100%; send: 8192 done \(.*; recv: '"$(wc -l <found) " screen
	grep -Eq '^[A-Z][a-z]{2} [ 0-9]{2} [0-9:.]{12} \[INFO\] send: will send by' screen
	run typed 'zmap -q -v 1 -p 80 -r 3000 -c 1 -o found 10.0.0.0/20'
	[ "$(tail -n 1 <<<"$output")" = rc=0 ]
	run ! grep 'send:' screen
}

# once: 8 s of a screen, whatever the family
# bats test_tags=once
@test "status: on a screen, Ctrl-C once and twice" {
	run typed 'zmap -p 80 -r 2000 -c 3 -o found -m meta 10.0.0.0/8' \
		'0:0[1-9] [0-9]+%.*; send: [0-9]+ >C-c'
	[[ $output == *"rc=3" ]]
	grep -q 'recv: interrupted: receiving for 3 s more; a second Ctrl-C ends that' screen
	[ "$(grep -c '%; send:' screen)" -eq 1 ]
	grep -Eq '^ 0:[0-9]{2} [0-9]%; send: [0-9]+ done \(.*; recv: '"$(wc -l <found) " screen
	jq -e '.complete == false and .packets_sent > 1000' meta
	# a second one does not wait: there is no other end within the test
	run typed 'zmap -p 80 -r 2000 -c 900 -o found 10.0.0.0/8' \
		'0:0[1-9] [0-9]+%.*; send: [0-9]+ >C-c' \
		'receiving for 900 s more>C-c'
	[[ $output == *"rc=3" ]]
	[ "$(grep -c '%; send:' screen)" -eq 1 ]
	[ -s found ]
}

# documented PAGE: the names in the section Counters of a man page
documented() {
	sed -n '/^\.Ss Counters/,/^\.S[hs] [^C]/p' "$ROOT/man/$1.1" |
		sed -n 's/^\(\.It \)*\.*Va //p' | grep -oE '[a-z_]{2,}' | sort -u
}

@test "status: man pages have the counters of the table, and no others" {
	for stage in targets send recv out; do
		counters | awk -v s=$stage '$1 == s { print $2 }' | sort -u >table
		[ -s table ]
		documented zmap-$stage >page
		diff table page || { echo "zmap-$stage.1"; return 1; }
	done
	[ "$(documented zmap-filter)" = "$(cat table)" ]
	[ "$(documented zmap-in)" = "$(cat table)" ]
}

@test "status: a scan counts what is in the table, and nothing else" {
	requires_lab
	lab bash -o pipefail -c 'zmap-targets -p 80 --status-fd 9 10.0.0.0/24 |
		zmap-send -r 1000 --status-fd 9 | zmap-recv -c 1 --status-fd 9 |
		zmap-filter --status-fd 9 success |
		zmap-out --status-fd 9 -O cbor -o - >out.cbor' 9>lines
	# status lines, and the end events inside each other
	jq -r 'select(has("elapsed") and (has("facts") or has("options") or
			has("defaults") or has("more") | not)) |
		del(.time, .elapsed, .scan, .shard, .shards, .final, .outcome) |
		.stage as $s | del(.stage) | keys[] | "\($s) \(.)"' lines >seen
	zmap-out -O diag -o - <out.cbor | "$PYTHON" -c '
import re, sys
for line in sys.stdin:
    if "\"event\": \"end\"" not in line:
        continue
    for end in re.split(r"\"before\": ", line):
        stage = re.search(r"\"stage\": \"(\w+)\"", end).group(1)
        for name in re.findall(r"\"(\w+)\": \d", end):
            print(stage, name)' >>seen
	for stage in targets send recv filter out; do
		grep -q "^$stage " seen
	done
	grep -q '^recv validation$' seen
	sed -i 's/^filter /out /' seen
	counters | cut -d ' ' -f 1,2 | sort -u >table
	run comm -23 <(sort -u seen) table
	[ -z "$output" ] || { echo "$output"; return 1; }
}

@test "status: metadata and metrics have what the table says" {
	shard 0 5 >lines
	zmap-status -q -m meta.json --prometheus metrics <lines
	counters | while read -r stage name kind metadata metric; do
		# those are there where they were counted
		case $name in app_* | spared | raises | falls | slowed) continue ;; esac
		[ "$metadata" = - ] || jq -e "has(\"$metadata\")" meta.json ||
			{ echo "no $metadata"; exit 1; }
		[ "$metric" = - ] || grep -qx "# TYPE $metric $kind" metrics ||
			{ echo "no $metric"; exit 1; }
	done
	[ "$(jq .success_unique meta.json)" = 5 ]
}

# --- many shards, followed ---

# follow_until FILE PLACE...: zmap-status in the background, its lines in FILE
follow() {
	local file=$1
	shift
	timeout 60 zmap-status "$@" 2>"$file" 3>&- &
	follower=$!
}

# A line by a clock that is an hour ahead.
slow_line() {
	line "$@" | jq -c '.time += 3600'
}

@test "status: followed shards: late, silent, back, other clocks, one view" {
	mkdir st
	follow got st late/file.jsonl "$PWD/sock"
	shard 0 50 >st/0
	slow_line send 1 1 '"targets": 400, "packets": 400' >st/1
	slow_line recv 1 1 '"unique": 4' >>st/1
	soon grep -qx 'shards 2-3: not heard of yet' got
	# in the place that was not there
	mkdir late
	shard 2 10 >late/file.jsonl
	# by a socket that was not there
	shard 3 10 | timeout 20 socat -u - "UNIX-LISTEN:$PWD/sock" 3>&-
	soon grep -qx 'shard 1: silent' got
	# it comes back, with half a line that the crash has left
	printf '{"stage":"se\n' >>st/1
	shard 1 30 | jq -c '.time += 3600' >>st/1
	wait "$follower"
	tail -n 1 got | grep '100%.*send: .*recv: 100 .*; shards: 4 of 4 done'
}

# what became of so many targets of a shard
handled() {
	line "$1" "$2" "$3" "\"targets\": $4, \"packets\": $4,
		\"refused\": $5, \"failed\": $6, \"excluded\": $7 ${8:-}"
}

@test "status: followed: what could not be sent is done with, too" {
	mkdir st
	of abc0 2 shard 0 50 | grep -v '"stage":"send"' >st/0
	of abc0 2 handled send 2.5 0 300 600 60 40 ', "final": true' >>st/0
	# 400 of 1000 by an earlier run, and 100 by this one
	{
		line send 0 1 '"facts": {"targets": 1000, "position": 0}'
		handled send 2 1 100 200 60 40 ', "final": true'
		line send 0 1 '"facts": {"targets": 600, "position": 500}'
		handled send 1 1 30 50 15 5
		line recv 1 1 '"unique": 4'
	} | sed 's/"shards":4/"shards":2/' >st/1
	follow got st
	soon grep -q ' 75% .*shards: 1 of 2 done' got
	of abc0 2 handled send 3 1 100 300 100 100 ', "final": true' >>st/1
	of abc0 2 line recv 4 1 '"unique": 4, "final": true' >>st/1
	wait "$follower"
	tail -n 1 got | grep '100%; .*shards: 2 of 2 done'
}

@test "status: followed: a file that is replaced, and one of an older scan" {
	shard 0 50 | sed 's/abc0/def0/; s/"shards":4/"shards":1/' >f
	shard 0 50 | sed 's/"shards":4/"shards":1/' | head -n 1 >>f
	follow got f
	sleep 1.5
	shard 0 20 | sed 's/"shards":4/"shards":1/' >g
	mv g f
	wait "$follower"
	tail -n 1 got | grep 'recv: 20 .*shards: 1 of 1 done'
	# status lines are appended by zmap-status itself, and pass through
	shard 0 50 | zmap-status -q --status-file copy
	printf half >>copy
	shard 0 50 | zmap-status -q --status-file copy
	grep -v -e half -e '^$' copy | diff - <(shard 0 50; shard 0 50)
	for bad in tcp:nohost:1 tcp:127.0.0.1:0 tcp:127.0.0.1 "unix:$(printf %0200d 1)"; do
		run zmap-status "$bad"
		fails 2 'not a path, unix:PATH or tcp:ADDRESS:PORT'
	done
}

# of SCAN OF ...: a shard of so many, of another scan
of() {
	local scan=$1 n=$2
	shift 2
	"$@" | sed "s/abc0/$scan/; s/\"shards\":4/\"shards\":$n/"
}

@test "status: followed: two scans in one folder, each for itself" {
	mkdir st
	for i in 0 1 2; do
		[ "$i" -eq 2 ] || of def0def0def0 2 shard "$i" 100 >"st/a$i"
		of abc0abc0abc0 3 shard "$i" 10 >"st/b$i"
	done
	rm st/b2
	follow got st --notes both -m meta
	soon grep -q '^scan def0def0: .*recv: 200 .*shards: 2 of 2 done' got
	soon grep -q '^scan abc0abc0: .*recv: 20 .*shards: 2 of 3 done' got
	soon grep -qx 'scan abc0abc0: shard 2: not heard of yet' got
	of abc0abc0abc0 3 shard 2 10 >st/b2
	wait "$follower"
	tail -n 2 got | sort | sed 's/: .*shards/: shards/' >last
	diff - last <<-'E'
		scan abc0abc0: shards: 3 of 3 done
		scan def0def0: shards: 2 of 2 done
	E
	jq -e '.notes == "both"' meta
}

@test "status: followed: a scan that took the place of another in its files" {
	mkdir st
	for i in 0 1; do of def0 2 shard "$i" 100 >"st/$i"; done
	of abc0 2 shard 0 10 >>st/0
	follow got st --notes later -m meta
	soon grep -qx 'shard 1: not heard of yet' got
	soon grep -q 'recv: 10 .*shards: 1 of 2 done' got
	of abc0 2 shard 1 20 >>st/1
	wait "$follower"
	tail -n 1 got | grep '100%.*recv: 30 .*shards: 2 of 2 done'
	run grep -e '^scan' -e 'recv: [12]00 ' got
	[ "$status" -eq 1 ]
	jq -e '.notes == "later"' meta
}

@test "status: a scan that begins anew is not the one that went on" {
	from() { of abc0 1 shard 0 "$2" | sed "s/\"facts\":{/&\"position\":$1,/"; }
	# as it was, and again from the beginning
	{ from 7 50; from 7 20; } >f
	zmap-status f 2>got
	tail -n 1 got | grep 'send: 1000 .*recv: 20 .*shards: 1 of 1 done'
	# a run that goes on
	{ from 7 50; from 900 20; } >f
	zmap-status f 2>got
	tail -n 1 got | grep 'send: 2000 .*recv: 70 .*shards: 1 of 1 done'
	zmap-status <f 2>got
	tail -n 1 got | grep 'send: 2000 .*recv: 70 '
}

# once: seconds of waiting, whatever the family
# bats test_tags=once
@test "status: followed: a file that shrinks, and a line that is too long" {
	one() {
		shard "$@" | sed 's/"shards":4/"shards":1/'
	}
	{ one 0 50 | head -n 3; one 0 50 | head -n 3; } >f
	follow got f
	soon grep -q 'recv: 25 ' got
	one 0 20 | head -n 3 >f
	soon grep -q 'recv: 10 ' got
	{
		printf '%70000s' ''
		line recv 10 0 '"unique": 99'
	} >>f
	sleep 2 # time to show what it must not
	one 0 30 | tail -n 2 >>f
	wait "$follower"
	tail -n 1 got | grep 'recv: 30 .*shards: 1 of 1 done'
	run grep 'recv: 99' got
	[ "$status" -eq 1 ]
}

# once: seconds of waiting, whatever the family
# bats test_tags=once
@test "status: followed: drawn in a terminal, 64 shards" {
	for ((i = 0; i < 64; i++)); do
		shard "$i" 10 | sed 's/"shards":4/"shards":64/' >"s$i"
	done
	grep -v final s7 | grep . >half || line send 1 7 '"targets": 10' |
		sed 's/"shards":4/"shards":64/' >half
	cp s7 whole
	mv half s7
	# of two that go on, one loses more than 5 in 100
	for s in '8 48' '9 74'; do
		set -- $s
		cp "s$1" "whole$1"
		{
			line send 1 "$1" '"targets": 400, "packets": 400'
			line recv 1 "$1" '"received": 100, "kernel_drops": 0'
			line recv 2 "$1" "\"received\": 1100, \"kernel_drops\": $2"
		} | sed 's/"shards":4/"shards":64/' >"s$1"
	done
	(sleep 8; for i in '' 8 9; do cat "whole$i" >"s${i:-7}"; done) 3>&- &
	TERM=xterm timeout 60 script -qec 'stty rows 20 cols 130; zmap-status s[0-9]*' typed >/dev/null 3>&-
	grep -q 'shard 7: silent for' typed
	grep -q 'shard 9: 7% of the answers are dropped' typed
	run grep -q 'shard 8: .* dropped' typed
	[ "$status" -eq 1 ]
	grep -q '64 of 64 done' typed
	# it is drawn over, and nothing scrolls away
	grep -q $'\033\[1A\|\033\[2A' typed
}

@test "status: Prometheus: two probes over the same targets are told apart" {
	facts() { echo "{\"stage\":\"send\",\"time\":1,\"elapsed\":0,\"scan\":\"abc0\",\"shard\":0,\"shards\":1,\"facts\":{$1}}"; }
	zmap-status -q --prometheus a.prom < <(facts '"probe":"tcp_synscan"'; shard 0 50)
	cat >udp <<-'E'
		"probe":"udp","probe_args":"text:a\\\"b\u001b"
	E
	zmap-status -q --prometheus b.prom < <(facts "$(cat udp)"; shard 0 50)
	cat >want <<-'E'
		zmap_hits_total{scan="abc0",shard="0",probe="udp",probe_args="text:a\\\"b\\x1b"} 50
	E
	grep -xF "$(cat want)" b.prom
	[ -z "$(cat a.prom b.prom | grep -v '^#' | sed 's/ [^ ]*$//' | sort | uniq -d)" ]
}

@test "status: Prometheus: two scans on one host, how each came out" {
	zmap-status -q --prometheus a.prom < <(shard 0 50)
	zmap-status -q --prometheus b.prom < <(shard 0 50 | sed 's/abc0/def0/; s/done/interrupted/')
	zmap-status -q --prometheus c.prom < <(shard 0 50 | sed 's/abc0/ccc0/'; shard 1 50 | sed 's/abc0/ccc0/')
	# as node_exporter: no sample twice, each HELP the same everywhere
	[ -z "$(cat ./*.prom | grep -v '^#' | sed 's/ [^ ]*$//' | sort | uniq -d)" ]
	[ -z "$(cat ./*.prom | grep '^# HELP' | sort -u | awk '{ print $3 }' | uniq -d)" ]
	[ -z "$(cat ./*.prom | grep -v -e '^#' -e '{scan=')" ]
	grep -qx 'zmap_exit_status{scan="abc0",shard="0"} 0' a.prom
	grep -qx 'zmap_complete{scan="abc0",shard="0"} 1' a.prom
	grep -qx 'zmap_progress_ratio{scan="abc0",shard="0"} 1' a.prom
	grep -q '^zmap_start_time_seconds{scan="abc0",shard="0"} 1' a.prom
	grep -q '^zmap_end_time_seconds{scan="abc0",shard="0"} 1' a.prom
	grep -qx 'zmap_complete{scan="ccc0",shard="all"} 1' c.prom
}
