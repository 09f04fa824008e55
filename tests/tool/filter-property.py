#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Random filter expressions over random records, against a naive evaluator.

    filter-property.py [expressions [records [seed]]]

The evaluator walks a tree of tuples with true, false and None for unknown; it
knows nothing of the program's intervals and jumps.  Prints each disagreement
and exits 1 if there was one.
"""
import ipaddress
import random
import re
import subprocess
import sys

import mkstream
import readstream

FIELDS = mkstream.parse_fields(
    "number:uint saddr:ip ttl:uint sport:uint delta:int big:uint "
    "classification:text data:bytes success:bool repeat:bool timestamp:time "
    "list:list")
# As the filter sees them, derived ones included.
NUMBERS = ["ttl", "sport", "delta", "big", "saddr_raw", "timestamp_ts",
           "timestamp_us", "success", "repeat"]
WORDS = ["synack", "rst", "icmp", "unreach-noroute", "a_b"]
HOSTILE = ["", "\x00", 'say "no"', "it's", "a,b", "line\nline", "back\\slash",
           "\udcff\udcfe", "täst", "synac", "synackk", "\x1b[31m"]


def number(kind):
    pick = random.random()
    if pick < .4:
        return random.randrange(0, 6)
    if pick < .7:
        return random.choice([0, 1, 63, 64, 65, 255, 65535, 2**31 - 1, 2**31,
                              2**32 - 1, 2**32, 2**63 - 1])
    if kind == "int":
        return random.randrange(-5, 6) if pick < .9 else -2**63
    return random.choice([2**63, 2**64 - 1, 12345])


def address():
    return "10.%d.%d.%d" % (random.randrange(3), random.choice([0, 1, 255]),
                            random.randrange(4))


def value(name, kind):
    if random.random() < .15:
        return None
    if random.random() < .03:           # not what the header promised
        return random.choice([7, "word", b"xx", True, [1], -3, 1.5])
    return {
        "ip": lambda: ipaddress.ip_address(address()).packed
        if random.random() < .95 else ipaddress.ip_address("fe80::1").packed,
        "uint": lambda: number("uint"),
        "int": lambda: number("int"),
        "bool": lambda: random.random() < .5,
        "text": lambda: random.choice(WORDS + HOSTILE),
        "bytes": lambda: random.choice(WORDS + HOSTILE).encode(
            "utf-8", "surrogateescape"),
        "time": lambda: random.choice([0, 10**9 * 3 + 64_000, 10**18 + 1000]),
        "list": lambda: [1, "x"],
    }[kind]()


def records(n):
    # short ones, too: what is missing is null
    return [[i] + [value(*f) for f in FIELDS[1:]][:random.choice([20, 20, 5])]
            for i in range(n)]


# --- the naive evaluator ---

def lookup(record, name):
    """The value as (type, value), or None."""
    base, view = name, None
    for suffix in "_raw", "_ts", "_us":
        if name.endswith(suffix):
            base, view = name[:-len(suffix)], suffix
    index = [n for n, _ in FIELDS].index(base)
    v = record[index] if index < len(record) else None
    if v is None:
        return None
    is_number = isinstance(v, int) and not isinstance(v, bool)
    if view == "_raw":
        return int.from_bytes(v, "little") \
            if isinstance(v, bytes) and len(v) == 4 else None
    if view is not None:
        if not is_number or v < 0:
            return None
        return v // 10**9 if view == "_ts" else v // 1000 % 10**6
    return v


def test(record, name, op, operand):
    v = lookup(record, name)
    if op == "is null":
        index = [n for n, _ in FIELDS].index(name)
        return index >= len(record) or record[index] is None
    if op == "is not null":
        return not test(record, name, "is null", None)
    if v is None:
        return None
    if name in NUMBERS:
        if not isinstance(v, (int, bool)):
            return None
        v = int(v)
    elif name == "saddr":
        if not isinstance(v, bytes) or len(v) not in (4, 16):
            return None
        if len(v) == 16:
            return {"=": False, "!=": True, "in": False, "not in": True,
                    "<": False, ">": False, "<=": False, ">=": False}[op]
        v = int.from_bytes(v, "big")
    else:
        if isinstance(v, str):
            v = v.encode("utf-8", "surrogateescape")
        if not isinstance(v, bytes):
            return None
    if op in ("~", "!~"):
        found = re.search(operand, v) is not None
        return found == (op == "~")
    if op in ("in", "not in"):
        found = any(low <= v <= high for low, high in operand)
        return found == (op == "in")
    return {"=": v == operand, "!=": v != operand, "<": v < operand,
            ">": v > operand, "<=": v <= operand, ">=": v >= operand}[op]


def evaluate(tree, record):
    if tree[0] == "not":
        a = evaluate(tree[1], record)
        return None if a is None else not a
    if tree[0] in ("and", "or"):
        a, b = evaluate(tree[1], record), evaluate(tree[2], record)
        strong = tree[0] == "or"
        if a is strong or b is strong:
            return strong
        return None if a is None or b is None else not strong
    return test(record, *tree[1:4])


# --- expressions ---

def quote(raw):
    """Text in quotes, as the man page has it."""
    q = random.choice("'\"")
    out = ""
    for c in raw.decode("utf-8", "surrogateescape"):
        if c == q or c == "\\":
            out += "\\" + c
        elif c == "\x00" or (ord(c) < 32 and random.random() < .5):
            out += "\\x%02x" % ord(c)
        else:
            out += c
    return q + out + q


def text_literal():
    raw = random.choice(WORDS + HOSTILE)
    if raw in WORDS and random.random() < .6:
        return raw.encode(), raw
    raw = raw.encode("utf-8", "surrogateescape")
    return raw, quote(raw)


def dotted(n):
    return str(ipaddress.ip_address(n))


def element(name):
    """(low, high), text of an element of a set."""
    if name == "saddr":
        n = int(ipaddress.ip_address(address()))
        pick = random.random()
        if pick < .4:
            return (n, n), dotted(n)
        if pick < .7:
            length = random.choice([0, 8, 15, 16, 24, 30, 31, 32])
            net = ipaddress.ip_network("%s/%d" % (dotted(n), length), False)
            return (int(net[0]), int(net[-1])), "%s/%d" % (dotted(n), length)
        high = n + random.randrange(5)
        return (n, high), "%s%s%s" % (dotted(n), random.choice(["-", " - "]),
                                      dotted(high))
    if name in NUMBERS:
        n = number("int" if name == "delta" else "uint")
        if random.random() < .6:
            return (n, n), str(n)
        high = n + random.randrange(3) if n < 2**64 - 4 else n
        return (n, high), "%d-%d" % (n, high) if high >= 0 else \
            "%d - %d" % (n, high)
    raw, text = text_literal()
    return (raw, raw), text


def leaf():
    name = random.choice(NUMBERS + ["saddr", "classification", "data"] * 2)
    pick = random.random()
    if pick < .1:
        name = name if "_" not in name else "list"
        op = random.choice(["is null", "is not null"])
        return ("test", name, op, None, "%s %s" % (name, op))
    if pick < .35:
        elements = [element(name) for _ in range(random.randrange(1, 6))]
        op = random.choice(["in", "not in"])
        text = ", ".join(t for _, t in elements)
        text = "{%s}" % text if len(elements) > 1 or random.random() < .5 \
            else text
        return ("test", name, op, [e for e, _ in elements],
                "%s %s %s" % (name, op, text))
    if name in NUMBERS or name == "saddr":
        if name in ("success", "repeat") and random.random() < .4:
            word = random.choice(["", " = true", " = false", " != true"])
            op = "!=" if "!" in word else "="
            return ("test", name, op, 0 if "false" in word else 1,
                    name + word)
        op = random.choice(["=", "!=", "<", ">", "<=", ">="])
        if name == "saddr":
            n = int(ipaddress.ip_address(address()))
            text = random.choice([dotted(n), '"%s"' % dotted(n)])
        else:
            n = number("int" if name == "delta" else "uint")
            text = str(n) if n < 0 or random.random() < .8 else hex(n)
        return ("test", name, op, n, name + random.choice(["", " "]) + op +
                random.choice(["", " "]) + text)
    if random.random() < .3:
        regex = random.choice(["^s", "ck$", "a|b", "[0-9]+", "line$", r"\\",
                               "^$", "t.st", "(syn)?ack", "a{2}"])
        op = random.choice(["~", "!~"])
        return ("test", name, op, re.compile(regex.encode(), re.DOTALL),
                "%s %s %s" % (name, op, "'%s'" % regex.replace(
                    "\\\\", "\\\\\\\\")))
    op = random.choice(["=", "!="])
    raw, text = text_literal()
    return ("test", name, op, raw, "%s %s %s" % (name, op, text))


def grow(depth):
    pick = random.random()
    if depth == 0 or pick < .25:
        return leaf()
    if pick < .4:
        return ("not", grow(depth - 1))
    return ("and" if pick < .7 else "or", grow(depth - 1), grow(depth - 1))


def render(tree, above=0):
    """With parentheses where they must be, and sometimes elsewhere."""
    rank = {"or": 1, "and": 2, "not": 3, "test": 4}[tree[0]]
    if tree[0] == "test":
        text = tree[4]
    elif tree[0] == "not":
        text = "!" + random.choice(["", " "]) + render(tree[1], 3)
        if tree[1][0] == "test":
            text = "!" + "(%s)" % tree[1][4]
    else:
        joint = random.choice([" %s ", "%s", "  %s\n"]) % (
            "||" if tree[0] == "or" else "&&")
        # chains lean to the left: on the right, equals need parentheses
        text = render(tree[1], rank) + joint + render(tree[2], rank + 1)
    if rank < above or random.random() < .05:
        text = "(" + text + ")"
    return text


def main():
    args = [int(a) for a in sys.argv[1:]] + [2000, 150, 1][len(sys.argv) - 1:]
    random.seed(args[2])
    rows = records(args[1])
    stream = mkstream.header(FIELDS, {}) + \
        b"".join(mkstream.encode(r) for r in rows) + mkstream.end()
    wrong = passed = 0
    for _ in range(args[0]):
        tree = grow(random.randrange(5))
        text = render(tree)
        run = subprocess.run(["zmap-filter", text.encode(
            "utf-8", "surrogateescape")], input=stream, capture_output=True)
        want = [r[0] for r in rows if evaluate(tree, r) is True]
        got = [i[0] for w, i in readstream.items(run.stdout) if w == "record"]
        passed += len(want)
        if run.returncode != 0 or got != want:
            wrong += 1
            print("%r: status %d %s\n  got  %s\n  want %s" % (
                text, run.returncode, run.stderr.decode(), got, want))
            if wrong == 5:
                break
    print("%d expressions, %d of %d passes, %d wrong" % (
        args[0], passed, args[0] * args[1], wrong))
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
