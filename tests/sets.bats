#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Address sets of very many ranges: index to address, and membership.

# bats file_tags=beside,quick
load helper

@test "sets: every index of many ranges has its address, however they lie" {
	# with 100,000 many gaps are too long for a line of steps.h
	for shape in even:600000 clustered:600000 single:100000 \
		touching:600000; do
		run sets "${shape%:*}" "${shape#*:}" 1
		[ "$status" -eq 0 ]
		[[ "$output" == *steps ]]
	done
	# few ranges, and very many
	run sets even 1000 2
	[ "$status" -eq 0 ]
	[[ "$output" == *jumps ]]
	run sets touching 2200000 3
	[ "$status" -eq 0 ]
	[[ "$output" == "2200000 ranges, 2200000 addresses, jumps" ]]
}
