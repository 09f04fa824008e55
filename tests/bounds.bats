#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Small input that asks for much: time and memory are bounded by what comes in.

# bats file_tags=beside,hostile,quick
load helper

# A stream of results with one record, made of CBOR by hand:
# made 'python expression of bytes for the value of x' ['more of the header']
made() {
	"$PYTHON" - "$@" <<-'E'
	import sys
	import cbor2
	def head(major, n):
	    s = b"" if n < 24 else n.to_bytes(1 if n < 256 else 2 if n < 65536 else 4, "big")
	    return bytes([major << 5 | (n if not s else {1: 24, 2: 25, 4: 26}[len(s)])]) + s
	def text(s):
	    return head(3, len(s)) + s.encode()
	value = eval(sys.argv[1])
	scan = eval(sys.argv[2]) if len(sys.argv) > 2 else {}
	out = sys.stdout.buffer
	out.write(b"\xd9\xd9\xf7" + head(5, 5))
	for k, v in (("zmap", 1), ("kind", "results"), ("history", [["t"]]),
	             ("scan", scan),
	             ("fields", [{"name": "x", "type": "map", "help": ""}])):
	    out.write(cbor2.dumps(k) + cbor2.dumps(v))
	out.write(head(4, 1) + value)
	out.write(cbor2.dumps({"event": "end", "stage": "t", "status": "done"}))
	E
}

@test "bounds: a key of a map is no map, list or tag: text would double with each level" {
	local f key n
	for n in 2 31; do
		made "b'\xa1' * $n + text('a') + text('b') * $n" >s
		for f in json csv text diag; do
			[ $f = diag ] || set -- -f x
			run in_memory 200000000 timeout 60 zmap-out -O $f "$@" <s
			fails 1 'zmap-out: stdin: not a record or an event'
			set --
		done
	done
	made "b'\xa1' + text('a') + text('b')" >s
	run zmap-out -O json -f x <s
	[ "$status" -eq 0 ] && [ "$output" = '{"x":{"a":"b"}}' ] || {
		echo "$output"
		return 1
	}
	# one level of each kind, in maps of definite and indefinite length
	for key in 80 81f6 a0 9fff bfff c101; do
		for n in "bfKEYf6ff" "a1KEYf6" "a201f6KEYf6" "bf01f6KEYf6ff"; do
			made "bytes.fromhex('${n/KEY/$key}')" >s
			run timeout 60 zmap-out -O json -f x <s
			fails 1 'not a record or an event'
			run timeout 60 zmap-filter '' <s
			[ "$status" -eq 1 ] || { echo "$n $key: $output"; return 1; }
		done
		# as a value, it is as good as any
		made "bytes.fromhex('a101${key}')" >s
		run zmap-out -O json -f x <s
		[ "$status" -eq 0 ] || { echo "$key: $output"; return 1; }
	done
	# keys that are numbers, bytes and words are strings in JSON
	made "bytes.fromhex('a6 01f6 20f6 41ff00 f5f6 f6f6 f93e00f6')" >s
	run zmap-out -O json -f x <s
	[ "$status" -eq 0 ]
	want='{"x":{"1":null,"-1":null,"ff":0,"true":null,"null":null,"1.5":null}}'
	[ "$output" = "$want" ] || { echo "$output"; return 1; }
}

@test "bounds: a header of a hundred thousand keys is refused at once" {
	made "b'\xf6'" "{'k%d' % i: 0 for i in range(1000)}" >s
	run timeout 60 zmap-out -O json -f x <s
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	made "b'\xf6'" "{'k%d' % i: 0 for i in range(1025)}" >s
	run timeout 60 zmap-out -O json -f x <s
	fails 1 "zmap-out: stdin: header: more than 1024 keys in 'scan'"
	made "b'\xf6'" "{'k%d' % i: 0 for i in range(100000)}" >s
	for program in "zmap-out -f x" "zmap-filter x=1" "zmap-recv --read-pcap x"; do
		run timeout 60 $program <s
		fails 1 'header: more than 1024 keys'
	done
	"$PYTHON" -c '
import cbor2, sys
sys.stdout.buffer.write(b"\xd9\xd9\xf7" + cbor2.dumps(
    {"zmap": 1, "kind": "results", **{"k%d" % i: 0 for i in range(100000)}}))' >s
	run timeout 60 zmap-out -f x <s
	fails 1 'zmap-out: stdin: header: more than 1024 keys'
}

