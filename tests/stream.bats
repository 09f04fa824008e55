#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The stream of zmap-stream(5), with an implementation that is not ours, and
# with everything that can be wrong about it.

# bats file_tags=beside,hostile,quick
load helper

sample() {
	zmap-targets -p 80,443 -e 7 -b "$ROOT/examples/conf/blacklist.conf" \
		-n 20000 198.51.0.0/16
}

# once: bytes of IPv4
# bats test_tags=once
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

# once: bytes of IPv4
# bats test_tags=once
@test "stream: a stage in python works in the middle of a scan" {
	requires_lab
	lab bash -o pipefail -c "
		zmap-targets -p 80 -b /dev/null 10.0.0.0/20 |
			zmap-send -r 10000 | zmap-recv -c 2 |
			'$ROOT/examples/stage.py' |
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
		run in_memory 200000000 timeout 20 bash -c 'zmap-out -O diag <s >/dev/null'
		[ "$status" -eq 1 ] || { echo "$hex: $status $output"; return 1; }
	done
	{ printf '\xd9\xd9\xf7'; head -c 5000 /dev/zero | tr '\0' '\201'; } >s
	run timeout 20 bash -c 'zmap-out <s'
	fails 1 'zmap-out: stdin:'
}

@test "stream: neither to nor from a terminal" {
	run script -qec 'zmap-targets -p 80 --no-blacklist 192.0.2.0/30' /dev/null
	[ "$status" -eq 2 ]
	[[ $output == *'stdout is a terminal, and this is binary: pipe it to'* ]]
	run script -qec 'zmap-out' /dev/null
	[ "$status" -eq 2 ]
}

@test "stream: a record is passed on before waiting for the next" {
	"$PYTHON" -c '
import cbor2, os, sys, time
o = sys.stdout.buffer
o.write(cbor2.dumps(cbor2.CBORTag(55799, {"zmap": 1, "kind": "results",
    "history": [], "scan": {}, "fields": [{"name": "n", "type": "uint"}]})))
o.write(cbor2.dumps([5]))
o.flush()
for i in range(200):    # until it is there
    if os.path.exists("read"):
        break
    time.sleep(.1)' 3>&- | zmap-filter 'n = 5' | zmap-out -f n --no-header-row |
		{
			read -r -t 15 n
			: >read
			[ "$n" = 5 ]
		}
}

# once: what a dry run says of IPv4
# bats test_tags=once
@test "stream: a standard input that does not block is waited for" {
	zmap-targets -p 80 -n 3000 -e 1 -b /dev/null 10.0.0.0/8 >s
	cat >slow <<-'E'
		import fcntl, os, subprocess, sys, time
		r, w = os.pipe()
		fcntl.fcntl(r, fcntl.F_SETFL,
		    fcntl.fcntl(r, fcntl.F_GETFL) | os.O_NONBLOCK)
		p = subprocess.Popen(sys.argv[1:], stdin=r)
		os.close(r)
		s = open("s", "rb").read()
		# the first part ends inside of the header
		for part in s[:20], s[20:2000], s[2000:]:
		    time.sleep(0.2)
		    os.write(w, part)
		os.close(w)
		sys.exit(p.wait())
	E
	"$PYTHON" slow zmap-send --dryrun >dry
	[ "$(grep -c '^ip {' dry)" -eq 3000 ]
	requires_lab
	lab --counters counters "$PYTHON" slow zmap-send -v 1 >sent
	[ "$(jq .probes counters)" -eq 3000 ]
}

