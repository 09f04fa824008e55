# SPDX-License-Identifier: Apache-2.0
"""Frames that lie.

hostile(answers, scan)  (name, frame) pairs
mangled(answers, scan)  these; and valid answers cut at every length, by the
                        capture and on the wire, and with every bit flipped
blobs()                 TCP options of every kind and length, and random ones
meaning(blob)           what a reader makes of them, by RFC 9293 3.1
"""
import random


def blobs(n=2000):
    draw = random.Random(5)
    good = bytes.fromhex("020405b4")
    for kind in range(256):
        for length in list(range(13)) + [36, 37, 255]:
            yield good + bytes([kind, length]) + b"\3\3\7" + bytes(11)
    kinds = [0, 1, 1, 2, 3, 4, 8, 5, 255]
    for _ in range(n):
        b = b""
        while len(b) < 40:
            k = draw.choice(kinds)
            right = {2: 4, 3: 3, 4: 2, 8: 10}.get(k, draw.randrange(2, 9))
            size = right if draw.random() < .9 else draw.randrange(45)
            b += bytes([k]) if k < 2 else bytes([k, size]) + bytes(
                draw.randrange(256) for _ in range(max(0, right - 2)))
        yield b[:draw.randrange(0, 11) * 4]


def meaning(b):
    """[MSS, window scale factor, SACK permitted, timestamps]"""
    found, at = ["-"] * 5, 0
    while at < len(b) and b[at] != 0:
        if b[at] == 1:
            at += 1
            continue
        if at + 1 >= len(b) or b[at + 1] < 2 or at + b[at + 1] > len(b):
            break
        kind, value = b[at], b[at + 2:at + b[at + 1]]
        if (kind, len(value)) == (2, 2):
            found[0] = int.from_bytes(value, "big")
        elif (kind, len(value)) == (3, 1):
            found[1] = 1 << min(value[0], 14)
        elif (kind, len(value)) == (4, 0):
            found[2] = 1
        elif (kind, len(value)) == (8, 8):
            found[3] = int.from_bytes(value[:4], "big")
            found[4] = int.from_bytes(value[4:], "big")
        at += b[at + 1]
    return found


