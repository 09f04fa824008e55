#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How much of what answers was found: the estimate and its interval.
# bats file_tags=company

load helper
bats_require_minimum_version 1.5.0

# bats test_tags=slow
@test "coverage: the interval holds the truth in 93 of 100 scans, bursts or not" {
	for n in 300 3000 20000; do
		for loss in 0 0.005 0.02 0.1 0.4; do
			for burst in 0 20 200; do
				[ $((burst * 20)) -lt $n ] || continue
				coverage $n $loss $burst 100 >got
				read -r inside width _ <got
				echo "$n $loss $burst: $(cat got)"
				awk -v i="$inside" 'BEGIN { exit i < 93 }'
				# and it says something
				[ "$burst" != 0 ] || awk -v w="$width" -v n=$n -v l=$loss \
					'BEGIN { exit w > 0.002 + 8 * l / sqrt(n) }'
			done
		done
	done
}

# share_found FILE: the share of what answers without loss that is in it
share_found() {
	zmap-filter 'success = 1 && repeat = 0' <"$1" | zmap-out -O text |
		sort -u >"$1.found"
	awk -v n="$(wc -l <"$1.found")" -v all="$(wc -l <all)" \
		'BEGIN { print n / all }'
}

@test "coverage: of a scan behind loss, it is what was found" {
	requires_lab
	scan() {
		lab --classes open=8 "${@:2}" bash -c "zmap-targets -p 80 -e 1 --no-blacklist \
			-P ${P:-2} -r 20000 10.0.0.0/17 |
			timeout 60 zmap-send -v 1 -P ${P:-2} -r 20000 |
			timeout 60 zmap-recv -v 3 -c 1 >$1" 2>said
	}
	P=1 scan clean
	zmap-filter 'success = 1 && repeat = 0' <clean | zmap-out -O text |
		sort -u >all
	for loss in 10 40; do
		scan got --loss $loss
		truth=$(share_found got)
		readstream <got | tail -n 1 | jq .[1] >end
		jq -e --argjson t "$truth" '.coverage_low_ppm / 1e6 - 0.004 <= $t and
			$t <= .coverage_high_ppm / 1e6 + 0.004' end ||
			{ echo "$loss: $truth $(cat end)"; return 1; }
		jq -e '.copies_both + .copies_first + .copies_later == .unique' end
		grep -q 'found [0-9.]* % ([0-9.]* to [0-9.]*) of what answers from here' said
	done
}

@test "coverage: what cannot be known, and what would tell" {
	requires_lab
	one() {
		lab bash -c "zmap-targets -p 80 -e 1 --no-blacklist $1 10.0.0.0/22 |
			timeout 60 zmap-send -v 1 $2 |
			timeout 60 zmap-recv -v 3 -c 1 >got" 2>said
		[ "$(readstream <got | grep -c coverage_ppm)" -eq 0 ]
	}
	one '' ''
	grep -q 'with one probe to each target it is not known.*-P 2 would tell' said
	one '' '-P 2'
	grep -q 'probes in a row are lost together.*--spread would tell' said
	lab bash -c "zmap-targets -p 80 -e 1 --no-blacklist -P 2 10.0.0.0/22 |
		timeout 60 zmap-send -v 1 |
		timeout 60 zmap-recv -v 3 -c 1 --dedup-method=none >got" 2>said
	grep -q 'is known with --dedup-method=full alone' said
}

@test "coverage: metadata and summary have it" {
	requires_lab
	lab bash -c 'timeout 60 zmap -p 80 -e 1 -P 2 -c 1 --no-blacklist -q \
		--metadata-file=meta --summary -o out 10.0.0.0/18 >summary' 2>said
	jq -e '.coverage > 0.9 and .coverage <= 1 and .coverage_low <= .coverage and
		.coverage <= .coverage_high and .coverage_high <= 1' meta
	grep -q $'^exc\tcoverage-low\t*[01]\\.' summary said
}
