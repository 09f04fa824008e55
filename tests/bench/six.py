#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""IPv6 beside IPv4: probes a second by the same way out, to one address in
each /64 of a window and to as many of IPv4, one right after the other; and
what it takes to know ten million answers.

XMap and the ZMap of the IPv6 hitlist take part by path, BENCH_XMAP and
BENCH_ZMAPV6: on the veth pair, to the same window or to a list of it."""
import os
import subprocess

from bench import FAR_MAC, SMOKE, row, run

WINDOW = 0.3 if SMOKE else 2
PAIRS = 1 if SMOKE else 3
LABS = {"veth": ("--fast", "--classes", "open=1"), "ifb": ("--ifb",)}
SIX = ("--six", "2600::/16")
TO = {"IPv4": "10.0.0.0/8", "IPv6": "2600::/32-64"}
LIST = 200000 if SMOKE else 5000000


def command(to, module):
    port = "-p 80" if module == "tcp_synscan" else ""
    return (f"zmap-targets -v 1 {port} -b /dev/null {to} | "
            f"zmap-send -v 1 --anonymous -M {module}")


def pair(device, module):
    """both families, one after the other: the machine's speed drifts"""
    got = {}
    for family, to in TO.items():
        got[family] = one = run(command(to, module), lab=LABS[device] + SIX,
                                seconds=WINDOW)
        row(f"{device}, {module}", family, packets_per_s=one and one.pps,
            CPU_ns_per_packet=one and one.cpu / one.sent * 1e9)
    four, six = got["IPv4"], got["IPv6"]
    whole = four and six
    row(f"{device}, {module}", "IPv6",
        of_IPv4_just_before=whole and six.pps / four.pps,
        CPU_of_IPv4_just_before=whole and
        six.cpu / six.sent / (four.cpu / four.sent))


def peers():
    """-> name, command, of those that are there"""
    for name in ("BENCH_XMAP", "BENCH_ZMAPV6"):
        path = os.environ.get(name)
        if not path or SMOKE:
            continue
        if name == "BENCH_XMAP":
            yield "XMap", (f"{path} -6 -q -x 64 -U rand -M tcp_syn -p 80 "
                           f"-i s0 -G {FAR_MAC} -S fd00:1ab::1 "
                           "-R 100000000 -c 1 "
                           "-o out 2600::/32")
        else:
            # not the configuration of Debian's zmap, which it does not know
            yield "ZMapv6", (f"{path} -q -C /dev/null "
                             "-M ipv6_tcp_synscan -p 80 -i s0 "
                             f"-G {FAR_MAC} --ipv6-source-ip=fd00:1ab::1 "
                             "--ipv6-target-file=list -r 100000000 -c 1 "
                             "-o out")


for device in LABS:
    for module in ("tcp_synscan", "icmp_echoscan"):
        for _ in range(PAIRS):
            pair(device, module)
if os.environ.get("BENCH_ZMAPV6"):
    run(f"zmap-targets --text -v 1 -n {LIST} -b /dev/null {TO['IPv6']} >list")
for name, how in peers():
    got = run(how, lab=LABS["veth"] + SIX, seconds=WINDOW)
    row("veth, tcp_synscan", name, packets_per_s=got and got.pps,
        CPU_ns_per_packet=got and got.cpu / got.sent * 1e9)

n = 100000 if SMOKE else 10000000
p = subprocess.run(["dedup", "-6", str(n)], capture_output=True, text=True)
words = p.stdout.split()  # IPv6: N answers: NS ns and B bytes each, R resident
row(f"{n / 1e6:g} M answers known", "dedup",
    ns_per_answer=float(words[3]) if words else None,
    bytes_resident=float(words[9]) if words else None)
