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
    us = s.source
    good = s.synack(t)
    eth = a.ethernet
    segment = good[20:]

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
        return ip(b"\3\1\0\0\0\0\0\0"[:cut] + inner, protocol=1)

    syn = s.syn(t)
    nested = a.ip(us, t, 1, a.icmp(3, 1, bytes(4), syn))
    later = bytearray(syn)
    later[7] = 9
    long_ihl = bytearray(syn)
    long_ihl[0] = 0x4f
    short_ihl = bytearray(syn)
    short_ihl[0] = 0x44
    return [
        ("ok", eth(good)),
        ("Ethernet only", eth(b"")),
        ("no Ethernet", eth(b"")[:13]),
        ("nothing", b""),
        ("IP 1 byte", eth(good[:1])),
        ("IP 19 bytes", eth(good[:19])),
        ("IP 20 bytes, says more", eth(good[:20])),
        ("IP 20 bytes", ip(b"")),
        ("IHL 0", ip(ihl=0)),
        ("IHL 4", ip(ihl=4)),
        ("IHL 15, short", eth(a.ip(t, us, 6, b"", ihl=15))),
        ("IHL 15 over the segment", ip(ihl=15)),
        ("IHL 15, options", ip(options=bytes(40))),
        ("IHL 6, a router alert", ip(options=bytes.fromhex("94040000"))),
        ("total length 0", ip(total=0)),
        ("total length under IHL", ip(total=19)),
        ("total length 65535", ip(total=65535)),
        ("total length one too many", ip(total=41)),
        ("total length cuts TCP", ip(total=39)),
        ("version 0", ip(version=0)),
        ("version 6", ip(version=6)),
        ("ethertype IPv6", eth(good, kind=0x86dd)),
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
        ("ICMP quotes 19 bytes", unreachable(syn[:19])),
        ("ICMP quotes 20 bytes", unreachable(syn[:20])),
        ("ICMP quotes 27 bytes", unreachable(syn[:27])),
        ("ICMP quotes 28 bytes", unreachable(syn[:28])),
        ("ICMP quotes IHL 15", unreachable(bytes(long_ihl))),
        ("ICMP quotes IHL 4", unreachable(bytes(short_ihl))),
        ("ICMP quotes a later fragment", unreachable(bytes(later))),
        ("ICMP quotes version 6", unreachable(b"\x60" + syn[1:])),
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
        ("from 0.0.0.0", eth(a.ip("0.0.0.0", us, 6, segment))),
        ("to 255.255.255.255", eth(a.ip(t, "255.255.255.255", 6, segment))),
        ("the probe itself", eth(syn)),
    ]
