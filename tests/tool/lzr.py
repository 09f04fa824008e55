#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What LZR (USENIX Security '21) would say of those that answered a SYN.

Inside the lab; reads lines saddr,sport,dport,seqnum,acknum of a scan's
successes, without a header, and prints for each

  address,data,open

data   1 if it acknowledged data that came with the handshake's ACK, sent once
       and once more after a second (-rn 1, its default), else 0
open   how many of K ports drawn from 32768 to 60999 were open, too (-haf K);
       LZR takes whichever answer comes first for its verdict, this waits for all
"""
import argparse
import os
import random
import select
import socket
import struct
import sys

US = socket.inet_aton(os.environ["LAB_SOURCE"])
DATA = b"GET / HTTP/1.1\r\n\r\n"
SYN, PUSH, ACK = 2, 8, 16


def fold(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff


def segment(to, sport, dport, seq, ack, flags, data=b""):
    b = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 1024, 0,
                    0) + data
    check = fold(US + to + struct.pack("!HH", 6, len(b)) + b)
    return b[:16] + struct.pack("!H", check) + b[18:]


class Wire:
    def __init__(self):
        self.s = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                               socket.IPPROTO_TCP)
        try:
            self.s.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)  # SO_RCVBUFFORCE
        except PermissionError:  # an ordinary user's own network
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 26)
        self.heard = set()  # address, sport, dport, ack, flags

    def listen(self, seconds):
        """until nothing has come for so long"""
        while select.select([self.s], [], [], seconds)[0]:
            p = self.s.recv(2048)
            b = p[(p[0] & 15) * 4:]
            sport, dport, _, ack = struct.unpack("!HHII", b[:12])
            self.heard.add((p[12:16], sport, dport, ack, b[13]))

    def send(self, packets):
        for i, (to, packet) in enumerate(packets):
            self.s.sendto(packet, (socket.inet_ntoa(to), 0))
            if i % 16 == 0:
                self.listen(0)
        self.listen(1)


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--haf", type=int, default=3, metavar="K")
    o = p.parse_args()
    hosts = []
    for line in sys.stdin:
        address, *numbers = line.strip().split(",")
        hosts.append((socket.inet_aton(address), *map(int, numbers)))
    wire, r = Wire(), random.Random(1)

    def acknowledged(host):
        to, sport, dport, _, ack = host
        end = ack + len(DATA) & 0xffffffff
        return (to, sport, dport, end, ACK) in wire.heard

    for _ in range(2):
        wire.send([(h[0], segment(h[0], h[2], h[1], h[4],
                                  h[3] + 1 & 0xffffffff, ACK | PUSH, DATA))
                   for h in hosts if not acknowledged(h)])
    asked = [(h[0], port, 32768 + i, r.getrandbits(32))
             for h in hosts
             for i, port in enumerate(r.sample(range(32768, 61000), o.haf))]
    wire.send([(to, segment(to, ours, port, seq, 0, SYN))
               for to, port, ours, seq in asked])
    open_too = {}
    for to, port, ours, seq in asked:
        open_too[to] = open_too.get(to, 0) + (
            (to, port, ours, seq + 1 & 0xffffffff, SYN | ACK) in wire.heard)
    for h in hosts:
        print(socket.inet_ntoa(h[0]), int(acknowledged(h)),
              open_too.get(h[0], 0), sep=",")


main()
