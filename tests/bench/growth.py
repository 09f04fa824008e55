#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether time and memory for each target stay flat as scans grow, in
addresses and in ports; one host in a hundred answers.  All at full speed."""
from bench import ROUND, SMOKE, Ours, row, run

BITS = (18,) if SMOKE else (16, 14, 12, 10)
PORTS = (10,) if SMOKE else (10, 100)


def grow(name, net, ports):
    targets = ports * 2 ** (32 - int(net.split("/")[1]))
    scan = Ours().scan(net, cooldown=0).replace("-p 80", f"-p 1-{ports}")
    got = run(scan, lab=("--fast", "--classes", "open=1"), okay=(0, 5))
    row(name, "zmap", million_targets=targets / 1e6,
        seconds=got and got.seconds,
        CPU_s_per_million=got and got.cpu / targets * 1e6,
        MiB=got and got.mib)


for b in BITS if ROUND < 3 else ():
    grow(f"a /{b}, 1 port", f"10.0.0.0/{b}", 1)
for p in PORTS if ROUND < 3 else ():
    grow(f"a /16, {p} ports", "10.0.0.0/16", p)
