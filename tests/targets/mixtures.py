#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Random mixtures of lists, ports, shards and limits: zmap-targets against
sets and lists of Python.

    mixtures.py FIRST COUNT     (numbers of the mixtures; run in a directory
                                 of its own, zmap-targets on PATH)
"""
import random
import struct
import subprocess
import sys

import cbor2

from order import order


def text(a):
    return ".".join(str(a >> s & 255) for s in (24, 16, 8, 0))


def number(s):
    return struct.unpack(">I", bytes(map(int, s.split("."))))[0]


class Mixture:
    def __init__(self, r):
        self.r = r
        # a small piece of the address space, so that lists overlap
        self.base = r.choice([0, 0x0A000000, 0xC0A80000, 0xFFFFF800])
        self.size = r.choice([16, 256, 2048])
        self.ports = sorted(r.sample(range(65536), r.choice([1, 2, 3, 7])))
        if r.random() < 0.25:
            self.ports = []

    def address(self):
        # 0.0.0.0 alone is refused
        return self.base + self.r.randrange(self.base == 0, self.size)

    def entry(self, pairs):
        """A line of a list, and the addresses or pairs that it means."""
        r, kind, a = self.r, self.r.random(), self.address()
        if pairs and kind < 0.4:
            port = r.choice(self.ports + [r.randrange(65536)])
            return text(a) + r.choice(":,") + str(port), {(a, port)}, set()
        if kind < 0.6:
            return text(a), set(), {a}
        if kind < 0.8:
            b = self.base + r.randrange(a - self.base, self.size)
            return (text(a) + r.choice(["-", " - "]) + text(b), set(),
                    set(range(a, b + 1)))
        n = r.choice([32, 31, 30, 28, 27, 24])
        first = a >> 32 - n << 32 - n
        return f"{text(a)}/{n}", set(), set(range(first, first + (1 << 32 - n)))

    def list(self, name, pairs, most):
        """A file with noise; its path and what it means."""
        r, lines, got_pairs, got = self.r, [], set(), set()
        for _ in range(r.randrange(most)):
            line, p, a = self.entry(pairs)
            got_pairs |= p
            got |= a
            lines.append(r.choice(["", " ", "\t"]) + line +
                         r.choice(["", "  ", " # why", "#x", "\r"]))
            if r.random() < 0.2:
                lines.append(r.choice(["", "# comment", "  ", "\r"]))
        with open(name, "w", newline="") as f:
            f.write("\n".join(lines) + r.choice(["", "\n", "\r\n"]))
        return name, got_pairs, got


def targets(args):
    """Targets, header and end of a stream."""
    p = subprocess.run(["zmap-targets", *args], capture_output=True)
    if p.returncode != 0:
        return None, p.stderr.decode()
    found, ends = [], []
    with open("stream", "wb") as f:
        f.write(p.stdout)
    with open("stream", "rb") as f:
        decoder = cbor2.CBORDecoder(f)
        header = decoder.decode()
        header = getattr(header, "value", header)
        position = header["scan"]["position"]
        while not ends:
            item = decoder.decode()
            if isinstance(item, dict):
                ends.append(item)
                continue
            position, ports, addrs = item
            data = addrs.value
            a = struct.unpack(f">{len(data) // 4}I", data)
            if ports is None or isinstance(ports, int):
                ports = [ports] * len(a)
            else:
                ports = struct.unpack(f">{len(a)}H", ports.value)
            found += zip(a, ports)
        assert f.read() == b"", "bytes after the end"
    assert ends[0]["status"] == "done"
    assert ends[0]["targets"] == len(found) == header["scan"]["targets"]
    assert ends[0]["position"] == position
    return found, header["scan"]


def check(i):
    r = random.Random(i)
    m = Mixture(r)
    pairs = bool(m.ports) or r.random() < 0.2
    seed = r.getrandbits(64)
    args, allow, allow_pairs, given = ["-e", str(seed)], set(), set(), False
    if m.ports:
        spec = [str(p) for p in m.ports]
        spec += r.sample(spec, r.randrange(len(spec)))  # duplicates
        r.shuffle(spec)
        args += ["-p", ",".join(spec)]

    for k in range(r.randrange(4)):         # operands
        line, p, a = m.entry(pairs)
        args.append(line)
        allow |= a
        allow_pairs |= p
        given = True
    if not given or r.random() < 0.5:       # whitelist
        name, p, a = m.list("allow", pairs, 20)
        args += [r.choice(["-w", "--whitelist-file", "--allowlist-file"]), name]
        allow |= a
        allow_pairs |= p
    plain, own = allow, allow_pairs
    if r.random() < 0.4:                    # list of targets
        name, p, a = m.list("list", pairs, 40)
        args += ["-I", name]
        plain = a & allow
        own = {x for x in p if x[0] in allow or x in allow_pairs}
        own |= {x for x in allow_pairs
                if x[0] in a and (not m.ports or x[1] in m.ports)}
    name, _, block = m.list("block", False, r.choice([1, 5, 15]))
    args += [r.choice(["-b", "--blacklist-file", "--blocklist-file"]), name]

    plain = sorted(plain - block)
    own = {x for x in own if x[0] not in block}
    if m.ports:
        numbered = [(a, p) for a in plain for p in m.ports]
    else:
        numbered = [(a, None) for a in plain]
    numbered += sorted(own - set(numbered))

    if plain and own and not m.ports:
        found, why = targets(args)
        assert found is None and "have ports and some have not" in why, why
        return
    if not numbered:
        found, why = targets(args)
        assert found is None and "nothing to scan" in why, why
        return

    whole = [numbered[k] for k in order(len(numbered), seed)]
    found, scan = targets(args)
    assert found == whole, "order"
    assert scan["total"] == len(whole)
    assert scan["allowed"] == len({a for a, _ in whole})
    counted = subprocess.run(["zmap-targets", "--count", *args],
                             capture_output=True, check=True).stdout
    assert int(counted) == len(whole)
    net = scan["networks"]
    assert {a for k in range(0, len(net), 8)
            for a in range(*(lambda x, y: (x, y + 1))(
                *struct.unpack_from(">II", net, k)))} == {a for a, _ in whole}

    # shards and limits: parts differ by one, the first ones are longer
    shards = r.choice([1, 2, 3, 5, min(len(whole) + 2, 40)])
    limit = r.choice([len(whole), r.randrange(1, len(whole) + 9)])
    option = [str(limit)]
    percent = r.randrange(1, 100001)
    if r.random() < 0.3 and len(whole) * percent // 100000 > 0:
        option = [f"{percent / 1000}%"]
        limit = len(whole) * percent // 100000
    limit = min(limit, len(whole))
    begin, union, ids = 0, [], set()
    for s in range(shards):
        n = len(whole) // shards + (s < len(whole) % shards)
        k = limit // shards + (s < limit % shards)
        want = whole[begin:begin + k]
        more = ["-n", *option, "--shards", str(shards), "--shard", str(s)]
        found, scan = targets(args + more)
        assert found == want, f"shard {s} of {shards}, limit {limit}"
        ids.add(scan["id"])
        union += found
        if k > 1:                           # from a position on
            skip = r.randrange(k)
            found, _ = targets(args + more + ["--start", str(begin + skip)])
            assert found == want[skip:], "start"
        begin += n
    assert len(union) == limit == len(set(union))
    assert len(ids) == 1

    # as text, and back by --where
    lines = subprocess.run(["zmap-targets", "--text", *args],
                           capture_output=True, check=True).stdout
    want = [text(a) + (f":{p}" if p is not None else "") for a, p in whole]
    assert lines.decode().split() == want, "text"
    for k in r.sample(range(len(whole)), min(3, len(whole))):
        out = subprocess.run(["zmap-targets", "--where", want[k], *args],
                             capture_output=True, check=True).stdout
        assert f"position {k}," in out.decode(), (k, out)


def main():
    first, count = int(sys.argv[1]), int(sys.argv[2])
    for i in range(first, first + count):
        try:
            check(i)
        except Exception:
            print(f"mixture {i}", file=sys.stderr)
            raise
    print(f"{count} mixtures")


main()