# once: bytes of IPv4
# bats test_tags=once
@test "stream: the history of a long command line is cut, and says so" {
	"$PYTHON" - <<-'E' >s
		import os
		a = ["10.%d.%d.1" % (i >> 8, i & 255) for i in range(50000)]
		os.execvp("zmap-targets", ["zmap-targets", "-p", "80", "-e", "1",
		    "-b", "/dev/null"] + a)
	E
	"$PYTHON" - <<-'E'
		import cbor2
		d = cbor2.CBORDecoder(open("s", "rb"))
		h = d.decode()
		argv, = h["history"]
		assert argv[:8] == ["zmap-targets", "-p", "80", "-e", "1",
		    "-b", "/dev/null", "10.0.0.1"], argv[:8]
		kept = len(argv) - 8
		assert 7000 < kept < 12000, kept
		assert argv[-1] == "... %d arguments left out" % (50000 - kept)
		while True:
		    i = d.decode()
		    if isinstance(i, dict):
		        break
		assert i["status"] == "done" and i["targets"] == 50000, i
	E
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

# --- the grammar of the manual ---

grammar() {
	mandoc -T ascii "$ROOT/man/zmap-stream.5" | col -bx |
		sed -n '/^ *stream = /,/^   Targets/p' | sed '$d' >grammar
	[ "$(wc -l <grammar)" -gt 50 ]
}

# Is stdin a stream, as the grammar has it?
valid() {
	"$PYTHON" "$ROOT/tests/tool/cddl.py" grammar
}

# once: bytes of IPv4; IPv6's are in targets6
# bats test_tags=once
@test "stream: what every program writes is what the grammar says" {
	requires_lab
	grammar
	sample >targets
	valid <targets
	zmap-targets --no-blacklist 192.0.2.0/30 | valid
	zmap-targets -p 1-9,80 --no-blacklist --seed 3 --shards 3 --shard 1 \
		192.0.2.0/24 | valid
	printf '192.0.2.1\n' | zmap-targets -p 7 --no-blacklist - | valid
	cat targets targets | valid
	lab bash -c '
		all() { zmap-targets --no-blacklist -p 80 10.0.0.0/24; }
		all | zmap-send -v2 -P 2 -S 192.0.2.1-192.0.2.3 >probes
		all | zmap-send -v2 | zmap-recv -c 1 >results
		zmap-targets --no-blacklist 10.0.0.0/26 |
			zmap-send -v2 -M icmp_echoscan >probes.icmp
		zmap-targets --no-blacklist -p 53 10.0.0.0/28 |
			zmap-send -v2 -M dns --probe-args "A,example.com" |
			zmap-recv -c 0 >results.dns
		timeout -s INT 1 zmap-send -v2 -r 1 <'"$T"'/targets >interrupted || true'
	for f in probes probes.icmp results results.dns interrupted; do
		valid <$f || { echo $f; return 1; }
	done
	[ "$(readstream --records <results | wc -l)" -gt 20 ]
	zmap-filter success <results | valid
	zmap-out -O cbor -f saddr,ttl <results | valid
	zmap-filter success <results | "$ROOT/examples/stage.py" | valid
	cat targets results | valid
	# a stream that breaks off is none
	run bash -c 'head -c -1 results | "$PYTHON" "$ROOT/tests/tool/cddl.py" grammar'
	[ "$status" -eq 1 ]
}

@test "stream: what the grammar does not allow is no stream" {
	grammar
	"$PYTHON" - <<-'E'
		import sys
		import cbor2
		from cddl import Grammar, check
		g = Grammar(open("grammar").read())
		T, V = cbor2.CBORTag, b"\xc0\0\2\1"
		field = {"name": "n", "type": "uint", "help": "h"}
		scan = {"id": "a", "seed": 1, "shard": 0, "shards": 1, "family": 4,
		        "ports": [80, [90, 99]], "networks": V + V, "source_ports": [1, 2],
		        "source_ips": T(66, V), "probe": "udp", "start": 5, "novel": [None]}
		def head(kind, **more):
		    return dict({"kind": kind, "zmap": 1, "history": [["a", "b"]],
		                 "scan": dict(scan)}, **more)
		end = {"event": "end", "stage": "x", "status": "done", "n": 3}
		good = {
		    "targets": [head("targets"), [1, 80, T(66, V)], [2, None, bytes(16)],
		                [3, T(65, b"\0\1"), T(66, V)], {"event": "x"}, end],
		    "probes": [head("probes", key=bytes(16)), {"event": "ready"},
		               {"event": "progress", "stage": "send", "n": 1}, end],
		    "results": [head("results", fields=[field], later={}), [1], [None],
		                {"event": "note"}, dict(end, before=end)],
		}
		def write(items, tag=55799):
		    return b"".join(cbor2.dumps(T(tag, i) if isinstance(i, dict)
		                                and "zmap" in i else i) for i in items)
		for kind, items in good.items():
		    assert check(g, write(items)) is None, (kind, check(g, write(items)))
		    assert check(g, write(items * 2)) is None
		    items[1:-1] = items[1:-1] * 3       # any number, any order
		    items[1:-1] = items[-2:0:-1]
		    assert check(g, write(items)) is None, kind
		assert check(g, b"".join(map(write, good.values()))) is None
		def clone(x):
		    if isinstance(x, dict):
		        return {k: clone(v) for k, v in x.items()}
		    return list(map(clone, x)) if isinstance(x, list) else x
		n = 0
		def bad(kind, change, why=None):
		    global n
		    items = clone(good[kind])
		    change(items)
		    n += 1
		    assert check(g, write(items)), (kind, why or n)
		def put(at, *path):
		    *way, key, value = path
		    def change(items):
		        x = items[at]
		        for k in way:
		            x = x[k]
		        x[key] = value
		    return change
		def lose(at, *path):
		    *way, key = path
		    def change(items):
		        x = items[at] if way or not isinstance(items, dict) else items
		        for k in way:
		            x = x[k]
		        del x[key]
		    return change
		for k in good:
		    for key in "zmap", "kind", "history", "scan":
		        if key != "zmap":               # which is how write() knows one
		            bad(k, lose(0, key), key)
		    for key, value in [("zmap", 2), ("zmap", "1"), ("zmap", True), ("kind", 1),
		                       ("kind", "result"), ("history", "x"), ("history", [[]]),
		                       ("history", ["x"]), ("history", [["x", 1]]),
		                       ("scan", [])]:
		        bad(k, put(0, key, value), (key, value))
		    for key, value in [("id", 1), ("seed", -1), ("seed", "7"), ("ports", 80),
		                       ("ports", [-1]), ("ports", [[1]]), ("ports", [[1, 2, 3]]),
		                       ("ports", ["80"]), ("family", 5), ("family", "4"),
		                       ("networks", "x"), ("source_ips", 3221225985), ("probe", b"x"),
		                       ("source_ips", T(65, V)), ("source_ips", T(66, "x")),
		                       ("source_ports", [1]), ("source_ports", [1, 2, 3]),
		                       ("source_ports", [[1, 2]]), ("start", 1.5),
		                       ("start", None), ("shards", False)]:
		        bad(k, put(0, "scan", key, value), (key, value))
		    bad(k, put(0, "scan", 7, 7), "a key that is no text")
		    for key in "event", "stage", "status":
		        bad(k, lose(-1, key), key)
		    for key, value in [("event", "END"), ("event", None), ("stage", 1),
		                       ("status", "ok"), ("status", 0), ("before", {}),
		                       ("before", {"event": "x"}), (5, 5)]:
		        bad(k, put(-1, key, value), (key, value))
		    bad(k, lambda i: i.pop(), "no end")
		    bad(k, lambda i: i.append([1]), "behind the end")
		    bad(k, lambda i: i.append({"event": "x"}), "behind the end")
		    bad(k, lambda i: i.append(dict(end)), "two ends")
		    bad(k, lambda i: i.insert(2, dict(end)), "an end in between")
		    bad(k, lambda i: i.insert(1, i[0]), "two headers")
		    bad(k, lambda i: i.pop(0), "no header")
		    for item in 5, "x", None, b"", 1.5, [], {}, {"event": 1}, {"stage": "x"}, \
		            T(66, V), {"event": "x", 1: 1}, {"event": "x", "stage": 1}:
		        bad(k, lambda i: i.insert(1, item), item)
		    items = write(good[k])
		    assert check(g, write(good[k], tag=55798)), "another tag"
		    assert check(g, items[3:]), "no tag"
		    assert check(g, items[:-1]) and check(g, items + b"\0")
		for record in [80, T(66, V)], [1, 80], [1, 80, T(66, V), "x"], [-1, 80, T(66, V)], \
		        ["1", 80, T(66, V)], [1, "80", T(66, V)], [1, -80, T(66, V)], \
		        [1, T(66, b"\0\1"), T(66, V)], [1, 80, T(65, V)], [1, 80, "x"], \
		        [1, 80, [1]], [1, 80, T(66, 1)], [None, 80, T(66, V)], [1, True, V]:
		    bad("targets", lambda i: i.insert(1, record), record)
		bad("probes", lambda i: i.insert(1, [1, 80, T(66, V)]), "a record")
		bad("probes", lose(0, "key"))
		for key in bytes(15), bytes(17), "0123456789abcdef", None:
		    bad("probes", put(0, "key", key), key)
		bad("results", lose(0, "fields"))
		for f in None, [], {}, [5], [{}], [{"name": "n"}], [{"type": "uint"}], \
		        [{"name": 1, "type": "uint"}], [{"name": "n", "type": "float"}], \
		        [dict(field, help=1)], [dict(field, more=1)], [field, "x"]:
		    bad("results", put(0, "fields", f), f)
		assert n > 220, n
	E
}

@test "stream: numbers and lengths are as short as they can be, and are read back" {
	"$PYTHON" - >lines <<-'END'
		import json
		for n in [0] + [2 ** b + d for b in (0, 3, 4, 5, 8, 16, 32, 63)
		                for d in (-1, 0, 1)] + [23, 24, 2 ** 64 - 1]:
		    text = "x" * n if n < 70000 else None
		    print(json.dumps({"n": n, "less": -n - 1 if n < 2 ** 63 else None,
		                      "text": text, "true": n % 2 == 0}))
	END
	zmap-in lines >s
	"$PYTHON" - <<-'END'
		import cbor2, io, json
		want = [list(json.loads(line).values()) for line in open("lines")]
		data, got = open("s", "rb").read(), []
		f = io.BytesIO(data)
		while f.tell() < len(data):
		    at = f.tell()
		    item = cbor2.CBORDecoder(f).decode()
		    if isinstance(item, list):
		        got.append(item)
		        assert data[at:f.tell()] == cbor2.dumps(item), item
		assert got == want, (len(got), len(want))
	END
	zmap-out -O json -f n,less,text,true <s >got
	"$PYTHON" -c '
import json
want, got = ([json.loads(x) for x in open(f)] for f in ("lines", "got"))
assert len(got) == len(want)
for w, g in zip(want, got):
    g = {**dict.fromkeys(w), **g}
    assert w == g, (str(w)[:200], str(g)[:200])'
}
