#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The order of a scan, computed from the words of lib/targets/perm.h and lib/targets/group.h.

A second implementation, slow and plain, of what is promised for a seed:
order(n, seed) is the sequence of target numbers.
"""


def prime(n):
    if n < 2:
        return False
    d = 2
    while d * d <= n:
        if n % d == 0:
            return False
        d += 1
    return True


def factors(n):
    """The prime factors of n if it is suitable, else None."""
    found, d = [], 2
    while d < 1 << 16 and d * d <= n:
        if n % d == 0:
            found.append(d)
            while n % d == 0:
                n //= d
        d += 1
    if n >= 1 << 24:
        return None
    return found + [n] if n > 1 else found


def group(n):
    p = n + 1
    while not prime(p) or factors(p - 1) is None:
        p += 1
    return p


def splitmix64(seed):
    mask = (1 << 64) - 1
    while True:
        seed = seed + 0x9E3779B97F4A7C15 & mask
        z = seed
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        yield z ^ z >> 31


def parameters(n, seed):
    """The prime, the first element and the generator."""
    p = group(n)
    draws = (1 + (z * (p - 1) >> 64) for z in splitmix64(seed))
    start = next(draws)
    for g in draws:
        if all(pow(g, (p - 1) // q, p) != 1 for q in factors(p - 1)):
            return p, start, g


def order(n, seed):
    p, x, g = parameters(n, seed)
    for _ in range(p - 1):
        if x <= n:
            yield x - 1
        x = x * g % p
