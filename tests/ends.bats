#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How a scan ends, and what remains on record of it: counts are those of the
# far side, complete is no chance, and the log has the end.

load helper

# counts METADATA SENT: packets_sent is SENT and no second is missing
counts() {
	[ "$(jq .packets_sent "$1")" -eq "$2" ] || {
		echo "packets_sent $(jq .packets_sent "$1"), $2 left"
		return 1
	}
}

# left: the frames that have left the device since the last call
LEFT='last=0
left() {
	local now=$(cat /sys/class/net/s0/statistics/tx_packets)
	echo $((now - last))
	last=$now
}'

# once: counts the device's packets; IPv6 has its own
# bats test_tags=once
@test "ends: with -N all counts are there, and the scan is complete" {
	requires_lab
	cat >stop <<-E
		$LEFT
		for io in ring mmsg ip xdp; do
			left >/dev/null
			zmap -p 80 -r 2000 -c 1 -q -N 20 --io \$io -m m.\$io \\
				-o f.\$io 10.0.0.0/16 || echo "rc \$?"
			left >left.\$io
		done
	E
	lab bash stop
	for io in ring mmsg ip xdp; do
		counts m.$io "$(cat left.$io)"
		jq -e '.complete and .output_results == 20 and
			.pcap_recv >= 20 and .packets_sent > 20' m.$io
		[ "$(wc -l <f.$io)" -eq 20 ]
	done
}

