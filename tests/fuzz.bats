#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A few seconds of fuzzing for each parser, with the same inputs each time, so
# that chance fails nobody's change; `make fuzz T=60` is the real thing.

# bats file_tags=beside
load helper

@test "fuzz: all parsers stand thousands of mutated inputs" {
	cd "$ROOT"
	run make -s -j2 V=asan fuzzers
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	tests/fuzz/run -q
}
