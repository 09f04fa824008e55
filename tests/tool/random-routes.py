#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Random links, routes and rules in this namespace, and a random scan over them:
# does zmap-send --list-routes say what the kernel says for each target?
#
#	random-routes.py FIRST-SEED COUNT
#
# Only for a namespace of its own; everything that was made is removed again.
import random, re, subprocess, sys


def run(*args, stdin=None):
    return subprocess.run(args, input=stdin, capture_output=True, text=True)


def ip(*args):
    return run("ip", *args).returncode == 0


def address(value):
    return ".".join(str(value >> s & 255) for s in (24, 16, 8, 0))


def prefix(r, inside=10 << 24, low=9, high=32):
    """A prefix of 10/8, often a neighbour of another one."""
    bits = r.randint(low, high)
    net = inside | r.choice((0, 1 << 16, 5 << 8, 0xffff << 8)) | r.getrandbits(24)
    return f"{address(net >> (32 - bits) << (32 - bits))}/{bits}"


def set_up(r):
    """Devices, and what routes may name: gateways with their devices."""
    hops = []
    for k in range(r.randint(1, 4)):
        ip("link", "add", f"s{k}", "type", "veth", "peer", "name", f"p{k}")
        ip("link", "set", f"s{k}", "up")
        ip("link", "set", f"p{k}", "up")
        net = f"172.{16 + k}.{r.randint(0, 9)}"
        ip("addr", "add", f"{net}.1/24", "dev", f"s{k}")
        if r.random() < 0.3:
            ip("addr", "add", f"{net}.9/24", "dev", f"s{k}")
        for gateway in r.sample(range(20, 250), 2):
            hops.append((f"s{k}", f"{net}.{gateway}", f"{net}.1"))
    return hops


def add_route(r, hops, table):
    to = "default" if r.random() < 0.2 else prefix(r)
    kind = r.random()
    args = ["route", "add"]
    if kind < 0.15:
        args += [r.choice(("blackhole", "unreachable", "prohibit", "throw")), to]
    elif kind < 0.25:
        device, _, _ = r.choice(hops)
        args += [to, "dev", device]
    elif kind < 0.35 and len(hops) > 2:
        args += [to]
        for device, gateway, _ in r.sample(hops, 2):
            args += ["nexthop", "via", gateway, "dev", device, "weight",
                     str(r.randint(1, 5))]
    else:
        device, gateway, source = r.choice(hops)
        args += [to, "via", gateway, "dev", device]
        if r.random() < 0.3:
            args += ["src", source]
        if r.random() < 0.2:
            args += ["mtu", str(r.randint(600, 1400))]
    args += ["metric", str(r.randint(1, 5)), "table", str(table)]
    ip(*args)


def add_rule(r, hops):
    args = ["rule", "add"]
    kind = r.random()
    if kind < 0.4:
        args += ["from", r.choice(hops)[2]]
    elif kind < 0.6:
        args += ["to", prefix(r)]
    elif kind < 0.75:
        args += ["ipproto", "tcp", "dport", r.choice(("80", "443", "80-90"))]
    elif kind < 0.85:
        args += ["not", "fwmark", "1"]
    if r.random() < 0.1:
        args += [r.choice(("blackhole", "unreachable", "prohibit"))]
    else:
        args += ["table", str(r.choice((100, 101, 102)))]
        if r.random() < 0.2:
            args += ["suppress_prefixlength", "0"]
    args += ["priority", str(r.randint(10, 30000))]
    return ip(*args)


def kernel(target, port, source, device):
    """What `ip route get` says, in the words of --list-routes."""
    args = ["ip", "route", "get", target]
    if source:
        args += ["from", source]
    if device:
        args += ["oif", device]
    args += ["ipproto", "tcp", "sport", "32768", "dport", port]
    got = run(*args)
    if got.returncode != 0:
        return "refused"
    if re.match(r"(local|broadcast|multicast) ", got.stdout):
        return "refused"
    say = ""
    for word in ("via", "dev", "src"):
        m = re.search(rf" {word} (\S+)", got.stdout)
        if m:
            say += f" {word} {m.group(1)}"
    if source:
        say += f" src {source}"
    return say.strip()


