#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-recv: no answer lost, no lie believed.  The first part reads savefiles
# and needs no network; answers.py has made them, with a SipHash of its own.

# bats file_tags=beside,hostile,quick
load helper
bats_require_minimum_version 1.5.0
load tool/answers

# --- what is an answer ---

@test "recv: every kind of answer, every field" {
	make '
opt = lambda h: dict(options=bytes.fromhex(h))
a.pcap("in.pcap", [
 s.synack("192.0.2.1"),
 s.synack("192.0.2.2", **opt("020405b4")),
 s.synack("192.0.2.3", **opt("020405b40402080a0000000100000002 01030307")),
 s.answer("192.0.2.4", 80, 0x52),                   # ECE
 s.answer("192.0.2.5", 80, 0xd3),                   # CWR ECE ... FIN
 s.rst("192.0.2.6"), s.rst("192.0.2.7", ack=0),
 s.answer("192.0.2.8", 80, 0x04),                   # RST without ACK
 s.answer("192.0.2.9", 80, 0x16),                   # SYN-ACK-RST: a RST
 s.unreachable("192.0.2.10"),
 s.unreachable("192.0.2.11", code=13, quote=28),
 s.unreachable("192.0.2.12", code=99, quote=52),
 s.unreachable("192.0.2.13", kind=4, code=0),
 s.unreachable("192.0.2.14", kind=5, code=1),
 s.unreachable("192.0.2.15", kind=11, code=0, router="192.0.2.15"),
 s.unreachable("192.0.2.16", kind=12, code=0),
 s.synack("192.0.2.17", ttl=255, ident=65535),
])
open("s.cbor", "wb").write(s.stream())'
	zmap-recv --read-pcap in.pcap <s.cbor >out.cbor
	rows out.cbor >got
	diff "$BATS_TEST_DIRNAME/golden/recv-classes.txt" got
	adds_up out.cbor
}

@test "recv: the JA4TS fingerprint of a SYN-ACK" {
	make '
s = a.Scan(probe_args="windows,ja4ts")
opt = lambda h: dict(options=bytes.fromhex(h))
p = [
 s.synack("192.0.2.1", **opt("020405b40402080a000000010000000201030307")),
 s.synack("192.0.2.2"),                                # no options
 s.synack("192.0.2.3", **opt("020405b4")),
 s.synack("192.0.2.4", **opt("020405b4 01030306 01010402")),
 s.synack("192.0.2.5", **opt("020405b4 01030306 0101080a0000000100000002 04020000")),
 s.synack("192.0.2.6", **opt("0303ff00 fe04abcd")),    # a shift over 14, kind 254
 s.synack("192.0.2.7", **opt("0101 0209 05b4 0303")),  # longer than the header
 s.synack("192.0.2.8", **opt("0101 0200 05b4 0303")),  # no length
 s.synack("192.0.2.9", **opt("01" * 40)),
 s.synack("192.0.2.10", **opt("fe02" * 20)),
 s.rst("192.0.2.11", **opt("020405b4")), s.unreachable("192.0.2.12"),
]
a.pcap("in.pcap", p)
open("s.cbor", "wb").write(s.stream())
# what a capture cuts short
a.pcap("cut.pcap", [(f[:42], len(f)) for f in p])
none = a.Scan(probe_args="windows")
open("none.cbor", "wb").write(none.stream())'
	zmap-recv --read-pcap in.pcap <s.cbor | zmap-out -f ja4ts >got
	cat >want <<-'END'
		ja4ts
		1024_2-4-8-1-3_1460_7
		1024_00_00_00
		1024_2_1460_00
		1024_2-1-3-1-1-4_1460_6
		1024_2-1-3-1-1-8-4-0_1460_6
		1024_3-0_00_255
		1024_1-1_00_00
		1024_1-1_00_00
	END
	printf '1024_%s_00_00\n' "$(printf '1-%.0s' {1..40} | sed 's/-$//')" \
		"$(printf '254-%.0s' {1..20} | sed 's/-$//')" >>want
	printf '""\n""\n' >>want
	diff want got
	zmap-recv --read-pcap cut.pcap <s.cbor >cut.cbor
	adds_up cut.cbor
	zmap-recv --read-pcap in.pcap <none.cbor |
		zmap-filter 'ja4ts is not null' | zmap-out -f saddr --no-header-row >got
	[ ! -s got ]
}

