#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is lost by the rate: blocks of a scan at two rates, and what they tell.
# bats file_tags=company

load helper
bats_require_minimum_version 1.5.0

# bats test_tags=slow
@test "loss: the interval holds the truth in 93 of 100 scans, bursts or not" {
	for blocks in 5 10 20; do
		for loss in 0 0.005 0.02 0.1 0.4; do
			for burst in 0 500 4000; do
				"$BUILD/tests/tool/loss" $blocks $loss $burst 200 >got
				echo "$blocks $loss $burst: $(cat got)"
				awk '{ exit $1 < 93 }' got
			done
		done
	done
	# by hosts that are asked again, of whom some are gone
	for loss in 0 0.005 0.02 0.1 0.4; do
		for burst in 0 500 4000; do
			"$BUILD/tests/tool/loss" 20 $loss $burst 200 16 >got
			echo "again $loss $burst: $(cat got)"
			awk '{ exit $1 < 93 }' got
		done
	done
	# and it says something
	"$BUILD/tests/tool/loss" 20 0.1 0 10 >got
	awk '{ exit $2 > 0.05 }' got
}

# measures PATH OPTION...: a scan of 12 s at 20000 packets a second
measures() {
	local path=$1
	shift
	requires_lab
	# shellcheck disable=SC2016
	lab --classes open=40 --counters counters --path "$path" bash -c \
		'timeout 60 zmap -p 80 -e 1 -r 20000 -t 12 -c 1 -q -o out \
		--no-blacklist --disable-syslog -m meta "$@" 10.0.0.0/14' \
		sh "$@" 2>said
}

# once: 17 s, of which the family changes nothing
# bats test_tags=slow,once
@test "loss: behind a policer, it is what the far side lost" {
	run measures police=15000 --max-loss 5
	fails 5 ''
	grep -q 'more is lost at 2e+04 packets a second than at half of that: more than --max-loss 5; lower -r' said
	# two thirds of the packets are those of full blocks
	jq -n --slurpfile c counters --slurpfile m meta '($c[0].policed /
		($m[0].packets_sent * 2 / 3)) as $truth | [$truth, $m[0].loss,
		$m[0].loss_low, $m[0].loss_high]' >figures
	jq -e '.[0] > .[2] - 0.02 and .[0] < .[3] + 0.02 and .[1] > 0.15 and
		.[1] < 0.35' figures || { cat figures; return 1; }
}

# once: the lab's path has networks of IPv4
# bats test_tags=slow,once
@test "loss: where nothing is lost it says so, and finds the same" {
	measures net=192.0.2.0/24:0 --measure-loss --max-loss 5
	jq -e '.loss_low == 0 and .loss < 0.05' meta
	grep -q 'more is lost at 2e+04 packets a second' said
	# all that answered is there, whichever block it was asked in
	[ "$(sort -u out | wc -l)" -eq "$(jq .tcp.open counters)" ]
}

# Three blocks of each rate have to be known before anything is said.
# once: 9 s, of which the family changes nothing
# bats test_tags=slow,once
@test "loss: a block counts once, and not where this machine dropped answers" {
	targets -n 6400 10.0.0.0/16 >in
	: >probes
	timeout 100 "$PYTHON" "$ROOT/tests/tool/back.py" --blocks probes back \
		>written 3>&- &
	soon grep -q written written
	timeout 60 zmap-send -v 3 -r 1000 --measure-loss --back back -X \
		--write-pcap pcap <in >probes 2>said
	wait $!
	readstream <probes >events
	[ "$(grep -c '"block"' events)" -ge 9 ]
	# by the last report of all, and by no earlier one
	[ "$(grep -c '^\["event", {"event": "loss"' events)" -eq 1 ]
	tail -n 1 events | jq -e '.[1] | has("loss_ppm")'
}

# few PATH NET OPTION...: a whole scan at this rate, where 2 of 1000 answer
few() {
	local path=$1 net=$2
	shift 2
	requires_lab
	# shellcheck disable=SC2016
	lab --six 2001:db8::/32 --classes open=0.2 --counters counters \
		--path "$path" bash -c \
		'timeout 60 zmap -p 80 -e 1 -r 20000 -c 2 -q -o out -v 3 \
		--no-blacklist --disable-syslog -m meta --measure-loss "$@"' \
		sh "$@" "$net" 2>said
}

