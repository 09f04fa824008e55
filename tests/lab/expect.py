#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the simulated Internet answers, computed without asking it.

The same function as world.h, written a second time, so that a test can
compare a scan with an independent computation.  Answers are those that a
scanner may believe: none of a forged target's, and of a lossy one's those
that come after the probes it loses.

  expect.py -p 80 10.0.0.0/16                address,port,class,answers
  expect.py -p 80 --addresses 10.0.0.0/16    who a SYN scan reports, no more
  expect.py -p 80 --summary 10.0.0.0/16      class,targets,answers
"""
import argparse
import ipaddress
import os
import sys

CLASSES = ["open", "closed", "unreachable", "duplicate", "late", "blowback",
           "lossy", "forged", "filtered"]
# those that a scanner counts as a success
SUCCESS = {"open", "duplicate", "late", "blowback", "lossy"}
PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1}
# of a /24, how many addresses answer for where they are, of 2^32
MEMBERS = {"all": 1 << 32, "most": (92 << 32) // 100, "half": 1 << 31,
           "cluster": (95 << 32) // 100, "ordinary": 0}
MIXES = "open=5,closed=5,unreachable=1,duplicate=1,late=1,blowback=0.01," \
    "lossy=0.5,forged=1"


def mix(x):
    x ^= x >> 16
    x = x * 0x7feb352d & 0xffffffff
    x ^= x >> 15
    x = x * 0x846ca68b & 0xffffffff
    return x ^ x >> 16


def micro(text):
    """percent as an integer of millionths: "4.5" -> 4500000"""
    whole, _, part = text.partition(".")
    if len(part) > 6 or not (whole + part).isdigit():
        sys.exit(f"expect.py: {text}: not a percentage")
    return int(whole or "0") * 10**6 + int((part + "000000")[:6])


def share_of(text):
    """percent -> of 2^32"""
    return (micro(text) << 32) // 10**8


def thresholds(shares):
    given = dict.fromkeys(CLASSES[:-1], 0)
    for share in filter(None, shares.split(",")):
        name, _, value = share.partition("=")
        if name not in given:
            sys.exit(f"expect.py: {name}: no such class")
        given[name] = share_of(value)
    upto, total = [], 0
    for name in CLASSES[:-1]:
        total += given[name]
        upto.append(total)
    if total > 1 << 32:
        sys.exit("expect.py: shares are over 100 percent")
    return upto


class Places:
    """where more is open than the classes say; see world.h"""

    def __init__(self, text, seed):
        given = dict.fromkeys([*MEMBERS, "wildcard"], "0")
        for item in filter(None, text.split(",")):
            name, _, value = item.partition("=")
            if name not in given or name == "ordinary":
                sys.exit(f"expect.py: {name}: no such place")
            given[name] = value
        self.some = bool(text)
        self.wild = share_of(given["wildcard"])
        self.shares = [(name, share_of(given[name])) for name in MEMBERS]
        self.keys = {n: mix(seed ^ mix(n)) for n in (24, 25, 32)}

    def roll(self, address, what):
        return mix(address ^ self.keys[what])

    def place(self, address):
        roll = self.roll(address & 0xffffff00, 24)
        for name, share in self.shares:
            if roll < share:
                return name
            roll -= share
        return "ordinary"

    def wildcard(self, address):
        return self.roll(address, 32) < self.wild

    def member(self, address):
        return self.roll(address, 25) < MEMBERS[self.place(address)]

    def fake(self, address):
        """open on every port: a box's address, or a host's"""
        return self.wildcard(address) or (
            self.place(address) != "cluster" and self.member(address))

    def open(self, address, port):
        return self.some and (self.fake(address) or (
            port < 1024 and self.member(address)))

    def acknowledges(self, address):
        """data, after its SYN-ACK"""
        if not self.fake(address):
            return True
        if self.wildcard(address):
            return bool(self.roll(address, 32) & 1)
        return bool(self.roll(address & 0xffffff00, 24) & 1)


def behaviour(roll, upto, probes):
    """-> class, answers that a scanner may believe"""
    for name, limit in zip(CLASSES, upto):
        if roll < limit:
            break
    else:
        return "filtered", 0
    special = mix(roll ^ 0x9e3779b9) >> 11
    if name == "duplicate":
        return name, probes * (2 + special % 4)
    if name == "blowback":
        return name, probes * (201 + special % 801)
    if name == "lossy":
        return name, max(0, probes - (1 + special % 3))
    if name == "forged":
        return name, 0
    return name, probes


def expected(prefixes, ports, protocol, seed, upto, probes, places):
    """yields address, port, class, answers of all that are not filtered"""
    limit = upto[-1]
    for port in ports:
        key = mix(seed ^ mix(protocol << 16 | port))
        for net in prefixes:
            first = int(net.network_address)
            for address in range(first, first + net.num_addresses):
                # mix(address ^ key), unrolled: this is the hot loop
                x = address ^ key
                x ^= x >> 16
                x = x * 0x7feb352d & 0xffffffff
                x ^= x >> 15
                x = x * 0x846ca68b & 0xffffffff
                x ^= x >> 16
                if places.some and places.open(address, port):
                    yield address, port, "open", probes
                elif x < limit:
                    yield (address, port) + behaviour(x, upto, probes)


def port_list(text):
    ports = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        ports += range(int(first), int(last or first) + 1)
    return ports


def main():
    env = os.environ.get
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("prefix", nargs="*",
                   default=env("LAB_PREFIXES", "10.0.0.0/8").split(","))
    p.add_argument("-p", "--ports", default="80", help="80,443,1000-1010")
    p.add_argument("--proto", choices=PROTOCOLS, default="tcp")
    p.add_argument("--seed", type=int, default=int(env("LAB_SEED", "1")))
    p.add_argument("--classes", default=env("LAB_CLASSES", MIXES),
                   help="shares in percent, default\n" + MIXES)
    p.add_argument("--places", default=env("LAB_PLACES", ""),
                   help="shares of /24s and of hosts in percent")
    p.add_argument("-P", "--probes", type=int, default=1,
                   help="probes sent to each target")
    p.add_argument("--only", help="these classes alone, comma separated")
    p.add_argument("--addresses", action="store_true",
                   help="who answers with success; address,port if several "
                   "ports")
    p.add_argument("--summary", action="store_true")
    o = p.parse_args()

    ports = [0] if o.proto == "icmp" else port_list(o.ports)
    prefixes = [ipaddress.ip_network(x) for x in o.prefix]
    world = expected(prefixes, ports, PROTOCOLS[o.proto], o.seed,
                     thresholds(o.classes), o.probes,
                     Places(o.places, o.seed))
    only = set(o.only.split(",")) if o.only else set(CLASSES)
    if o.addresses:
        only &= SUCCESS
    dotted = "%d.%d.%d.%d"
    out = []
    if o.summary:
        targets, answers = dict.fromkeys(CLASSES, 0), dict.fromkeys(CLASSES, 0)
        for _, _, name, count in world:
            targets[name] += 1
            answers[name] += count
        targets["filtered"] = len(ports) * sum(
            n.num_addresses for n in prefixes) - sum(targets.values())
        out = [f"{c},{targets[c]},{answers[c]}" for c in CLASSES if c in only]
    else:
        for address, port, name, count in world:
            if name not in only or (o.addresses and not count):
                continue
            line = dotted % (address >> 24, address >> 16 & 255,
                             address >> 8 & 255, address & 255)
            if not o.addresses:
                line += f",{port},{name},{count}"
            elif len(ports) > 1:
                line += f",{port}"
            out.append(line)
    sys.stdout.write("".join(line + "\n" for line in out))


if __name__ == "__main__":
    try:
        main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
