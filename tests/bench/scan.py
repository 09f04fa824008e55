#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A whole scan of a /11 as fast as each can, of the usual mix of hosts, which is
long enough that the rate counts more than the wait at the end; and of a /14 at
a rate that all of them reach: time until the command ends, the share of hosts
found that a perfect scanner finds, processor time and memory.  Waiting for
late answers, three seconds, is part of the time."""
import subprocess

from bench import ROOT, SMOKE, everyone, row, run



def scan(name, net, rate=None):
    targets = 2 ** (32 - int(net.split("/")[1]))
    truth = set(subprocess.run(
        [f"{ROOT}/tests/lab/expect.py", "--addresses", net],
        capture_output=True, text=True, check=True).stdout.split())
    for who in everyone():
        got = run(who.scan(net, rate=rate, cooldown=3),
                  lab=("--fast", "--prefix", net), okay=(0, 5))
        found = who.found() if got else set()
        row(name, who.name, seconds=got and got.seconds,
            percent_found=got and 100 * len(found & truth) / len(truth),
            wrong=got and len(found - truth),
            CPU_s_per_million_targets=got and got.cpu / targets * 1e6,
            MiB=got and got.mib)


scan("full speed", "10.64.0.0/18" if SMOKE else "10.64.0.0/11")
if not SMOKE:
    scan("100 k/s", "10.64.0.0/14", 100000)
