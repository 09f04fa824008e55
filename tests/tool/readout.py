#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads zmap-out's formats back by the rules of those they are made for.

    readout.py csv      rows by Python's csv module, as JSON lines
    readout.py json     objects, one JSON line each; fails on anything else
    readout.py zgrab2   what zgrab2's reader makes of each line: ip,domain,tag,port
    readout.py lzr      what LZR's reader fills in, or how it dies
    readout.py xml      hosts and ports, as importers of nmap's XML take them
    readout.py png FILE X Y ...   colours of pixels
    readout.py hilbert ORDER N    x y of number N
"""
import csv
import io
import ipaddress
import itertools
import json
import struct
import sys
import xml.etree.ElementTree
import zlib


def unique(pairs):
    keys = [k for k, _ in pairs]
    assert len(set(keys)) == len(keys), "a key twice: %s" % keys
    return dict(pairs)


def read_csv(data):
    # bytes are kept one by one: the reader sees no encoding
    text = io.StringIO(data.decode("latin-1"), newline="")
    for row in csv.reader(text, strict=True):
        yield [cell.encode("latin-1").decode("utf-8", "surrogateescape")
               for cell in row]


def read_json(data):
    assert data.endswith(b"\n") or not data
    for line in data.split(b"\n")[:-1]:
        value = json.loads(line.decode("utf-8"), object_pairs_hook=unique)
        assert isinstance(value, dict)
        yield value


def go_csv(data):
    """encoding/csv of Go with '#' comments and any number of fields."""
    for line in data.decode("utf-8").split("\n"):
        line = line.rstrip("\r")
        if line == "" or line.startswith("#"):
            continue
        fields = line.split(",")
        for f in fields:
            if f.startswith('"'):
                assert f.endswith('"') and len(f) > 1, "bare quote"
            else:
                assert '"' not in f, "a quote in an unquoted field"
        yield [f.strip('"') for f in fields]


def read_zgrab2(data):
    for fields in go_csv(data):
        fields = [f.strip() for f in fields]
        assert len(fields) <= 4, "too many fields"
        ip = domain = tag = port = ""
        try:
            ip = str(ipaddress.ip_network(fields[0]) if "/" in fields[0]
                     else ipaddress.ip_address(fields[0]))
        except ValueError:
            assert len(fields) == 1, "can't parse %r" % fields[0]
            domain = fields[0]          # the trap: a header row
        if len(fields) > 1:
            domain = fields[1]
        if len(fields) > 2:
            tag = fields[2]
        if len(fields) > 3:
            port = fields[3]
        if port:
            port = int(port)
        yield [ip, domain, tag, port]


# The structure that LZR decodes into; Go matches keys without regard to case.
LZR = {
    "saddr": str, "daddr": str, "sport": 65535, "dport": 65535,
    "seqnum": 2**32 - 1, "acknum": 2**32 - 1, "window": 65535,
    "counter": 2**63, "acked": bool, "ack": bool, "syn": bool, "rst": bool,
    "fin": bool, "push": bool, "handshakenum": 2**63, "fingerprint": str,
    "timestamp": "time", "data": str, "ttl": 255,
}
LZR_WANTED = {"saddr", "daddr", "sport", "dport", "seqnum", "acknum",
              "window"}


def read_lzr(data):
    for value in read_json(data):
        assert set(value) == LZR_WANTED, "keys %s" % sorted(value)
        for key, v in value.items():
            kind = LZR[key.lower()]
            if kind is str:
                assert isinstance(v, str)
                ipaddress.IPv4Address(v)
            else:
                assert isinstance(v, int) and not isinstance(v, bool)
                assert 0 <= v <= kind
        yield value


def read_xml(data):
    """What IVRE and Metasploit's importers need and use."""
    lines = data.decode("utf-8").split("\n")
    assert lines[0].startswith("<?xml")
    # Metasploit looks for the first element at the start of a line
    root = next(i for i in lines if i.startswith("<") and i[1] not in "?!")
    assert root.startswith("<nmaprun ") and 'scanner="masscan"' not in root
    tree = xml.etree.ElementTree.fromstring(data)
    assert tree.tag == "nmaprun" and tree[-1].tag == "runstats"
    yield {"args": tree.get("args"), "exit": tree.find(
        "runstats/finished").get("exit"), "info": dict(
        tree.find("scaninfo").items()) if tree.find("scaninfo") is not None
        else None, "total": int(tree.find("runstats/hosts").get("total"))}
    for host in tree.iter("host"):
        int(host.get("starttime", "0")), int(host.get("endtime", "0"))
        address = host.find("address")
        assert address.get("addrtype") == "ipv4"
        status = host.find("status")
        int(status.get("reason_ttl"))
        one = {"addr": address.get("addr"), "state": status.get("state"),
               "reason": status.get("reason")}
        for port in host.iter("port"):
            one["port"] = [port.get("protocol"), int(port.get("portid")),
                           port.find("state").get("state"),
                           port.find("state").get("reason")]
        yield one


def pixels(path):
    """width, height and rows of an 8-bit RGB picture (PNG specification)."""
    data = open(path, "rb").read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        crc, = struct.unpack(">I", data[at + 8 + size:at + 12 + size])
        assert zlib.crc32(kind + body) == crc
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert (depth, colour, body[12]) == (8, 2, 0)
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    assert kind == b"IEND"
    raw, rows, last = zlib.decompress(packed), [], bytes(width * 3)
    stride = width * 3 + 1
    for y in range(height):
        how, line = raw[y * stride], bytearray(
            raw[y * stride + 1:(y + 1) * stride])
        if how == 1:                    # fast ways for what is frequent
            for c in range(3):
                line[c::3] = bytes(v & 255 for v in itertools.accumulate(
                    line[c::3]))
            how = 0
        elif how == 2 or (how == 4 and not any(line) and len(set(
                last[0::3])) == len(set(last)) == 1):
            line = bytearray(a + b & 255 for a, b in zip(line, last)) \
                if any(line) else bytearray(last)
            how = 0
        for i in range(len(line) if how else 0):
            left = line[i - 3] if i >= 3 else 0
            up, corner = last[i], last[i - 3] if i >= 3 else 0
            if how == 3:
                line[i] = line[i] + (left + up) // 2 & 255
            elif how == 4:
                p = left + up - corner
                line[i] = line[i] + min(
                    (left, up, corner), key=lambda v: abs(p - v)) & 255
        rows.append(bytes(line))
        last = line
    return width, height, rows


def hilbert(order, n):
    """The point of number n, from the largest quarters down."""
    if order == 0:
        return 0, 0
    half = 1 << (order - 1)
    quarter, rest = divmod(n, half * half)
    x, y = hilbert(order - 1, rest)
    return [(y, x), (x, y + half), (x + half, y + half),
            (2 * half - 1 - y, half - 1 - x)][quarter]


def main():
    what, args = sys.argv[1], sys.argv[2:]
    if what == "png":
        width, height, rows = pixels(args[0])
        print(width, height)
        for x, y in zip(args[1::2], args[2::2]):
            x = int(x) * 3
            print(rows[int(y)][x:x + 3].hex())
    elif what == "hilbert":
        print(*hilbert(int(args[0]), int(args[1])))
    else:
        read = {"csv": read_csv, "json": read_json, "zgrab2": read_zgrab2,
                "lzr": read_lzr, "xml": read_xml}[what]
        for value in read(sys.stdin.buffer.read()):
            print(json.dumps(value))


if __name__ == "__main__":
    main()
