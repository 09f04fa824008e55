# SPDX-License-Identifier: Apache-2.0
"""Sends the frames of a savefile as they are.  Inside tests/lab/lab only:

    lab bash -c '... $LAB_FAR inject.py in.pcap $LAB_FAR_DEVICE'
"""
import socket
import struct
import sys

data = open(sys.argv[1], "rb").read()
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[2], 0))
at = 24
while at < len(data):
    size, = struct.unpack_from("<I", data, at + 8)
    frame = data[at + 16:at + 16 + size]
    try:
        s.send(b"\2\0\0\0\0\1" + frame[6:])
    except OSError:
        pass            # too short for the device
    at += 16 + size
