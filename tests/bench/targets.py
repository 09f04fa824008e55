#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast targets come, from one core through a pipe to a reader that counts:
all of IPv4 without IANA's special-purpose networks, beside the list modes of
others; and what large lists take.  Nothing here sends anything."""
import os
import shutil

from bench import ROOT, ROUND, SMOKE, row, run

IANA = f"{ROOT}/examples/conf/blacklist.conf"
WINDOW = 0.3 if SMOKE else 3
MILLIONS = (1,) if SMOKE else (1, 10, 30)


def speed(name, who, kind, command):
    """the reader on the last core, so that both have one"""
    got = run(f"taskset -c 0 {command} | taskset -c {os.cpu_count() - 1} "
              f"counter {kind} {WINDOW} >count", okay=(0, 141, -13))
    with open("count") as f:
        row(name, who, targets_per_s=float(f.read() or 0) if got else None)


def cost(name, command):
    got = run(command)
    row(name, "zmap-targets", seconds=got and got.seconds,
        MiB=got and got.mib)


speed("stream", "zmap-targets", 4, f"zmap-targets -v 1 -p 80 -b {IANA}")
speed("text", "zmap-targets", "lines",
      f"zmap-targets -v 1 --text -p 80 -b {IANA}")
os.system(f"grep -o '^[0-9.]*/[0-9]*' {IANA} >iana")
if shutil.which("masscan") and not SMOKE:
    speed("text", "masscan -sL", "lines",
          "masscan -sL 0.0.0.0/0 -p 80 --excludefile iana")
if shutil.which("ziterate") and not SMOKE:
    speed("text", "ziterate", "lines", f"ziterate -p 80 -b {IANA}")

# IPv6: one address in each /64 of a /32, drawn; two; and from a list
ROOM = "zmap-targets -v 1 -p 80 -b /dev/null"
speed("window, stream", "zmap-targets", 16, f"{ROOM} 2600::/32-64")
speed("window of two, stream", "zmap-targets", 16,
      f"{ROOM} --iid rand,low 2600::/32-64")
speed("window, text", "zmap-targets", "lines", f"{ROOM} --text 2600::/32-64")

# what they begin with: the first target, then lists that have to be loaded
cost("start", f"zmap-targets -v 1 -p 80 -n 1 -b {IANA}")
for million in MILLIONS:
    # loading takes the same in each round, and long
    if million > 1 and ROUND > 2:
        break
    n = million * 1000000
    run(f"zmap-targets -v 1 --text -p 80 -e 2 -n {n} -b {IANA} | "
        "tee pairs | cut -d: -f1 >list")
    cost(f"{million} M addresses, first target",
         f"zmap-targets -v 1 -p 80 -n 1 -I list -b {IANA}")
    if million == 1:
        run("sed 's/[0-9]*$/0\\/24/' list >block")
        cost("1 M prefixes blacklisted, first target",
             "zmap-targets -v 1 -p 80 -n 1 -b block")
        speed("1 M prefixes blacklisted, stream", "zmap-targets", 4,
              "zmap-targets -v 1 -p 80 -b block")
    run(f"zmap-targets -v 1 --text -e 2 -n {n} -b /dev/null 2600::/32-64 "
        ">list6")
    cost(f"{million} M addresses of IPv6, first target",
         f"{ROOM} -n 1 -I list6")
    # with a thousand ports it lasts long enough
    speed(f"{million} M addresses of IPv6, stream", "zmap-targets", 18,
          f"{ROOM.replace('80', '1-1000')} -I list6")
    if million == 10:
        cost("10 M pairs, first target",
             f"zmap-targets -v 1 -n 1 -I pairs -b {IANA}")
