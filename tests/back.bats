#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The way back, from zmap-recv to zmap-send: who asks, what is sent, and that
# no one waits for it.
# bats file_tags=company

load helper
bats_require_minimum_version 1.5.0

# asks WORD...: what zmap-send does when it is asked for these words of back.py.
# Its stream is in probes, and in sent a line for each packet, "address port".
asks() {
	rm -f back written
	# shellcheck disable=SC2086
	timeout 60 "$PYTHON" "$ROOT/tests/tool/back.py" --hold "${HOLD:-0.5}" \
		${BROKEN:-} back "$@" >written 3>&- &
	soon grep -q written written
	# shellcheck disable=SC2086
	timeout 60 zmap-send -v 2 --back back --write-pcap pcap -X \
		${SEND:-} <in >probes 2>said
	wait $!
	tshark -n -r pcap -T fields -e ip.dst -e ipv6.dst -e tcp.dstport \
		2>/dev/null | tr -s '\t' ' ' | sed 's/^ //' >sent
}

# sent_end KEY: of zmap-send
sent_end() {
	readstream <probes | tail -n 1 | jq -r ".[1].$1"
}

@test "back: what is asked for is sent, besides the targets" {
	targets 10.0.0.0/28 >in
	asks probe 10.0.0.5:4444 probe 10.0.0.6:80 sibling 10.0.0.9:81
	[ "$(wc -l <sent)" -eq 19 ]
	grep -qx '10.0.0.5 4444' sent
	grep -qx '10.0.0.9 81' sent
	[ "$(grep -cx '10.0.0.6 80' sent)" -eq 2 ]
	[ "$(sent_end asked)" -eq 3 ]
	[ "$(sent_end asked_refused)" -eq 0 ]
	[ "$(sent_end targets)" -eq 16 ]
	[ "$(sent_end packets)" -eq 19 ]
	[ "$(sent_end position)" -eq 16 ]
	[ "$(sent_end status)" = done ]
	[ ! -s said ]
	[ "$(readstream <probes | grep -c '"drained"')" -eq 1 ]
	# one probe, whatever -P says of targets
	SEND="-P 3" asks probe 10.0.0.5:4444
	[ "$(sent_end packets)" -eq 49 ]
	[ "$(grep -cx '10.0.0.5 4444' sent)" -eq 1 ]
}

@test "back: of IPv6, and of probes without ports" {
	zmap-targets -p 80 -e 1 --no-blacklist 2001:db8::/124 >in
	asks probe '[2001:db8::7]:81' sibling '[2001:db8::1:0]:81'
	grep -qx '2001:db8::7 81' sent
	[ "$(sent_end asked)" -eq 1 ]
	[ "$(sent_end asked_refused)" -eq 1 ]
	zmap-targets -e 1 --no-blacklist 10.0.0.0/28 >in
	SEND="-M icmp_echoscan" asks probe 10.0.0.5
	[ "$(sent_end packets)" -eq 17 ]
}

@test "back: what the scan may not reach is not sent" {
	zmap-targets -p 80 -e 1 -b <(echo 10.0.0.8/29) 10.0.0.0/28 >in
	asks probe 10.0.0.9:80 sibling 10.0.0.10:80 sibling 192.0.2.1:80
	[ "$(wc -l <sent)" -eq 8 ]
	[ "$(sent_end asked)" -eq 0 ]
	[ "$(sent_end asked_refused)" -eq 3 ]
	echo 10.0.0.2 >out
	SEND="--exclude out" asks probe 10.0.0.2:9 probe 10.0.0.3:9
	[ "$(wc -l <sent)" -eq 8 ]
	grep -qx '10.0.0.3 9' sent
	[ "$(sent_end asked_refused)" -eq 1 ]
	[ "$(sent_end excluded)" -eq 1 ]
}

@test "back: what a later version says is left out" {
	targets 10.0.0.0/28 >in
	asks perhaps 10.0.0.5:1 event loss answered 10.0.0.6:80 \
		probe 10.0.0.7:7 probe 10.0.0.8
	[ "$(wc -l <sent)" -eq 17 ]
	grep -qx '10.0.0.7 7' sent
	[ ! -s said ]
}

@test "back: a writer that breaks off, or writes nonsense, costs nothing" {
	targets 10.0.0.0/28 >in
	BROKEN=--no-end asks probe 10.0.0.5:4444
	[ "$(sent_end packets)" -eq 17 ]
	[ ! -s said ]
	BROKEN='--raw ffff' asks probe 10.0.0.5:4444
	[ "$(sent_end packets)" -eq 17 ]
	[ "$(sent_end status)" = done ]
	grep -q 'the way back is broken, and not used any more' said
}

@test "back: zmap-send waits while it is asked, under the same rate" {
	targets 10.0.0.0/30 >in
	begin=$(date +%s%N)
	SEND="-r 20" HOLD=2 asks probe 10.0.0.1:1 probe 10.0.0.2:2
	[ $(($(date +%s%N) - begin)) -gt 1500000000 ]
	[ "$(sent_end packets)" -eq 6 ]
	# the last is 5 / 20 s behind the first
	tshark -n -r pcap -T fields -e frame.time_epoch 2>/dev/null |
		awk 'NR == 1 { a = $1 } END { exit $1 - a < 0.2 }'
}

@test "back: an end that no one has opened is none" {
	targets 10.0.0.0/28 >in
	mkfifo back
	timeout 60 zmap-send -v 2 --back back --write-pcap pcap -X <in >probes
	[ "$(sent_end packets)" -eq 16 ]
	[ "$(readstream <probes | grep -c '"drained"')" -eq 0 ]
	readstream <probes >/dev/null
	: >file
	run zmap-send -v 2 --back file --write-pcap pcap -X <in
	fails 2 'no FIFO'
	run zmap-send -v 2 --back none --write-pcap pcap -X <in
	fails 2 'No such file'
	run bash -c 'zmap-send --back-fd 4 --write-pcap pcap -X <in 4<file'
	fails 2 'no FIFO'
}

@test "back: zmap-recv opens it, says the end, and gets zmap-send's" {
	requires_lab
	mandoc -T ascii "$ROOT/man/zmap-stream.5" | col -bx |
		sed -n '/^ *stream = /,/^   Targets/p' | sed '$d' >grammar
	# tee may be there after zmap-recv: until then we hold the reader's end
	lab bash -c 'mkfifo back copy && exec 9<>back || exit
		tee <back kept >copy 9>&- &
		{ zmap-targets -p 80 --no-blacklist 10.0.0.0/24 |
			timeout 60 zmap-send -v 2 --back copy |
			timeout 60 zmap-recv -c 1 --back back >results
		} 9>&- &
		soon test -s kept
		exec 9>&-
		wait'
	"$PYTHON" "$ROOT/tests/tool/cddl.py" grammar <kept
	readstream <kept | head -n 1 | grep -q '"back"'
	[ "$(readstream <results | grep -c '"drained"')" -eq 1 ]
	readstream <results | tail -n 1 | jq -e '.[1].status == "done"'
	# one end alone
	lab bash -c 'mkfifo alone && zmap-targets -p 80 --no-blacklist \
		10.0.0.0/28 | timeout 60 zmap-send -v 2 |
		timeout 60 zmap-recv -c 0 --back alone >results' 2>said
	grep -q 'alone: no program reads it' said
	readstream <results | tail -n 1 | jq -e '.[1].status == "done"'
}
