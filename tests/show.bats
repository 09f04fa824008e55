#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Text that strangers wrote: no byte of it that a terminal would obey gets to
# one, by whatever way it came.

# bats file_tags=beside,quick
load helper

# Every byte but NUL, and U+0080 to U+00A0 as UTF-8; $1: bytes to leave out
all_bytes() {
	"$PYTHON" -c '
import sys
out = sys.argv[1].encode().decode("unicode_escape").encode("latin-1")
b = bytes(x for x in range(1, 256) if x not in out)
b += b"".join(chr(c).encode() for c in range(0x80, 0xa1))
sys.stdout.buffer.write(b)' "${1-}"
}

# safe FILE...: each has no control but newlines and tabs, and is UTF-8 without
# U+0080 to U+009F
safe() {
	"$PYTHON" - "$@" <<-'E'
	import sys
	for name in sys.argv[1:]:
	    raw = open(name, "rb").read()
	    try:
	        bad = [c for c in raw.decode()
	               if (c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f"]
	    except UnicodeDecodeError as e:
	        bad = [str(e)]
	    if bad or not raw:
	        sys.exit("%s: %r in %r" % (name, bad[:5], raw[:400]))
	E
}

# says COMMAND...: keeps what it says on stderr in a file; any status is fine
# but those of a crash.
says() {
	local rc=0
	said=$((${said:-0} + 1))
	timeout 20 unshare -rn "$@" >/dev/null 2>"said.$said" </dev/null || rc=$?
	[ $rc -lt 124 ] || {
		printf '%q ' "$rc" "$@"
		return 1
	}
}

@test "show: every byte in options and operands of every program" {
	local all some o
	all=$(all_bytes) some=$(all_bytes '\n,;= ')
	for o in -p -r -B -n -t -s -S -i -G -e -v -O -f --output-args --shards \
		--shard --output-filter --dedup-method -c -T -P --probe-ttl \
		-b -w -I -C -u/nonexistent/ -m/nonexistent/ -o/nonexistent/ --bogus \
		--io --cores --stage --user-metadata --min-hitrate --seed; do
		case $o in
		--*) says zmap "$o=$all" -p 80 --no-blacklist -d 192.0.2.1 ;;
		*) says zmap "$o$all" --no-blacklist -d 192.0.2.1 ;;
		esac
	done
	says zmap -M "$some" -p 80 192.0.2.1
	says zmap -M dns --probe-args "$all" -p 53 --no-blacklist 192.0.2.1
	says zmap -M udp --probe-args "$all" -p 53 --no-blacklist 192.0.2.1
	says zmap-targets -p 80 "$all"
	says zmap-targets -p "$all" 192.0.2.1
	says zmap-targets --bogus"$some"
	says zmap-out "$all"
	says zmap-out -O "$all"
	says zmap-out -f "$some,,"
	says zmap-out -o "/nonexistent/$all"
	says zmap-filter "$all"
	says zmap-recv --read-pcap "$all"
	says zmap-recv -M "$all" --list-output-fields
	says zmap-status -m "/nonexistent/$all"
	says zmap-status --bogus"$all"
	says zmap-send "$all"
	says zmap-send -M "$all" --help
	says banner-grab-tcp -p "$all"
	says forge-socket --bogus"$all"
	for ((i = 1; i <= said; i++)); do
		[ ! -s said.$i ] || set -- "$@" said.$i
	done
	[ $# -gt 40 ] || { echo "only $# messages"; return 1; }
	safe "$@"
}

@test "show: every byte in the environment, and in files" {
	local all some
	all=$(all_bytes) some=$(all_bytes '\n=')
	ZMAP_RATE=$all says zmap -p 80 192.0.2.1
	ZMAP_OUTPUT_MODULE=$all says zmap -p 80 192.0.2.1
	ZMAP_CONFIG=$all says zmap -p 80 192.0.2.1
	says env "ZMAP_$some=5" zmap -p 80 -d -n 0x 192.0.2.1
	printf '%s\n' "$some" >conf
	says zmap -C conf -p 80 192.0.2.1
	printf 'rate "%s"\n' "$(all_bytes '\n"')" >conf
	says zmap -C conf -p 80 192.0.2.1
	some=$(all_bytes '\n/' | head -c 200)
	cp conf "$some"
	says zmap -C "$some" -p 80 192.0.2.1
	some=$(all_bytes '\n=')
	printf '%s\n' "$some" >list
	for o in -b -w -I; do
		says zmap-targets -p 80 $o list 192.0.2.1
	done
	echo '{"saddr":"192.0.2.1"}' | mkstream >s
	{ printf 'n ~ "%s" (\n' "$some"; } >filter
	timeout 20 zmap-filter "saddr in @filter" <s >/dev/null 2>said.err || true
	safe said.err
	printf '%s\n' "$some" >payloads
	says zmap -M udp --probe-args table:payloads -p 53 --no-blacklist 192.0.2.1
	says zmap -M udp --probe-args ports:payloads -p 53 --no-blacklist 192.0.2.1
	printf '%s' "$all" >ck
	says zmap-targets -p 80 --resume ck 192.0.2.1
	for ((i = 1; i <= said; i++)); do
		[ ! -s said.$i ] || set -- "$@" said.$i
	done
	[ $# -gt 10 ] || { echo "only $# messages"; return 1; }
	safe "$@"
}

# A header of results, with text of all bytes in the places named.
stream() {
	"$PYTHON" - "$@" <<-'E'
	import sys
	sys.argv = ["mkstream"] + sys.argv[1:]
	import cbor2, struct
	def head(major, n):
	    for info, size, fmt in (24, 8, ">B"), (25, 16, ">H"):
	        if n < 24:
	            return bytes([major << 5 | n])
	        if n < 1 << size:
	            return bytes([major << 5 | info]) + struct.pack(fmt, n)
	def text(b):
	    return head(3, len(b)) + b
	every = bytes(range(1, 256)) + b"".join(chr(c).encode() for c in range(0x80, 0xa1))
	def enc(v):
	    if isinstance(v, bytes):
	        return text(v)
	    if isinstance(v, list):
	        return head(4, len(v)) + b"".join(map(enc, v))
	    if isinstance(v, dict):
	        return head(5, len(v)) + b"".join(enc(k) + enc(x) for k, x in v.items())
	    if isinstance(v, bytearray):
	        return cbor2.dumps(bytes(v))
	    return cbor2.dumps(v)
	what = sys.argv[1:]
	def at(name, size, other):
	    return every[:size] if name in what else other
	scan = {"probe": at("probe", 60, "tcp_synscan"), "source_ips": [3221225985],
	        "source_ports": [32768, 61000], "ports": [80],
	        "interface": at("interface", 60, "lo")}
	if "args" in what:
	    scan.update(probe="dns", probe_args=every)
	if "file" in what:
	    scan["probe_file"] = b"/tmp/" + every
	h = {"zmap": 1, "kind": at("kind", 20, "probes" if "key" in what else "results"),
	     "history": [[every]], "scan": scan,
	     "fields": [{"name": at("field", 40, "saddr"), "type": "ip", "help": every},
	                {"name": "x", "type": "text", "help": "x"}]}
	if "key" in what:
	    h["key"] = bytearray(16)
	out = b"\xd9\xd9\xf7" + enc(h)
	if "key" not in what:
	    out += enc([bytearray(b"\xc0\0\2\1"), every])
	out += enc({"event": "end", "stage": every if "end" in what else "t", "status": "done"})
	sys.stdout.buffer.write(out)
	E
}

@test "show: every byte in a stream, in the messages and lists of all who read it" {
	local place n=0
	for place in kind field probe interface args file end; do
		stream $place >s
		stream $place key >probes
		for c in 'zmap-out <s' 'zmap-out -f nothere <s' 'zmap-out -f saddr <s' \
			'zmap-filter "nothere = 1" <s' 'zmap-filter "saddr = 192.0.2.1" <s' \
			'zmap-recv --read-pcap /dev/null <probes' \
			'zmap-recv <probes' 'zmap-send <s' 'zmap-send -d <probes' \
			'zmap-out -O xml <s' 'zmap-out -O text -f x <s' \
			'zmap-out -O diag <s' 'zmap-recv --list-output-fields <probes'; do
			n=$((n + 1))
			timeout 20 unshare -rn bash -c "$c" >said.out \
				2>said.$n || true
			[ -s said.$n ] && set -- "$@" said.$n
			[[ $c != *diag* || ! -s said.out ]] || {
				mv said.out out.$n
				set -- "$@" out.$n
			}
		done
		[ $place = kind ] || terminal "zmap-out --list-output-fields <s"
	done
	[ $# -gt 40 ] || { echo "only $# messages"; return 1; }
	safe "$@"
}

# terminal COMMAND: what it prints on a terminal is safe.
terminal() {
	script -qec "bash -c $(printf %q "stty -opost; $1")" /dev/null \
		>typed </dev/null || true
	safe typed || { echo "$1"; return 1; }
}

@test "show: every byte of an answer, on a terminal, in every format" {
	stream >s
	for f in csv json text; do
		terminal "zmap-out -O $f -f saddr,x <s"
		grep -q 1b typed || { cat -v typed; return 1; }
	done
	for f in xml diag zgrab2; do
		terminal "zmap-out -O $f <s"
	done
	terminal "zmap-out -O csv -f x -o /dev/tty <s"
	# what is no terminal gets the bytes as RFC 4180 has them
	zmap-out -O csv -f x --no-header-row <s >raw
	grep -q $'\x1b' raw && grep -q $'\xc2\x9b' raw
}

@test "show: settings and pipelines on a terminal" {
	all_bytes '\n' >all
	export ALL=$(cat all)
	terminal 'zmap --notes "$ALL" -p 80 --print-config 192.0.2.1'
	terminal 'zmap --probe-args "$ALL" -p 80 --print-pipeline 192.0.2.1'
	zmap --probe-args "$ALL" -p 80 --print-pipeline 192.0.2.1 >raw
	grep -q $'\x1b' raw
}

@test "show: every byte in status lines, in the summary and metadata" {
	"$PYTHON" - >lines <<-'E'
	import json
	every = "".join(map(chr, range(1, 0xa1)))
	print(json.dumps({"stage": "zmap", "options": {"targets": [every],
	    "target-ports": every, "interface": every, "notes": every}}))
	for stage in "send", "recv":
	    base = {"stage": stage, "scan": "0123456789abcdef", "shard": 0,
	            "shards": 1, "time": 1.7e9, "elapsed": 1.5}
	    print(json.dumps({**base, "facts": {"interface": every, "probe": every,
	        "source_ips": [every], "ports": [every]}}))
	    print(json.dumps({**base, "targets": 5, "packets": 5, "final": True}))
	E
	zmap-status --summary -m m.json <lines 2>said.err
	safe said.err
	grep -q 'x1b' said.err
	jq -e . m.json >/dev/null
	terminal "zmap-status -q -m - <lines"
	printf '{"stage":"%s"}\n%s\n' "$(all_bytes)" "$(all_bytes)" >lines
	zmap-status <lines 2>said.err || [ $? -eq 1 ]
	safe said.err
}

@test "show: what a stage of the user's says, on a terminal and in a log" {
	requires_lab
	all_bytes >all
	lab bash -c "zmap -q --disable-syslog -p 80 -b /dev/null -c 0 -l log \
		--stage filter='sh -c \"cat all >&2; echo >&2; exec cat\"' 10.0.0.0/30" >/dev/null
	safe log
	grep -q 'x1b' log
}

@test "show: one record with U+0000 to U+009F comes back from each format" {
	"$PYTHON" - >s <<-'E'
	import cbor2, sys
	text = "".join(map(chr, [*range(0xa0), 0x2028, 0x2029, 0xfffd, 0xfffe,
	    0xffff]))
	h = {"zmap": 1, "kind": "results", "history": [["t", text]], "scan": {},
	     "fields": [{"name": "saddr", "type": "ip", "help": ""},
	                {"name": "classification", "type": "text", "help": ""}]}
	sys.stdout.buffer.write(b"\xd9\xd9\xf7" + b"".join(map(cbor2.dumps, (
	    h, [b"\xc0\0\2\1", text],
	    {"event": "end", "stage": "t", "status": "done"}))))
	E
	zmap-out -O json -f classification <s >json
	zmap-out -O csv -f classification <s >csv
	zmap-out -O text -f classification <s >text
	zmap-out -O diag <s >diag
	zmap-out -O xml <s >xml
	run "$PYTHON" - <<-'E'
	import csv, io, json, re, xml.etree.ElementTree
	text = "".join(map(chr, [*range(0xa0), 0x2028, 0x2029, 0xfffd, 0xfffe,
	    0xffff]))
	raw = open("json", newline="").read()
	assert json.loads(raw)["classification"] == text, raw
	# one line to any reader of lines
	assert len(raw.splitlines()) == 1, raw
	for c in [*range(0x20), *range(0x7f, 0xa0)]:
	    assert chr(c) not in raw.rstrip("\n"), c
	# Python's reader of CSV takes no NUL in old versions: by hand
	raw = open("csv", newline="").read()
	assert raw == 'classification\n"' + text.replace('"', '""') + '"\n', raw
	line = open("text", newline="").read()
	assert line.endswith("\n") and "\n" not in line[:-1]
	back = re.sub(rb"\\(x..|.)", lambda m: {b"n": b"\n", b"r": b"\r", b"t": b"\t",
	    b"\\": b"\\"}.get(m[1]) or bytes.fromhex(m[1][1:].decode()),
	    line[:-1].encode())
	assert back.decode() == text, line
	for c in [*range(0x20), *range(0x7f, 0xa0)]:
	    assert chr(c) not in line[:-1], c
	raw = open("diag", newline="").read()
	record = raw.split("\n")[1]
	assert json.loads(record[record.index('"'):-1]) == text, record
	xml.etree.ElementTree.parse("xml")
	raw = open("xml", newline="").read()
	for c in [*range(9), *range(0xb, 0x20), *range(0x7f, 0xa0), 0xfffe, 0xffff]:
	    assert chr(c) not in raw, c
	E
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	# each by itself makes a field of CSV one in quotes
	"$PYTHON" -c '
import json
for c in [*range(0x20), 0x22, 0x2c, 0x7f]:
    print(json.dumps(dict(saddr="192.0.2.1", classification="a" + chr(c) + "b")))' |
		mkstream | zmap-out -O csv -f classification >csv
	"$PYTHON" - <<-'E'
	want = "classification\n" + "".join('"a%sb"\n' % (chr(c) if c != 0x22 else '""')
	    for c in [*range(0x20), 0x22, 0x2c, 0x7f])
	assert open("csv", newline="").read() == want
	E
}
