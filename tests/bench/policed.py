#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A whole /14 over a path that loses: behind a policer of 200 000 packets a
second, as fast as each can, at the best fixed rate, and by -r auto; and through
outages of 200 ms that lose a tenth, with one probe, and with two in a row and
apart.  The share of hosts found that answer, packets, and time."""
import subprocess

from bench import ROOT, SMOKE, Ours, everyone, row, run

NET = "10.64.0.0/20" if SMOKE else "10.64.0.0/14"
POLICER = 20000 if SMOKE else 200000
TRUTH = set(subprocess.run(
    [f"{ROOT}/tests/lab/expect.py", "--addresses", "--classes", "open=5",
     NET], capture_output=True, text=True, check=True).stdout.split())


def scan(name, who, path, command):
    got = run(command, lab=("--prefix", NET, "--classes", "open=5", "--ring",
                            "256", "--path", path), okay=(0, 5))
    found = who.found() if got else set()
    row(name, who.name, seconds=got and got.seconds,
        percent_found=got and 100 * len(found & TRUTH) / len(TRUTH))


policer = f"police={POLICER}"
for who in everyone():
    scan("policer, full speed", who, policer, who.scan(NET, cooldown=3))
    for part in (100,) if SMOKE else (100, 95, 80):
        scan(f"policer, {part} % of its rate", who, policer,
             who.scan(NET, rate=POLICER * part // 100, cooldown=3))
ours = Ours()
scan("policer, -r auto", ours, policer, ours.scan(NET, "auto", cooldown=3))
for name, option in (("one probe", ""), ("-P 2 --spread 0", "-P 2 --spread 0"),
                     ("-P 2 apart", "-P 2")):
    scan(f"outages, {name}", ours, "outage=10/200",
         ours.scan(f"{option} {NET}", rate=POLICER // 10, cooldown=3))
