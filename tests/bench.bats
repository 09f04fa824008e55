# SPDX-License-Identifier: Apache-2.0
# The benchmark itself: that each of its rows still measures something.  What
# the figures are is for `make bench` on a quiet machine.
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
		assert bench.run("exit 7") is None
		assert bench.run("true", lab=("--ifb",), seconds=1) is None
		got = bench.run("sleep 0.2; exit 5", okay=(0, 5))
		bench.row("a row", "who", seconds=got and got.seconds, MiB=None)
	E
	PYTHONPATH=$ROOT/tests/bench "$PYTHON" measure >rows 2>said
	grep -Eq $'^a row\twho\tseconds\t[0-9.]+$' rows
	grep -q $'^a row\twho\tMiB\tfailed$' rows
	grep -q 'status 7: exit 7' said
	grep -q 'nothing was sent: true' said
}
