#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What options cost that make a scan know more: processor time of all of its
programs for each packet, with the option and without, one right after the
other.  One host in a hundred answers.  A third of what --measure-loss sends
leaves at half of the rate; without it, all goes at the rate that takes as
long."""
from bench import SMOKE, row, run

PAIRS = 1 if SMOKE else 5
NET = "10.64.0.0/17" if SMOKE else "10.64.0.0/12"
RATE = 20000 if SMOKE else 300000
OPTIONS = {
    "loss by the rate": ("", "--measure-loss"),
    "copies apart": ("-P 2 --spread 0", "-P 2 --spread 1"),
    "no copy for who has answered": ("-P 2 --spread 1",
                                     "-P 2 --spread 1 --resend silent"),
    "dense prefixes": ("", "--dense dense"),
    "wildcard hosts": ("", "--check wildcard"),
    "aliased prefixes": ("", "--check alias"),
}


def cost(options, rate=RATE):
    """microseconds of processor time a packet"""
    got = run(f"zmap -q -v 1 -p 80 -b /dev/null -r {rate} -c 1 -o out "
              f"{options} {NET}",
              lab=("--fast", "--classes", "open=1", "--prefix", NET))
    return got and got.cpu / got.sent * 1e6


for name, (without, option) in list(OPTIONS.items())[:2 if SMOKE else None]:
    for _ in range(PAIRS):
        one = cost(without, RATE * (3 if option == "--measure-loss" else 4) // 4)
        other = cost(option)
        row(name, option, us=other, percent_more=one and other and
            100 * (other / one - 1))
