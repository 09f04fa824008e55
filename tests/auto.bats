#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# -r auto: the rate that the path lets through, found by what is answered.
# once: the rate, whatever the family; half a minute each
# bats file_tags=company,once

load helper
bats_require_minimum_version 1.5.0

# bats test_tags=slow
@test "auto: finds what a policer lets through in 10 s, and loses 1 % then" {
	# of 20 scans each; 20000 a second with 5 % of answers are the fewest
	for policer in "20000 0.4" "100000 0.05" "400000 0.05" "400000 0.01"; do
		# shellcheck disable=SC2086
		"$BUILD/tests/tool/knee" $policer 0 0 20 >got
		echo "$policer: $(cat got)"
		awk '{ exit $1 < 90 || $2 < 0.95 || $3 > 0.0125 }' got
		# shellcheck disable=SC2086
		"$BUILD/tests/tool/knee" $policer 30 0 20 >got
		echo "$policer, halves: $(cat got)"
		awk '{ exit $2 < 0.93 || $3 > 0.0125 }' got
	done
	# and of losses in bursts it makes no knee that is far too low
	"$BUILD/tests/tool/knee" 100000 0.05 0 0.02 20 >got
	echo "outages: $(cat got)"
	awk '{ exit $2 < 0.6 || $3 > 0.05 }' got
}

# auto PATH SECONDS OPTION...: a scan with 40 % of answers
auto() {
	local path=$1 seconds=$2
	shift 2
	requires_lab
	# shellcheck disable=SC2016
	lab --classes open=40 --counters counters --path "$path" bash -c \
		'n=$1; shift; timeout 120 zmap -p 80 -e 1 -t "$n" -c 1 -q \
		-o out --no-blacklist --disable-syslog -m meta "$@" 10.0.0.0/11' \
		sh "$seconds" "$@" 2>said
}

# bats test_tags=slow
@test "auto: a long queue stays short, and what is late by itself is not its own" {
	# of 20 scans each: the delay that 95 of 100 packets have at most
	for queue in "20000 0.4 5" "100000 0.05 5" "400000 0.01 5" \
		"100000 0.05 0.3" "100000 0.003 5"; do
		# shellcheck disable=SC2086
		"$BUILD/tests/tool/delay" $queue 0 20 >got
		echo "$queue: $(cat got)"
		awk '{ exit $1 < 0.75 || $2 > 0.9 }' got
	done
	# hosts that are 200 ms farther in the middle of it
	"$BUILD/tests/tool/delay" 20000 0.4 5 25 20 >got
	echo "farther: $(cat got)"
	awk '{ exit $1 < 0.8 || $2 > 0.4 || $3 < 0.85 }' got
}

# bats test_tags=slow
@test "auto: behind a queue of the lab, answers are in time, and it says why" {
	# one answer in four has a timestamp; the queue would delay by 20 s
	auto queue=8000/20000 20 -r auto -v 3 --probe-args=windows,rtt \
		-f timestamp_ts,rtt
	grep -q 'packets per second: answers take [0-9.e+]* ms, and took [0-9.]* ms before' said
	grep -q 'raises and [0-9]* falls, [0-9]* times because answers came later' said
	jq -e '.rate_slowed >= 1 and .rate_falls >= .rate_slowed and
		.rate > 2000 and .rate < 16000' meta || { cat meta; return 1; }
	jq -e '.overflowed == 0' counters
	# once the first queue has run empty
	awk -F, 'NR == 2 { begin = $1 }
		NR > 1 && $2 != "" && $1 > begin + 11 { n++; late += $2 > 1e6 }
		END { print n, late; exit n < 1000 || late > n / 10 }' out
}

# bats test_tags=slow
@test "auto: of echo requests, the time in them says which block they are of" {
	requires_lab
	# it rises to what the queue serves, and knows what is late
	lab --classes open=40 --counters counters --path queue=8000/20000 \
		bash -c 'timeout 120 zmap -M icmp_echo_time -e 1 -t 15 -c 1 -q \
		-o out -f rtt_us --no-blacklist --disable-syslog -m meta \
		-r auto -v 3 10.0.0.0/11' 2>said
	grep -q 'packets per second: as many as this are answered in full' said
	grep -q 'packets per second: answers take [0-9.e+]* ms, and took' said
	jq -e '.rate_slowed >= 1 and .rate > 2000 and .rate < 16000 and
		.packets_sent > 30000' meta || { cat meta; return 1; }
	jq -e '.overflowed == 0' counters
	# what is lost is seen by the same
	lab --classes open=40 --counters counters --path police=5000 \
		bash -c 'timeout 60 zmap -M icmp_echo_time -e 1 -t 10 -c 1 -q \
		-o out --no-blacklist --disable-syslog -m meta \
		-r 10000 --measure-loss -v 3 10.0.0.0/12' 2>said
	jq -e '.loss_low > 0.2 and .loss_high < 0.8' meta ||
		{ cat meta said; return 1; }
}

