#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads and writes the streams of ZMap's programs, zmap-stream(5).

    import sys, zmapstream
    for r in zmapstream.Reader(sys.stdin.buffer):
        print(r["saddr"], r["classification"], r["timestamp"])

A record is a dict by the names of the stream's fields.  An `ip` is an
ipaddress, a `time` a datetime in UTC (its nanoseconds are in Time.ns), bytes,
text, numbers, truth, lists and maps are Python's; what is null is None.

    w = zmapstream.Writer(sys.stdout.buffer, like=reader)     # a stage
    w.write(r)

    w = zmapstream.Writer(out, fields={"saddr": "ip", "sport": "uint"})
    w.close()       # the end, without which a stream is cut; or use `with`

Needs cbor2 (Debian: python3-cbor2).  Run as a program it prints records as
JSON lines, as an example.
"""
import datetime
import ipaddress
import json
import signal
import sys

import cbor2

VERSION = 1
SELF_DESCRIBED = 55799      # the tag of a header, RFC 8949 3.4.6
TYPES = ("ip", "uint", "int", "bool", "text", "bytes", "time", "list", "map")


class StreamError(Exception):
    """The input is no stream, or it is cut: all whole records came before."""


class Time(datetime.datetime):
    """A datetime of which the nanoseconds are kept."""

    @classmethod
    def of(cls, ns):
        t = cls.fromtimestamp(ns // 10**9, datetime.timezone.utc)
        t = t.replace(microsecond=ns // 1000 % 10**6)
        t.ns = ns
        return t


def decoded(value, kind):
    """A value of the stream as Python has it."""
    if value is None:
        return None
    if kind == "ip" and isinstance(value, bytes) and len(value) in (4, 16):
        return ipaddress.ip_address(value)
    if kind == "time" and isinstance(value, int):
        return Time.of(value)
    return value


def encoded(value, kind):
    """The other way."""
    if value is None:
        return None
    if kind == "ip":
        return ipaddress.ip_address(value).packed
    if kind == "time" and isinstance(value, datetime.datetime):
        if hasattr(value, "ns"):
            return value.ns
        since = value - datetime.datetime(1970, 1, 1,
                                          tzinfo=datetime.timezone.utc)
        return (since.days * 86400 + since.seconds) * 10**9 + \
            since.microseconds * 1000
    if kind == "bool":
        return bool(value)
    return value


class Reader:
    """Iterates over the records.  Of the segment that is being read: header,
    scan, kind, and fields, a dict of types by name.  Events and ends are kept
    in `events`; `ended` says that the last segment was whole."""

    def __init__(self, file):
        self.decoder = cbor2.CBORDecoder(file, str_errors="replace")
        self.header = self.scan = self.kind = None
        self.fields, self.events, self.ended = {}, [], False

    def __iter__(self):
        while True:
            item = self._next()
            if item is None:
                return
            if isinstance(item, dict) and "zmap" in item:
                self._begin(item)
            elif self.header is None:
                raise StreamError("no header: not a stream of ZMap")
            elif isinstance(item, dict):
                self.events.append(item)
                self.ended = item.get("event") == "end"
            elif self.fields:
                yield {name: decoded(value, kind) for (name, kind), value
                       in zip(self.fields.items(), item)}
            else:
                yield item              # of a kind without fields

    def _next(self):
        try:
            byte = self.decoder.fp.peek(1)[:1]
        except AttributeError:
            byte = b"?"
        if not byte:
            if not self.ended:
                raise StreamError("the stream has no end: it is cut")
            return None
        try:
            return self.decoder.decode()
        except (EOFError, cbor2.CBORDecodeError) as e:
            if self.ended and isinstance(e, EOFError):
                return None
            raise StreamError("the stream is cut or broken: %s" % e) from None

    def _begin(self, header):
        if header["zmap"] != VERSION:
            raise StreamError("version %r, where %d is known" %
                              (header["zmap"], VERSION))
        self.header, self.scan = header, header.get("scan", {})
        self.kind, self.ended = header["kind"], False
        self.fields = {f["name"]: f["type"] for f in header.get("fields", [])}


class Writer:
    """Writes a stream of results.  like: a Reader whose scan, history and
    fields go on; fields: types by name, in their order, added to those."""

    def __init__(self, file, like=None, fields=None, argv=None):
        self.file, self.like, self.added = file, like, dict(fields or {})
        self.argv = list(argv if argv is not None else sys.argv)
        self.fields, self.count, self.begun = {}, 0, False

    def begin(self):
        """The header; the first write() does it."""
        header = dict(self.like.header) if self.like else {}
        known = {f["name"]: f for f in header.get("fields", [])}
        for name, kind in self.added.items():
            if kind not in TYPES:
                raise ValueError("%s: no type %s" % (name, kind))
            known[name] = {"name": name, "type": kind, "help": ""}
        header.update(zmap=VERSION, kind="results", fields=list(known.values()),
                      history=header.get("history", []) + [self.argv])
        header.setdefault("scan", {})
        self.fields = {n: f["type"] for n, f in known.items()}
        self.file.write(cbor2.dumps(cbor2.CBORTag(SELF_DESCRIBED, header)))
        self.begun = True

    def write(self, record):
        """A dict; names that it lacks are null, others are an error."""
        if not self.begun:
            self.begin()
        for name in record:
            if name not in self.fields:
                raise ValueError("no field %s: name it and its type" % name)
        self.file.write(cbor2.dumps([encoded(record.get(n), k)
                                     for n, k in self.fields.items()]))
        self.count += 1

    def close(self, status="done"):
        if not self.begun:
            self.begin()
        self.file.write(cbor2.dumps({"event": "end", "stage": "python",
                                     "status": status, "out": self.count}))
        self.file.flush()

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        self.close("failed" if failure else "done")


def main():
    def plain(v):
        return v.hex() if isinstance(v, bytes) else str(v)

    signal.signal(signal.SIGPIPE, signal.SIG_DFL)       # a reader may go
    try:
        for record in Reader(sys.stdin.buffer):
            print(json.dumps(record, default=plain))
    except StreamError as e:
        sys.exit("zmapstream: %s" % e)


if __name__ == "__main__":
    main()
