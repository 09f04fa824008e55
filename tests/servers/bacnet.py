#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A BACnet/IP device, number 1234, that answers what ASHRAE 135 demands of all:
readProperty of its own object identifier (clauses 15.5, 20 and 21, annex J).

A request that is not to the letter gets the error or reject that the standard
has for it, or, if it is no BACnet/IP at all, nothing.
"""
import socket
import struct

DEVICE = 8 << 22 | 1234  # object type 8, clause 20.2.14
ANY = 8 << 22 | 0x3fffff  # the wildcard instance, clause 15.5.2
IDENTIFIER = 75  # property, clause 21


def answer(data):
    """-> APDU, or None"""
    if len(data) < 10 or data[:2] != b"\x81\x0a":
        return None
    if struct.unpack(">H", data[2:4])[0] != len(data):  # J.2.1
        return None
    version, control = data[4:6]
    # 6.2.2: no message of the network layer, no reserved bits
    if version != 1 or control & 0xd8 or control & 0x20:
        return None
    if not control & 4:  # a confirmed request expects a reply
        return None
    pdu, _, invoke, service = data[6:10]
    if pdu != 0:  # confirmed request, not segmented
        return None
    if service != 12:
        return bytes([0x60, invoke, 9])  # reject: unrecognized service
    tagged = data[10:]
    # context tag 0 of 4 bytes, context tag 1 of 1 byte
    if len(tagged) < 7 or tagged[0] != 0x0c or tagged[5] != 0x19:
        return bytes([0x60, invoke, 4])  # reject: invalid tag
    if len(tagged) > 7:
        return bytes([0x60, invoke, 7])  # reject: too many arguments
    what = struct.unpack(">I", tagged[1:5])[0]
    if what not in (DEVICE, ANY):
        # error: class object, unknown object
        return bytes([0x50, invoke, service, 0x91, 1, 0x91, 31])
    if tagged[6] != IDENTIFIER:
        # error: class property, unknown property
        return bytes([0x50, invoke, service, 0x91, 2, 0x91, 32])
    value = struct.pack(">I", DEVICE)
    return bytes([0x30, invoke, service, 0x0c]) + value + \
        b"\x19\x4b\x3e\xc4" + value + b"\x3f"


s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 47808))
while True:
    request, peer = s.recvfrom(2048)
    apdu = answer(request)
    if apdu is not None:
        s.sendto(b"\x81\x0a" + struct.pack(">H", 6 + len(apdu)) + b"\x01\x00"
                 + apdu, peer)
