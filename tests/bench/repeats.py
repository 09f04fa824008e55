#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What zmap-recv takes for each of many distinct answers, in memory and time,
when all are remembered.  They come from all over the address space, out of a
savefile, to one port or to eight, and the results go nowhere."""
import os
import subprocess
import sys

from bench import ROUND, SMOKE, row

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../tool"))
MILLIONS = (0.1,) if SMOKE else (1, 10, 50)


def scan(ports):
    """A probes stream: ports from 80 on, of any address."""
    import answers
    s = answers.Scan(ports=range(80, 80 + ports),
                     networks=(("0.0.0.0", "255.255.255.255"),))
    with open("probes.cbor", "wb") as f:
        f.write(s.stream())


def receive(n, ports):
    scan(ports)
    feed = subprocess.Popen(["savefile", "-s", "32", "-n", str(n),
                             "probes.cbor"], stdout=subprocess.PIPE)
    with open("probes.cbor") as probes:
        recv = subprocess.Popen(
            ["zmap-recv", "--read-pcap", "/dev/fd/%d" % feed.stdout.fileno()],
            stdin=probes, stdout=subprocess.DEVNULL,
            pass_fds=[feed.stdout.fileno()])
    feed.stdout.close()
    _, status, use = os.wait4(recv.pid, 0)
    failed = status != 0 or feed.wait() != 0
    row("%g M answers, %d port%s" % (n / 1e6, ports, "s" * (ports > 1)),
        "zmap-recv", MiB=None if failed else use.ru_maxrss / 1024,
        user_ns_per_answer=None if failed else use.ru_utime / n * 1e9,
        CPU_ns_per_answer=None if failed else
        (use.ru_utime + use.ru_stime) / n * 1e9)


for m in MILLIONS if ROUND == 1 or SMOKE else ():
    for p in (1, 8):
        receive(int(m * 1e6), p)
