#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The stream in other hands: programs in Python and Perl between and after
# ours, and everything strange that they, or nobody, could have written.

# bats file_tags=beside,quick
load helper
bats_require_minimum_version 1.5.0

FIELDS="saddr:ip ttl:uint classification:text success:bool"

# python CODE: with mkstream's functions, and what it prints as stdout
python() {
	"$PYTHON" -c "import sys
from mkstream import *
out = sys.stdout.buffer
f = parse_fields('$FIELDS')
$1"
}

# --- with an implementation that is not ours ---

@test "interop: Python reads what every stage writes" {
	setup_stream
	zmap-targets -p 80,443 -e 1 --no-blacklist 192.0.2.0/28 | readstream >got
	[ "$(head -n 1 got | jq -r '.[1].kind')" = targets ]
	[ "$(tail -n 1 got | jq -r '.[1].status')" = done ]
	zmap-filter success <results.cbor | readstream --records | jq -c . >got
	printf '%s\n' '{"saddr":"10.0.0.1","ttl":64,"classification":"synack","success":true}' \
		'{"saddr":"10.0.0.3","ttl":200,"classification":"synack","success":true}' | diff - got
	zmap-out -O cbor -f ttl <results.cbor | readstream --records | jq -c . >got
	printf '{"ttl":%d}\n' 64 9 200 | diff - got
}

@test "interop: a stage in Python works in the middle of a pipeline" {
	setup_stream
	zmap-filter 'ttl > 5' <results.cbor | "$PYTHON" "$ROOT/examples/stage.py" >got.cbor
	[ "$(zmap-out -f saddr --no-header-row <got.cbor | tr '\n' ' ')" = '10.0.0.2 ' ]
	readstream <got.cbor >got
	[ "$(head -n 1 got | jq -c '[.[1].history[][0]]')" = \
		"[\"mkstream\",\"zmap-filter\",\"$ROOT/examples/stage.py\"]" ]
	grep -q 'in between' got
	# its failure is a failure, its reader's end no noise
	head -c -3 results.cbor >cut
	run bash -c '"$PYTHON" "$ROOT/examples/stage.py" <cut 2>/dev/null | zmap-out'
	[ "$status" -eq 1 ]
	[[ $output == *10.0.0.2* && $output == *truncated* ]]
	python 'out.write(header(f, {})); [out.write(record(f, {"saddr": "1.2.3.4"}))
for i in range(20000)]; out.write(end())' >big
	run bash -c '"$PYTHON" "$ROOT/examples/stage.py" <big | zmap-out -N 3'
	[ "${#lines[@]}" = 3 ]
}

@test "interop: a program in Perl takes zmap-out's place" {
	setup_stream
	zmap-filter success <results.cbor | "$ROOT/examples/table.pl" saddr ttl >got
	printf '10.0.0.1\t64\n10.0.0.3\t200\n' | diff - got
	cat results.cbor results.cbor | "$ROOT/examples/table.pl" classification >got
	[ "$(wc -l <got)" = 6 ]
	head -c -3 results.cbor >cut
	run "$ROOT/examples/table.pl" saddr <cut
	[ "$status" -ne 0 ]
	[ "${lines[0]}" = 10.0.0.1 ]
	setup_stream --status incomplete
	run "$ROOT/examples/table.pl" saddr <results.cbor
	[ "$status" -eq 5 ]
}

# once: the manual's, byte by byte
# bats test_tags=once
@test "interop: the hex dump of the manual is a stream, and ours" {
	mandoc -T ascii "$ROOT/man/zmap-stream.5" | col -bx |
		sed -n '/four targets, byte by byte/I,/Look at any/p' |
		sed -nE 's/^ +(([0-9a-f]{2} )*[0-9a-f]{2})( .*)?$/\1/p' |
		xxd -r -p >dump
	readstream <dump >got
	[ "$(head -n 1 got | jq -c '.[1].history')" = \
		'[["zmap-targets","-p","80","-e","7","192.0.2.0/30"]]' ]
	[ "$(tail -n 1 got | jq -c '[.[1].event, .[1].targets]')" = '["end",4]' ]
	# the same bytes as our reader sees them
	[ "$(zmap-out -O diag <dump | sed -n 2p)" = \
		"[4, 80, 66(h'c0000202c0000200c0000203c0000201')]" ]
}

