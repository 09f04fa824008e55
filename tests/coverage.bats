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
				[ $((burst * 10)) -lt $n ] || continue
				coverage $n $loss $burst \
					$((n > 3000 ? 100 : 300)) >got
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
		grep -q 'found [0-9.]* % ([0-9.]* to [0-9.]*) of the hosts that answer this address' said
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
	grep -q 'not known with one probe to each target: -P 2 would tell' said
	one '' '-P 2'
	grep -q 'probes in a row are lost together.*--spread would tell' said
	lab bash -c "zmap-targets -p 80 -e 1 --no-blacklist -P 2 10.0.0.0/22 |
		timeout 60 zmap-send -v 1 |
		timeout 60 zmap-recv -v 3 -c 1 --dedup-method=none >got" 2>said
	grep -q 'is known with --dedup-method=full alone' said
}

@test "coverage: zmap-out -O info says each of the three numbers" {
	"$PYTHON" -c '
import sys
from mkstream import *
f = parse_fields("saddr:ip success:bool")
sys.stdout.buffer.write(header(f, {}))
sys.stdout.buffer.write(encode({"event": "end", "stage": "recv", "status": "done",
    "coverage_ppm": 950000, "coverage_low_ppm": 911000, "coverage_high_ppm": 972000}))
' >s
	zmap-out -O info <s >info
	grep -E '95(\.0+)? % \(91\.10? to 97\.20? ?%?\)' info || { cat info; return 1; }
}

# Of answers to copies that are told apart: 8 to both, 5 to the first alone, 3 to
# the second alone.
@test "coverage: which copies were answered" {
	"$PYTHON" -c '
import answers as a
s = a.Scan(probes=2, copies=2, distance=100)
s.scan["total"] = s.scan["targets"] = 256
hosts = ["192.0.2.%d" % i for i in range(16)]
first = [s.synack(h, n=0) for h in hosts[:13]]
later = [s.synack(h, n=1) for h in hosts[:8] + hosts[13:]]
a.pcap("in.pcap", first + later)
open("s.cbor", "wb").write(s.stream(targets=256))'
	zmap-recv --read-pcap in.pcap <s.cbor | readstream | tail -n 1 |
		jq .[1] >end
	jq -e '[.copies_both, .copies_first, .copies_later] == [8, 5, 3]' end ||
		{ cat end; return 1; }
}

@test "coverage: metadata and summary have it" {
	requires_lab
	lab bash -c 'timeout 60 zmap -p 80 -e 1 -P 2 -c 1 --no-blacklist -q \
		--metadata-file=meta --summary -o out 10.0.0.0/18 >summary' 2>said
	jq -e '.coverage > 0.9 and .coverage <= 1 and .coverage_low <= .coverage and
		.coverage <= .coverage_high and .coverage_high <= 1' meta
	grep -q $'^exc\tcoverage-low\t*[01]\\.' summary said
}