@test "recv: what is refused, and why" {
	make '
syn = s.syn("192.0.2.1")
other = a.Scan(key=bytes(16))
elsewhere = a.Scan(source="10.99.0.2")
p = [
 s.synack("192.0.3.1"),                             # source
 s.unreachable("192.0.3.1"),                        # source, quoted
 s.answer("192.0.2.1", 443, 0x12),                  # port not scanned
 s.synack("192.0.2.1", n=1),                        # not our port
 s.unreachable("192.0.2.1", n=1),
 s.synack("192.0.2.1", ack=0),                      # validation
 s.synack("192.0.2.1", ack=2),
 s.rst("192.0.2.1", ack=2), s.rst("192.0.2.1", ack=-1),
 s.answer("192.0.2.1", 80, 0x10),                   # ACK alone
 s.answer("192.0.2.1", 80, 0x02),                   # SYN alone
 s.answer("192.0.2.1", 80, 0x00),
 elsewhere.synack("192.0.2.1"),                     # address
 elsewhere.unreachable("192.0.2.1"),
 a.ip("192.0.2.1", s.source, 17, bytes(20)),        # protocol
 a.ip("192.0.2.1", s.source, 1, a.icmp(0, 0, bytes(4), bytes(40))),
 a.ip("192.0.2.1", s.source, 1, a.icmp(8, 0, bytes(4), syn)),
 a.ip("192.0.2.1", s.source, 1, a.icmp(255, 0, bytes(4), syn)),
 s.synack("192.0.2.1", fragment=100),               # fragment
 s.synack("192.0.2.1", fragment=0x2000 | 3),
 # an ICMP error about a packet that somebody else sent
 a.ip("192.0.2.1", s.source, 1, a.icmp(3, 1, bytes(4),
      elsewhere.syn("192.0.2.1"))),                 # quote
 a.ip("192.0.2.1", s.source, 1, a.icmp(3, 1, bytes(4), a.ip(
      s.source, "192.0.2.1", 17, bytes(8)))),
]
a.pcap("in.pcap", p)
open("s.cbor", "wb").write(s.stream())'
	zmap-recv --read-pcap in.pcap <s.cbor >out.cbor
	[ -z "$(rows out.cbor)" ]
	adds_up out.cbor
	for c in source=2 port=3 validation=7 address=2 protocol=4 fragment=2 \
		quote=2; do
		[ "$(counter out.cbor "${c%=*}")" = "${c#*=}" ] ||
			{ echo "$c: $(counter out.cbor "${c%=*}")"; return 1; }
	done
}

@test "recv: the first fragment of an answer is one" {
	make '
a.pcap("in.pcap", [s.synack("192.0.2.1", fragment=0x2000)])
open("s.cbor", "wb").write(s.stream())'
	zmap-recv --read-pcap in.pcap <s.cbor >out.cbor
	[ "$(rows out.cbor saddr)" = 192.0.2.1 ]
}

@test "recv: answers cut at every length are the same answer or none" {
	make '
import struct
full = {
 "192.0.2.1": s.synack("192.0.2.1", options=bytes.fromhex(
     "020405b40402080a0000000100000002 01030307")),
 "192.0.2.2": s.rst("192.0.2.2"),
 "192.0.2.3": s.unreachable("192.0.2.3", quote=52),
}
p = []
for t, f in full.items():
    for n in range(len(f) + 15):
        p.append((a.ethernet(f)[:n], len(a.ethernet(f))))   # by the snaplen
        p.append(a.ethernet(f)[:n])                         # on the wire
a.pcap("in.pcap", p, wrap=None)
open("s.cbor", "wb").write(s.stream())'
	zmap-recv --read-pcap in.pcap <s.cbor >out.cbor
	adds_up out.cbor
	rows out.cbor saddr classification sport dport acknum success |
		sort | uniq -c | awk '{ print $2, $3, $4, $7 }' >got
	cat >want <<-E
		192.0.2.1 synack 80 True
		192.0.2.2 rst 80 False
		192.0.2.3 icmp 80 False
	E
	diff want got
	# a whole header, cut options: still an answer; on the wire: none
	[ "$(rows out.cbor saddr | grep -c '192.0.2.1')" -eq 22 ]
}

