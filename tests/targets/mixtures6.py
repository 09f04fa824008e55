#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Random mixtures of IPv6: windows, identifiers, lists, ports, shards and
limits: zmap-targets against sets and lists of Python.

    mixtures6.py FIRST COUNT    (numbers of the mixtures; run in a directory
                                 of its own, zmap-targets on PATH)
"""
import random
import struct
import subprocess
import sys

import cbor2

from order import order
from windows import covers, generate, join, number, text


class Mixture:
    """Addresses close to each other, so that everything overlaps."""

    def __init__(self, r):
        self.r = r
        self.wide = r.random() < 0.4        # prefixes of /64, or of /124
        self.top = 56 if self.wide else 118
        self.base = number(r.choice(["2001:db8::", "fd00:1:2::", "ffff::"]))
        if r.random() < 0.1 and not self.wide:
            self.base = (1 << 128) - (1 << 10)  # the end of all addresses
        self.names = []
        if r.random() < 0.7:
            few = ["rand", "zero", "low", "::3", "::5"]
            if self.wide:
                few += ["::53:1", "eui64=00:1b:21", "eui64=aabbcc",
                        "::21b:21ff:fe00:1"]
            self.names = r.sample(few, r.randrange(1, 4))
        self.ports = []
        if r.random() < 0.6:
            self.ports = sorted(r.sample(range(65536), r.choice([1, 2, 3])))

    def address(self):
        r = self.r
        a = self.base + (r.randrange(1 << 10) if not self.wide
                         else r.randrange(1 << 8) << 64)
        return a | (r.choice([0, 1, 3, 5]) if self.wide else 0)

    def prefix(self, lengths):
        n = self.r.choice(lengths)
        first = self.address() >> 128 - n << 128 - n
        return n, first, first + (1 << 128 - n) - 1

    def window(self):
        r = self.r
        part = r.choice([60, 62, 64] if self.wide else [120, 122, 124])
        n, first, last = self.prefix([k for k in range(self.top, part + 1)
                                      if part - k <= 6])
        return f"{text(first)}/{n}-{part}", part, (first, last)

    def plain(self):
        """An entry and its span."""
        r, kind, a = self.r, self.r.random(), self.address()
        if kind < 0.5:
            return r.choice([text(a), f"[{text(a)}]", f"{text(a)}/128"]), \
                (a, a)
        if kind < 0.75:
            n, first, last = self.prefix([128, 127, 126, 125, 123])
            return f"{text(a if first <= a <= last else first)}/{n}", \
                (first, last)
        b = a + r.randrange(20)
        if b >= 1 << 128:
            b = a
        return text(a) + r.choice(["-", " - "]) + text(b), (a, b)

    def pair(self):
        a, p = self.address(), self.r.choice(
            (self.ports or [22]) + [self.r.randrange(65536)])
        return self.r.choice([f"[{text(a)}]:{p}", f"{text(a)},{p}"]), (a, p)

    def lines(self, most, pairs, windows=True):
        """Entries, and what they mean: windows, addresses, pairs."""
        r = self.r
        out, wins, spans, own = [], {}, [], set()
        for _ in range(r.randrange(1, most)):
            kind = r.random()
            if windows and kind < 0.35:
                line, part, span = self.window()
                wins.setdefault(part, []).append(span)
            elif pairs and kind < 0.5:
                line, pair = self.pair()
                own.add(pair)
            else:
                line, span = self.plain()
                spans.append(span)
            out.append(line)
        return out, wins, spans, own

    def file(self, name, lines):
        r, out = self.r, []
        for line in lines:
            out.append(r.choice(["", " ", "\t"]) + line +
                       r.choice(["", "  ", " # why", "#x", "\r"]))
            if r.random() < 0.2:
                out.append(r.choice(["", "# 10.0.0.1", "  ", "\r"]))
        with open(name, "w", newline="") as f:
            f.write("\n".join(out) + r.choice(["", "\n"]))
        return name

    def block(self, targets):
        """A blacklist of lines of any length, some of IPv4."""
        r, lines, spans = self.r, [], []
        for _ in range(r.randrange(6)):
            kind = r.random()
            if kind < 0.4 and targets:
                a = r.choice(targets)
                span, line = (a, a), text(a)
            elif kind < 0.6:
                n, *span = self.prefix(range(self.top, 129, 2))
                line = f"{text(span[0])}/{n}"
            elif kind < 0.7:
                lines.append("10.0.0.0/8")
                continue
            else:
                line, span = self.plain()
            lines.append(line)
            spans.append(tuple(span))
        return lines, spans


def flat(spans):
    return {a for first, last in spans for a in range(first, last + 1)}


def targets(args):
    """Targets, header and end of a stream."""
    p = subprocess.run(["zmap-targets", *args], capture_output=True)
    if p.returncode != 0:
        return None, p.stderr.decode()
    with open("stream", "wb") as f:
        f.write(p.stdout)
    found, end = [], None
    with open("stream", "rb") as f:
        decoder = cbor2.CBORDecoder(f)
        header = decoder.decode()
        header = getattr(header, "value", header)
        while end is None:
            item = decoder.decode()
            if isinstance(item, dict):
                end = item
                continue
            position, ports, addrs = item
            assert len(addrs) % 16 == 0
            a = [int.from_bytes(addrs[i:i + 16], "big")
                 for i in range(0, len(addrs), 16)]
            if ports is None or isinstance(ports, int):
                ports = [ports] * len(a)
            else:
                ports = struct.unpack(f">{len(a)}H", ports.value)
            found += zip(a, ports)
        assert f.read() == b"", "bytes after the end"
    assert end["status"] == "done"
    assert end["targets"] == len(found) == header["scan"]["targets"]
    assert header["scan"]["family"] == 6
    return found, header["scan"]


def check(i):
    r = random.Random(i)
    m = Mixture(r)
    seed = r.getrandbits(64)
    args = ["-e", str(seed)]
    if m.ports:
        args += ["-p", ",".join(map(str, m.ports))]
    listed = r.random() < 0.35
    lines, wins, spans, own = m.lines(8, bool(m.ports), True)
    # what is scanned comes from one list; the other one only allows
    allow, allow_own = None, set()
    if listed:
        args += ["-I", m.file("list", lines)]
        if r.random() < 0.6:
            more, allow_wins, allow_spans, allow_own = m.lines(
                6, bool(m.ports), True)
            args += ["-w", m.file("allow", more)]
            allow = join(allow_spans + sum(allow_wins.values(), []))
    else:
        k = r.randrange(len(lines) + 1)
        args += lines[:k] + ["-w", m.file("allow", lines[k:])]
    if wins and m.names:
        args += ["--iid", ",".join(m.names)]
    names = m.names if wins else []

    groups = generate(wins, names, seed)
    plain = flat(spans)
    for key in groups:
        groups[key] = [a for a in groups[key] if a not in plain]
    of_windows = {a for group in groups.values() for a in group}
    plain -= of_windows
    everything = of_windows | plain
    both = {x for x in allow_own
            if x in own or (x[0] in everything and
                            (not m.ports or x[1] in m.ports))}
    if allow is not None:
        own = {x for x in own if covers(allow, x[0], x[0])} | both
    block, blocked = m.block(sorted(everything))
    args += ["-b", m.file("block", block)]

    def stays(a):
        return not covers(blocked, a, a) and \
            (allow is None or covers(allow, a, a))
    own = {x for x in own if not covers(blocked, x[0], x[0])}
    addresses = [a for key in sorted(groups) for a in groups[key] if stays(a)]
    addresses += [a for a in sorted(plain) if stays(a)]
    assert len(addresses) == len(set(addresses))
    if m.ports:
        numbered = [(a, p) for a in addresses for p in m.ports]
    else:
        numbered = [(a, None) for a in addresses]
    numbered += sorted(own - set(numbered))
    if not numbered:
        found, why = targets(args)
        assert found is None and "nothing to scan" in why, why
        return 0

    whole = [numbered[k] for k in order(len(numbered), seed)]
    found, scan = targets(args)
    assert found is not None, scan
    assert found == whole, "order"
    assert scan["total"] == len(whole)
    assert scan["allowed"] == len({a for a, _ in whole})
    counted = subprocess.run(["zmap-targets", "--count", *args],
                             capture_output=True, check=True).stdout
    assert int(counted) == len(whole)
    # networks hold every target, and nothing that the blacklist has
    net = scan["networks"]
    net = [(int.from_bytes(net[k:k + 16], "big"),
            int.from_bytes(net[k + 16:k + 32], "big"))
           for k in range(0, len(net), 32)]
    assert net == [tuple(s) for s in join(net)]
    assert all(covers(net, a, a) for a, _ in whole)
    for first, last in blocked:
        assert not any(a <= last and first <= b for a, b in net)

    shards = r.choice([1, 2, 3, min(len(whole) + 2, 40)])
    limit = min(len(whole), r.choice([len(whole),
                                      r.randrange(1, len(whole) + 9)]))
    begin, union, ids = 0, [], set()
    for s in range(shards):
        n = len(whole) // shards + (s < len(whole) % shards)
        k = limit // shards + (s < limit % shards)
        more = ["-n", str(limit), "--shards", str(shards), "--shard", str(s)]
        found, scan = targets(args + more)
        assert found == whole[begin:begin + k], f"shard {s} of {shards}"
        ids.add(scan["id"])
        union += found
        if k > 1:                           # from a position on
            skip = r.randrange(k)
            found, _ = targets(args + more + ["--start", str(begin + skip)])
            assert found == whole[begin + skip:begin + k], "start"
        begin += n
    assert len(union) == limit == len(set(union)) and len(ids) == 1

    # as text, and back by --where
    out = subprocess.run(["zmap-targets", "--text", *args],
                         capture_output=True, check=True).stdout
    want = [text(a) if p is None else f"[{text(a)}]:{p}" for a, p in whole]
    assert out.decode().split() == want, "text"
    for k in r.sample(range(len(whole)), min(3, len(whole))):
        out = subprocess.run(["zmap-targets", "--where", want[k], *args],
                             capture_output=True, check=True).stdout
        assert f"position {k}," in out.decode(), (k, out)
    return 1


def main():
    first, count = int(sys.argv[1]), int(sys.argv[2])
    some = 0
    for i in range(first, first + count):
        try:
            some += check(i)
        except Exception:
            print(f"mixture {i}", file=sys.stderr)
            raise
    assert some * 2 > count, "mixtures of nothing"
    print(f"{count} mixtures")


main()
