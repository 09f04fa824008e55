#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From execve to the first packet on the far side: all of IPv4 but what the
blacklist names.  Both ends of the time are of the same clock, and each run has
a target port of its own, by which its packet is known."""
import os
import re
import subprocess
import tempfile

from bench import ROOT, SMOKE, row

SCANS = r"""
for ((port = 1000; port < 1000 + $1; port++)); do
	timeout 10 bash -c 'echo "$0 $EPOCHREALTIME"
		exec "$1/bin/zmap" -p "$0" -n 1 -c 0 -q -v 0 -o /dev/null \
			-b "$1/examples/conf/blacklist.conf"' "$port" "$2"
done
"""

with tempfile.TemporaryDirectory() as directory:
    far = os.path.join(directory, "far")
    began = subprocess.run(
        ["lab", "--capture", far, "bash", "-c", SCANS, "bash",
         "3" if SMOKE else "20", ROOT],
        env={**os.environ, "ZMAP_CONFIG": "/dev/null"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=True, timeout=300).stdout
    seen = subprocess.run(["tcpdump", "-tt", "-n", "-r", far, "tcp"],
                          capture_output=True, text=True, check=True).stdout

first = {}
for time, port in re.findall(r"^([\d.]+) IP \S+ > [\d.]+\.(\d+):", seen, re.M):
    first.setdefault(port, float(time))
for port, time in map(str.split, began.splitlines()):
    row("to the first packet", "zmap",
        ms=port in first and 1000 * (first[port] - float(time)) or None)
