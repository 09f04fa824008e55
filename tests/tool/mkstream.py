#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a stream of results from JSON lines, for tests.

    mkstream.py [option ...] < lines > stream

A line that is an object is a record: names of fields and values, null if not
given.  A line ["event", {...}] is written as it is.  Addresses are dotted,
bytes hexadecimal, times nanoseconds; in text, lone surrogates from U+DC80 are
raw bytes.  Nothing here shares code with the programs under test.
"""
import argparse
import ipaddress
import json
import os
import struct
import sys

import cbor2

# What zmap-recv writes for tcp_synscan.
FIELDS = """
saddr:ip daddr:ip ipid:uint ttl:uint sport:uint dport:uint seqnum:uint
acknum:uint window:uint tcpopt_mss:uint tcpopt_wscale:uint
tcpopt_sack_perm:uint tcpopt_ts_val:uint tcpopt_ts_ecr:uint
classification:text success:bool icmp_responder:ip icmp_type:uint
icmp_code:uint icmp_unreach_str:text repeat:bool cooldown:bool timestamp:time
"""


def head(major, n):
    """The head of an item (RFC 8949 3)."""
    if n < 24:
        return bytes([major << 5 | n])
    for info, size, fmt in (24, 8, ">B"), (25, 16, ">H"), (26, 32, ">I"):
        if n < 1 << size:
            return bytes([major << 5 | info]) + struct.pack(fmt, n)
    return bytes([major << 5 | 27]) + struct.pack(">Q", n)


def encode(value):
    """As cbor2.dumps, but text may hold any bytes."""
    if isinstance(value, str):
        raw = value.encode("utf-8", "surrogateescape")
        return head(3, len(raw)) + raw
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(map(encode, value))
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(
            encode(k) + encode(v) for k, v in value.items())
    return cbor2.dumps(value)


def header(fields, scan, kind="results", history=(("mkstream",),), **other):
    return head(6, 55799) + encode({
        "zmap": 1, "kind": kind, "history": history, "scan": scan,
        "fields": [{"name": n, "type": t, "help": n + " of the answer"}
                   for n, t in fields], **other})


def record(fields, given):
    values = []
    for name, kind in fields:
        value = given.get(name)
        if value is not None and kind == "ip":
            value = ipaddress.ip_address(value).packed
        elif value is not None and kind == "bytes":
            value = bytes.fromhex(value)
        values.append(value)
    return encode(values)


def end(status="done", **counters):
    return encode({"event": "end", "stage": "recv", "status": status,
                   **counters})


def parse_fields(text):
    return [tuple(f.split(":")) for f in text.split()]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--fields", default=FIELDS)
    p.add_argument("--ports", default="[80]", help="JSON, as in the header")
    p.add_argument("--scan", default="{}", help="more of the scan, JSON")
    p.add_argument("--other", default="{}", help="more of the header, JSON")
    p.add_argument("--kind", default="results")
    p.add_argument("--status", default="done", help="of the end")
    p.add_argument("--end", default="{}", help="more of the end, JSON")
    p.add_argument("--no-end", action="store_true")
    p.add_argument("--repeat", type=int, default=1,
                   help="write the records so many times")
    a = p.parse_args()
    fields = parse_fields(a.fields)
    scan = {"id": "0123456789abcdef", "ports": json.loads(a.ports),
            "probe": "tcp_synscan", **json.loads(a.scan)}
    if os.environ.get("FAMILY") == "6":
        scan.setdefault("family", 6)
    items = []
    for line in sys.stdin.buffer:
        line = json.loads(line.decode("utf-8", "surrogatepass"))
        items.append(record(fields, line) if isinstance(line, dict)
                     else encode(line[1]))
    out = sys.stdout.buffer
    out.write(header(fields, scan, a.kind, **json.loads(a.other)))
    for _ in range(a.repeat):
        out.write(b"".join(items))
    if not a.no_end:
        out.write(end(a.status, passed=len(items) * a.repeat,
                      **json.loads(a.end)))


if __name__ == "__main__":
    main()
