#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What zmap-send alone makes of -r and -B, from a packet in two seconds up:
the rate on the far side, its longest gap, the most packets in a millisecond,
the longest burst (arrivals.c says how that is told), and processor time."""
import os
import signal
import subprocess
import sys
import time

from bench import ROUND, SMOKE, row

# what is asked, what that is in packets a second, and seconds to look at
RATES = ([("-r 10000", 10000, 0.5)] if SMOKE else
         [("-r 0.5", 0.5, 20), ("-r 1", 1, 11), ("-r 10", 10, 10),
          ("-r 1000", 1000, 10), ("-r 10000", 10000, 10),
          ("-r 100000", 100000, 10), ("-B 720K", 1000, 10),
          ("-B 7.2M", 10000, 10), ("-B 72M", 100000, 10)])


def processor(pid):
    """nanoseconds that a process has run"""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            total += int(f.read().split()[0])
    return total


def inside(option, asked, seconds):
    """In the lab, where nobody but us looks at what arrives."""
    os.kill(int(os.environ["LAB_SIM_PID"]), signal.SIGKILL)
    far = subprocess.Popen(
        [*os.environ["LAB_FAR"].split(), "arrivals", "i0", asked],
        stdout=subprocess.PIPE, text=True)
    time.sleep(0.3)
    targets = subprocess.Popen(
        "zmap-targets -v 1 -p 80 -b /dev/null 10.0.0.0/8".split(),
        stdout=subprocess.PIPE)
    send = subprocess.Popen(["zmap-send", "-v", "1", *option.split()],
                            stdin=targets.stdout, stdout=subprocess.DEVNULL)
    targets.stdout.close()
    time.sleep(0.3)
    before, begin = processor(send.pid), time.monotonic()
    time.sleep(seconds)
    cpu = (processor(send.pid) - before) / 1e7 / (time.monotonic() - begin)
    send.send_signal(signal.SIGINT)
    send.wait()
    targets.wait()
    far.send_signal(signal.SIGINT)
    print(far.communicate()[0].strip(), cpu, sep="\t")


def outside(option, asked, seconds):
    got = subprocess.run(
        ["lab", "--classes", "open=0", "--", sys.executable,
         os.path.abspath(__file__), option, str(asked), str(seconds)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        pps, error, gap, most, burst, lost, cpu = map(float,
                                                      got.stdout.split())
    except ValueError:
        return row(option, "zmap-send", packets_per_s=None)
    if lost:
        print(f"bench: {option}: the capture lost {lost:.0f} packets",
              file=sys.stderr)
        return row(option, "zmap-send", packets_per_s=None)
    row(option, "zmap-send", packets_per_s=pps, percent_error=error,
        longest_gap_ms=gap, most_in_1_ms=most, longest_burst=burst,
        percent_CPU=cpu)


if len(sys.argv) > 1:
    inside(sys.argv[1], sys.argv[2], float(sys.argv[3]))
elif ROUND == 1:
    for asked in RATES:
        outside(*asked)