# once: counts the device's packets; IPv6 has its own
# bats test_tags=once
@test "ends: a reader that goes, a full disk: counts are there, not complete" {
	requires_lab
	# all are sent long before the end, or few are; it is the same each time
	cat >stop <<-E
		$LEFT
		for i in 1 2 3; do for r in 2000 100000; do
			left >/dev/null
			zmap -p 80 -r \$r -c 5 -q -m m.h\$i.\$r 10.0.0.0/20 |
				(head -n 60 >/dev/null)
			left >left.h\$i.\$r
			zmap -p 80 -r \$r -c 5 -q -m m.f\$i.\$r -o /dev/full \\
				10.0.0.0/20 2>err
			echo "\$?" >rc.f\$i.\$r
			left >left.f\$i.\$r
		done; done
	E
	lab bash stop
	for m in m.*; do
		counts "$m" "$(cat "left.${m#m.}")"
		jq -e '.complete == false and .packets_sent > 0 and
			.pcap_recv > 0' "$m"
	done
	grep -Lx 1 rc.* >wrong || true
	[ ! -s wrong ]
}

# once: counts the device's packets; IPv6 has its own
# bats test_tags=once
@test "ends: --min-hitrate: counts are there, not complete, status 4" {
	requires_lab
	cat >stop <<-E
		$LEFT
		left >/dev/null
		zmap -p 80 -r 200 -c 1 -q --min-hitrate 99 -m m -o f -l log \\
			10.0.0.0/16
		echo "rc \$?"
		left
	E
	lab bash stop >out
	grep -x 'rc 4' out
	counts m "$(tail -n 1 out)"
	jq -e '.complete == false and .packets_sent > 1000' m
	grep -q '\[INFO\] zmap: stopped early' log
}

# once: counts the device's packets; IPv6 has its own
# bats test_tags=once
@test "ends: each stage says its last counts before SIGPIPE ends it" {
	requires_lab
	cat >stop <<-'E'
		zmap-targets -p 80 --status-fd 11 10.0.0.0/10 11>s.targets |
			zmap-send -r 2000 --status-fd 11 11>s.send |
			zmap-recv -c 5 --status-fd 11 --write-pcap pcap 11>s.recv |
			zmap-filter 'success && !repeat' --status-fd 11 11>s.filter |
			zmap-out --status-fd 11 11>s.out | (head -n 30 >found)
		echo "${PIPESTATUS[*]}"
	E
	lab bash stop >out
	cat out
	grep -x '141 141 141 141 141 0' out
	for s in targets send recv filter out; do
		tail -n 1 s.$s | jq -e --arg s $s '.stage == $s and .final and
			.outcome == "interrupted"'
	done
	[ "$(tail -n 1 s.filter | jq .out)" -ge 30 ]
	[ "$(tail -n 1 s.recv | jq .valid)" -ge 30 ]
	# what the savefile has is what was received
	[ "$(tcpdump -r pcap 2>/dev/null | wc -l)" -eq \
		"$(tail -n 1 s.recv | jq .received)" ]
}

@test "ends: SIGUSR1 and SIGUSR2 to zmap change the rate" {
	requires_lab
	cat >rates <<-'E'
		zmap -p 80 -r 1000 -c 0 -q -m m -o found 10.0.0.0/20 2>err &
		until_sent 200
		kill -USR1 $!
		soon grep -q 'rate is now 1050 packets' err || exit
		kill -USR1 $!
		soon grep -q 'rate is now 1102.5 packets' err || exit
		kill -USR2 $!
		soon grep -q 'rate is now 1047.375 packets' err || exit
		wait $!
	E
	lab bash rates
	jq -e '.complete and .packets_sent == 4096' m
	grep -q '\[INFO\] zmap: completed' err
}

# once: words count addresses of IPv4, ranges of IPv6
# bats test_tags=once
@test "ends: SIGHUP to zmap ends nothing, and has --exclude read anew" {
	requires_lab
	: >optout
	cat >hup <<-'E'
		zmap -p 80 -r 500 -c 0 -q -m m -o found --exclude optout \
			10.0.0.0/21 2>err &
		until_sent 100
		kill -HUP $!
		soon grep -q 'leaving out 0 addresses' err || exit
		echo 10.0.0.0/21 >optout
		kill -HUP $!
		soon grep -q 'leaving out 2048 addresses' err || exit
		wait $!
	E
	lab bash hup
	jq -e '.complete and .packets_sent < 2000' m
	# in a pipeline each stage bears it, too
	cat >all <<-'E'
		pids=
		for s in targets send recv filter out; do mkfifo $s; done
		zmap-targets -p 80 10.0.0.0/22 >targets & pids="$pids $!"
		zmap-send -r 500 <targets >send & pids="$pids $!"
		zmap-recv -c 3 <send >recv & pids="$pids $!"
		zmap-filter 'success && !repeat' <recv >filter & pids="$pids $!"
		zmap-out <filter -o piped & pids="$pids $!"
		until_sent 200
		for p in $pids; do
			kill -HUP $p 2>/dev/null || echo "ended before"
			kill -USR1 $p 2>/dev/null
		done
		wait
	E
	lab bash all
	"$ROOT/tests/lab/expect.py" --addresses -p 80 10.0.0.0/22 | sort >want
	sort piped | diff want -
}

@test "ends: the log says how a scan ended, and how to go on" {
	requires_lab
	last() { tail -n 1 log | sed -E 's/^.{20}//'; }
	lab zmap -p 80 -r 1000 -c 0 -q -l log -o f 10.0.0.0/24
	[ "$(last)" = '[INFO] zmap: completed' ]
	cat >term <<-'E'
		zmap -p 80 -r 500 -c 1 -q -l log -o f "$@" 10.0.0.0/20 &
		until_sent 200
		kill -TERM $!
		wait $!
	E
	run lab bash term
	[ "$status" -eq 3 ]
	[[ $(last) =~ ^'[INFO] zmap: interrupted by SIGTERM' ]]
	grep -q 'zmap: SIGTERM: .*a second signal' log
	run lab bash term --checkpoint ck
	[ "$status" -eq 3 ]
	[[ $(last) =~ 'SIGTERM'.*'; go on with --resume ck'$ ]]
	# refused: the log has an end too
	run lab zmap -p 80 -l log -q -o f --output-filter 'nosuch = 1' 10.0.0.1
	[ "$status" -eq 2 ]
	[ "$(last)" = '[INFO] zmap: failed' ]
	# its reader gone: nothing on the terminal, but in the log
	run lab bash -c 'zmap -p 80 -r 500 -c 0 -q -v 2 10.0.0.0/20 2>err |
		(head -n 1 >/dev/null)'
	run grep zmap: err
	[ "$status" -eq 1 ]
}

@test "ends: a closing report in the log: how far, how many, what is lost" {
	requires_lab
	lab zmap -p 80 -r 4000 -c 1 -l log -m m -o found 10.0.0.0/20 2>lines
	hits=$(wc -l <found)
	share=$(awk -v n="$hits" 'BEGIN { printf "%.2f", 100 * n / 4096 }')
	grep -E "\[INFO\] status: done: 4,096 targets in 0:0[0-9], $hits answered \\($share%\\), nothing lost; $hits results in found\$" log
	run grep 'status: done' lines
	[ "$status" -eq 1 ]
	lab zmap -p 80 -c 1 -l log2 -o - 10.0.0.0/28 >found2
	grep -q "nothing lost; $(wc -l <found2) results\?\$" log2
	cat >term <<-'E'
		zmap -p 80 -r 500 -c 1 -l log -o found 10.0.0.0/20 2>/dev/null &
		until_sent 200
		kill $!
		wait $!
	E
	run lab bash term
	[ "$status" -eq 3 ]
	tail -n 2 log | head -n 1 |
		grep -E '\[INFO\] status: ended at [0-9]{1,2}%: [0-9]+ targets in 0:0'
	tail -n 1 log | grep 'zmap: interrupted by SIGTERM'
}
