#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares a CBOR sequence with a CDDL grammar (RFC 8610).

    cddl.py GRAMMAR < sequence

The items of the sequence are matched as one array against the grammar's first
rule.  Exits 1 and says where and why if they do not match.  What of CDDL is
understood: rules, choices of types and groups, occurrences, maps with literal
keys (which cut) and with types as keys, tags, literals, .size and .ne, and the
names of the prelude below.  Matching is greedy and does not go back, as RFC
8610 A demands.  The decoder is this file's own.
"""
import re
import sys
from collections import namedtuple

Tag = namedtuple("Tag", "number value")
Other = namedtuple("Other", "number")   # floats and other simple values


class Map(list):
    """Pairs of key and value, in order."""


# --- CBOR (RFC 8949) ---

def decode(b, at):
    """The item at an offset, and the offset behind it."""
    if at >= len(b):
        raise ValueError("cut at byte %d" % at)
    major, info, at = b[at] >> 5, b[at] & 31, at + 1
    endless = info == 31
    if 24 <= info <= 27:
        size = 1 << info - 24
        if at + size > len(b):
            raise ValueError("cut at byte %d" % at)
        n = int.from_bytes(b[at:at + size], "big")
        at += size
    elif info < 24 or endless and major in (2, 3, 4, 5):
        n = info
    else:
        raise ValueError("no item at byte %d" % (at - 1))
    if major == 0:
        return n, at
    if major == 1:
        return -1 - n, at
    if major in (2, 3):
        if endless or at + n > len(b):
            raise ValueError("a string without end at byte %d" % at)
        raw = bytes(b[at:at + n])
        return raw if major == 2 else raw.decode(), at + n
    if major in (4, 5):
        items = []
        want = None if endless else n * (major - 3)
        while want is None or len(items) < want:
            if want is None and b[at:at + 1] == b"\xff":
                at += 1
                break
            item, at = decode(b, at)
            items.append(item)
        return items if major == 4 else Map(zip(items[::2], items[1::2])), at
    if major == 6:
        value, at = decode(b, at)
        return Tag(n, value), at
    simple = {20: False, 21: True, 22: None}
    if info in simple:
        return simple[info], at
    return Other(n), at


# --- the grammar ---

TOKEN = re.compile(r"""\s*(?:;[^\n]*\n\s*)*(
    "[^"]*" | \#6\.\d+ | => | // | \.[a-z]+ | \d+\*\d* | \*\d* | -?\d+ |
    [A-Za-z_@$][-\w@$.]* | [][(){}:,=/?+] )""", re.X)

Entry = namedtuple("Entry", "low high key cut type")


class Grammar:
    def __init__(self, text):
        self.tokens, at = [], 0
        text = text.strip() + "\n"
        while at < len(text.rstrip()):
            m = TOKEN.match(text, at)
            if m is None:
                if re.fullmatch(r"(\s*;[^\n]*\n)*\s*", text[at:]):
                    break
                raise SystemExit("grammar: %r" % text[at:at + 30])
            self.tokens.append(m.group(1))
            at = m.end()
        self.at, self.rules = 0, {}
        while self.at < len(self.tokens):
            name = self.take()
            self.need("=")
            if name in self.rules:
                raise SystemExit("grammar: %s twice" % name)
            self.rules[name] = self.entry().type
        self.first = next(iter(self.rules))
        for name in self.used(list(self.rules.values())):
            if name not in self.rules and name not in PRELUDE:
                raise SystemExit("grammar: %s is not defined" % name)

    def used(self, node):
        if isinstance(node, tuple) and node and node[0] == "name":
            yield node[1]
        elif isinstance(node, (list, tuple)):
            for n in node:
                yield from self.used(n)

    def peek(self, n=0):
        i = self.at + n
        return self.tokens[i] if i < len(self.tokens) else None

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def need(self, what):
        if self.peek() != what:
            raise SystemExit("grammar: %r instead of %r after %r" % (
                self.peek(), what, self.tokens[self.at - 5:self.at]))
        self.take()

    def group(self, close):
        choices = [[]]
        while self.peek() != close:
            if self.peek() == "//":
                self.take()
                choices.append([])
            else:
                choices[-1].append(self.entry())
                if self.peek() == ",":
                    self.take()
        self.take()
        return choices

    def entry(self):
        low = high = 1
        t = self.peek()
        if t == "?":
            low, high = 0, 1
        elif t == "+":
            low, high = 1, None
        elif "*" in t:
            low, _, high = t.partition("*")
            low, high = int(low or 0), int(high) if high else None
        if t in "?+" or "*" in t:
            self.take()
        key, cut = None, False
        if self.peek(1) == ":":
            key, cut = ("value", self.literal(self.take())), True
            self.take()
            return Entry(low, high, key, cut, self.type())
        value = self.type()
        if self.peek() == "=>":
            self.take()
            key, value = value, self.type()
        return Entry(low, high, key, cut, value)

    @staticmethod
    def literal(t):
        if t[0] == '"':
            return t[1:-1]
        return int(t) if re.fullmatch(r"-?\d+", t) else t

    def type(self):
        choices = [self.type1()]
        while self.peek() == "/":
            self.take()
            choices.append(self.type1())
        return choices[0] if len(choices) == 1 else ("choice", choices)

    def type1(self):
        t = self.type2()
        if self.peek() in (".size", ".ne"):
            return ("control", self.take(), t, self.type2())
        if self.peek() and self.peek()[0] == ".":
            raise SystemExit("grammar: %s" % self.peek())
        return t

    def type2(self):
        t = self.take()
        if t == "(":
            return ("group", self.group(")"))
        if t == "[":
            return ("array", self.group("]"))
        if t == "{":
            return ("map", self.group("}"))
        if t.startswith("#6."):
            self.need("(")
            inner = self.type()
            self.need(")")
            return ("tag", int(t[3:]), inner)
        if t[0] == '"' or re.fullmatch(r"-?\d+", t):
            return ("value", self.literal(t))
        if re.fullmatch(r"[A-Za-z_@$][-\w@$.]*", t):
            return ("name", t)
        raise SystemExit("grammar: %r" % t)


def is_int(v):
    return isinstance(v, int) and not isinstance(v, bool)


PRELUDE = {
    "any": lambda v: True,
    "uint": lambda v: is_int(v) and v >= 0,
    "int": is_int,
    "tstr": lambda v: isinstance(v, str),
    "text": lambda v: isinstance(v, str),
    "bytes": lambda v: isinstance(v, bytes),
    "bstr": lambda v: isinstance(v, bytes),
    "bool": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "nil": lambda v: v is None,
}


# --- matching ---

class Matcher:
    def __init__(self, grammar):
        self.rules = grammar.rules
        self.deepest = ((), "nothing fits")

    def no(self, path, why):
        if len(path) >= len(self.deepest[0]):
            self.deepest = (path, why)
        return False

    def type(self, t, v, path):
        kind = t[0]
        if kind == "name" and t[1] in self.rules:
            return self.type(self.rules[t[1]], v, path)
        if kind == "name":
            return PRELUDE[t[1]](v) or self.no(path, "no " + t[1])
        if kind == "value":
            return type(v) is type(t[1]) and v == t[1] or \
                self.no(path, "not %r" % (t[1],))
        if kind == "choice":
            return any(self.type(c, v, path) for c in t[1])
        if kind == "control":
            return self.type(t[2], v, path) and self.control(t, v, path)
        if kind == "tag":
            return isinstance(v, Tag) and v.number == t[1] and self.type(
                t[2], v.value, path) or self.no(path, "no tag %d" % t[1])
        if kind == "array":
            if not isinstance(v, list) or isinstance(v, Map):
                return self.no(path, "no array")
            n = self.choices(t[1], v, 0, path)
            return n == len(v) or n is not None and \
                self.no(path + (n,), "one item too many")
        if kind == "map":
            if not isinstance(v, Map):
                return self.no(path, "no map")
            left = self.pairs(t[1], list(v), path)
            return left == [] or left is not None and \
                self.no(path + (left[0][0],), "a key that is not known")
        # a type in parentheses
        (entry,), = t[1]
        return self.type(entry.type, v, path)

    def control(self, t, v, path):
        if t[1] == ".size":
            ok = len(v) == t[3][1]
        else:
            ok = v != t[3][1]
        return ok or self.no(path, "%s %r" % (t[1], t[3][1]))

    def group_of(self, t):
        """The choices of a group, or of a name for one; None: a type."""
        while t[0] == "name" and t[1] in self.rules:
            t = self.rules[t[1]]
        return t[1] if t[0] == "group" else None

    # arrays: the index behind what matched, or None
    def choices(self, choices, v, at, path):
        for c in choices:
            n = self.entries(c, v, at, path)
            if n is not None:
                return n
        return None

    def entries(self, entries, v, at, path):
        for e in entries:
            count, group = 0, self.group_of(e.type)
            while e.high is None or count < e.high:
                if group is not None:
                    n = self.choices(group, v, at, path)
                elif at < len(v) and self.type(e.type, v[at], path + (at,)):
                    n = at + 1
                else:
                    n = None
                if n is None or n == at:
                    break
                at, count = n, count + 1
            if count < e.low:
                if at == len(v):
                    self.no(path + (at,), "an item is missing")
                return None
        return at

    # maps: the pairs that are left, or None
    def pairs(self, choices, left, path):
        for c in choices:
            n = self.keys(c, list(left), path)
            if n is not None:
                return n
        return None

    def keys(self, entries, left, path):
        for e in entries:
            group = self.group_of(e.type) if e.key is None else None
            if group is not None:
                left = self.pairs(group, left, path)
                if left is None:
                    return None
                continue
            if e.key is None:
                raise SystemExit("grammar: a map's entry without a key")
            count, rest = 0, []
            for k, v in left:
                if (e.high is None or count < e.high) and \
                        self.type(e.key, k, path + (k, "key")):
                    if self.type(e.type, v, path + (k,)):
                        count += 1
                        continue
                    if e.cut:
                        return None
                rest.append((k, v))
            left = rest
            if count < e.low:
                self.no(path + (e.key[1],), "the key is missing")
                return None
        return left


def items(data):
    at, out = 0, []
    while at < len(data):
        item, at = decode(data, at)
        out.append(item)
    return out


def check(grammar, data):
    """None, or why the sequence does not match."""
    try:
        sequence = items(data)
    except ValueError as e:
        return str(e)
    m = Matcher(grammar)
    if m.type(("name", grammar.first), sequence, ()):
        return None
    path, why = m.deepest
    return "%s: %s" % ("/".join(map(str, path)), why)


if __name__ == "__main__":
    with open(sys.argv[1]) as f:
        reason = check(Grammar(f.read()), sys.stdin.buffer.read())
    if reason is not None:
        sys.exit("cddl.py: " + reason)
