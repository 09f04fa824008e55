# SPDX-License-Identifier: Apache-2.0
"""Answers to a scan, made up: the header of a probes stream, and frames.

Written against zmap-stream(5) and the RFCs alone, so that zmap-recv is
compared with something other than itself.

    import answers as a
    s = a.Scan(ports=[80, 443])
    open("scan.cbor", "wb").write(s.stream())
    a.pcap("in.pcap", [s.synack("192.0.2.1", 80), ...])

With FAMILY=6 in the environment all of it is IPv6: addresses are those that
families.py makes of IPv4's, types and codes of ICMP those that ICMPv6 has for
the same thing.
"""
import ipaddress
import os
import socket
import struct
import sys

import cbor2

from families import six

KEY = bytes(range(16))
SIX = os.environ.get("FAMILY") == "6"
WIDTH = 16 if SIX else 4        # of an address
HEAD = 40 if SIX else 20        # of the IP header
ADDRESSES = HEAD - 2 * WIDTH    # where they are in it
PROTOCOL = 6 if SIX else 9      # and this
FAMILY = 6 if SIX else 4
ETHERTYPE = 0x86DD if SIX else 0x0800
# types of ICMP, with those of ICMPv6; codes of "unreachable"
ICMP6 = {0: 129, 3: 1, 4: 2, 5: 137, 8: 128, 11: 3, 12: 4}
UNREACHABLE6 = {0: 0, 1: 3, 3: 4, 13: 1}
M64 = (1 << 64) - 1


