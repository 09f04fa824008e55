#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-out -O html: the report, as a parser and a browser see it.

# bats file_tags=beside,quick
load helper
bats_require_minimum_version 1.5.0

FIELDS="saddr:ip ttl:uint sport:uint classification:text success:bool
	rtt:uint repeat:bool timestamp:time"

# A stream of 100 answers in ten seconds, with events, and an end that counts.
setup_report() {
	"$PYTHON" - "$@" <<-'E' >report.cbor
	import sys
	pass
	from mkstream import *
	f = parse_fields("""saddr:ip ttl:uint sport:uint classification:text
	    success:bool rtt:uint repeat:bool timestamp:time""")
	zero, second = 1700000000 * 10**9, 10**9
	net = bytes([10, 1, 0, 0, 10, 1, 127, 255, 10, 1, 192, 0, 10, 1, 255, 255])
	o = sys.stdout.buffer
	o.write(header(f, {"id": "aa", "probe": "tcp_synscan", "ports": [80, [8000, 8010]],
	    "start": zero, "targets": 1000, "networks": net, "seed": 1,
	    "source_ips": cbor2.CBORTag(66, bytes([192, 0, 2, 1])),
	    "attribution": "mailto:a@example.org"}, history=[["zmap-targets", "-p80"],
	    ["zmap-out", "<script>alert(1)</script>"]]))
	for i in range(10):
	    o.write(encode({"event": "progress", "stage": "send", "packets": 100 * i,
	        "time": zero + i * second}))
	    for k in range(10):
	        n = 10 * i + k
	        o.write(record(f, {"saddr": "10.1.%d.%d" % (n % 4, n), "ttl": 50 + n % 2 * 60,
	            "sport": 80 if n % 3 else 8000, "success": n % 5 != 0,
	            "classification": ("<img src=x onerror=alert(2)>\0\u202e" if n == 7 else
	            "synack" if n % 5 else "rst"), "rtt": 1000 * (n + 1), "repeat": n == 99,
	            "timestamp": zero + i * second + k * second // 10}))
	send = {"event": "end", "stage": "send", "status": "done", "targets": 1000,
	    "packets": 1000, "failed": 3}
	o.write(encode({"event": "end", "stage": "recv", "status": sys.argv[1] if
	    len(sys.argv) > 1 else "incomplete", "kernel_drops": 1234, "before": send}))
	E
}

# What is between the tags, with blanks between cells; fails where tags do not
# fit together, or something would be loaded or run.
page() {
	"$PYTHON" - "$1" <<-'E'
	import html.parser, sys
	void = {"meta", "path"}
	class Page(html.parser.HTMLParser):
	    stack, text, ids, refs = [], [], [], []
	    def handle_starttag(self, tag, attrs):
	        attrs = dict(attrs)
	        assert tag not in ("script", "img", "iframe", "link", "object"), tag
	        for a in attrs:
	            assert not a.startswith("on") and a not in ("src", "href"), a
	        if "id" in attrs:
	            self.ids.append(attrs["id"])
	        self.refs += attrs.get("aria-labelledby", "").split()
	        if tag == "svg":
	            assert "aria-hidden" in attrs or attrs["role"] == "img"
	        if tag not in void:
	            self.stack.append(tag)
	    def handle_startendtag(self, tag, attrs):
	        pass
	    def handle_endtag(self, tag):
	        assert self.stack.pop() == tag, tag
	    def handle_data(self, data):
	        if "style" not in self.stack:
	            self.text.append(data)
	        else:
	            assert "url(" not in data and "@import" not in data
	data = open(sys.argv[1], "rb").read()
	assert b"\0" not in data
	p = Page()
	p.feed(data.decode())
	assert p.stack == [] and len(set(p.ids)) == len(p.ids), (p.stack, p.ids)
	assert set(p.refs) <= set(p.ids)
	print(" ".join(" ".join(p.text).split()))
	E
}

# once: a map of IPv4
# bats test_tags=once
@test "html: what was scanned, by whom, and what came of it" {
	setup_report
	run zmap-out -O html -o r.html report.cbor
	[ "$status" -eq 5 ]
	page r.html >text
	for said in 'Report of a scan' 'some probes or answers are known to be lost' \
		'hosts found 79 ' 'hit rate 7.90%' 'targets probed 1,000' 'packets sent 1,000' \
		'answers 100 ' 'repeats 1 ' 'known to be lost 1,237' \
		'answers dropped by the kernel 1,234' 'targets that could not be probed 3' \
		'probe tcp_synscan' "ports 80, 8000–8010" \
		'networks 10.1.0.0/17, 10.1.192.0/18' 'from 192.0.2.1' \
		'attribution mailto:a@example.org' 'started 2023-11-14 22:13:20 +0000' \
		'synack 79 79.0%' 'rst 20 20.0%' '80 53 67.1%' '8000 26 32.9%' \
		'33–64 40 50.6%' '65–128 39 49.4%' 'The highest column is 40, at a TTL of 50.' \
		'of the hosts within' 'Hit rate over time' '10.1.1.0/24 20 25.3%' \
		'hosts per /28' 'not scanned'; do
		grep -qF -- "$said" text || { echo "no '$said' in: $(cat text)"; return 1; }
	done
	# half of the hosts within 56 ms, as bins of a quarter of an octave tell
	grep -q '50% 57.3 ms' text
	[ "$(grep -c 'role="img"' r.html)" -ge 1 ]
	for f in 'prefers-color-scheme: dark' '@media print' '<html lang="en">'; do
		grep -qF "$f" r.html
	done
}

@test "html: strangers' bytes are text and nothing else" {
	setup_report
	zmap-out -O html -o r.html --output-args 'title=<b>&"' report.cbor || [ $? -eq 5 ]
	page r.html >text
	grep -qF '<b>&"' text
	grep -qF '<img src=x onerror=alert(2)>\x00' text
	grep -qF '<script>alert(1)</script>' text
	run ! grep -q '<script\|<img' r.html
	# any bytes in any text of the header
	"$PYTHON" -c '
import random, sys
from mkstream import *
random.seed(3)
few = bytes(b"<>&\"\0\n\x1b\xff\x80\xc2a=/'"'"' "[i % 15] for i in range(256))
bad = lambda n: random.randbytes(n).translate(few).decode("utf-8", "surrogateescape")
f = parse_fields("saddr:ip classification:text success:bool")
sys.stdout.buffer.write(header(f, {"id": "ab", "probe": "<b>&\"x",
    "probe_args": bad(70000)},
    history=[[bad(40000) for _ in range(20)]]))
for i in range(200):
    sys.stdout.buffer.write(record(f, {"saddr": "10.0.0.1", "success": True,
        "classification": bad(random.randrange(65537))}))
sys.stdout.buffer.write(end())' >s
	in_memory 200000000 zmap-out -O html -o r.html s
	page r.html >/dev/null
	[ "$(stat -c %s r.html)" -lt 300000 ]
}

@test "html: what is not complete says so" {
	setup_report interrupted
	run zmap-out -O html -o r.html report.cbor
	[ "$status" -eq 3 ]
	page r.html | grep -qF 'Not complete: it was interrupted.'
	head -c -60 report.cbor >cut
	run zmap-out -O html -o r.html cut
	[ "$status" -eq 1 ]
	page r.html | grep -qF 'the results end early'
	setup_report done
	zmap-out -O html report.cbor >r.html
	page r.html | grep -qF 'Complete: every target was probed.'
}

# once: both families are in it
# bats test_tags=once
@test "html: parts, empty streams, other streams" {
	setup_report done
	zmap-out -O html report.cbor report.cbor >r.html
	page r.html >text
	grep -qF 'hosts found 158 ' text
	grep -qF 'Part 2' text
	for i in {1..40}; do echo report.cbor; done |
		xargs zmap-out -O html >r.html
	page r.html | grep -qF 'And 24 parts more.'
	for i in {1..17}; do echo report.cbor; done |
		xargs zmap-out -O html >r.html
	page r.html | grep -qF 'And 1 parts more.'
	for i in {1..16}; do echo report.cbor; done |
		xargs zmap-out -O html >r.html
	page r.html >text
	run ! grep -qF 'parts more' text
	# of one command
	page r.html >text
	: | mkstream | zmap-out -O html >r.html
	page r.html | grep -qF 'commands mkstream'
	: | mkstream | zmap-out -O html >r.html
	page r.html | grep -qF 'hosts found 0 '
	# of IPv6 without networks, and so without a map
	FIELDS="saddr:ip success:bool" mkstream --scan '{"family":6}' >s <<-'E'
	{"saddr":"2001:db8::1","success":true}
	E
	zmap-out -O html <s >r.html
	page r.html >text
	run ! grep -q Where text
	grep -qF 'hosts found 1 ' text
	# of what other programs wrote
	printf 'saddr,success\n1.2.3.4,1\n' | zmap-in | zmap-out -O html >r.html
	page r.html | grep -qF '1.2.0.0/16 1 100.0%'
	run bash -c 'zmap-targets -p 80 10.0.0.0/24 | zmap-out -O html >r.html'
	fails 2 'have no fields'
	run zmap-out -O html --output-args colour=1 report.cbor
	fails 2 "html knows no argument 'colour=1'"
	run zmap-out -O html -f saddr report.cbor
	fails 2 'it takes no -f'
}

# once: of IPv6 alone
# bats test_tags=once
@test "html: a map of an IPv6 window, of single addresses, and of nearly all" {
	# $1: a prefix; $2: the length of its windows, or 0; hosts follow
	map6() {
		"$PYTHON" - "$@" <<-'E' >s
		import ipaddress, sys
		from mkstream import *
		net, end = ipaddress.ip_network(sys.argv[1]), int(sys.argv[2])
		span = net[0].packed + net[-1].packed
		scan = {"family": 6, "networks": span}
		if end:
		    scan["windows"] = [[end, 1, span]]
		f = parse_fields("saddr:ip success:bool")
		o = sys.stdout.buffer
		o.write(header(f, scan))
		for host in sys.argv[3:]:
		    o.write(record(f, {"saddr": host, "success": True}))
		o.write(encode({"event": "end", "stage": "recv", "status": "done"}))
		E
		zmap-out -O html -o r.html s
		page r.html >text
	}
	says() {
		local said
		for said in "$@"; do
			grep -qF -- "$said" text || fail "no '$said' in $(cat text)"
		done
	}
	# a host in each of 48 /64s, which are in three rows of 16, and one elsewhere
	map6 2001:db8::/48 64 2001:db9::1 $(for i in {0..31} {65520..65535}; do
		printf '2001:db8:0:%x::%x\n' "$i" $((i % 9)); done)
	says 'hosts found 49 ' 'hosts per /60' '3 of 4096 squares, a /60 each' \
		'the fullest has 16.' '2001:db8::/56 32 65.3%' \
		'2001:db8:0:ff00::/56 16 32.7%' '1 hosts are outside of the map' \
		':f000/52'
	# down to single addresses, in more than was scanned
	map6 2001:db8::80/121 0 2001:db8::85 2001:db8::5
	says '2 of 256 squares, a /128 each' 'hosts per /128' 'not scanned' \
		'2001:db8::/120 2 100.0%'
	# a window that has hardly room, and one of half of all
	map6 2001:db8::/60 64 2001:db8:0:f::1
	says '1 of 256 squares, a /64 each' ':0/60'
	map6 8000::/1 48 8000::1 ffff::1
	says '2 of 4096 squares, a /13 each' '8000::/17 1 50.0%' 'ffff::/17 1 50.0%'
}

# once: networks of 65536 in the table
# bats test_tags=once
@test "html: times that are far apart, and numbers at their ends" {
	"$PYTHON" -c '
import sys
from mkstream import *
f = parse_fields("saddr:ip ttl:uint sport:uint success:bool rtt:uint timestamp:time")
sys.stdout.buffer.write(header(f, {}))
for n in 1, 2, 2**31, 2**63 - 1, 2**64 - 1:
    sys.stdout.buffer.write(record(f, {"saddr": "255.255.255.255", "ttl": n,
        "sport": n, "success": True, "rtt": n, "timestamp": n}))
    sys.stdout.buffer.write(encode({"event": "progress", "packets": n, "time": n}))
sys.stdout.buffer.write(end())' >s
	timeout 10 zmap-out -O html <s >r.html
	page r.html | grep -qF '255.255.0.0/16 5 100.0%'
	run ! grep -q 'nan\|inf' r.html
}

@test "html: over time, columns of two seconds are by the second" {
	"$PYTHON" -c '
import sys
from mkstream import *
f = parse_fields("saddr:ip success:bool timestamp:time")
zero, second = 1700000000 * 10**9, 10**9
o = sys.stdout.buffer
o.write(header(f, {}))
sent = 0
def at(s, hosts, packets):
    global sent
    for i in range(hosts):
        o.write(record(f, {"saddr": "192.0.2.%d" % (i % 256), "success": True,
            "timestamp": zero + s * second + i * 10**6}))
    for i in 0, packets:
        sent += i
        o.write(encode({"event": "progress", "packets": sent,
            "time": zero + s * second + (i > 0) * second}))
at(0, 1, 100)
# a clock that was set back
at(-5, 1, 100)
# in four minutes and a half, the highest of all is in the middle
at(100, 600, 4000)
at(270, 100, 1000)
o.write(end())' >s
	zmap-out -O html <s >r.html
	page r.html >text
	for said in 'Hosts found per second, over time The highest column is 300, after 100 s' \
		'Hit rate over time, percent of packets The highest column is 15%, after 100 s' \
		'Packets sent per second, over time The highest column is 2000, after 100 s'; do
		grep -qF -- "$said" text || { echo "no '$said' in: $(cat text)"; return 1; }
	done
}

# once: a map of IPv4
# bats test_tags=once
@test "html: numbers as truth values, and who is in no network that was scanned" {
	"$PYTHON" -c '
import sys
from mkstream import *
f = parse_fields("saddr:ip success:uint repeat:uint")
o = sys.stdout.buffer
o.write(header(f, {"networks": bytes([10, 1, 0, 0, 10, 1, 255, 255])}))
for address, success, repeat in ("10.1.0.1", 1, 0), ("10.1.0.1", 1, 1), \
        ("10.1.7.2", 0, 0), ("10.2.0.3", 1, 0), ("10.0.255.255", 1, 0):
    o.write(record(f, {"saddr": address, "success": success, "repeat": repeat}))
o.write(end())' >s
	zmap-out -O html <s >r.html
	page r.html >text
	for said in 'hosts found 3 ' 'answers 5 ' 'repeats 1 ' '10.1.0.0/24 1 33.3%' \
		'1 of 4096 squares, a /28 each, have hosts' '2 hosts are outside of the map'; do
		grep -qF -- "$said" text || { echo "no '$said' in: $(cat text)"; return 1; }
	done
}

# bats test_tags=slow
@test "html: a browser draws it" {
	chromium=$(command -v chromium) || skip "no chromium"
	setup_report
	zmap-out -O html -o r.html report.cbor || [ $? -eq 5 ]
	timeout 60 "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars \
		--user-data-dir="$T/chrome" --window-size=900,2400 \
		--screenshot="$T/r.png" "file://$T/r.html" >log 2>&1 ||
		skip "chromium does not run here: $(tail -n 1 log)"
	"$PYTHON" -c '
import struct, zlib
data = open("r.png", "rb").read()
w, h = struct.unpack(">II", data[16:24])
assert (w, h) == (900, 2400), (w, h)
idat, at = b"", 8
while at < len(data):
    n, kind = struct.unpack(">I4s", data[at:at + 8])
    if kind == b"IDAT":
        idat += data[at + 8:at + 8 + n]
    at += 12 + n
raw = zlib.decompress(idat)
# the blue of hosts and the first colours of the map are there
bpp = (len(raw) // h - 1) // w
assert len(set(raw[i:i + bpp] for i in range(1, len(raw) - bpp, bpp * 7))) > 50'
	# its parser finds what ours does
	timeout 60 "$chromium" --headless --no-sandbox --disable-gpu \
		--user-data-dir="$T/chrome" --dump-dom "file://$T/r.html" 2>/dev/null >dom
	for tag in section table figure svg title; do
		[ "$(grep -o "<$tag[ >]" dom | wc -l)" = "$(grep -o "<$tag[ >]" r.html | wc -l)" ]
	done
}
