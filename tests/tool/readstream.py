#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints a stream as JSON lines, read by cbor2: the opposite of mkstream.py.

    readstream.py [--records] < stream

Each line is ["header", {...}], ["record", {...}], ["event", {...}] or
["end", {...}]; a record of a kind without fields is a list.  --records: only
these, without the word.  Exits 1 if the stream breaks off.
"""
import io
import ipaddress
import json
import sys

import cbor2


def plain(value):
    """Without what JSON lacks."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, cbor2.CBORTag):
        return {"tag": value.tag, "value": plain(value.value)}
    if value is cbor2.undefined:
        return None
    if not isinstance(value, (str, int, float, type(None))):
        return str(value)               # times and the like
    return value


def named(fields, record):
    if not fields:
        return plain(record)
    out = {}
    for field, value in zip(fields, record):
        if field["type"] == "ip" and value is not None:
            value = str(ipaddress.ip_address(value))
        out[field["name"]] = plain(value)
    return out


def items(stream):
    """(what, item) pairs: header, record, event, end."""
    data = io.BytesIO(stream)
    # "replace": programs under test pass bad text on, and it must be seen
    decoder = cbor2.CBORDecoder(data, tag_hook=lambda d, t: t,
                                str_errors="replace")
    while data.tell() < len(stream):
        first = stream[data.tell()]
        if first >> 5 == 6:
            tag = stream[data.tell():data.tell() + 3]
            if tag != b"\xd9\xd9\xf7":
                raise ValueError("a header without tag 55799")
            data.seek(3, io.SEEK_CUR)
            yield "header", decoder.decode()
        else:
            item = decoder.decode()
            if isinstance(item, list):
                yield "record", item
            else:
                yield ("end" if item["event"] == "end" else "event"), item


def main():
    fields, open_segment = [], False
    only = "--records" in sys.argv[1:]
    try:
        for what, item in items(sys.stdin.buffer.read()):
            if what == "header":
                fields, open_segment = item.get("fields"), True
            elif what == "end":
                open_segment = False
            item = named(fields, item) if what == "record" else plain(item)
            if not only:
                print(json.dumps([what, item]))
            elif what == "record":
                print(json.dumps(item))
    except (EOFError, cbor2.CBORDecodeError) as e:
        sys.exit("readstream: %s" % e)
    if open_segment:
        sys.exit("readstream: no end")


if __name__ == "__main__":
    main()