@test "recv: no single bit of what validates can be changed" {
	make '
p = []
def flips(packet, bits):
    for bit in bits:
        b = bytearray(packet)
        b[bit // 8] ^= 128 >> bit % 8
        p.append(bytes(b))
def bytes_of(first, n):
    return range(first * 8, (first + n) * 8)
# addresses, ports, acknowledgement of a SYN-ACK and a RST
for f in s.synack("192.0.2.1"), s.rst("192.0.2.1", ack=0):
    flips(f, [*bytes_of(a.ADDRESSES, 2 * a.WIDTH + 4), *bytes_of(a.HEAD + 8, 4)])
# of an ICMP error: our address; of its quote, all but the IP lengths, TTL
f = s.unreachable("192.0.2.1")
q = a.HEAD + 8
flips(f, bytes_of(a.HEAD - a.WIDTH, a.WIDTH))
flips(f, bytes_of(q + a.PROTOCOL, 1))
flips(f, bytes_of(q + a.ADDRESSES, 2 * a.WIDTH + 8))
a.pcap("in.pcap", p)
open("s.cbor", "wb").write(s.stream())
print(len(p))' >n
	zmap-recv --read-pcap in.pcap <s.cbor >out.cbor
	rows out.cbor >got
	# a RST may acknowledge the number or the one after it: one bit
	[ "$(wc -l <got)" -le 1 ] || { cat got; return 1; }
	run -1 grep -v ' rst ' got
	[ "$(counter out.cbor received)" = "$(cat n)" ]
	adds_up out.cbor
}

# From the probes that zmap-send makes, whatever they are made of.
@test "recv: what answers the probe of one port is no answer of another" {
	zmap-targets -p 80,81 -e 1 --no-blacklist 10.0.0.1 | zmap-send -v 1 -X \
		-S 192.0.2.1 -s 40000 --write-pcap probes.pcap >s.cbor
	"$PYTHON" - <<-'E'
		import struct
		import answers as a
		data = open("probes.pcap", "rb").read()
		at, skip, seq = 24, 14 if data[20] == 1 else 0, {}
		while at < len(data):
		    size = struct.unpack_from("<I", data, at + 8)[0]
		    p = data[at + 16 + skip:at + 16 + size]
		    at += 16 + size
		    us, them = p[a.ADDRESSES:][:a.WIDTH], p[a.ADDRESSES + a.WIDTH:][:a.WIDTH]
		    sport, port, first = struct.unpack_from(">HHI", p, a.HEAD)
		    seq[port] = first
		assert sorted(seq) == [80, 81] and seq[80] != seq[81]
		number = lambda b: int.from_bytes(b, "big")
		a.pcap("in.pcap", [a.ip(number(them), number(us), 6,
		    a.tcp(port, sport, 9, seq[of] + 1 & 0xffffffff, 0x12))
		    for port in seq for of in seq])
	E
	zmap-recv --read-pcap in.pcap <s.cbor >out.cbor
	[ "$(counter out.cbor valid)" -eq 2 ]
	[ "$(counter out.cbor validation)" -eq 2 ]
	[ "$(zmap-out -f sport --no-header-row out.cbor | sort | xargs)" = '80 81' ]
}

@test "recv: answers to another scan are none of this one's" {
	make '
import os
o = a.Scan(key=os.urandom(16))
a.pcap("in.pcap", [f("192.0.2.%d" % i) for i in range(256)
                   for f in (o.synack, o.rst, o.unreachable)])
open("s.cbor", "wb").write(s.stream())'
	zmap-recv --read-pcap in.pcap <s.cbor >out.cbor
	[ -z "$(rows out.cbor)" ]
	[ "$(counter out.cbor received)" = 768 ]
	adds_up out.cbor
}

@test "recv: hostile frames, and nothing believed" {
	make '
import subprocess
from hostile import hostile
stream = s.stream()
reasons = ["link", "truncated", "fragment", "protocol", "address", "quote",
           "source", "port", "validation"]
def run(frames):
    a.pcap("in.pcap", frames, wrap=None)
    r = subprocess.run(["zmap-recv", "--read-pcap", "in.pcap"], input=stream,
                       capture_output=True, check=True)
    assert r.stderr == b"", r.stderr
    return r.stdout
with open("got", "w") as f:
    for name, frame in hostile(a, s):
        out = run([frame])
        e = list(a.records(out))[-1]
        verdict = list(a.table(out, "classification")) + [
            "refused: " + r for r in reasons if e[r]]
        f.write("%s: %s\n" % (name, *verdict))
open("out.cbor", "wb").write(run([f for _, f in hostile(a, s)]))'
	diff "$BATS_TEST_DIRNAME/golden/recv-hostile.txt" got
	adds_up out.cbor
}

@test "recv: TCP options of every kind and length are what the RFCs make of them" {
	make '
from hostile import blobs, meaning
b = [x + bytes(-len(x) % 4) for x in blobs()]
a.pcap("in.pcap", [s.synack("192.0.2.1", options=x) for x in b])
open("s.cbor", "wb").write(s.stream())
open("want", "w").write("".join(
    "synack %s\n" % " ".join(map(str, meaning(x))) for x in b))'
	zmap-recv --read-pcap in.pcap <s.cbor >out.cbor
	rows out.cbor classification tcpopt_mss tcpopt_wscale tcpopt_sack_perm \
		tcpopt_ts_val tcpopt_ts_ecr >got
	cmp want got || { diff want got | head; return 1; }
	[ "$(wc -l <got)" = 6096 ]
	[ "$(sort -u got | wc -l)" -gt 500 ]
}

@test "recv: all link types give the same answers" {
	make '
p = [s.synack("192.0.2.1"), s.rst("192.0.2.2"), s.unreachable("192.0.2.3")]
eth = a.ethernet
a.pcap("eth.pcap", p)
a.pcap("vlan.pcap", p, wrap=lambda x: eth(x, tags=[0x8100]))
a.pcap("qinq.pcap", p, wrap=lambda x: eth(x, tags=[0x88a8, 0x8100]))
a.pcap("qinq2.pcap", p, wrap=lambda x: eth(x, tags=[0x9100, 0x8100]))
a.pcap("pad.pcap", p, wrap=lambda x: eth(x) + bytes(1400))
a.pcap("raw.pcap", p, link=101, wrap=None)
a.pcap("own.pcap", p, link=229 if a.SIX else 228, wrap=None)
kind = a.ETHERTYPE.to_bytes(2, "big")
a.pcap("sll.pcap", p, link=113,
       wrap=lambda x: bytes.fromhex("000000010006020000000002ffff") + kind + x)
a.pcap("sllvlan.pcap", p, link=113, wrap=lambda x: bytes.fromhex(
       "000000010006020000000002ffff8100 0005") + kind + x)
a.pcap("sll2.pcap", p, link=276, wrap=lambda x: kind + bytes.fromhex(
       "000000000003000100060200000000020000") + x)
number = b"\x1e" if a.SIX else b"\2"                 # of macOS, for IPv6
a.pcap("null.pcap", p, link=0, wrap=lambda x: number + bytes(3) + x)
a.pcap("loop.pcap", p, link=108, wrap=lambda x: bytes(3) + number + x)
a.pcap("other.pcap", [eth(bytes([10 - a.FAMILY << 4]) + bytes(59),
       kind=0x86dd ^ 0x0800 ^ a.ETHERTYPE)], wrap=None)
a.pcap("three.pcap", p[:1], wrap=lambda x: eth(x, tags=[0x8100] * 3))
a.pcap("wifi.pcap", p, link=105)
open("s.cbor", "wb").write(s.stream())'
	zmap-recv --read-pcap eth.pcap <s.cbor >eth.cbor
	rows eth.cbor >want
	[ "$(wc -l <want)" -eq 3 ]
	for t in vlan qinq qinq2 pad raw own sll sllvlan sll2 null loop; do
		zmap-recv --read-pcap $t.pcap <s.cbor >$t.cbor
		rows $t.cbor | diff want - || { echo $t; return 1; }
	done
	for t in other three; do
		zmap-recv --read-pcap $t.pcap <s.cbor >$t.cbor
		[ "$(counter $t.cbor link)" = 1 ]
	done
	run zmap-recv --read-pcap wifi.pcap <s.cbor
	fails 1 "wifi.pcap: this type of link is not supported"
}

@test "recv: --validate-source-port=disable finds the probe that is answered" {
	make '
import struct
s = a.Scan(ports=[80, 443])
f = bytearray(s.synack("192.0.2.1", 443))
f[a.HEAD:a.HEAD + 2] = struct.pack(">H", 8443)                  # from another port
g = bytearray(s.synack("192.0.2.2", 443))
g[a.HEAD:a.HEAD + 2] = struct.pack(">H", 8443)
g[a.HEAD + 2] ^= 1                                          # and to another
a.pcap("in.pcap", [bytes(f), bytes(g), s.synack("192.0.2.3", 80)])
open("s.cbor", "wb").write(s.stream())'
	for how in "" --validate-source-port=enable; do
		zmap-recv $how --read-pcap in.pcap <s.cbor >out.cbor
		[ "$(rows out.cbor saddr sport)" = "192.0.2.3 80" ]
		[ "$(counter out.cbor port)" = 2 ]
	done
	zmap-recv --validate-source-port=disable --read-pcap in.pcap <s.cbor \
		>out.cbor
	rows out.cbor saddr sport >got
	diff - got <<-E
		192.0.2.1 8443
		192.0.2.3 80
	E
}

@test "recv: of 16 ports an answer from elsewhere is looked for, of 17 not" {
	make '
import struct
for n in 16, 17:
    s = a.Scan(ports=range(1, n + 1))
    f = bytearray(s.synack("192.0.2.1", 16))
    f[a.HEAD:a.HEAD + 2] = struct.pack(">H", 8443)
    a.pcap("%d.pcap" % n, [bytes(f)])
    open("%d.cbor" % n, "wb").write(s.stream())'
	for n in 16 17; do
		zmap-recv --validate-source-port=disable --read-pcap $n.pcap \
			<$n.cbor >out.$n
	done
	[ "$(counter out.16 valid)" = 1 ]
	[ "$(counter out.17 valid)" = 0 ]
	[ "$(counter out.17 port)" = 1 ]
}

# --- repeats ---

@test "recv: a repeat is the same kind of answer from the same target" {
	make '
s = a.Scan(ports=[80, 443])
t = "192.0.2.1"
a.pcap("in.pcap", [s.rst(t), s.unreachable(t), s.synack(t), s.synack(t),
                   s.rst(t), s.synack(t, 443), s.rst(t, 443),
                   s.synack(t, 443), s.synack("192.0.2.0")])
open("s.cbor", "wb").write(s.stream())'
	for m in full window; do
		zmap-recv --dedup-method $m --read-pcap in.pcap <s.cbor >out.cbor
		rows out.cbor saddr sport classification repeat >got
		diff - got <<-E
			192.0.2.1 80 rst False
			192.0.2.1 80 icmp True
			192.0.2.1 80 synack False
			192.0.2.1 80 synack True
			192.0.2.1 80 rst True
			192.0.2.1 443 synack False
			192.0.2.1 443 rst False
			192.0.2.1 443 synack True
			192.0.2.0 80 synack False
		E
		adds_up out.cbor
	done
	zmap-recv --dedup-method=none --read-pcap in.pcap <s.cbor >out.cbor
	[ -z "$(rows out.cbor repeat | grep True)" ]
	adds_up out.cbor
}

# once: a /16; IPv6's set is in a test below
# bats test_tags=once
@test "recv: full knows a /16 in any order, each address once" {
	make '
import random
s = a.Scan(networks=[("10.7.0.0", "10.7.255.255")])
open("s.cbor", "wb").write(s.stream())
s = a.Scan(ports=[80, 81], networks=[("10.7.0.0", "10.7.255.255")])
open("s2.cbor", "wb").write(s.stream())'
	for s in s s2; do
		savefile -n 65536 -s 15 $s.cbor >once.pcap
		n=32768
		[ $s = s ] || n=65536
		zmap-recv --read-pcap once.pcap <$s.cbor >out.cbor
		[ "$(counter out.cbor unique)" = "$n" ]
		[ "$(counter out.cbor repeats)" = $((65536 - n)) ]
		adds_up out.cbor
	done
}

@test "recv: the window forgets the target that answered longest ago" {
	make '
t = lambda i: "192.0.2.%d" % i
order = [1, 2, 3, 1, 4, 2, 1]
a.pcap("in.pcap", [s.synack(t(i)) for i in order])
open("s.cbor", "wb").write(s.stream())'
	zmap-recv --dedup-method=window --dedup-window-size=3 \
		--read-pcap in.pcap <s.cbor >out.cbor
	# 4 pushed 2 out, since 1 has answered again
	[ "$(rows out.cbor repeat | tr '\n' ' ')" = \
		"False False False True False False True " ]
}

# once: IPv6's are in a test below
# bats test_tags=slow,once
@test "recv: sets of a million answers, against a plain list" {
	dedup 1000000
}

# bats test_tags=slow
@test "recv: different hosts of IPv6 are known exactly, in 12 bytes each" {
	plain
	dedup -6 $((${ZMAP_LONG:+10 * } 1000000))
}

@test "recv: answers from everywhere are known in 512 MiB and change" {
	[ -n "${ZMAP_LONG:-}" ] || skip "a minute; ZMAP_LONG=1"
	# 2048 out of each /16, and nothing grows from there on
	dedup -d 134217728
}

# --- streams and files ---

@test "recv: the same capture gives the same bytes, twice" {
	make 'open("s.cbor", "wb").write(s.stream())'
	savefile -n 20000 -s 8 -k mixed s.cbor >in.pcap
	zmap-recv --read-pcap in.pcap <s.cbor >1.cbor
	zmap-recv --read-pcap in.pcap <s.cbor >2.cbor
	cmp 1.cbor 2.cbor
	adds_up 1.cbor
}

# once: as many seconds of sanitizers
# bats test_tags=slow,once
@test "recv: gcc and clang with sanitizers write the same bytes" {
	command make -s -C "$ROOT" V=asan build/asan/bin/zmap-recv
	make '
from hostile import blobs, mangled
p = list(mangled(a, s)) + [a.ethernet(s.synack("192.0.2.4", options=b))
                           for b in blobs()]
a.pcap("in.pcap", p, wrap=None)
open("s.cbor", "wb").write(s.stream())'
	savefile -n 20000 -s 8 -k mixed s.cbor >mixed.pcap
	for f in in mixed; do
		zmap-recv --read-pcap $f.pcap <s.cbor >1.cbor
		(exec -a zmap-recv "$ROOT/build/asan/bin/zmap-recv" --read-pcap $f.pcap \
			<s.cbor >2.cbor)
		cmp 1.cbor 2.cbor
		[ "$(counter 1.cbor valid)" -gt 6000 ]
		adds_up 2.cbor
	done
}

# once: half a minute, of which the family changes nothing
# bats test_tags=slow,once
@test "recv: ten million invalid frames take no memory" {
	plain "memory of its own"
	make 'open("s.cbor", "wb").write(s.stream())'
	savefile -n 10000000 -s 8 -k forged s.cbor |
		command time -f %M -o rss zmap-recv --read-pcap /dev/fd/3 \
			3<&0 <s.cbor >out.cbor
	[ "$(counter out.cbor validation)" = 10000000 ]
	[ "$(counter out.cbor valid)" = 0 ]
	[ "$(cat rss)" -lt 20000 ] || { cat rss; return 1; }
}

@test "recv: --write-pcap keeps what was read, to the nanosecond" {
	make '
a.pcap("in.pcap", [s.synack("192.0.2.%d" % i) for i in range(200)])
open("s.cbor", "wb").write(s.stream())'
	zmap-recv --read-pcap in.pcap --write-pcap kept.pcap <s.cbor >1.cbor
	zmap-recv --read-pcap kept.pcap <s.cbor >2.cbor
	rows 1.cbor >1
	rows 2.cbor >2
	diff 1 2
	cmp in.pcap kept.pcap
	run bash -c 'zmap-recv --read-pcap in.pcap --write-pcap /dev/full \
		<s.cbor >out.cbor'
	fails 1 "/dev/full: No space left on device"
	run bash -c 'zmap-recv --read-pcap in.pcap --write-pcap no/dir \
		<s.cbor >out.cbor'
	fails 1 "no/dir: No such file or directory"
}

@test "recv: a file that is read is not written to" {
	make '
a.pcap("in.pcap", [s.synack("192.0.2.%d" % i) for i in range(9)])
open("s.cbor", "wb").write(s.stream())'
	cp in.pcap in.copy
	cp s.cbor s.copy
	ln in.pcap other
	for o in pcap=in.pcap pcap=./other pcap=s.cbor stream=s.cbor \
		stream=in.pcap; do
		run bash -c "zmap-recv --read-pcap in.pcap --write-$o \
			<s.cbor 2>&1 >out.cbor"
		fails 2 "--write-${o/=/ }: this file is read"
		cmp in.pcap in.copy
		cmp s.cbor s.copy
	done
	# what is no file has nothing to lose
	zmap-recv --read-pcap in.pcap --write-stream /dev/null \
		--write-pcap /dev/null <s.cbor >out.cbor
	[ "$(rows out.cbor saddr | wc -l)" -eq 9 ]
}

@test "recv: a savefile that is cut, or none, is told" {
	make '
a.pcap("in.pcap", [s.synack("192.0.2.%d" % i) for i in range(3)])
open("s.cbor", "wb").write(s.stream())'
	head -c 180 in.pcap >cut.pcap
	run bash -c 'zmap-recv --read-pcap cut.pcap <s.cbor >out.cbor'
	fails 1 "truncated"
	[ "$(rows out.cbor saddr | wc -l)" -eq 2 ]
	adds_up out.cbor
	run zmap-recv --read-pcap s.cbor <s.cbor
	fails 1 "s.cbor: unknown file format"
	run zmap-recv --read-pcap none.pcap <s.cbor
	fails 1 "none.pcap: No such file or directory"
}

@test "recv: a savefile of another program, and of the kind that Wireshark likes" {
	make '
a.pcap("in.pcap", [s.synack("192.0.2.%d" % i) for i in range(9)])
open("s.cbor", "wb").write(s.stream())'
	zmap-recv --read-pcap in.pcap <s.cbor >1.cbor
	tshark -F pcapng -r in.pcap -w ng.pcap 2>/dev/null
	[ "$(head -c 4 ng.pcap | xxd -p)" = 0a0d0d0a ]
	zmap-recv --read-pcap ng.pcap <s.cbor >2.cbor
	rows 1.cbor >1
	rows 2.cbor | diff 1 -
}

@test "recv: probes that could not be sent are told, status 5" {
	make '
a.pcap("in.pcap", [s.synack("192.0.2.1")])
open("s.cbor", "wb").write(s.stream(failures=12))'
	run bash -c 'zmap-recv --read-pcap in.pcap <s.cbor >out.cbor'
	fails 5 "zmap-recv: results are incomplete: 12 probes could not be sent"
	[ "$(counter out.cbor status)" = incomplete ]
	[ "$(rows out.cbor saddr)" = 192.0.2.1 ]
}

@test "recv: input that is cut, foreign or not enough" {
	make '
a.pcap("in.pcap", [s.synack("192.0.2.1")])
whole = s.stream()
open("s.cbor", "wb").write(whole)
open("noend.cbor", "wb").write(s.stream(end=False))
open("cut.cbor", "wb").write(whole[:-3])
open("two.cbor", "wb").write(whole * 2)
open("nokey.cbor", "wb").write(whole.replace(b"ckey", b"cyek"))
open("other.cbor", "wb").write(a.Scan(family=10 - a.FAMILY).stream())
open("probe.cbor", "wb").write(a.Scan(probe="no_such").stream())
open("noports.cbor", "wb").write(a.Scan(ports=[]).stream())
open("badport.cbor", "wb").write(a.Scan(ports=[70000]).stream())
open("sip.cbor", "wb").write(a.Scan(source_ips=7).stream())
open("net.cbor", "wb").write(a.Scan(networks=[("2.0.0.0", "1.0.0.0")])
                             .stream())'
	try() {
		run bash -c "zmap-recv --read-pcap in.pcap <$1 >out.cbor"
		fails "$2" "$3"
	}
	# what was captured is written all the same
	savefile -n 9999 -s 8 s.cbor >in.pcap
	for f in noend cut; do
		try $f.cbor 1 "stdin: truncated"
		[ "$(counter out.cbor status)" = failed ]
		[ "$(counter out.cbor passed)" = 9999 ]
	done
	savefile -n 1 -s 8 s.cbor >in.pcap
	try two.cbor 1 "a second scan"
	[ "$(rows out.cbor | wc -l)" -eq 1 ]
	try nokey.cbor 1 "no validation key"
	try other.cbor 1 "bad "
	try probe.cbor 2 "no_such"
	try noports.cbor 1 "no ports"
	try badport.cbor 1 "bad ports"
	try sip.cbor 1 "bad source_ips"
	try net.cbor 1 "bad networks"
	run bash -c 'echo hello | zmap-recv --read-pcap in.pcap'
	fails 1 "not a zmap stream"
}

@test "recv: the key does not get into the results" {
	make '
a.pcap("in.pcap", [s.synack("192.0.2.1")])
open("s.cbor", "wb").write(s.stream())'
	zmap-recv --read-pcap in.pcap <s.cbor >out.cbor
	make '
d = open("out.cbor", "rb").read()
assert s.key not in d
assert s.key in open("s.cbor", "rb").read()
head = next(iter(a.records(d)))
assert head["kind"] == "results" and head["scan"]["id"] == "test"
assert [h[0] for h in head["history"]] == ["made-up", "zmap-recv"]'
}

# once: half a minute, of which the family changes nothing
# bats test_tags=slow,once
@test "recv: every truncation and flip of the header is survived" {
	make '
import subprocess
a.pcap("in.pcap", [s.synack("192.0.2.1")])
whole = s.stream()
def run(b):
    r = subprocess.run(["zmap-recv", "--read-pcap", "in.pcap", "-v0"],
                       input=b, capture_output=True, timeout=5)
    assert 0 <= r.returncode <= 5, (r, b)
for n in range(0, len(whole), 3):
    run(whole[:n])
for i in range(0, len(whole)):
    run(whole[:i] + bytes([whole[i] ^ 255]) + whole[i + 1:])'
}

@test "recv: the fields of a module" {
	zmap-recv --list-output-fields >got
	diff "$BATS_TEST_DIRNAME/golden/recv-fields.txt" got
	run zmap-recv --list-output-fields -M no_such
	fails 2 "no_such"
}

@test "recv: options that cannot be" {
	for o in "-c x" "-c -1" "--buffer-size 1" "--buffer-size 9G" \
		"--queue-size 0" "--dedup-method most" \
		"--dedup-window-size 0" "--min-hitrate 101" \
		"--validate-source-port maybe" "--status-fd x" operand; do
		run bash -c "zmap-recv $o </dev/null"
		[ "$status" -eq 2 ] || { echo "$o: $status"; return 1; }
	done
}

# --- a slow reader ---

# An input of so many answers.
slow() {
	make '
s = a.Scan(networks=[("10.0.0.0", "10.255.255.255")])
open("s.cbor", "wb").write(s.stream())'
	savefile -n "$1" s.cbor >in.pcap
}

# Reads nothing until zmap-recv has taken in so many answers, as it says in the
# file status.
late() {
	local i

	for ((i = 0; i < 1000; i++)); do
		! grep -q "\"received\":$1," status || break
		sleep 0.05
	done
	cat
}

# once: seconds of waiting, whatever the family
# bats test_tags=slow,once
@test "recv: a reader that sleeps loses nothing: memory, then the file" {
	slow 300000
	zmap-recv --queue-size 4M --read-pcap in.pcap --status-fd 4 <s.cbor \
		4>status | late 300000 >out.cbor
	[ "$(counter out.cbor passed)" = 300000 ]
	[ "$(counter out.cbor spilled)" -gt 6000000 ]
	[ "$(counter out.cbor queue_most)" -gt 10000000 ]
	zmap-recv --read-pcap in.pcap <s.cbor >straight.cbor
	rows out.cbor saddr >1
	rows straight.cbor saddr >2
	cmp 1 2
	adds_up out.cbor
}

# once: seconds of waiting, whatever the family
# bats test_tags=slow,once
@test "recv: --write-pcap into a pipe that is not read, or no more" {
	slow 100000
	mkfifo fifo
	exec 5<>fifo
	run timeout 60 bash -c 'zmap-recv --read-pcap in.pcap \
		--write-pcap fifo <s.cbor 2>&1 >out.cbor'
	exec 5>&-
	fails 1 "no more frames are kept by --write-pcap: its reader is too slow"
	[[ $output == *"zmap-recv: fifo: its reader is too slow" ]]
	[ "${#lines[@]}" -eq 2 ]
	[ "$(counter out.cbor passed)" = 100000 ]
	head -c 1 fifo >first &
	run timeout 60 bash -c 'zmap-recv --read-pcap in.pcap \
		--write-pcap fifo <s.cbor 2>&1 >out.cbor'
	wait $!
	fails 1 "zmap-recv: fifo: Broken pipe"
	[ "$(counter out.cbor passed)" = 100000 ]
	# a reader that keeps up has all
	cat fifo >kept.pcap &
	zmap-recv --read-pcap in.pcap --write-pcap fifo <s.cbor >out.cbor
	wait $!
	cmp in.pcap kept.pcap
}

# once: seconds of waiting, whatever the family
# bats test_tags=slow,once
@test "recv: a savefile waits for a reader where there is no room left" {
	plain "memory of its own"
	slow 300000
	run bash -c '(ulimit -f 4096; exec time -f %M -o rss zmap-recv \
		--queue-size 2M --read-pcap in.pcap <s.cbor) |
		(sleep 1; cat) >out.cbor
		exit ${PIPESTATUS[0]}'
	[ "$status" -eq 0 ]
	[ "$(counter out.cbor passed)" = 300000 ]
	[ "$(counter out.cbor queue_most)" -lt 10000000 ]
	[ "$(cat rss)" -lt 20000 ] || { cat rss; return 1; }
	adds_up out.cbor
	# a signal means that the rest is not wanted, a second one nothing
	run bash -c '(ulimit -f 4096; zmap-recv --queue-size 2M \
		--read-pcap in.pcap --status-fd 5 <s.cbor 5>status &
		soon grep -q "valid\":[1-9]" status
		soon eval "! kill $! 2>/dev/null"
		wait $!; echo $? >rc) | soon test -e rc'
	[ "$(cat rc)" -eq 1 ]
	[[ $output == *"results that were not read are lost"* ]]
}