# once: bytes of IPv4
# bats test_tags=once
@test "interop: every shape that CBOR allows is read" {
	# indefinite maps and arrays, long heads, tags, floats, undefined
	python '
h = header(f, {})[3:]
out.write(b"\xda\0\0\xd9\xf7" + h)            # a long tag
out.write(b"\x9f\x44\x0a\0\0\1\x1b\0\0\0\0\0\0\0\x40\x78\x06synack\xf5\xff")
out.write(b"\x9a\0\0\0\4\xf7\xf6\xf7\xf6")
out.write(b"\x84\xd8\x34\x44\x0a\0\0\2\xc1\x05\x60\xf4")
out.write(b"\xbf\x65event\x63end\x65stage\x61x\x66status\x64done\xff")' >s
	[ "$(zmap-out -f saddr,ttl,success --no-header-row <s)" = \
		$'10.0.0.1,64,1\n,,\n10.0.0.2,5,0' ]
	[ "$(zmap-filter 'ttl >= 5' <s | zmap-out -f ttl --no-header-row | tr '\n' ' ')" = '64 5 ' ]
}

# --- broken input ---

@test "interop: cut at every byte, all whole records pass and the status is 1" {
	setup_stream
	cat >cuts.py <<-'E'
		import io, subprocess, sys
		data = open("results.cbor", "rb").read()
		# where each record ends
		ends = []
		first = data.index(b"\x84\x44\x0a")
		import cbor2
		stream = io.BytesIO(data)
		stream.seek(first)
		decoder = cbor2.CBORDecoder(stream)
		while stream.tell() < len(data):
		    if isinstance(decoder.decode(), list):
		        ends.append(stream.tell())
		for n in range(len(data)):
		    want = sum(e <= n for e in ends)
		    for command in (["zmap-out"], ["zmap-filter", ""]):
		        run = subprocess.run(command, input=data[:n], capture_output=True)
		        if command[0] == "zmap-out":
		            got = run.stdout.count(b"\n")
		        else:
		            got = run.stdout.count(b"\x84\x44\x0a")
		        assert run.returncode == 1, (n, command, run)
		        assert got == want, (n, command, want, run)
		        assert run.stderr.count(b"\n") == 1, (n, run)
		        assert b"truncated" in run.stderr or b"empty" in run.stderr, run
	E
	"$PYTHON" cuts.py "$ROOT/tests"
}

@test "interop: the version is named where it does not fit" {
	for v in 0 2 99 18446744073709551615; do
		python "out.write(header(f, {}).replace(b'\x64zmap\x01', b'\x64zmap' + encode($v)))
out.write(end())" >s
		run zmap-out <s
		fails 1 "version $v"
		[[ $output == *'reads version 1'* ]]
	done
	python 'out.write(header(f, {}).replace(b"\x64zmap\x01", b"\x64zmap\x61x")); out.write(end())' >s
	run zmap-out <s
	fails 1 'no version'
}

@test "interop: headers that are none" {
	for h in 'b"\xd9\xd9\xf7\x80"' 'b"\xd9\xd9\xf7\xa0"' 'b"\xd9\xd9\xf6\xa0"' \
		'b"\xd9\xd9\xf7\xa1\x64zmap\x01"' \
		'b"\xd9\xd9\xf7\xa2\x64zmap\x01\x64kind\x05"' \
		'header(f, {}).replace(b"\x62ip", b"\x62ix")' \
		'header([("x" * 70, "ip")], {})' \
		'header(f, {}, history=5)' 'header(f, 5)' \
		'header([("f%d" % i, "uint") for i in range(300)], {})' \
		'encode({"event": "x"})' 'encode([1])' 'b"\x05"' 'b"\xff"'; do
		python "out.write($h); out.write(end())" >s
		run timeout 20 zmap-out -O diag <s
		[ "$status" -eq 1 ] || { echo "$h: $status $output"; return 1; }
		run timeout 20 zmap-filter '' <s
		[ "$status" -eq 1 ]
	done
}

