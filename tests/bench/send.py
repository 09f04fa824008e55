#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many probes leave a second, by every way out, beside bare loops that do
nothing else and beside the peers.  All on the same veth pair, whose far side
drops probes as early as it can, and on ifb, a device that only discards.  The
device counts, in a window in the middle of the run.  Live frames need root, and
a device that takes them, which ifb does not."""
import os

from bench import SMOKE, Ours, peers, row, run

WINDOW = 0.3 if SMOKE else 2
TO = "10.0.0.0/8"
TARGETS = f"zmap-targets -v 1 -p 80 -b /dev/null {TO}"
LABS = {"veth": ("--fast", "--classes", "open=1"), "ifb": ("--ifb",)}
# two queues for two threads; else these wait for each other
TWO = ("--queues", "2")
BARE = "flood -c -n 1000000000 10.0.0.1"
BARE_LIVE = "flood -l -n 1000000000 10.0.0.1"


def speed(device, name, who, command, more=()):
    got = run(command, lab=(*LABS[device], *more), seconds=WINDOW)
    row(f"{device}, {name}", who, packets_per_s=got and got.pps,
        CPU_ns_per_packet=got and got.cpu / got.sent * 1e9)


def sender(way, threads=1):
    return f"{TARGETS} | zmap-send -v 1 --io {way} -T {threads}"


def share(device, what, who, command, of, more=()):
    """of one that ran just before: the machine's speed drifts; the same of what
    a packet costs, which who else is there changes less"""
    before, got = (run(c, lab=(*LABS[device], *more), seconds=WINDOW)
                   for c in (of, command))
    row(f"{device}, {what}", who,
        of_what_ran_just_before=before and got and got.pps / before.pps,
        of_its_CPU_per_packet=before and got and
        got.cpu / got.sent * before.sent / before.cpu)


for device in LABS:
    lively = device != "ifb" and os.geteuid() == 0
    ways = ("xdp",) if SMOKE else ("xdp", "ring", "mmsg", "ip")
    speed(device, "sender alone", "bare AF_XDP loop", BARE)
    if lively:
        speed(device, "sender alone", "bare loop of live frames", BARE_LIVE)
    for way in (*ways, "live") if lively else ways:
        if (device, way) != ("ifb", "ip"):
            speed(device, "sender alone", f"zmap-send --io {way}",
                  sender(way))
            if not SMOKE and way in ("xdp", "live"):
                speed(device, "sender alone", f"zmap-send --io {way} -T 2",
                      sender(way, 2), TWO)
    speed(device, "whole pipeline", "zmap", Ours().scan(TO))
    share(device, "whole pipeline", "zmap, of the bare AF_XDP loop",
          Ours().scan(TO), BARE)
    if not SMOKE:
        share(device, "in pairs", "zmap-send --io xdp, of the bare loop",
              sender("xdp"), BARE)
        share(device, "in pairs", "zmap, of zmap-send alone",
              Ours().scan(TO), f"{TARGETS} | zmap-send -v 1")
        share(device, "in pairs", "zmap-send --io xdp -T 2, of -T 1",
              sender("xdp", 2), sender("xdp"), TWO)
    if lively and not SMOKE:
        share(device, "in pairs", "zmap-send --io live, of the bare loop",
              sender("live"), BARE_LIVE)
        share(device, "in pairs", "zmap-send --io live -T 2, of -T 1",
              sender("live", 2), sender("live"), TWO)
        share(device, "in pairs", "zmap-send --io live, of xdp",
              sender("live"), sender("xdp"))
    for peer in peers():
        for threads in (1,) if SMOKE else peer.threads:
            speed(device, "whole pipeline",
                  f"{peer.name}, {threads} thread" + "s" * (threads > 1),
                  peer.scan(TO, threads=threads))
