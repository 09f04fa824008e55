#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The writing end of the way back, zmap-stream(5), for tests of zmap-send.

    back.py [--raw HEX] [--no-end] [--hold SECS] FIFO [WHAT ADDRESS[:PORT]]...
    back.py --blocks STREAM FIFO

Makes the FIFO and writes a header, a record for each WHAT, and, after a while,
the end.  WHAT may be what no one knows.  "event" writes one with the name that
stands in place of the address.  Prints "written" when the records are there, so
that zmap-send, which is started then, has them from the first.

With --blocks there are reports on the last 8 blocks of STREAM, zmap-send's, when
its targets are through: on four twice, on two with answers that this machine has
dropped, and on two as it should be.
"""
import argparse
import io
import ipaddress
import os
import time

import cbor2


def record(what, target):
    host, _, port = target.rpartition(":") if target[0] == "[" or \
        target.count(":") == 1 else (target, "", "")
    address = ipaddress.ip_address(host.strip("[]")).packed
    if len(address) == 4:
        address = cbor2.CBORTag(66, address)
    ports = cbor2.CBORTag(65, int(port).to_bytes(2, "big")) if port else None
    return [0, ports, address, what, "a test"]


def items(path):
    """of a stream that is still written, up to the last whole one"""
    with open(path, "rb") as f:
        data = io.BytesIO(f.read())
    try:
        while True:
            yield cbor2.load(data)
    except (EOFError, cbor2.CBORDecodeError):
        pass


def events(path, name):
    return [i for i in items(path)
            if isinstance(i, dict) and i.get("event") == name]


def reports(path):
    """the last block is not over"""
    numbers = [e["number"] for e in events(path, "block")][-9:-1]
    numbers = numbers[:4] + numbers
    for i, number in enumerate(numbers):
        yield {"event": "block", "number": number, "hits": 10,
               "drops": 5 if 8 <= i < 10 else 0}


p = argparse.ArgumentParser()
p.add_argument("--blocks")
p.add_argument("--raw", default="")
p.add_argument("--no-end", action="store_true")
p.add_argument("--hold", type=float, default=0)
p.add_argument("fifo")
p.add_argument("words", nargs="*")
a = p.parse_args()

os.mkfifo(a.fifo)
# for reading, too: that does not wait for a reader
with os.fdopen(os.open(a.fifo, os.O_RDWR), "wb", buffering=0) as f:
    f.write(cbor2.dumps(cbor2.CBORTag(55799, {
        "zmap": 1, "kind": "back", "history": [["back.py"]],
        "scan": {"id": "x"}})))
    for what, target in zip(a.words[::2], a.words[1::2]):
        f.write(cbor2.dumps({"event": target, "n": 1} if what == "event" else
                            record(what, target)))
    f.write(bytes.fromhex(a.raw))
    print("written", flush=True)
    time.sleep(a.hold)
    if a.blocks:
        for _ in range(3000):
            if events(a.blocks, "drained"):
                break
            time.sleep(0.02)
        for report in reports(a.blocks):
            f.write(cbor2.dumps(report))
    if not a.no_end:
        f.write(cbor2.dumps({"event": "end", "stage": "recv",
                             "status": "done"}))
