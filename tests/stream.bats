#!/usr/bin/env bats
# The stream of zmap-stream(5), with an implementation that is not ours, and
# with everything that can be wrong about it.

# bats file_tags=beside,hostile
load helper

sample() {
	zmap-targets -p 80,443 -e 7 -b "$ROOT/examples/conf/blacklist.conf" \
		-n 20000 198.51.0.0/16
}

@test "stream: python reads ours" {
	sample >s
	run "$PYTHON" -c '
import cbor2
d = cbor2.CBORDecoder(open("s", "rb"))
h = d.decode()
# cbor2 takes the tag of a stream off
assert open("s", "rb").read(3) == b"\xd9\xd9\xf7"
assert h["zmap"] == 1 and h["kind"] == "targets", h
assert h["history"][0][0] == "zmap-targets", h
seen = 0
while True:
    i = d.decode()
    if isinstance(i, dict):
        break
    seen += len(i[2].value) // 4
assert i["event"] == "end" and i["status"] == "done", i
assert seen == i["targets"] == h["scan"]["targets"] == 20000, seen
'
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

@test "stream: a stage in python works in the middle of a scan" {
	requires_lab
	lab bash -o pipefail -c "
		zmap-targets -p 80 -b /dev/null 10.0.0.0/20 |
			zmap-send -r 10000 | zmap-recv -c 2 |
			$ROOT/examples/stage.py |
			zmap-filter 'success = 1 && repeat = 0' | tee kept |
			zmap-out -f saddr --no-header-row" >found
	"$ROOT/tests/lab/expect.py" -p 80 --addresses 10.0.0.0/20 |
		awk -F. '$4 % 2 == 0' | sort >want
	diff want <(sort found)
	zmap-out -O diag <kept | head -n 1 | grep -q stage.py
}

@test "stream: what is unknown passes through, byte for byte" {
	"$PYTHON" -c '
import cbor2, sys
w = lambda x: sys.stdout.buffer.write(cbor2.dumps(x))
w(cbor2.CBORTag(55799, {"zmap": 1, "kind": "results", "history": [["x"]],
    "scan": {"id": "a", "new": [1, {"y": 2.5}]}, "later": {"z": None},
    "fields": [{"name": "n", "type": "uint"}]}))
for n in range(100):
    w([n])
    w({"event": "novel", "n": n, "deep": [[[n]]]})
w({"event": "end", "stage": "x", "status": "done"})
' >s
	zmap-filter 'n < 1000' <s >got
	"$PYTHON" -c '
import cbor2
def items(f):
    d = cbor2.CBORDecoder(open(f, "rb"))
    while True:
        i = d.decode()
        yield i
        if isinstance(i, dict) and i.get("event") == "end":
            return
a, b = list(items("s")), list(items("got"))
ha, hb = a[0], b[0]
assert hb["later"] == ha["later"] and hb["scan"] == ha["scan"], hb
assert hb["history"][0] == ["x"] and len(hb["history"]) == 2, hb
assert a[1:-1] == b[1:-1]
assert b[-1]["before"] == a[-1] and b[-1]["in"] == 100, b[-1]
'
}

@test "stream: two, one after the other, are one" {
	zmap-targets -p 80 --no-blacklist 192.0.2.0/30 >a
	zmap-targets -p 80 --no-blacklist 198.51.100.0/30 >b
	cat a b | zmap-out -O diag >both
	[ "$(grep -c '^55799' both)" -eq 2 ]
	[ "$(grep -c '"end"' both)" -eq 2 ]
}

@test "stream: cut at every byte: status 1, a reason, every whole record" {
	"$PYTHON" -c '
import cbor2, sys
w = lambda x: sys.stdout.buffer.write(cbor2.dumps(x))
w(cbor2.CBORTag(55799, {"zmap": 1, "kind": "results", "history": [["x"]],
    "scan": {}, "fields": [{"name": "n", "type": "uint"}]}))
for n in (1, 70000, 3):
    w([n])
w({"event": "end", "stage": "x", "status": "done"})
' >s
	size=$(stat -c %s s)
	for ((n = 0; n < size; n++)); do
		head -c "$n" s | zmap-out -f n >out 2>err && return 1
		[ "${PIPESTATUS[1]}" -eq 1 ] || return 1
		grep -Eq 'truncated|empty' err || { cat err; return 1; }
	done
	zmap-out -f n <s >whole
	diff out whole		# the last cut is in the end: no record is lost
}

@test "stream: another version is refused, both are named" {
	"$PYTHON" -c '
import cbor2, sys
sys.stdout.buffer.write(cbor2.dumps(cbor2.CBORTag(55799, {"zmap": 7,
    "kind": "results", "history": [], "scan": {}})))' >s
	run bash -c 'zmap-out <s'
	fails 1 'stream version 7, this program reads version 1'
}

@test "stream: another kind is refused" {
	run bash -c 'zmap-targets -p 80 --no-blacklist 192.0.2.0/30 | zmap-recv'
	fails 1 'a stream of targets, not of probes'
}

@test "stream: claims of length and depth cost nothing" {
	for hex in '9b0000000010000000' '5b7fffffffffffffff' 'bb7fffffffffffffff' \
		'9bffffffffffffffff' '5f' '1c' 'ff'; do
		{
			zmap-targets -p 80 --no-blacklist 192.0.2.0/30 | head -c 200
			echo "$hex" | xxd -r -p
		} >s
		run in_memory 200000000 timeout 5 bash -c 'zmap-out -O diag <s >/dev/null'
		[ "$status" -eq 1 ] || { echo "$hex: $status $output"; return 1; }
	done
	{ printf '\xd9\xd9\xf7'; head -c 5000 /dev/zero | tr '\0' '\201'; } >s
	run timeout 5 bash -c 'zmap-out <s'
	fails 1 'zmap-out: stdin:'
}

@test "stream: neither to nor from a terminal" {
	run script -qec 'zmap-targets -p 80 --no-blacklist 192.0.2.0/30' /dev/null
	[ "$status" -eq 2 ]
	[[ $output == *'stdout is a terminal; pipe it to zmap-out'* ]]
	run script -qec 'zmap-out' /dev/null
	[ "$status" -eq 2 ]
}

@test "stream: a record is passed on before waiting for the next" {
	"$PYTHON" -c '
import cbor2, sys, time
o = sys.stdout.buffer
o.write(cbor2.dumps(cbor2.CBORTag(55799, {"zmap": 1, "kind": "results",
    "history": [], "scan": {}, "fields": [{"name": "n", "type": "uint"}]})))
o.write(cbor2.dumps([5]))
o.flush()
time.sleep(20)' 3>&- | zmap-filter 'n = 5' | zmap-out -f n --no-header-row |
		{
			read -r -t 10 n
			[ "$n" = 5 ]
		}
}

@test "stream: the sample in zmap-stream(5) is one" {
	mandoc -T ascii "$ROOT/man/zmap-stream.5" | col -bx |
		sed -n '/^EXAMPLES/,$p' |
		grep -oE '^ +([0-9a-f]{2} )*[0-9a-f]{2}( {2,}|$)' |
		tr -d ' \n' | xxd -r -p >s
	run bash -c 'zmap-out -O diag <s'
	[ "$status" -eq 0 ]
	[[ $output == *"66(h'c0000202c0000200c0000203c0000201')"* ]]
}
