#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Windows of IPv6 and their interface identifiers, computed from the words of
lib/targets/iid.h and lib/targets/extent6.h.

A second implementation, slow and plain: sets of numbers, one at a time.
"""
import ipaddress
import socket

MASK = (1 << 64) - 1
G = 0x9E3779B97F4A7C15


def f(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def outputs(state):
    while True:
        state = state + G & MASK
        yield f(state)


def number(text):
    return int.from_bytes(socket.inet_pton(socket.AF_INET6, text), "big")


def text(a):
    return str(ipaddress.IPv6Address(a))


def vendor(name):
    return int(name.split("=")[1].replace(":", "").replace("-", ""), 16)


def eui64(oui, nic):
    return (oui ^ 0x020000) << 40 | 0xFFFE << 24 | nic


def fixed(name):
    return {"zero": 0, "low": 1}.get(name, None) if ":" not in name \
        else number(name)


def make(prefix, length, name, names, seed):
    """The address in a prefix for one identifier, among those of the scan."""
    if name != "rand" and not name.startswith("eui64="):
        return prefix | fixed(name)
    others = {fixed(n) for n in names
              if n != "rand" and not n.startswith("eui64=")}
    vendors = [vendor(n) for n in names if n.startswith("eui64=")]
    t = f(seed ^ 0x6969642E7A6D6170) + length & MASK
    z = outputs(t)
    z1, z2 = next(z), next(z)
    s = f(f(prefix >> 64 ^ z1) ^ prefix & MASK ^ z2)
    bits = 128 - length
    if name == "rand":
        z = outputs(s)
    else:
        z = outputs(s ^ vendor(name))
    while True:
        low = next(z)
        high = next(z) if bits > 64 else 0
        if name == "rand":
            drawn = (high << 64 | low) & (1 << bits) - 1
            if any(drawn >> 24 == eui64(v, 0) >> 24 for v in vendors):
                continue
        else:
            drawn = eui64(vendor(name), low & 0xFFFFFF)
        if drawn not in others:
            return prefix | drawn


def join(spans):
    """Sorted, disjoint, not adjacent; (first, last) each."""
    out = []
    for first, last in sorted(spans):
        if out and first <= out[-1][1] + 1:
            out[-1][1] = max(out[-1][1], last)
        else:
            out.append([first, last])
    return out


def covers(spans, first, last):
    return any(a <= first and last <= b for a, b in spans)


def meets(spans, first, last):
    return any(a <= last and first <= b for a, b in spans)


def generate(windows, names, seed):
    """What windows mean: (length, number of identifier) -> addresses, in
    ascending order of their prefixes.  windows: length -> spans of whole
    prefixes."""
    names = names or ["rand"]
    longer, known, groups = [], set(), {}
    for length in sorted(windows, reverse=True):
        size = 1 << 128 - length
        mine = join(windows[length])
        area = join(longer)
        for k, name in enumerate(names):
            group = []
            for first, last in mine:
                for p in range(first, last + 1, size):
                    if covers(area, p, p + size - 1):
                        continue
                    a = make(p, length, name, names, seed)
                    if not (meets(area, p, p + size - 1) and a in known):
                        group.append(a)
            groups[length, k] = group
        for (n, _), group in groups.items():
            if n == length:
                known |= set(group)
        longer += windows[length]
    return groups
