#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A slow scanner that shares nothing with the ones under test.

Probes every address of a prefix from inside the lab and prints
address,port,class,answers the way expect.py does, as far as a scanner can
tell: open, duplicate (2 to 5 answers), blowback (more), closed, unreachable.
Late and lossy targets count as open, closed ones as unreachable unless it is
TCP, forged answers as nothing.

  lab probe.py [--proto tcp|udp|icmp] [-p PORT] [--wait S] [-P N] PREFIX

With --corrupt every checksum is wrong, so nobody may answer.
"""
import argparse
import collections
import ipaddress
import os
import select
import socket
import struct
import sys

US = socket.inet_aton(os.environ["LAB_SOURCE"])
PORT = 40000
KEY = int.from_bytes(os.urandom(4), "big")


def fold(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff


def secret(address):
    """what only an answer to our probe can bring back"""
    return (int.from_bytes(address, "big") * 2654435761 ^ KEY) & 0xffffffff


def ip_packet(proto, to, body):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 7, 0, 64,
                       proto, 0, US, to)
    return head[:10] + struct.pack("!H", fold(head)) + head[12:] + body


def pseudo(src, dst, proto, body):
    return src + dst + struct.pack("!HH", proto, len(body)) + body


def probe(proto, to, port):
    value = secret(to)
    if proto == 6:
        b = struct.pack("!HHIIBBHHH", PORT, port, value, 0, 0x50, 2, 1024, 0,
                        0)
        c = fold(pseudo(US, to, 6, b))
        b = b[:16] + struct.pack("!H", c) + b[18:]
    elif proto == 17:
        b = struct.pack("!HHHHI", PORT, port, 12, 0, value)
        b = b[:6] + struct.pack("!H", fold(pseudo(US, to, 17, b))) + b[8:]
    else:
        b = struct.pack("!BBHI", 8, 0, 0, value) + b"lab"
        b = b[:2] + struct.pack("!H", fold(b)) + b[4:]
    return ip_packet(proto, to, b)


def judge(p, proto, port):
    """-> (address, class) or None for what is no answer to us"""
    head, src, dst = p[:20], p[12:16], p[16:20]
    length = struct.unpack("!H", p[2:4])[0]
    body = p[20:length]
    if fold(head) or dst != US:
        sys.exit("probe.py: bad IP header: " + p.hex())
    if p[9] == 1:
        if fold(body):
            sys.exit("probe.py: bad ICMP checksum: " + p.hex())
        if body[0] in (3, 11):
            inner = body[8:]
            if fold(inner[:20]) or inner[9] != proto:
                return None
            quoted, rest = inner[16:20], inner[20:]
            value = struct.unpack("!I", rest[4:8])[0]
            if proto == 17:
                if rest[:4] != struct.pack("!HH", PORT, port):
                    return None
            elif value != secret(quoted):
                return None
            return quoted, "unreachable"
        if proto == 1 and body[0] == 0 and body[8:] == b"lab" and \
                struct.unpack("!I", body[4:8])[0] == secret(src):
            return src, "open"
        return None
    if fold(pseudo(src, dst, p[9], body)):
        sys.exit("probe.py: bad checksum: " + p.hex())
    if p[9] != proto or body[:4] != struct.pack("!HH", port, PORT):
        return None
    if proto == 17:
        good = body[8:] == struct.pack("!I", secret(src))
        return (src, "open") if good else None
    ack, flags = struct.unpack("!I", body[8:12])[0], body[13]
    if ack != secret(src) + 1 & 0xffffffff:
        return None
    return src, {0x12: "open", 0x14: "closed"}.get(flags)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("prefix")
    p.add_argument("-p", "--port", type=int, default=80)
    p.add_argument("--proto", default="tcp")
    p.add_argument("--wait", type=float, default=2.5,
                   help="seconds of silence at the end")
    p.add_argument("-P", "--probes", type=int, default=1)
    p.add_argument("--corrupt", action="store_true")
    o = p.parse_args()
    proto = {"tcp": 6, "udp": 17, "icmp": 1}[o.proto]
    port = 0 if proto == 1 else o.port

    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    s.setsockopt(263, 23, 1)            # PACKET_IGNORE_OUTGOING
    s.bind((os.environ["LAB_DEVICE"], 3))   # ETH_P_ALL
    mac = os.environ["LAB_GATEWAY_MAC"].replace(":", "")
    # a device without link header has no address
    link = b"" if s.getsockname()[4] == b"" else \
        bytes.fromhex(mac) + s.getsockname()[4] + b"\x08\0"

    answers = {}

    # until nothing has come for so long
    def collect(wait):
        while select.select([s], [], [], wait)[0]:
            got = s.recv(2048)
            if link and got[12:14] != b"\x08\0":
                continue
            got = got[len(link):]
            verdict = judge(got, proto, port)
            if verdict and verdict[1]:
                answers.setdefault(verdict[0], collections.Counter())[
                    verdict[1]] += 1

    for _ in range(o.probes):
        for i, host in enumerate(ipaddress.ip_network(o.prefix)):
            packet = bytearray(probe(proto, host.packed, port))
            packet[-1] ^= o.corrupt
            s.send(link + packet)
            if i % 16 == 0:
                collect(0)
    collect(o.wait)
    for address in sorted(answers):
        (name, count), = answers[address].items()
        if name == "open" and count > o.probes:
            name = "duplicate" if count <= 5 * o.probes else "blowback"
        print(f"{socket.inet_ntoa(address)},{port},{name},{count}")


main()