@test "bounds: 65,536 ranges of all ports are read in no time" {
	"$PYTHON" -c '
import cbor2, sys
h = {"zmap": 1, "kind": "probes", "history": [["t"]], "key": bytes(16),
     "scan": {"probe": "tcp_synscan", "source_ips": [1], "source_ports": [9, 9],
              "ports": [[0, 65535]] * 65536}}
sys.stdout.buffer.write(b"\xd9\xd9\xf7" + cbor2.dumps(h) +
    cbor2.dumps({"event": "end", "stage": "send", "status": "done"}))' >s
	cpu() { bash -c 'TIMEFORMAT=%U; time "$@" >/dev/null 2>&1' - "$@" 2>&1; }
	for program in "zmap-recv --list-output-fields" "zmap-recv --read-pcap /dev/null"; do
		took=$(cpu $program <s) || true
		awk -v t="$took" 'BEGIN { exit t > 1.5 }' || {
			echo "$program: $took s"
			return 1
		}
	done
}

@test "bounds: however many filters in a row, the next reads what they write" {
	echo '{"saddr":"192.0.2.1"}' | mkstream >s
	for i in {1..40}; do
		zmap-filter '' <s >next || { echo "filter $i"; return 1; }
		mv next s
	done
	run zmap-out <s
	[ "$status" -eq 0 ] && [ "$output" = 192.0.2.1 ] || {
		echo "$status $output"
		return 1
	}
	# the newest ends are there, with what they say; the oldest are not
	zmap-out -O diag <s | tail -n 1 >end
	[ "$(grep -o '"stage": "filter"' end | wc -l)" -eq 17 ]
	[ "$(grep -o '"before": null' end | wc -l)" -eq 1 ]
	[ "$(grep -c '"mkstream"' end)" -eq 0 ]

	# a failure at the start is not forgotten
	{ head -c -1 s; } >cut
	for i in {1..30}; do
		zmap-filter '' <cut >next 2>/dev/null || true
		mv next cut
	done
	run zmap-out <cut
	[ "$status" -eq 1 ] || { echo "$status $output"; return 1; }

	# an end that is as deep as may be has room for no other
	"$PYTHON" -c '
import cbor2, sys
x = 0
for _ in range(31):
    x = [x]
sys.stdout.buffer.write(b"\xd9\xd9\xf7" + cbor2.dumps(
    {"zmap": 1, "kind": "results", "history": [], "scan": {}}) + cbor2.dumps(
    {"event": "end", "stage": "t", "status": "interrupted", "x": x}))' >s
	zmap-filter '' <s >next || [ $? -eq 3 ]
	run zmap-filter '' <next
	[ "$status" -eq 3 ] || [ "$status" -eq 0 ] || { echo "$status"; return 1; }
	run bash -c 'zmap-filter "" <next | zmap-out -O diag'
	[[ $output == *'"status": "interrupted"'* ]] || { echo "$output"; return 1; }
}

@test "bounds: a configuration file, a filter file without an end" {
	run in_memory 200000000 timeout 60 zmap -C /dev/zero --print-config
	fails 2 'zmap: /dev/zero:1: the line is over 65535 bytes'
	run in_memory 200000000 timeout 60 bash -c \
		'zmap -C <(yes "#") --print-config'
	fails 2 'the file is over 1048576 bytes'
	{ printf '# %065532d\n' 0; echo 'rate 5'; } >conf
	run zmap -C conf --print-config
	[ "$status" -eq 0 ] && [ "$output" = $'rate 5\t# conf:2' ] || {
		echo "$output"
		return 1
	}
	{ printf '# %065533d\n' 0; echo 'rate 5'; } >conf
	run zmap -C conf --print-config
	fails 2 'zmap: conf:1: the line is over 65535 bytes'
	echo '{"saddr":"192.0.2.1"}' | mkstream >s
	run in_memory 400000000 timeout 60 bash -c 'zmap-filter "saddr in @/dev/zero" <s'
	fails 2 'File too large'
}

