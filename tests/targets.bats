#!/usr/bin/env bats
# zmap-targets: every target once, in a promised order.

load helper

@test "order of a seed is promised" {
	run --separate-stderr zmap-targets --text -p 80 -e 7 192.0.2.0/29
	[ "$status" -eq 0 ]
	echo "$output" >got
	cat "$BATS_TEST_DIRNAME/golden/targets-29.txt" >want
	diff -u want got
}