def mangled(a, s):
    yield from (f for _, f in hostile(a, s))
    for f in (s.synack("192.0.2.1", options=bytes.fromhex(
                  "020405b40402080a000000010000000201030307")),
              s.rst("192.0.2.2"), s.unreachable("192.0.2.3", quote=52)):
        f = a.ethernet(f)
        for n in range(len(f)):
            yield f[:n]
            yield f[:n], len(f)
        for i in range(len(f) * 8):
            b = bytearray(f)
            b[i // 8] ^= 128 >> i % 8
            yield bytes(b)


def hostile(a, s, t="192.0.2.1"):
    us, head = s.source, a.HEAD
    good = s.synack(t)
    eth = a.ethernet
    segment = good[head:]

    def ip(data=segment, protocol=6, **more):
        return eth(a.ip(t, us, protocol, data, **more))

    def doff(n, size=20):
        b = bytearray(segment)
        b[12] = n << 4
        return ip(bytes(b[:size]))

    def udp(length):
        return ip(b"\0\x35\x80\0" + length.to_bytes(2, "big") + b"\0\0",
                  protocol=17)

    def unreachable(inner, cut=8):
        message = a.icmp(3, 1, bytes(4), b"")
        return ip(message[:cut] + inner, protocol=1)

    syn = s.syn(t)
    nested = a.ip(us, t, 1, a.icmp(3, 1, bytes(4), syn))
    quoted = six_quotes if a.SIX else four_quotes
    header = six_header if a.SIX else four_header
    return [
        ("ok", eth(good)),
        ("Ethernet only", eth(b"")),
        ("no Ethernet", eth(b"")[:13]),
        ("nothing", b""),
        ("IP 1 byte", eth(good[:1])),
        ("IP %d bytes" % (head - 1), eth(good[:head - 1])),
        ("IP %d bytes, says more" % head, eth(good[:head])),
        ("IP %d bytes" % head, ip(b"")),
        *header(a, ip, eth, good, t, us),
        ("total length 0", ip(total=20 if a.SIX else 0)),
        ("total length 65535", ip(total=65535)),
        ("total length one too many", ip(total=41)),
        ("total length cuts TCP", ip(total=39)),
        ("version 0", ip(version=0)),
        ("version of the other family", ip(version=10 - a.FAMILY)),
        ("ethertype of the other family",
         eth(good, kind=0x86dd ^ 0x0800 ^ a.ETHERTYPE)),
        ("ARP", eth(bytes(28), kind=0x0806)),
        ("first fragment", ip(fragment=0x2000)),
        ("middle fragment", ip(fragment=0x2001)),
        ("last fragment", ip(fragment=0x0001)),
        ("TCP 1 byte", ip(segment[:1])),
        ("TCP 8 bytes", ip(segment[:8])),
        ("TCP 13 bytes", ip(segment[:13])),
        ("TCP 14 bytes", ip(segment[:14])),
        ("TCP 19 bytes", ip(segment[:19])),
        ("TCP doff 0", doff(0)),
        ("TCP doff 4", doff(4)),
        ("TCP doff 6, no options", doff(6)),
        ("TCP doff 15, no options", doff(15)),
        ("TCP option length 0", ip(segment[:12] + b"\x60\x12" +
                                   segment[14:] + b"\2\0\0\0")),
        ("TCP option cut", ip(segment[:12] + b"\x60\x12" + segment[14:] +
                              b"\1\1\1\2")),
        ("UDP length 0", udp(0)),
        ("UDP length 65535", udp(65535)),
        ("UDP 4 bytes", ip(b"\0\x35\x80\0", protocol=17)),
        ("ICMP 7 bytes", unreachable(b"", cut=7)),
        ("ICMP quotes nothing", unreachable(b"")),
        *[("ICMP quotes %d bytes" % n, unreachable(syn[:n]))
          for n in (head - 1, head, head + 7, head + 8)],
        *[(name, unreachable(q)) for name, q in quoted(a, us, t, syn)],
        ("ICMP quotes the other version",
         unreachable(bytes([10 - a.FAMILY << 4]) + syn[1:])),
        ("ICMP quotes ICMP", unreachable(nested)),
        ("ICMP quotes the answer", unreachable(good)),
        ("ICMP type 255", ip(b"\xff\0\0\0\0\0\0\0" + syn, protocol=1)),
        ("ICMP type 13", ip(b"\x0d\0\0\0\0\0\0\0" + syn, protocol=1)),
        ("protocol 255", ip(protocol=255)),
        ("VLAN", eth(good, tags=[0x8100])),
        ("VLAN, cut", eth(b"", tags=[0x8100])[:16]),
        ("QinQ", eth(good, tags=[0x88a8, 0x8100])),
        ("QinQinQ", eth(good, tags=[0x88a8, 0x8100, 0x8100])),
        ("1400 bytes of padding", eth(good + bytes(1400))),
        ("padding that looks like TCP", eth(a.ip(t, us, 6, b"") + segment)),
        ("from our own address", eth(a.ip(us, us, 6, segment))),
        ("from nowhere", eth(a.ip(0, us, 6, segment))),
        ("to everybody", eth(a.ip(t, (1 << 8 * a.WIDTH) - 1, 6, segment))),
        ("the probe itself", eth(syn)),
    ]


def four_header(a, ip, eth, good, t, us):
    return [
        ("IHL 0", ip(ihl=0)),
        ("IHL 4", ip(ihl=4)),
        ("IHL 15, short", eth(a.ip(t, us, 6, b"", ihl=15))),
        ("IHL 15 over the segment", ip(ihl=15)),
        ("IHL 15, options", ip(options=bytes(40))),
        ("IHL 6, a router alert", ip(options=bytes.fromhex("94040000"))),
        ("total length under IHL", ip(total=19)),
    ]


def six_header(a, ip, eth, good, t, us):
    def chain(*heads, last=6):
        """extension headers: (its number, bytes with a place for the next)"""
        data, following = good[40:], last
        for number, head in reversed(heads):
            data = bytes([following]) + head[1:] + data
            following = number
        return ip(data, protocol=following)

    options = (60, bytes(8))
    return [
        ("options", ip(options=bytes(40))),
        ("a router alert", chain((0, bytes.fromhex("0000050200000100")))),
        ("hop by hop, routing, options",
         chain((0, bytes(8)), (43, bytes(8)), options)),
        ("sixteen headers", chain(*[options] * 16)),
        ("seventeen headers", chain(*[options] * 17)),
        ("a header that is longer than the packet",
         chain((60, b"\0\xff" + bytes(6)))),
        ("a header of which 4 bytes are there",
         ip(b"\6\0\0\0", protocol=60)),
        ("headers, and nothing behind", ip(b"\6\0" + bytes(6), protocol=60)),
        ("no next header", ip(protocol=59)),
        ("encrypted", ip(protocol=50)),
    ]


def four_quotes(a, us, t, syn):
    later = bytearray(syn)
    later[7] = 9
    yield "ICMP quotes IHL 15", b"\x4f" + syn[1:]
    yield "ICMP quotes IHL 4", b"\x44" + syn[1:]
    yield "ICMP quotes a later fragment", bytes(later)


def six_quotes(a, us, t, syn):
    yield "ICMP quotes options", a.ip(us, t, 6, syn[40:], options=bytes(6))
    yield "ICMP quotes options that go on", a.ip(
        us, t, 60, b"\6\xff" + syn[40:])
    yield "ICMP quotes a later fragment", a.ip(
        us, t, 6, syn[40:], fragment=9)