@test "bounds: a byte order mark in front of a configuration file is skipped" {
	printf '\xef\xbb\xbfrate 5\n' >conf
	run zmap -C conf --print-config
	[ "$status" -eq 0 ] && [ "$output" = $'rate 5\t# conf:1' ] || {
		echo "$output"
		return 1
	}
	printf 'rate 5\n\xef\xbb\xbfseed 5\n' >conf
	run zmap -C conf --print-config
	[ "$status" -eq 2 ]
}

# A user with many pipes, over fs.pipe-user-pages-soft, gets pipes of two pages.
@test "bounds: zmap is not stopped by small pipes" {
	requires_lab
	plain "rights of its own"
	cat >many.py <<-'E'
	import fcntl, os, resource, subprocess, sys
	resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
	keep = [os.pipe() for i in range(1500)]
	if fcntl.fcntl(keep[-1][1], 1032) > 8192:
	    sys.exit(77)
	for n in 200, 9000:
	    a = ["10.0.%d.%d" % (i >> 8, i & 255) for i in range(n)]
	    p = subprocess.run(["zmap", "-p", "80", "--no-blacklist", "-c", "0.5",
	        "--io", "mmsg", "-q", "--disable-syslog", "-d" if n < 300 else "-v2",
	        "-o", "/dev/null", "-m", "m.json"] + a, timeout=60)
	    assert p.returncode == 0, p
	E
	run lab setpriv --bounding-set=-sys_resource,-sys_admin \
		"$PYTHON" many.py
	[ "$status" -ne 77 ] || skip "pipes stay large"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	run jq .targets_scanned m.json
	[ "$output" = 9000 ] || { echo "$output"; return 1; }
}

@test "bounds: numbers in status lines that no clock and no counter shows" {
	local f
	line() {
		printf '{"stage":"send","scan":"0123456789abcdef","shard":0,"shards":1,'
		printf '"time":%s,"elapsed":%s,%s}\n' "$@"
	}
	for f in 1e308 -1 NaN Infinity 253402300800; do
		line "$f" 1 '"targets":5' >lines
		run zmap-status -m m.json <lines
		fails 1 'zmap-status: stdin: line 1: not a status line'
		line 1790000000 "$f" '"targets":5' >lines
		[ "$f" = 253402300800 ] || run zmap-status -m m.json <lines
		fails 1 'zmap-status: stdin: line 1: not a status line'
	done
	{
		line 1790000000 0 '"facts":{"allowed":9223372036854775807}'
		line 1790000000 1e-300 '"targets":5,"packets":18446744073709551615'
		line 1790000001 1 '"targets":6,"packets":18446744073709551615,"final":true'
	} >lines
	run zmap-status --summary -m m.json <lines
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[[ $output == *$'blacklisted\t\t\t\t0'* ]] || { echo "$output"; return 1; }
	run jq -c '[.blocklist_total_allowed,.blocklist_total_not_allowed]' m.json
	[ "$output" = '[4294967296,0]' ] || { echo "$output"; return 1; }
	# what fuzzing found
	for f in "$ROOT"/tests/fuzz/corpus/status/*; do
		timeout 60 zmap-status --summary -m m.json -u u.csv <"$f" \
			>/dev/null 2>&1 || [ $? -eq 1 ]
		jq -e . m.json >/dev/null
	done
	for f in "$ROOT"/tests/fuzz/corpus/format/*; do
		for o in json csv text xml diag; do
			tail -c +3 "$f" | timeout 60 zmap-out -O $o >/dev/null 2>&1 ||
				[ $? -le 2 ]
		done
	done
}
