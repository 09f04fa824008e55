#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Copies each packet of a pcap file of raw IP once for each bit of some of
its bytes, with that bit changed.

    flips.py FIRST-LAST... <in.pcap >out.pcap
"""
import struct
import sys

data = sys.stdin.buffer.read()
out = sys.stdout.buffer
out.write(data[:24])
at = 24
while at < len(data):
    size = struct.unpack("<I", data[at + 8:at + 12])[0]
    head, packet = data[at:at + 16], data[at + 16:at + 16 + size]
    at += 16 + size
    for word in sys.argv[1:]:
        first, _, last = word.partition("-")
        for bit in range(int(first) * 8, int(last or first) * 8 + 8):
            changed = bytearray(packet)
            changed[bit // 8] ^= 128 >> bit % 8
            out.write(head + changed)
