#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether a rate is what was asked, how even it is, and what holding it costs.
The far side keeps every packet with its time of arrival."""
import struct

from bench import ROUND, SMOKE, everyone, row, run

# packets a second and seconds
RATES = {1000: 0.5} if SMOKE else {10: 6, 1000: 4, 100000: 3}


def arrivals(path):
    """nanoseconds of each packet of a savefile of the lab"""
    with open(path, "rb") as f:
        data = f.read()
    at, times = 24, []
    while at + 16 <= len(data):
        seconds, ns, length = struct.unpack_from("=III", data, at)
        times.append(seconds * 10**9 + ns)
        at += 16 + length
    return times


def most_in(times, span):
    tail = most = 0
    for i, t in enumerate(times):
        while t - times[tail] > span:
            tail += 1
        most = max(most, i + 1 - tail)
    return most


def rate(asked, seconds, who):
    got = run(who.scan("10.0.0.0/8", rate=asked), seconds=seconds,
              lab=("--classes", "open=0", "--capture", "far.pcap"))
    times = arrivals("far.pcap") if got else []
    if len(times) < 2:
        return row(f"{asked}/s", who.name, percent_error=None)
    pps = (len(times) - 1) / (times[-1] - times[0]) * 1e9
    gap = max(b - a for a, b in zip(times, times[1:]))
    row(f"{asked}/s", who.name, percent_error=100 * (pps / asked - 1),
        most_in_1_ms=most_in(times, 10**6), longest_gap_ms=gap / 1e6,
        percent_CPU=100 * got.cpu / got.seconds)


for asked, seconds in RATES.items():
    for who in everyone() if ROUND < 3 else ():
        rate(asked, seconds, who)