# bats test_tags=slow
@test "interop: lengths and depths that only claim are refused at once" {
	for item in 'b"\x9b\x7f" + b"\xff" * 7' 'b"\x5b\x00\x00\x7f" + b"\xff" * 5' \
		'b"\x81\x5b\xff" + b"\xff" * 7' 'b"\x81\x7b\x7f" + b"\xff" * 7' \
		'b"\xbb\x7f" + b"\xff" * 7' 'b"\x81" * 100000' 'b"\xa1\x01" * 100000' \
		'b"\x81" + b"\xc1" * 100000' 'b"\x9f" * 100000' \
		'b"\x81\x9b\xff" + b"\xff" * 7 + b"\x01" * 2000000' \
		'b"\x9f" + b"\x01" * 2000000' 'b"\x81\x5a\x00\x20\x00\x00" + b"x" * 3000000' \
		'b"\xbf" + b"\x01" * 2000000' 'b"\x81\x5f\x41x\xff"' 'b"\x81\x7f\x61x\xff"' \
		'b"\x81\x1c"' 'b"\x81\xfc"' 'b"\x81\xff"' 'b"\xa1\x01\xff"'; do
		python "out.write(header(f, {})); out.write(record(f, {'ttl': 77}))
out.write($item)" >s
		for command in 'zmap-out -f ttl' "zmap-filter ''" 'zmap-out -O diag'; do
			# 64 MiB of memory and a second are plenty
			run in_memory 67108864 timeout 20 prlimit --cpu=2 bash -c "$command <s 2>err | tail -c 100 | tr -d '\0'; exit \${PIPESTATUS[0]}"
			[ "$status" -eq 1 ] || {
				echo "$item $command: $status $(cat err)"
				return 1
			}
			[ "$(wc -l <err)" = 1 ]
		done
		[ "$(zmap-out -f ttl --no-header-row <s 2>/dev/null)" = 77 ]
	done
} 2>/dev/null

@test "interop: garbage of any kind ends in good order" {
	setup_stream
	cat >garbage.py <<-'E'
		import random, subprocess, sys
		random.seed(int(sys.argv[1]))
		good = open("results.cbor", "rb").read()
		first = good.index(b"\x84\x44\x0a")
		for i in range(int(sys.argv[2])):
		    data = bytearray(good)
		    how = random.random()
		    if how < .2:
		        data = bytearray(random.randbytes(random.randrange(1, 300)))
		    elif how < .6:              # flipped after the header
		        for _ in range(random.randrange(1, 5)):
		            data[random.randrange(first, len(data))] = random.randrange(256)
		    else:                       # or anywhere
		        for _ in range(random.randrange(1, 5)):
		            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
		    if how > .9:
		        del data[random.randrange(len(data)):]
		    for command in (["zmap-out", "-f", "*"], ["zmap-out", "-O", "json", "-f", "*"],
		            ["zmap-out", "-O", "diag"], ["zmap-filter", ""],
		            ["zmap-filter", "ttl > 5 || classification ~ 'a'"]):
		        run = subprocess.run(command, input=bytes(data), capture_output=True, timeout=10)
		        # a change may leave a stream: another number, another status
		        assert run.returncode in (0, 1, 2, 3, 4, 5), (bytes(data), command, run)
	E
	"$PYTHON" garbage.py "$RANDOM" "$([ -n "${ZMAP_LONG:-}" ] && echo 1000 || echo 100)"
}