# once: seconds of waiting, whatever the family
# bats test_tags=slow,once
@test "recv: the spill directory must be one, and keeps nothing" {
	slow 100000
	run zmap-recv --spill-directory no/dir --read-pcap in.pcap <s.cbor
	fails 1 "no/dir: No such file or directory"
	mkdir spill
	zmap-recv --queue-size 1M --spill-directory spill --read-pcap in.pcap \
		--status-fd 4 <s.cbor 4>status |
		(soon grep -q '"received":100000,' status
		ls -A spill >files; cat) >out.cbor
	[ "$(counter out.cbor spilled)" -gt 1000000 ]
	[ ! -s files ]
	TMPDIR=/no/dir run zmap-recv --read-pcap in.pcap --write-pcap /dev/null <s.cbor
	[ "$status" -eq 0 ]
}

# --- rights ---

# once: a module that knows IPv4 alone
# bats test_tags=once
@test "recv: once strangers' bytes are read, no file, socket or program" {
	plain "files and system calls of its own"
	cc -shared -fPIC -D_GNU_SOURCE -I"$ROOT/lib" -I"$ROOT" \
		-o "$T/intruder.so" "$BATS_TEST_DIRNAME/modules/intruder.c"
	for what in open create connect packet execute fork ptrace; do
		make "
s = a.Scan(probe='intruder', probe_args='$what')
a.pcap('in.pcap', [s.synack('192.0.2.1')])
open('s.cbor', 'wb').write(s.stream())"
		run bash -c "zmap-recv -M ./intruder.so --read-pcap in.pcap \
			<s.cbor >out.cbor"
		case $what in
		open | create)
			# refused: the C library may try on a rare path
			[ "$status" -eq 0 ]
			[ "$(rows out.cbor classification)" = refused ] ||
				{ rows out.cbor; return 1; }
			;;
		*)	# killed
			[ "$status" -eq 159 ] || { echo "$what: $status"; return 1; }
			;;
		esac
	done
	[ ! -e created ]
}

@test "recv: runs without capabilities, as nobody, under seccomp" {
	plain "files and system calls of its own"
	make 'open("s.cbor", "wb").write(s.stream(end=False))'
	savefile -n 10 -s 8 s.cbor >in.pcap
	mkfifo fifo
	zmap-recv --read-pcap in.pcap <fifo >out.cbor 2>/dev/null 3>&- &
	pid=$!
	exec 4>fifo
	cat s.cbor >&4
	soon test -s out.cbor	# what it writes first, it writes as that
	grep -E '^(Uid|Cap(Eff|Prm|Bnd|Amb)|NoNewPrivs|Seccomp):' \
		"/proc/$pid/status" | tr -s '\t ' ' ' >got
	exec 4>&-
	wait $pid || true
	grep -q '^NoNewPrivs: 1' got
	grep -q '^Seccomp: 2' got
	grep -q '^CapEff: 0000000000000000' got
	grep -q '^CapPrm: 0000000000000000' got
	# who has no CAP_SETPCAP cannot make the bounding set smaller
	[ "$(id -u)" -ne 0 ] || grep -q '^CapBnd: 0000000000000000' got
	[ "$(id -u)" -ne 0 ] || grep -q '^Uid: 65534 65534 65534' got
}
