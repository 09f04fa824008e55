#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An open tunnel of IP in IP (RFC 2003): unwraps what comes from anybody, and
forwards the packet inside as a router does (RFC 1812): if its checksum is
right, with a TTL that is one lower.
"""
import socket
import struct


def checksum(header):
    s = sum(struct.unpack(">%dH" % (len(header) // 2), header))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff


tunnel = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IPIP)
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
print("ready", flush=True)
while True:
    outer = tunnel.recv(65536)
    inner = bytearray(outer[(outer[0] & 15) * 4:])
    if len(inner) < 20 or inner[0] != 0x45:
        continue
    if struct.unpack(">H", inner[2:4])[0] != len(inner):
        continue
    if checksum(bytes(inner[:20])) != 0 or inner[8] < 2:
        continue
    inner[8] -= 1
    inner[10:12] = bytes(2)
    inner[10:12] = struct.pack(">H", checksum(bytes(inner[:20])))
    out.sendto(bytes(inner), (socket.inet_ntoa(bytes(inner[16:20])), 0))
