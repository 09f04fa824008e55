#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What --dense and --check cost where every target answers: probes, processor
time and memory for each of these, beside a scan that asks for none of it.  Two
scans of each, so that what grows is told from what is there from the start."""
from bench import SMOKE, row, run

SMALL, LARGE, RATE = (("10.64.0.0/22", "10.64.0.0/21", 20000) if SMOKE else
                      ("10.64.0.0/17", "10.64.0.0/15", 40000))
OPTIONS = ("", "--dense dense.cbor", "--check wildcard", "--check alias",
           "--check injected",
           "--dense dense.cbor --check wildcard,alias,injected")


def hosts(net):
    return 1 << 32 - int(net.split("/")[1])


def scan(net, option):
    return run(f"zmap -q -v 1 -p 80 --no-blacklist -r {RATE} -c 3 {option} "
               f"-o out {net}",
               lab=("--fast", "--classes", "open=100,closed=0"), okay=(0, 5))


for option in OPTIONS[::5] if SMOKE else OPTIONS:
    small, large = scan(SMALL, option), scan(LARGE, option)
    if small is None or large is None:
        row("all answer", option or "none", MiB=None)
        continue
    more = hosts(LARGE) - hosts(SMALL)
    row("all answer", option or "none",
        probes_more=(large.sent - hosts(LARGE)) / hosts(LARGE),
        us_of_processor_time=(large.cpu - small.cpu) / more * 1e6,
        MiB=large.mib, bytes_more=(large.mib - small.mib) / more * 2**20)
