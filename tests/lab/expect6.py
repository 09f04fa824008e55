#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the simulated Internet answers for IPv6, computed without asking it.

The same function as world6.h, written a second time.  Whoever is asked about
is given as prefixes of at most 2^20 addresses, or as addresses, one a line,
by "-".

  expect6.py -p 80 2001:db8::/112            address,port,class,answers
  expect6.py -p 80 --addresses -             who a SYN scan reports, no more
  expect6.py --proto icmp --errors -         address,router,type,code
  expect6.py --prefixes -                    the aliased prefixes of these
"""
import argparse
import ipaddress
import os
import sys

from expect import (MEMBERS, MIXES, SUCCESS, Places, behaviour, mix,
                    port_list, share_of, thresholds)

PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 58}
ERRORS = [(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (1, 6), (3, 0)]


def roll(address, protocol, port, seed):
    x = mix(seed ^ mix(protocol << 16 | port))
    for shift in 96, 64, 32, 0:
        x = mix(address >> shift & 0xffffffff ^ x)
    return x


def first(address, length):
    return address >> 128 - length << 128 - length


def aliased(address, seed, shares):
    """-> the aliased prefix that the address is in, or None"""
    for length, share in shares:
        base = first(address, length)
        if roll(base, 0, length, seed) < share:
            return base, length
    return None


def open_anyhow(address, port, seed, wild, clusters):
    """for what or where it is; of which there are these shares"""
    return roll(address, 0, 32, seed) < wild or (
        port < 1024 and roll(first(address, 112), 0, 112, seed) < clusters and
        roll(address, 0, 25, seed) < MEMBERS["cluster"])


def error(address, x, name, proto):
    """-> router, type, code of an error; None if the answer is none"""
    detail = mix(x ^ 0x9e3779b9)
    kind = detail >> 15 & 3
    router = address if kind == 3 else first(address, (64, 64, 48)[kind]) | 1
    if name == "unreachable":
        return (router,) + ERRORS[detail >> 11 & 7]
    if name == "closed" and proto == "icmp":
        return router, 1, 3
    if name == "closed" and proto == "udp":
        return address, 1, 4
    return None


def asked(operands):
    for operand in operands:
        if operand == "-":
            for line in sys.stdin:
                yield int(ipaddress.IPv6Address(line.strip()))
            continue
        net = ipaddress.IPv6Network(operand)
        if net.num_addresses > 1 << 20:
            sys.exit(f"expect6.py: {operand}: over 2^20 addresses")
        base = int(net.network_address)
        yield from range(base, base + net.num_addresses)


def main():
    env = os.environ.get
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("of", nargs="+")
    p.add_argument("-p", "--ports", default="80", help="80,443,1000-1010")
    p.add_argument("--proto", choices=PROTOCOLS, default="tcp")
    p.add_argument("--seed", type=int, default=int(env("LAB_SEED", "1")))
    p.add_argument("--classes", default=env("LAB_CLASSES", MIXES))
    p.add_argument("--aliased", default=env("LAB_ALIASED", "0,0"),
                   help="shares of /64 and of /96, and of /112 with "
                   "clusters, in percent")
    p.add_argument("--places", default=env("LAB_PLACES", ""),
                   help="share of hosts open everywhere: wildcard=PERCENT")
    p.add_argument("-P", "--probes", type=int, default=1)
    p.add_argument("--addresses", action="store_true")
    p.add_argument("--errors", action="store_true")
    p.add_argument("--prefixes", action="store_true")
    o = p.parse_args()

    ports = [0] if o.proto == "icmp" else port_list(o.ports)
    upto = thresholds(o.classes)
    given = map(share_of, (o.aliased + ",0").split(","))
    *shares, (_, clusters) = zip((64, 96, 112), given)
    wild = Places(o.places, o.seed).wild
    text = ipaddress.IPv6Address
    prefixes = set()
    for address in asked(o.of):
        alias = aliased(address, o.seed, shares)
        if o.prefixes:
            prefixes |= {alias} - {None}
            continue
        for port in ports:
            x = roll(address, PROTOCOLS[o.proto], port, o.seed)
            name, count = behaviour(x, upto, o.probes)
            if alias:
                name, count = "aliased", o.probes
            elif open_anyhow(address, port, o.seed, wild, clusters):
                name, count = "open", o.probes
            if o.errors:
                e = error(address, x, name, o.proto)
                if e:
                    print(text(address), text(e[0]), e[1], e[2], sep=",")
            elif o.addresses:
                if count and name in SUCCESS | {"aliased"}:
                    print(text(address), *[port] * (len(ports) > 1), sep=",")
            elif name != "filtered":
                print(text(address), port, name, count, sep=",")
    for base, length in sorted(prefixes):
        print(f"{text(base)}/{length}")


if __name__ == "__main__":
    try:
        main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
