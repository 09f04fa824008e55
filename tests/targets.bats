#!/usr/bin/env bats
# zmap-targets: every target once, in the order that its seed promises.

load helper

mixtures() {
	PYTHONPATH=$ROOT/tests/targets "$PYTHON" \
		"$ROOT/tests/targets/mixtures.py" "$@"
}

@test "the order of a seed is as promised" {
	zmap-targets --text -p 80 -e 7 --no-blacklist 192.0.2.0/29 >got
	diff -u "$ROOT/tests/golden/targets-29.txt" got
}

@test "a hundred random mixtures agree with sets of Python" {
	mixtures 0 100
}