def siphash128(key, data):
    """SipHash-2-4 with 128 bits of output."""
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D ^ 0xEE,
         k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rotate(x, b):
        return (x << b | x >> (64 - b)) & M64

    def rounds(n):
        a, b, c, d = v
        for _ in range(n):
            a = (a + b) & M64
            b = rotate(b, 13) ^ a
            a = rotate(a, 32)
            c = (c + d) & M64
            d = rotate(d, 16) ^ c
            a = (a + d) & M64
            d = rotate(d, 21) ^ a
            c = (c + b) & M64
            b = rotate(b, 17) ^ c
            c = rotate(c, 32)
        v[:] = a, b, c, d

    end = len(data) // 8 * 8
    words = list(struct.unpack("<%dQ" % (end // 8), data[:end]))
    tail = data[end:] + bytes(7 - len(data) % 8) + bytes([len(data) & 255])
    for m in words + [struct.unpack("<Q", tail)[0]]:
        v[3] ^= m
        rounds(2)
        v[0] ^= m
    v[2] ^= 0xEE
    rounds(4)
    low = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    rounds(4)
    return low, v[0] ^ v[1] ^ v[2] ^ v[3]


def number(address):
    if isinstance(address, int):
        return address
    return int(ipaddress.ip_address(six(address) if SIX else address))


def packed(address):
    return number(address).to_bytes(WIDTH, "big")


def addresses(numbers):
    """a list of them, as a stream has it"""
    both = b"".join(n.to_bytes(WIDTH, "big") for n in numbers)
    return both if SIX else cbor2.CBORTag(66, both)


def checksum(data):
    data += bytes(len(data) % 2)
    s = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def ip(source, target, protocol, data, ttl=50, ident=7, options=b"",
       total=None, fragment=0, ihl=None, version=FAMILY):
    """options: of IPv6, a destination options header; total: of IPv6 the length
    of the payload and 20; ident: the flow label; fragment: as IPv4 writes it"""
    if SIX:
        return ip6(source, target, protocol, data, ttl, ident, options, total,
                   fragment, version)
    size = 20 + len(options)
    head = struct.pack(
        ">BBHHHBBHII", version << 4 | (size // 4 if ihl is None else ihl), 0,
        size + len(data) if total is None else total, ident, fragment, ttl,
        protocol, 0, number(source), number(target)) + options
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + data


def ip6(source, target, protocol, data, ttl, ident, options, total, fragment,
        version):
    protocol = 58 if protocol == 1 else protocol
    if options:
        size = (len(options) + 2 + 7) // 8
        data = bytes([protocol, size - 1]) + options.ljust(
            size * 8 - 2, b"\0") + data
        protocol = 60
    if fragment:
        data = struct.pack(">BBHI", protocol, 0, (fragment & 0x1FFF) << 3 |
                           fragment >> 13 & 1, ident) + data
        protocol = 44
    return struct.pack(
        ">IHBB", version << 28 | ident & 0xFFFFF, len(data) if total is None else total - 20,
        protocol, ttl) + packed(source) + packed(target) + data


def tcp(sport, dport, seq, ack, flags, window=1024, options=b"", doff=None):
    options += bytes(-len(options) % 4)
    size = 5 + len(options) // 4
    return struct.pack(">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF,
                       ack & 0xFFFFFFFF,
                       (size if doff is None else doff) << 4, flags, window,
                       0, 0) + options


def icmp(kind, code, rest, data):
    if SIX:
        code = UNREACHABLE6.get(code, code) if kind == 3 else code
        kind = ICMP6.get(kind, kind)
    m = struct.pack(">BBH4s", kind, code, 0, rest) + data
    return m[:2] + struct.pack(">H", checksum(m)) + m[4:]


def ethernet(packet, kind=ETHERTYPE, tags=()):
    head = b"\2\0\0\0\0\1\2\0\0\0\0\2"
    for tag in tags:
        head += struct.pack(">HH", tag, 5)
    return head + struct.pack(">H", kind) + packet


class Scan:
    """What zmap-send fixes, and answers that fit to it."""

    def __init__(self, ports=(80,), source="10.99.0.1", probe="tcp_synscan",
                 networks=(("192.0.2.0", "192.0.2.255"),),
                 source_ports=(32768, 61000), probes=1, key=KEY, **more):
        self.ports = list(ports)
        self.source = number(source)
        self.source_ports = source_ports
        self.key = key
        self.scan = {
            "id": "test", "ports": self.ports, "family": FAMILY,
            "probe": probe,
            "probes": probes, "interface": "s0", "seed": 1,
            "source_ips": addresses([self.source]),
            "source_ports": list(source_ports),
            "networks": b"".join(packed(a) + packed(b) for a, b in networks),
        }
        self.scan.update(more)

    def stream(self, end=True, targets=256, **more):
        header = {"zmap": 1, "kind": "probes", "history": [["made-up"]],
                  "scan": self.scan, "key": self.key}
        out = cbor2.dumps(cbor2.CBORTag(55799, header))
        if end:
            e = {"event": "end", "stage": "send", "status": "done",
                 "targets": targets, "packets": targets, "failures": 0}
            e.update(more)
            out += cbor2.dumps(e)
        return out

    def words(self, target, port):
        # of IPv6, two words each, the upper one first
        both = b"".join(
            a[i:i + 8][::-1] for a in (packed(self.source), packed(target))
            for i in range(0, WIDTH, 8))
        low, high = siphash128(self.key, both + struct.pack("<II", port, 0))
        return [low & 0xFFFFFFFF, low >> 32, high & 0xFFFFFFFF, high >> 32]

    def source_port(self, target, port, n=0):
        first, last = self.source_ports
        return first + (self.words(target, port)[1] + n) % (last - first + 1)

    def answer(self, target, port, flags, ack=1, seq=1000, n=0, options=b"",
               **more):
        """A TCP packet from target; more goes to ip()."""
        return ip(target, self.source, 6, tcp(
            port, self.source_port(target, port, n), seq,
            self.words(target, port)[0] + ack, flags, options=options),
            **more)

    def synack(self, target, port=80, **more):
        return self.answer(target, port, 0x12, **more)

    def rst(self, target, port=80, **more):
        return self.answer(target, port, 0x14, **more)

    def syn(self, target, port=80, n=0):
        """The probe itself, for ICMP errors to quote."""
        v = self.words(target, port)
        return ip(self.source, target, 6, tcp(
            self.source_port(target, port, n), port, v[0], 0, 2, 65535,
            bytes.fromhex("020405b40103030801010402")), ttl=64,
            ident=v[3] & (0xFFFFF if SIX else 0xFFFF))

    def unreachable(self, target, port=80, router="198.51.100.1", kind=3,
                    code=1, quote=28, n=0):
        """quote: bytes of IPv4; of IPv6 as many behind the IP header"""
        return ip(router, self.source, 1, icmp(
            kind, code, bytes(4),
            self.syn(target, port, n)[:HEAD - 20 + quote]))


def pcap(path, packets, link=1, snaplen=262144, start=1700000000,
         wrap=ethernet):
    """A savefile with nanoseconds; packets are bytes or (bytes, length)."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snaplen,
                            link))
        for i, p in enumerate(packets):
            p, size = p if isinstance(p, tuple) else (p, None)
            p = wrap(p) if wrap else p
            size = len(p) if size is None else size
            p = p[:snaplen]
            f.write(struct.pack("<IIII", start + i // 1000, i % 1000 * 1000003
                                % 1000000000, len(p), max(size, len(p))) + p)


def records(data):
    """All items of a stream: headers, records and events."""
    import io
    f = io.BytesIO(data)
    while f.tell() < len(data):
        yield cbor2.load(f)


def table(path_or_bytes, *names):
    """The named fields of all results, as text to compare."""
    data = path_or_bytes
    if isinstance(data, str):
        data = open(data, "rb").read()
    fields = []
    for item in records(data):
        if isinstance(item, dict) and "fields" in item:  # the header
            fields = [f["name"] for f in item["fields"]]
        elif isinstance(item, list):
            row = dict(zip(fields, item))
            yield " ".join(text(row[n]) for n in (names or fields))


def text(v):
    if isinstance(v, bytes) and len(v) == 4:
        return socket.inet_ntoa(v)
    if isinstance(v, bytes) and len(v) == 16:
        return socket.inet_ntop(socket.AF_INET6, v)
    return "-" if v is None else str(v).replace(" ", "_")


def end(path):
    """The end event of a stream."""
    return [i for i in records(open(path, "rb").read())
            if isinstance(i, dict) and i.get("event") == "end"][-1]


if __name__ == "__main__":
    for line in table(sys.stdin.buffer.read(), *sys.argv[1:]):
        print(line)