# tells_it NET: behind a policer, by those who are asked again
tells_it() {
	few police=15000 "$1" -f saddr,repeat
	grep -qE 'more is lost at 2e\+04 packets a second than at half of that, by [0-9]{3} probes to hosts that had answered' said
	jq -n --slurpfile c counters --slurpfile m meta '($c[0].policed /
		($m[0].packets_sent * 2 / 3)) as $truth | [$truth, $m[0].loss,
		$m[0].loss_low, $m[0].loss_high]' >figures
	jq -e '.[0] > .[2] - 0.05 and .[0] < .[3] + 0.05 and .[2] > 0 and
		.[3] - .[2] < 0.4' figures || { cat figures said; return 1; }
	# and none of that is a result
	[ "$(sed 1d out | sort -u | wc -l)" -eq "$(sed 1d out | wc -l)" ]
	run grep -c ,1 out
	[ "$output" = 0 ]
	jq -e '.success_total == .success_unique and
		.validation_failed > 100' meta
}

# once: of both families already
# bats test_tags=slow,once
@test "loss: where few answer, those who did are asked again, and tell it" {
	tells_it 10.0.0.0/14
	tells_it 2001:db8::/110
}

# once: the lab's path has networks of IPv4
# bats test_tags=slow,once
@test "loss: whom it asks again, and where too few ports are for that" {
	few net=192.0.2.0/24:0 10.0.0.0/14 -O cbor
	readstream <out | tail -n 1 |
		jq '[.. | objects | select(.event == "end")]' >ends
	jq -e '.[] | select(.stage == "send") | .again >= 50 and
		.again <= .asked and .again_answers == .again and
		.loss_low_ppm == 0' ends || { cat ends said; return 1; }
	# the last block is the quiet, when all has been sent
	readstream <out | jq -c '.[1] | select(.event == "block")' >blocks
	tail -n 1 blocks | jq -e '.reduced == 1 and .again == 64'
	jq -se '.[0].again == null and .[1].again == null and
		(.[:-1] | map(.again // 0) | max == 16)' blocks ||
		{ cat blocks; return 1; }
	# they have answered, and none of that is a result
	jq -e --slurpfile c counters '.[] | select(.stage == "recv") |
		.valid == .unique and .valid + 50 < $c[0].tcp.open' ends ||
		{ cat ends counters; return 1; }
	few net=192.0.2.0/24:0 10.0.0.0/16 -s 40000-40003
	grep -q 'to know what was lost by the rate; with 6 source ports, hosts that have answered are asked again, and tell it' said
}

@test "loss: what it needs" {
	targets 10.0.0.0/28 >in
	run zmap-send --measure-loss -v 1 -X --write-pcap p <in
	fails 2 'needs the way back from zmap-recv: say --back FIFO to both'
	zmap-targets -e 1 --no-blacklist 10.0.0.0/28 >in
	run zmap-send --measure-loss -M icmp_echoscan -v 1 -X --write-pcap p <in
	fails 2 'the probes of icmp_echoscan have neither ports nor the time'
	targets 10.0.0.0/28 >in
	run zmap-send --measure-loss -s 40000 -v 1 -X --write-pcap p <in
	fails 2 '--measure-loss needs 2 source ports, and there are 1'
}

@test "loss: the printed pipeline makes its way back, and works" {
	requires_lab
	zmap --print-pipeline --measure-loss -p 80 -r 1000 -c 1 --no-blacklist \
		10.0.0.0/23 -o - >pipeline
	grep -q 'mkfifo "$d/back"' pipeline
	grep -q 'zmap-send .* --back "$d/back" |' pipeline
	grep -q 'zmap-recv .* --back "$d/back" |' pipeline
	mkdir temporary
	TMPDIR=$T/temporary lab bash -c 'timeout 60 sh pipeline >found'
	[ "$(wc -l <found)" -gt 10 ]
	[ -z "$(ls -A temporary)" ]
}