# bats test_tags=slow
@test "auto: behind a policer of the lab, it stays below that, and says so" {
	auto police=8000 15 -r auto -v 3
	grep -q 'rate is now [0-9.e+]* packets per second: as many as this' said
	grep -q -- '-r auto came to [0-9.e+]* packets a second, by [0-9]* raises and [0-9]* falls' said
	grep -q 'is lost at [0-9.e+]* packets a second' said
	jq -e '.rate > 2500 and .rate < 9600 and .rate_raises >= 1 and
		.rate_falls >= 1 and .loss_high < 0.5' meta ||
		{ cat meta; return 1; }
	# what was lost is what was sent in the first seconds
	jq -n -e --slurpfile c counters --slurpfile m meta \
		'$c[0].policed < $m[0].packets_sent / 3'
}

# bats test_tags=slow
@test "auto: a short scan risks a hundredth of itself at a time" {
	requires_lab
	lab --classes open=40 --counters counters --path police=8000 bash -c \
		'timeout 120 zmap -p 80 -e 1 -c 1 -q -o out -r auto \
		--no-blacklist --disable-syslog -m meta 10.0.0.0/16' 2>said
	# a busy machine makes up for where it stood still, and loses more by that
	jq -e '.policed < 65536 / 5' counters || { cat counters meta; return 1; }
	[ "$(sort -u out | wc -l)" -eq "$(jq .tcp.open counters)" ]
}

@test "auto: a ceiling, a bandwidth and a share of all shards are kept to" {
	auto police=500000 4 -r auto:3000
	jq -e '.rate == 3000 and .packets_sent > 6000 and
		.packets_sent < 14000' meta
	auto police=500000 4 -r auto --rate-share 8K/2 --shards 4 --shard 0
	jq -e '.rate == 4000 and .packets_sent < 18000' meta
	auto police=500000 1 -r auto:100
	jq -e '.rate == 100 and .packets_sent < 300' meta
}

@test "auto: where nothing answers, the rate stays where it begins" {
	auto net=10.0.0.0/8:100 4 -r auto
	jq -e '.rate == 2000 and .packets_sent < 10000 and
		.success_total == 0 and (has("loss") | not)' meta
}

@test "auto: events say the rate, and a checkpoint keeps it" {
	requires_lab
	lab --classes open=40 bash -c 'mkfifo back
		zmap-targets -p 80 -e 1 --no-blacklist -r auto:8000 10.0.0.0/13 |
		timeout 60 zmap-send -v 1 -r auto:8000 --back back \
			--checkpoint ckpt --max-runtime 4 |
		timeout 60 zmap-recv -v 1 -c 0 --back back >got'
	readstream <got | jq -r '.[1] | select(.event == "rate") | .rate' >rates
	sort -n rates | tail -n 1 >most
	[ -s most ]
	awk '{ exit $1 < 6000 || $1 > 8000 }' most
	readstream <got | tail -n 1 | jq -e '.[1].before.raises >= 1'
	rate=$(awk '$1 == "rate" { print $2 }' ckpt)
	[ "$rate" -gt 6000 ]
	# it goes on at that: two blocks are more than 2000 in a second
	sed 's/^rate .*/rate 7000/' ckpt >again
	lab --classes open=40 bash -c 'mkfifo more
		zmap-targets --no-blacklist -p 80 -r auto --resume again \
			10.0.0.0/13 |
		timeout 60 zmap-send -v 1 -r auto --back more \
			--checkpoint again --max-runtime 0.9 |
		timeout 60 zmap-recv -v 1 -c 0 --back more >got'
	readstream <got | tail -n 1 | jq -e '.[1].before.packets > 4000'
}

@test "auto: what it needs" {
	targets 10.0.0.0/28 >in
	run zmap-send -r auto -v 1 -X --write-pcap p <in
	fails 2 '-r auto needs the way back from zmap-recv: say --back FIFO to both'
	zmap-targets -e 1 --no-blacklist 10.0.0.0/28 >in
	run zmap-send -r auto -M icmp_echoscan -v 1 -X --write-pcap p <in
	fails 2 '-r auto: the probes of icmp_echoscan have neither ports nor the time'
	for bad in auto: auto:x auto:0 auto50 automatic; do
		run zmap-send -r "$bad" <in
		fails 2 'must be packets a second, auto, or auto:50000'
	done
	zmap --print-pipeline -r auto:50K -p 80 10.0.0.0/24 -o - >pipeline
	grep -q 'mkfifo' pipeline
	zmap --print-pipeline -r 50K -p 80 10.0.0.0/24 -o - >pipeline
	run grep -q 'mkfifo' pipeline
	[ "$status" -ne 0 ]
}

@test "auto: without a receiver that reports, it says so" {
	requires_lab
	lab bash -c 'mkfifo back; sleep 9 3>back &
		zmap-targets -p 80 -e 1 --no-blacklist 10.0.0.0/16 |
		timeout 60 zmap-send -v 2 -r auto --back back --max-runtime 7 |
		timeout 60 zmap-recv -v 1 -c 0 >got' 2>said
	grep -q 'zmap-recv does not say what it finds, so the rate stays at 2000' said
	readstream <got | tail -n 1 | jq -e '.[1].before.packets < 17000'
}
