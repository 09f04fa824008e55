#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is said of hosts that are none: of a simulated /16 in which boxes answer
for 100, 92 and 50 % of some /24s, hosts are dense in others, and some hosts are
open on every port, at losses of 0, 5 and 20 %, whole and in samples.  Beside it
what a script says that calls a /24 dense if over 90 % of those that were asked
answer, and what LZR does, by whether data is acknowledged and by three further
ports (tests/tool/lzr.py).  Then the same of aliased /64s and /96s of IPv6, and
what zgrab2 is spared where a third of those that answer are none.

Precision is how much of what was named is what it was named, recall how much of
what there is was named, each in percent.  Truth is computed by
tests/lab/expect.py, and is, of a dense prefix, that over half of its addresses
answer on this port, be they hosts or not."""
import ipaddress
import subprocess
import sys

from bench import ROOT, SMOKE, row, run

sys.path.insert(0, f"{ROOT}/tests/lab")
import expect  # noqa: E402
import expect6  # noqa: E402

SEED, PORT = 7, 80
CLASSES = "open=3,closed=30"
CLASSES6 = "open=0.02,closed=60"
PLACES6 = "wildcard=0.02"
PLACES = "all=8,most=8,half=8,cluster=8,wildcard=1"
THIRD = "all=2,most=2,half=1,cluster=6,wildcard=0.3"
# so few that an address drawn in a prefix that is neither hardly answers
ALIASED = "0.1,0.1,0.1"
NET = ipaddress.ip_network("10.5.0.0/21" if SMOKE else "10.5.0.0/16")
SIXES = 1 << 12 if SMOKE else 1 << 16  # /64s to choose from
LOSSES = (0,) if SMOKE else (0, 5, 20)
SHARES = (100,) if SMOKE else (100, 25, 10, 1)
SCAN = ("zmap -q -v 1 -p 80 --no-blacklist -r 15000 -c 4 --check-wait 3 "
        "--check wildcard,alias --dense dense.cbor -O cbor -o out.cbor ")


def shell(command, lab=None):
    """what it prints, line by line"""
    inside = ["lab", *lab, "--"] if lab else []
    p = subprocess.run([*inside, "bash", "-o", "pipefail", "-c", command],
                       stdin=subprocess.DEVNULL, capture_output=True,
                       text=True, check=False)
    if p.returncode != 0:
        sys.exit(f"fakes: {command}: {p.stderr}")
    return p.stdout.splitlines()


def judge(named, right, among=None):
    """-> precision and recall in percent, where there is any"""
    among = right if among is None else among
    values = {}
    if named:
        values["percent_precision"] = 100 * len(named & right) / len(named)
    if among:
        values["percent_recall"] = 100 * len(named & among) / len(among)
    return values


def successes(fields):
    return [line.split(",") for line in shell(
        "zmap-filter 'success && !repeat' out.cbor | "
        f"zmap-out -f {fields} --no-header-row")]


def number(text):
    return int(ipaddress.ip_address(text))


# --- IPv4 ---

class World:
    def __init__(self, places=PLACES):
        self.places = expect.Places(places, SEED)
        answers = expect.expected([NET], [PORT], 6, SEED,
                                  expect.thresholds(CLASSES), 1, self.places)
        self.open = {a for a, _, name, _ in answers if name == "open"}
        self.kinds = {p: self.places.place(p << 8)
                      for p in range(int(NET[0]) >> 8, (int(NET[-1]) >> 8) + 1)}
        count = {}
        for a in self.open:
            count[a >> 8] = count.get(a >> 8, 0) + 1
        self.count = count

    def dense(self, percent):
        """prefixes of which more answers"""
        return {p for p, n in self.count.items() if n > 2.56 * percent}

    def of(self, *kinds):
        return {p for p, kind in self.kinds.items() if kind in kinds}


def dense_row(what, who, world, named, percent=50):
    values = judge(named, world.dense(percent), among=())
    for kind in ("all", "most", "cluster", "half"):
        among = world.of(kind)
        if among:
            values["percent_of_" + kind] = \
                100 * len(named & among) / len(among)
    row("dense: " + what, who, **values)


def listed(name):
    return {number(line) >> 8 for line in shell(
        f"zmap-out -f dense --no-header-row {name} | cut -d/ -f1")}


def script(world, share, answered):
    """prefixes of which over 90 % of those asked have answered"""
    asked, got = {}, {}
    for line in shell("zmap-targets --text -p 80 --seed 3 --no-blacklist "
                      f"-n {share}% {NET} | cut -d, -f1 | cut -d: -f1"):
        p = number(line) >> 8
        asked[p] = asked.get(p, 0) + 1
    for a in answered:
        got[a >> 8] = got.get(a >> 8, 0) + 1
    return {p for p in got if got[p] > 0.9 * asked[p]}


def lzr(lab):
    """-> who LZR drops: for unacknowledged data, for further open ports"""
    with open("hosts", "w") as f:
        for line in successes("saddr,sport,dport,seqnum,acknum"):
            print(*line, sep=",", file=f)
    said = [line.split(",") for line in shell(
        f"{ROOT}/tests/tool/lzr.py <hosts", lab=lab)]
    return ({number(a) for a, data, _ in said if data == "0"},
            {number(a) for a, _, more in said if more == "3"})


def scan4(world, loss, share):
    what = f"{share} % of a {NET.prefixlen}, {loss} % lost"
    lab = ["--seed", str(SEED), "--classes", CLASSES, "--places", PLACES,
           "--loss", str(loss)]
    got = run(SCAN + f"--seed 3 -n {share}% --write-stream probes.cbor "
              f"--write-pcap got.pcap {NET}", lab=lab)
    if got is None:
        row("dense: " + what, "zmap", percent_precision=None)
        return
    hosts = [(number(a), wild, alias)
             for a, wild, alias in successes("saddr,wildcard,alias")]
    answered = {a for a, _, _ in hosts}
    shell("zmap-recv --dense most.cbor --dense-share 25 --read-pcap got.pcap "
          "<probes.cbor >again.cbor")
    dense_row(what, "zmap --dense", world, listed("dense.cbor"))
    dense_row(what, "zmap --dense-share 25", world, listed("most.cbor"),
              25)
    dense_row(what, "script, over 90 %", world, script(world, share, answered))

    fake = {a for a in answered if world.places.fake(a)}
    wild = {a for a, w, _ in hosts if w == "1"}
    row("open on any port: " + what, "zmap --check wildcard",
        **judge(wild, fake), probes_a_responder=counted("checks_asked") /
        len(answered))
    if share == 100:
        mute, ports = lzr(lab)
        row("open on any port: " + what, "LZR, data", **judge(mute, fake),
            probes_a_responder=1 + len(mute) / len(answered))
        row("open on any port: " + what, "LZR, -haf 3", **judge(ports, fake),
            probes_a_responder=3)

    behind = {a for a in answered
              if world.kinds[a >> 8] in ("all", "most") and a in fake}
    alias = {a for a, _, prefix in hosts if prefix}
    row("boxes of a /24: " + what, "zmap --check alias", **judge(alias, behind),
        probes_a_responder=counted("alias_asked") / len(answered))
    row("boxes of a /24: " + what, "... and wildcard",
        **judge(alias & wild, behind))


def spared(loss):
    """what is left to connect to, for filters that a user would write"""
    world = World(THIRD)
    real = {a for a in world.open if not world.places.fake(a)}
    if run(SCAN + str(NET), lab=("--seed", str(SEED), "--classes", CLASSES,
                                 "--places", THIRD, "--loss",
                                 str(loss))) is None:
        row(f"zgrab2, {loss} % lost", "zmap", connections=None)
        return
    once, hosts = "success && !repeat", "(wildcard is null || !wildcard)"
    most = None
    for who, condition in (
            ("all that answer", once),
            ("not dense, first pass", f"{once} && dense is null"),
            ("not dense, second pass", f"{once} && saddr not in @dense.cbor"),
            ("not wildcard", f"{once} && {hosts}"),
            ("... nor unknown in an alias",
             f"{once} && {hosts} && (alias is null || wildcard is not null)")):
        left = {number(line.split(",")[0]) for line in shell(
            f"zmap-filter '{condition}' out.cbor | zmap-out -O zgrab2")}
        most = most or left
        row(f"zgrab2, {loss} % lost", who, connections=len(left),
            percent_saved=100 - 100 * len(left) / len(most),
            percent_fakes=100 * len(left - real) / len(left),
            percent_of_hosts_kept=100 * len(left & real) / len(most & real))


def counted(name):
    end = shell("zmap-out -O diag out.cbor | tail -n 1")[0]
    return int(end.split(f'"{name}": ')[1].split(",")[0].rstrip("}"))


# --- IPv6 ---

def listed6(shares):
    """forty hosts in each /64 with a box or a cluster, and in as many others"""
    whole = number("2001:db8::")
    some = [whole | i << 64 for i in range(SIXES) if any(
        expect6.roll(whole | i << 64, 0, length, SEED) < share
        for length, share in shares)]
    some += [whole | 1 << 80 | i << 64 for i in range(len(some))]
    with open("list6", "w") as f:
        for net in some:
            for host in range(1, 41):
                print(ipaddress.ip_address(net | host), file=f)
    return len(some)


def scan6(loss):
    *shares, cluster = [(length, expect.share_of(s)) for length, s in
                        zip((64, 96, 112), ALIASED.split(","))]
    what = f"IPv6, {listed6([*shares, cluster])} /64s, {loss} % lost"
    lab = ["--seed", str(SEED), "--classes", CLASSES6, "--places", PLACES6,
           "--loss", str(loss), "--six", "2001:db8::/32",
           "--aliased", ALIASED]
    if run(SCAN + "-I list6", lab=lab) is None:
        row("aliases: " + what, "zmap", percent_precision=None)
        return
    hosts = [(number(a), wild, alias)
             for a, wild, alias in successes("saddr,wildcard,alias")]
    real = {a: expect6.aliased(a, SEED, shares) for a, _, _ in hosts}
    fake = {a for a in real if real[a]}
    named = {a for a, _, alias in hosts if alias}
    row("aliases: " + what, "zmap --check alias", **judge(named, fake),
        probes_a_responder=counted("alias_asked") / len(hosts))
    wild = {a for a, w, _ in hosts if w == "1"}
    places = expect.Places(PLACES6, SEED)
    everywhere = fake | {a for a in real
                         if expect6.roll(a, 0, 32, SEED) < places.wild}
    row("open on any port: " + what, "zmap --check wildcard",
        **judge(wild, everywhere),
        probes_a_responder=counted("checks_asked") / len(hosts))
    clusters = {a >> 16 for a in real if expect6.roll(
        expect6.first(a, 112), 0, 112, SEED) < cluster[1]}
    clusters -= {a >> 16 for a in fake}
    dense = {number(line) >> 16 for line in shell(
        "zmap-filter 'length = 112' dense.cbor | zmap-out -f dense "
        "--no-header-row | cut -d/ -f1")}
    row("dense /112s: " + what, "zmap --dense",
        **judge(dense, clusters | {a >> 16 for a in fake}))
    row("... that are hosts: " + what, "zmap, not alias",
        **judge(dense - {a >> 16 for a in named}, clusters))


world = World()
for loss in LOSSES:
    for share in SHARES:
        scan4(world, loss, share)
for loss in LOSSES:
    scan6(loss)
for loss in LOSSES:
    spared(loss)
