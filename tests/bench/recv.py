#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many answers a second are received and kept, through to a CSV file.

The first rows replay answers to zmap-recv as fast as the device takes them:
by AF_XDP, and by live frames, which cost the far side less, so that zmap-recv
is what is measured.  Of live frames there are also some of two processors, for
a device with two queues, at a rate that leaves zmap-recv some time on either.
In the others every host of a network answers, whoever probes it: kept is how
many of the answers that the far side says it has sent are in the file."""
import os
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


# as of a scan of all IPv4, which zmap-recv cannot know of
RING = "--buffer-size 64M"


def rates(text):
    """answers a second: of all processes of replay together"""
    return sum(map(float, re.findall(r"(\d+) per second", text)))


def replay(name, fields, tail, options="", queues=1):
    """zmap-recv writes the fields that what comes behind it needs, as zmap
    lets it"""
    got = run(f"zmap-targets -v 1 -p 80 -n 1 -b /dev/null {NET} | "
              f"zmap-send -v 1 | replay -n {ANSWERS} {options} {NET} | "
              f"zmap-recv -v 1 -c 1 {RING} --only-fields {fields} | "
              f"{tail} >out",
              lab=("--fast", "--classes", "open=100", "--queues", str(queues)),
              okay=(0, 5))
    with open("out") as f:
        count = sum(1 for line in f if line[0].isdigit())
    kept(f"replayed, {name}", "zmap-recv", got, ANSWERS,
         got and rates(got.errors), count)


def hosts(rate, bits, who):
    got = run(who.scan(f"10.0.0.0/{bits}", rate=rate),
              lab=("--fast", "--classes", "open=100", "--prefix", NET),
              okay=(0, 5))
    sent = got and got.far["answers"]["open"]
    kept(f"hosts, {rate // 1000} k probes/s", who.name, got, sent,
         got and got.pps * sent / got.sent, got and len(who.found()))


FIELDS = "saddr,sport,classification,ttl,success"
OUT = f"zmap-out -f {FIELDS}"
replay("five fields", FIELDS, OUT)
if os.geteuid() == 0:
    replay("live frames, five fields", FIELDS, OUT, "-l")
if not SMOKE:
    replay("default of zmap", "saddr,success,repeat",
           "zmap-filter 'success = 1 && repeat = 0' | zmap-out -f saddr")
    if os.geteuid() == 0 and len(os.sched_getaffinity(0)) > 1:
        replay("live frames, two queues", FIELDS, OUT, "-l -j 2 -r 800000", 2)
for r, b in RATES.items():
    for who in everyone():
        hosts(r, b, who)
