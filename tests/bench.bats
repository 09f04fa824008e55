# SPDX-License-Identifier: Apache-2.0
# The benchmark itself: that each of its rows still measures something.  What
# the figures are is for `make bench` on a quiet machine.
# once: rows of the benchmark name their family
# bats file_tags=beside,once
load helper
bats_require_minimum_version 1.5.0

@test "bench: a smoke run has a figure for every row, none of them failed" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	requires_lab
	"$ROOT/tests/bench/run" --smoke -o "$T/out" >table 2>errors || {
		cat table errors
		return 1
	}
	for bench in targets send recv scan rate stages growth; do
		grep -q "^$bench  " table
		grep -q "^## $bench\$" out/report.md
	done
	[ "$(wc -l <out/raw.tsv)" -ge 50 ]
	awk -F '\t' 'NF != 5 || $5 !~ /^-?[0-9.e+-]+$/ { print; bad = 1 }
		$4 ~ /\/s$|^seconds$|^MiB$/ && $5 <= 0 { print; bad = 1 }
		END { exit bad }' out/raw.tsv
	run -1 grep failed out/report.md
}

@test "bench: a command that fails is said to have, and is no figure" {
	requires_lab
	cat >measure <<-'E'
		import bench
		for i in range(20):
		    assert bench.run("exit 7") is None
		assert bench.run("true", lab=("--ifb",), seconds=1) is None
		got = bench.run("sleep 0.2; exit 5", okay=(0, 5))
		bench.row("a row", "who", seconds=got and got.seconds, MiB=None)
	E
	PYTHONPATH=$ROOT/tests/bench "$PYTHON" measure >rows 2>said
	grep -Eq $'^a row\twho\tseconds\t[0-9.]+$' rows
	grep -q $'^a row\twho\tMiB\tfailed$' rows
	[ "$(grep -c 'status 7: exit 7' said)" -eq 20 ]
	grep -q 'nothing was sent: true' said
}

@test "bench: memory is that of the program, however short it runs" {
	requires_lab
	cat >measure <<-'E'
		import bench
		for i in range(5):
		    a = bench.run("zmap-targets -v 1 -p 80 -n 1 -b /dev/null")
		    b = bench.run("time -q -f %M -o kib zmap-targets -v 1 -p 80 -n 1 "
		                  "-b /dev/null")
		    with open("kib") as f:
		        want = int(f.read()) / 1024
		    assert abs(a.mib - want) < 0.2 * want, (a.mib, want)
	E
	PYTHONPATH=$ROOT/tests/bench "$PYTHON" measure
}

@test "bench: a peer that cannot start is named, and left out" {
	printf '#!/bin/sh\n[ "$1 $2" = "-C /dev/null" ] && echo zmap 1.2.3\n' >good
	printf '#!/bin/sh\necho "no option: x" >&2\nexit 1\n' >bad
	printf '#!/bin/sh\necho\n' >silent
	echo 'no program' >odd
	chmod +x good bad silent odd
	BENCH_ZMAP=$T/good:$T/bad:$T/odd:$T/none BENCH_MASSCAN=$T/silent \
		PYTHONPATH=$ROOT/tests/bench "$PYTHON" -c 'import bench
print([p.name for p in bench.peers() if p.path.endswith("good")])
for why in bench.look()[1]: print(why)
print(bench.Zmap("'"$T"'/good").scan("10.0.0.0/8").split()[:3])' >got
	grep -qx "\['ZMap 1.2.3'\]" got
	grep -qx "$T/bad: status 1, no option: x" got
	grep -q "^$T/odd: .*Exec format error" got
	grep -qx "$T/none: not found" got
	grep -qx "$T/silent: status 0, no version" got
	grep -qx "\['$T/good', '-C', '/dev/null'\]" got
	# a smoke run asks for none
	run env BENCH_ZMAP="$T/bad" "$ROOT/tests/bench/run" -s -o out targets
	[[ $output != *"$T/bad"* ]]
}
