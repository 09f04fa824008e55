#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The lab's path: what it loses and delays, by the far side's own counters.
# once: the lab's path has networks of IPv4
# bats file_tags=company,once

load helper
bats_require_minimum_version 1.5.0

# over_path PATH [OPTION...]: a scan of 16384 open targets at 12000 a second, over this path;
# how many got through is in got, and the far side's counters are in counters.
over_path() {
	requires_lab
	lab --classes open=100 --counters counters --path "$@" bash -c \
		'zmap-targets -p 80 -e 1 --no-blacklist 10.0.0.0/18 |
		timeout 60 zmap-send -v 1 -r 12000 |
		timeout 60 zmap-recv -v 2 -c 1 >out'
	readstream <out | tail -n 1 | jq '.[1].unique' >got
	[ "$(jq .dropped counters)" -eq 0 ]
	[ "$(cat got)" -eq "$(jq .probes counters)" ]
}

@test "path: a policer lets its rate through, and what it becomes" {
	over_path police=6000
	jq -e '.probes + .policed == 16384 and .policed > 6500 and
		.policed < 9500' counters
	over_path police=6000,police=1000@0.6
	jq -e '.policed > 10000' counters
}

@test "path: the policer in XDP is the same one" {
	over_path police=6000 --fast
	# an ordinary user has the one in user space again
	[ "$(id -u)" -ne 0 ] || jq -e .fast counters
	jq -e '.probes + .policed == 16384 and .policed > 6500 and
		.policed < 9500' counters
	over_path police=6000,police=1000@0.6 --fast
	jq -e '.policed > 10000' counters
}

@test "path: outages, prefixes that lose, and a queue that delays, then loses" {
	over_path outage=30/20
	jq -e '.outages > 2000 and .outages < 8000' counters
	over_path net=10.0.0.0/19:50
	jq -e '.in_nets > 3800 and .in_nets < 4400' counters
	over_path queue=6000/100
	jq -e '.overflowed > 6000' counters
	run lab --path nonsense=1 true
	[ "$status" -ne 0 ]
}
