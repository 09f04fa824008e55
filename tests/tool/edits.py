# SPDX-License-Identifier: Apache-2.0
"""Edits an opt-out list while a scan runs, and tells what went wrong.

    edits.py edit FILE COUNT SEED >LOG    COUNT edits at random, 10 ms apart
    edits.py judge LOG <PROBES            probes that were not to be sent

Each edit names networks of 10.0.0.0/18, now and then no longer, among lines
that nobody understands; it replaces the file, or writes it in two pieces, or
takes it away for a moment.  LOG has a line for each network: when it was first
named, when no longer, and the network.  PROBES has a line for each: time,
address.
"""
import ipaddress
import os
import random
import sys
import time

BAD = ["10.0.0.0/33", "10.0.0", "?", "10.0.9.9:80", "2001:db8::/32", "#",
       "10.0.0.0/8/8", "10.0.0.9-10.0.0.1", "\x01\x02", "", "[::1"]


def write(path, text, how):
    if how == 0:
        with open(path + ".new", "w") as f:
            f.write(text)
        os.rename(path + ".new", path)
        return
    if how == 1:
        os.rename(path, path + ".old")
        time.sleep(0.001)
    # in two pieces, the first of which ends anywhere
    at = random.randrange(len(text) + 1)
    with open(path, "w") as f:
        f.write(text[:at])
        f.flush()
        time.sleep(0.002)
        f.write(text[at:])


def edit(path, count):
    named, log = {}, []
    for _ in range(count):
        gone = []
        if random.random() < 0.15:
            size = random.randrange(24, 31)
            net = ipaddress.ip_network(
                (0x0a000000 + random.randrange(1 << 14), size), strict=False)
            named.setdefault(str(net), None)
        if named and random.random() < 0.03:
            gone = [random.choice(list(named))]
        for net in gone:
            since = named.pop(net)
            if since is not None:
                log.append((since, time.time(), net))
        lines = list(named) + random.choices(BAD, k=random.randrange(4))
        random.shuffle(lines)
        write(path, "".join(x + "\n" for x in lines),
              random.choice([0, 0, 1, 2, 3]))
        now = time.time()
        for net in named:
            if named[net] is None:
                named[net] = now
        time.sleep(0.008)
    end = time.time() + 3600
    log += [(since, end, net) for net, since in named.items()]
    for since, until, net in log:
        print(f"{since:.6f} {until:.6f} {net}")


def judge(log):
    rules = []
    for line in open(log):
        since, until, net = line.split()
        rules.append((float(since), float(until), ipaddress.ip_network(net)))
    probes = wrong = kept = 0
    for line in sys.stdin:
        at, address = line.split()
        at, address = float(at), ipaddress.ip_address(address)
        probes += 1
        for since, until, net in rules:
            if address not in net:
                continue
            if since + 1 < at < until:
                wrong += 1
                print("wrong", at - since, until - at, net, address)
            elif at <= since + 1:
                kept += 1
    late = sum(1 for since, until, net in rules)
    print(f"probes={probes} networks={late} before={kept} wrong={wrong}")


if sys.argv[1] == "edit":
    random.seed(int(sys.argv[4]))
    edit(sys.argv[2], int(sys.argv[3]))
else:
    judge(sys.argv[2])
