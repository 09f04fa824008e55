#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A whole scan of a /14 as fast as each can, of the usual mix of hosts, and at
a rate that all of them reach: time until the command ends, the share of hosts
found that a perfect scanner finds, processor time and memory.  Waiting for
late answers, three seconds, is part of the time."""
import subprocess

from bench import ROOT, SMOKE, everyone, row, run

NET = "10.64.0.0/18" if SMOKE else "10.64.0.0/14"
TARGETS = 2 ** (32 - int(NET.split("/")[1]))
TRUTH = set(subprocess.run([f"{ROOT}/tests/lab/expect.py", "--addresses", NET],
                           capture_output=True, text=True,
                           check=True).stdout.split())


def scan(name, who, rate):
    got = run(who.scan(NET, rate=rate, cooldown=3),
              lab=("--fast", "--prefix", NET), okay=(0, 5))
    found = who.found() if got else set()
    row(name, who.name, seconds=got and got.seconds,
        percent_found=got and 100 * len(found & TRUTH) / len(TRUTH),
        wrong=got and len(found - TRUTH),
        CPU_s_per_million_targets=got and got.cpu / TARGETS * 1e6,
        MiB=got and got.mib)


for who in everyone():
    scan("full speed", who, None)
for who in () if SMOKE else everyone():
    scan("100 k/s", who, 100000)