def hops_of(target, source, port):
    """The devices and gateways of a route with several hops."""
    args = ["ip", "route", "get", "fibmatch", target]
    if source:
        args += ["from", source]
    args += ["ipproto", "tcp", "sport", "32768", "dport", port]
    got = run(*args).stdout
    return re.findall(r"nexthop via (\S+) dev (\S+)", got)


def own_source(gateway, device):
    m = re.search(r" src (\S+)",
                  run("ip", "route", "get", gateway, "oif", device).stdout)
    return m.group(1) if m else ""


def same(said, want, target, source, port):
    if want == "refused":
        return said.startswith("refused")
    if said == want:
        return True
    several = hops_of(target, source, port)
    m = re.match(r"via (\S+) dev (\S+) src (\S+)$", said)
    return bool(m) and (m.group(1), m.group(2)) in several and (
        m.group(3) == (source or own_source(m.group(1), m.group(2))) or
        re.search(rf" src {m.group(3)}( |$)", want) is not None)


def clean(r):
    for k in range(4):
        ip("link", "del", f"s{k}")
    for table in (100, 101, 102):
        ip("route", "flush", "table", str(table))
    ip("route", "flush", "table", "main")
    ip("rule", "flush")
    ip("rule", "add", "from", "all", "table", "main", "priority", "32766")
    ip("rule", "add", "from", "all", "table", "default", "priority", "32767")


def one(seed):
    r = random.Random(seed)
    hops = set_up(r)
    for _ in range(r.randint(1, 30)):
        add_route(r, hops, r.choice((254, 254, 100, 101, 102)))
    for _ in range(r.randint(0, 4)):
        add_rule(r, hops)
    nets = [prefix(r, low=20) for _ in range(r.randint(1, 4))]
    nets += [f"{hops[0][2]}/28"] * (r.random() < 0.3)
    options = []
    sources = []
    if r.random() < 0.4:
        sources = sorted({h[2] for h in r.sample(hops, min(2, len(hops)))})
        options += ["-S", ",".join(sources)]
    device = r.choice(hops)[0] if r.random() < 0.15 else None
    if device:
        options += ["-i", device]
    stream = subprocess.run(
        ["zmap-targets", "--no-blacklist", "-e", str(seed), "-n", "20", "-p",
         "80,443,8080", *nets], capture_output=True).stdout
    got = subprocess.run(["zmap-send", "-v", "2", "--list-routes", *options],
                         input=stream, capture_output=True)
    if got.returncode != 0:
        print(f"seed {seed}: status {got.returncode}: {got.stderr.decode()} {options} {nets}")
        return 0, 1
    wrong = n = 0
    for line in got.stdout.decode().splitlines():
        where, said = line.split(" ", 1)
        target, port = where.split(":")
        source = None
        if sources:
            a = int.from_bytes(bytes(map(int, target.split("."))), "big")
            source = sources[a % len(sources)]
        want = kernel(target, port, source, device)
        if device and want != "refused" and " via " not in f" {want}":
            # the kernel guesses that all is on the link of oif
            match = run("ip", "route", "get", "fibmatch", target, "oif", device,
                        *(["from", source] if source else []), "ipproto", "tcp",
                        "sport", "32768", "dport", port)
            if match.returncode != 0:
                want = "refused"
        n += 1
        if not same(said, want, target, source, port):
            wrong += 1
            print(f"seed {seed}: {where} {' '.join(options)}: said '{said}', "
                  f"kernel '{want}'")
    return n, wrong


def main():
    first, count = int(sys.argv[1]), int(sys.argv[2])
    total = wrong = 0
    for seed in range(first, first + count):
        n, bad = one(seed)
        clean(random)
        total += n
        wrong += bad
    print(f"{count} networks, {total} targets, {wrong} wrong")
    sys.exit(wrong != 0)


main()
