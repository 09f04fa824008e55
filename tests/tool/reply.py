# SPDX-License-Identifier: Apache-2.0
"""Answers to probes: reads a pcap file of probes as build/tests/tool/probe makes
them, raw IPv4 or IPv6, and writes answers to each of them.

    reply.py KIND... <probes.pcap >answers.pcap

KIND: echo              echo reply
      synack, rst, ...  flags of TCP; seq and ack as a stack has them
      synack:N          with a timestamp that echoes the probe's, N later, or
                        0 for N = zero
      rstack@N          acknowledges the N bytes behind the sequence number
      udp:HEX           a datagram
      mirror            the datagram that came, or the one inside of IP in IP
      dns:FLAGS:A:N:R:HEX   DNS, with ID and question of the probe, three
                        counts, and what follows the question
      ntp:HEX           16 bytes, then our transmit timestamp, then the rest
      bacnet:HEX        with the invoke ID instead of ??
      vmac:HEX          what stands before the virtual address of BACnet/IPv6
      icmp:T:C[:N]      ICMP error that quotes N bytes behind the IP header
Before any: bad- changes a byte that validates, from-A.B.C.D.- the source, now-
the time of arrival, from a constant to the present.
"""
import re
import struct
import sys
import time


def read(f):
    data = f.read()
    at = 24
    while at < len(data):
        s, u, n = struct.unpack("<III", data[at:at + 12])
        yield data[at + 16:at + 16 + n]
        at += 16 + n


def ip(protocol, source, target, payload):
    if len(source) == 16:
        return struct.pack(">IHBB16s16s", 6 << 28, len(payload),
                           58 if protocol == 1 else protocol, 63, source,
                           target) + payload
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, 0, 63,
                       protocol, 0, source, target) + payload


def udp(sport, dport, data):
    return struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data


def answer(p, kind, bad):
    six = p[0] >> 4 == 6
    if six:
        us, target, t, protocol = p[8:24], p[24:40], p[40:], p[6]
        if protocol == 60:  # destination options
            protocol, t = t[0], t[8 * t[1] + 8:]
    else:
        us, target, t, protocol = p[12:16], p[16:20], p[20:], p[9]
    head = len(p) - len(t)
    bad *= 0x80
    name, _, arg = kind.partition(":")
    if name == "icmp":
        arg = [int(x) for x in arg.split(":")] + [len(t)]
        quote = bytearray(p[:head + arg[2]])
        if bad:
            quote[-1 if protocol != 6 else head + 7] ^= bad
        router = bytes.fromhex("20010db8ffff") + bytes(9) + b"\1"
        return ip(1, router if six else bytes([203, 0, 113, 9]), us,
                  struct.pack(">BBHI", arg[0], arg[1], 0, 0) + quote)
    if name == "echo":
        t = bytearray(t)
        t[0] = 129 if six else 0
        t[7] ^= bad
        return ip(1, target, us, bytes(t))
    if protocol == 6:
        sport, dport, seq, ack = struct.unpack(">HHII", t[:12])
        flags = sum(bit for word, bit in (("syn", 2), ("rst", 4), ("ack", 16))
                    if word in name)
        acked = int(name.partition("@")[2] or 1)
        mine = ack if t[13] & 16 else 1000
        option = b""
        if arg:
            at = t.index(b"\x08\x0a", 20) + 2
            echo = struct.unpack(">I", t[at:at + 4])[0]
            echo = 0 if arg == "zero" else (echo + int(arg)) & 0xffffffff
            option = struct.pack(">BBBBII", 1, 1, 8, 10, 77, echo)
        return ip(6, target, us, struct.pack(
            ">HHIIBBHHH", dport, sport, mine ^ bad if flags == 4 else 1000,
            (seq + acked) & 0xffffffff ^ bad if flags & 16 else 0,
            (20 + len(option)) << 2, flags, 1024, 0, 0) + option)
    if protocol == 4:
        return p[20:]
    sport, dport = struct.unpack(">HH", t[:4])
    data = t[8:]
    if name == "udp":
        data = bytes.fromhex(arg)
    elif name == "dns":
        flags, a, n, r, rest = arg.split(":")
        data = data[:2] + bytes.fromhex(flags) + data[4:6] + b"".join(
            struct.pack(">H", int(x)) for x in (a, n, r)) + data[12:] + \
            bytes.fromhex(rest)
        data = bytes([data[0] ^ bad]) + data[1:]
    elif name == "ntp":
        rest = bytes.fromhex(arg)
        data = rest[:24] + bytes([data[40] ^ bad]) + data[41:48] + rest[24:]
    elif name == "vmac":
        data = bytes.fromhex(arg) + data[4:6] + bytes([data[6] ^ bad])
    elif name == "bacnet":
        data = bytes.fromhex(arg.replace("??", "%02x" % (data[8] ^ bad)))
    return ip(17, target, us, udp(dport, sport, data))


def main():
    out = sys.stdout.buffer
    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    now = time.time_ns() // 1000
    for p in read(sys.stdin.buffer):
        for kind in sys.argv[1:]:
            when = 1700000001500000
            if kind.startswith("now-"):
                kind = kind[4:]
                when = now
            source = re.match(r"from-([0-9.]+)\.-", kind)
            kind = kind[source.end():] if source else kind
            bad = kind.startswith("bad-")
            a = answer(p, kind[4:] if bad else kind, bad)
            if source:
                a = a[:12] + bytes(map(int, source[1].split("."))) + a[16:]
            out.write(struct.pack("<IIII", when // 1000000, when % 1000000,
                                  len(a), len(a)))
            out.write(a)


main()
