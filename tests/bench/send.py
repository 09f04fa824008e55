#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many probes leave a second, by every way out, beside a bare AF_XDP loop
that does nothing else and beside the peers.  All on the same veth pair, whose
far side drops probes as early as it can, and on ifb, a device that only
discards.  The device counts, in a window in the middle of the run."""
from bench import SMOKE, Ours, peers, row, run

WINDOW = 0.3 if SMOKE else 2
TO = "10.0.0.0/8"
TARGETS = f"zmap-targets -v 1 -p 80 -b /dev/null {TO}"
LABS = {"veth": ("--fast", "--classes", "open=1"), "ifb": ("--ifb",)}
BARE = "flood -c -n 1000000000 10.0.0.1"


def speed(device, name, who, command):
    got = run(command, lab=LABS[device], seconds=WINDOW)
    row(f"{device}, {name}", who, packets_per_s=got and got.pps,
        CPU_ns_per_packet=got and got.cpu / got.sent * 1e9)


def share(device):
    """of a bare loop that ran just before: the machine's speed drifts"""
    bare, got = (run(command, lab=LABS[device], seconds=WINDOW)
                 for command in (BARE, Ours().scan(TO)))
    row(f"{device}, whole pipeline", "zmap",
        of_a_bare_loop_just_before=bare and got and got.pps / bare.pps)


for device in LABS:
    speed(device, "sender alone", "bare AF_XDP loop", BARE)
    for way in ("xdp",) if SMOKE else ("xdp", "ring", "mmsg", "ip"):
        if (device, way) != ("ifb", "ip"):
            speed(device, "sender alone", f"zmap-send --io {way}",
                  f"{TARGETS} | zmap-send -v 1 --io {way}")
    if not SMOKE:
        speed(device, "sender alone", "zmap-send -T 2",
              f"{TARGETS} | zmap-send -v 1 -T 2")
    speed(device, "whole pipeline", "zmap", Ours().scan(TO))
    share(device)
    for peer in peers():
        for threads in (1,) if SMOKE else peer.threads:
            speed(device, "whole pipeline",
                  f"{peer.name}, {threads} thread" + "s" * (threads > 1),
                  peer.scan(TO, threads=threads))
