#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many answers a second are received and kept, through to a CSV file.

The first rows replay answers to zmap-recv as fast as the device takes them.
In the others every host of a network answers, whoever probes it: kept is how
many of the answers that the far side says it has sent are in the file."""
import re

from bench import SMOKE, everyone, row, run

ANSWERS = 200000 if SMOKE else 2000000
NET = "10.0.0.0/8"
# a rate and a network that takes about three seconds at it
RATES = {100000: 16} if SMOKE else {50000: 15, 100000: 14, 200000: 13,
                                    400000: 12, 1000000: 12}


def kept(name, who, got, sent, rate, count):
    """of so many answers, at so many a second, count are in the file"""
    row(name, who, answers_per_s=got and rate,
        percent_kept=got and 100 * count / max(1, sent),
        user_ns_per_answer=got and got.user / max(1, sent) * 1e9,
        CPU_ns_per_answer=got and got.cpu / max(1, sent) * 1e9)


def replay(name, tail):
    got = run(f"zmap-targets -v 1 -p 80 -n 1 -b /dev/null {NET} | "
              f"zmap-send -v 1 | replay -n {ANSWERS} {NET} | "
              f"zmap-recv -v 1 -c 1 | {tail} >out",
              lab=("--fast", "--classes", "open=100"), okay=(0, 5))
    rate = got and float(re.search(r"(\d+) per second", got.errors)[1])
    with open("out") as f:
        count = sum(1 for line in f if line[0].isdigit())
    kept(f"replayed, {name}", "zmap-recv", got, ANSWERS, rate, count)


def hosts(rate, bits, who):
    got = run(who.scan(f"10.0.0.0/{bits}", rate=rate),
              lab=("--fast", "--classes", "open=100", "--prefix", NET),
              okay=(0, 5))
    sent = got and got.far["answers"]["open"]
    kept(f"hosts, {rate // 1000} k probes/s", who.name, got, sent,
         got and got.pps * sent / got.sent, got and len(who.found()))


FIELDS = "saddr,sport,classification,ttl,success"
replay("five fields", f"zmap-out -f {FIELDS}")
if not SMOKE:
    replay("default of zmap", "zmap-filter 'success = 1 && repeat = 0' | "
           "zmap-out -f saddr")
for r, b in RATES.items():
    for who in everyone():
        hosts(r, b, who)
