#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What this tree is meant to reach, as shares: the two sides of each run one
right after the other, several times over, so that a machine whose speed drifts
drifts for both.  Of peers, the whole pipeline with each number of threads; of
a blacklist of a million prefixes, targets a second of processor time; of a
small scan, what all of its programs hold in memory."""
import subprocess
import sys
import time

from bench import ROOT, SMOKE, Ours, peers, row, run

PAIRS = 1 if SMOKE else 3
WINDOW = 0.3 if SMOKE else 1.5
TO = "10.0.0.0/8"
VETH = ("--fast", "--classes", "open=1")
IANA = f"{ROOT}/examples/conf/blacklist.conf"
FEW, MANY = (1, 20000000) if SMOKE else (1, 100000000)


def speed(command):
    """packets a second, of the whole command"""
    got = run(command, lab=VETH, seconds=WINDOW)
    return got and got.pps


def beside(name, ours, other):
    """how many times as fast: ours, then the other"""
    for _ in range(PAIRS):
        here, there = speed(ours), speed(other)
        row(name, "zmap", times=here and there and here / there)


def cost(blacklist):
    """seconds of processor time of many targets, but for those of the first"""
    took = []
    for n in (FEW, MANY):
        got = run(f"zmap-targets -v 0 -p 80 -n {n} -b {blacklist}")
        if got is None:
            return None
        took.append(got.user)
    return took[1] - took[0]


def blacklist():
    n = 100000 if SMOKE else 1000000
    run(f"zmap-targets -v 1 --text -p 80 -e 2 -n {n} -b {IANA} | "
        "cut -d: -f1 | sed 's/[0-9]*$/0\\/24/' >block")
    for _ in range(PAIRS):
        little, much = cost(IANA), cost("block")
        row("a million prefixes blacklisted, of the speed with IANA's",
            "zmap-targets",
            times=little and much and little / max(much, 1e-9))


def members(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [pid, *map(int, f.read().split())]


def proportional(pid):
    """KiB; what several programs share is divided among them"""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            return next(int(line.split()[1]) for line in f
                        if line.startswith("Pss:"))
    except (OSError, StopIteration):  # it has just ended
        return 0


def memory(net):
    """inside of the lab: of a scan that goes on meanwhile"""
    zmap = subprocess.Popen(["zmap", *"-q -v 1 -b /dev/null -p 80 -r 20 -c 0 "
                             "-o /dev/null".split(), net])
    most = 0
    for _ in range(20):
        time.sleep(0.1)
        most = max(most, sum(map(proportional, members(zmap.pid))))
    zmap.terminate()
    zmap.wait()
    print(most / 1024)


def small_scan(net):
    six = ["--six", net] if ":" in net else []
    got = subprocess.run(["lab", *VETH, *six, "--", "python3", __file__, net],
                         stdin=subprocess.DEVNULL, capture_output=True,
                         text=True)
    row(f"a {net[net.index('/'):]}, while it is sent", "zmap",
        MiB_together=float(got.stdout) if got.stdout else None)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        memory(sys.argv[1])
        sys.exit()
    for peer in peers():
        for threads in peer.threads:
            beside(f"of {peer.name}, {threads} thread" + "s" * (threads > 1),
                   Ours().scan(TO), peer.scan(TO, threads=threads))
    beside("of itself by --io xdp", Ours().scan(TO),
           Ours().scan(TO).replace("zmap ", "zmap --io xdp ", 1))
    blacklist()
    for net in ("10.1.2.0/24", "2001:db8::/120", "10.1.0.0/16"):
        small_scan(net)
