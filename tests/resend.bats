#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --resend silent: no later copies for targets that have answered.
# once: IPv6 has a test of its own in it
# bats file_tags=company,once

load helper
bats_require_minimum_version 1.5.0

@test "resend: what has answered is left out, and each copy is accounted for" {
	requires_lab
	lab --classes open=20,closed=10,unreachable=5 --log log bash -c \
		'timeout 60 zmap -p 80 -e 1 -P 2 --resend silent -r 4000 -c 1 -q \
		-o out --no-blacklist --disable-syslog -m meta -v 3 \
		10.0.0.0/19' 2>said
	# 8192 targets in 2 s, so that copies are passes
	jq -e '.targets_scanned == 8192 and .copies_spared > 0 and
		.packets_sent + .copies_spared == 16384' meta
	# who has answered in time: all that are open or closed, but for the
	# last ones of the first pass
	expect.py -p 80 --classes open=20,closed=10,unreachable=5 --summary \
		10.0.0.0/19 >world
	answer=$(awk -F, '$1 == "open" || $1 == "closed" { n += $2 }
		END { print n }' world)
	[ "$(jq .copies_spared meta)" -le "$answer" ]
	[ "$(jq .copies_spared meta)" -gt $((answer * 8 / 10)) ]
	# and no one is asked less than once, or more than twice
	cut -d, -f2 log | sort | uniq -c | awk '{ print $1 }' | sort | uniq -c |
		awk '{ n[$2] = $1 } END { exit n[1] + n[2] != 8192 ||
			NR > 2 }'
	grep -q 'coverage is not known with --resend silent, which does not ask targets again' said
	[ "$(wc -l <out)" -eq "$(awk -F, '$1 == "open" { print $2 }' world)" ]
}

@test "resend: behind loss, the second copy finds what the first has not" {
	requires_lab
	scan() {
		lab --classes open=30 --loss 30 bash -c \
			"timeout 60 zmap -p 80 -e 1 -r 4000 -c 1 -q -o $1 -P $2 \
			--no-blacklist --disable-syslog -m meta ${*:3} \
			10.0.0.0/20" 2>said
	}
	scan once 1
	scan silent 2 --resend silent
	[ "$(wc -l <silent)" -gt $(($(wc -l <once) * 115 / 100)) ]
	jq -e '.packets_sent + .copies_spared == 8192 and .copies_spared > 600' \
		meta
}

@test "resend: of IPv6, and of probes without ports" {
	requires_lab
	six=2001:db8:7::/48
	# shellcheck disable=SC2016
	lab --six $six --classes open=50 bash -c 'timeout 60 zmap -6 -p 80 -e 1 \
		-P 2 --resend silent -r 1000 -c 1 -q -o out --no-blacklist \
		--disable-syslog -m meta 2001:db8:7::/118' 2>said
	jq -e '.packets_sent + .copies_spared == 2048 and
		.copies_spared > 200' meta
	lab --classes open=50 bash -c 'timeout 60 zmap -M icmp_echoscan -e 1 \
		-P 2 --resend silent -r 1000 -c 1 -q -o out --no-blacklist \
		--disable-syslog -m meta 10.0.0.0/22' 2>said
	jq -e '.packets_sent + .copies_spared == 2048 and
		.copies_spared > 200' meta
}

@test "resend: what a busy sender's pipe has no room for is counted, and no more" {
	requires_lab
	# first no one reads, and then all that comes
	lab --classes open=100 bash -c 'mkfifo back; exec 8<>back
		zmap-targets -p 80 -e 1 --no-blacklist -n 45000 10.0.0.0/16 |
		zmap-send -v 2 -r 15000 |
		timeout 60 zmap-recv -v 2 -c 1 --resend silent --back back \
			>got 8>&- &
		until_sent 25000
		timeout 60 cat back >kept 8>&- &
		soon [ -s kept ]
		exec 8>&-
		wait' 2>said
	readstream <got | tail -n 1 | jq -c '.[1] | [.valid, .back_drops, .status]' >end
	told=$(readstream --records <kept | jq -s 'map(.[2].value | length / 8) | add')
	echo "$(cat end) $told"
	# the last answers come when the sender is through, and needs none
	jq -e --argjson told "$told" '.[1] > 0 and .[0] >= .[1] + $told and
		.[0] < .[1] + $told + 3000' end
	# more than the pipe holds
	[ "$told" -gt 13000 ]
}

@test "resend: what it needs" {
	targets 10.0.0.0/28 >in
	run zmap-send --resend silent -v 1 -X --write-pcap p <in
	fails 2 'each target gets one probe: say -P 2'
	run zmap-send --resend silent -P 2 -v 1 -X --write-pcap p <in
	fails 2 'cannot wait for answers; say -P and --spread to zmap-targets'
	zmap-targets -p 80 -e 1 -P 2 --no-blacklist 10.0.0.0/28 >in
	run zmap-send --resend silent -v 1 -X --write-pcap p <in
	fails 2 '--resend silent needs the way back from zmap-recv'
	run zmap-recv --resend silent <in
	fails 2 'give --back to zmap-send and zmap-recv, or use zmap'
	run zmap-send --resend all <in
	fails 2 'must be silent'
}
