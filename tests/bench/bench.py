# SPDX-License-Identifier: Apache-2.0
"""What the rows of the benchmark share.

A row file runs commands with run(), in the lab or without any network, and
says what it measured with row().  run() watches the processes and the device
from a process of its own, in the same lab: python3 bench.py JSON.
"""
import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SMOKE = bool(os.environ.get("BENCH_SMOKE"))
ROUND = int(os.environ.get("BENCH_ROUND", "1"))
FAR_MAC = "02:00:00:00:00:02"
WARM = 0.3  # seconds of sending before a window begins
STATISTICS = "/sys/class/net/s0/statistics"


def row(name, who, **values):
    """What was measured: keywords are units, per_s is /s; None has failed."""
    for unit, value in values.items():
        unit = unit.replace("_per_", "/").replace("percent_", "% ")
        value = "failed" if value is None else f"{value:.6g}"
        print(name, who, unit.replace("_", " "), value, sep="\t", flush=True)


# --- commands ---

def run(command, lab=None, seconds=None, okay=(0,), limit=120, core=None):
    """Runs a shell command and says what it took.

    lab        options of tests/lab/lab; without, there is no network at all
    seconds    a window: end it after so many seconds of sending
    okay       exit statuses of a run that counts, where it ends by itself

    Returns None if it failed, after saying so, or .seconds .user .cpu (seconds
    of processor time) .mib (the largest it was: of one program, as time(1)
    says; of several, the sum, as seen ten times a second; None if it was
    too short to be seen) .sent
    .received (packets) .pps (sent a second, in the window or while it sent)
    .status .errors (what it printed) .far (the counters of simnet).
    """
    job = {"command": command, "seconds": seconds, "limit": limit,
           "swallows": lab is not None and "--ifb" in lab}
    if lab is None:
        argv = ["unshare", "-rn"]
    else:
        argv = ["lab", "--counters", os.path.abspath("far"), *lab, "--"]
    if core is not None:
        argv += ["taskset", "-c", str(core)]
    argv += [sys.executable, os.path.abspath(__file__), json.dumps(job)]
    try:
        p = subprocess.run(argv, stdin=subprocess.DEVNULL, text=True,
                           capture_output=True, timeout=limit + 30)
        got = SimpleNamespace(**json.loads(p.stdout))
    except (ValueError, subprocess.TimeoutExpired) as e:
        why = p.stderr if isinstance(e, ValueError) else e
        print(f"bench: failed: {command}\n{why}", file=sys.stderr)
        return None
    if got.status not in okay and not got.ended:
        print(f"bench: status {got.status}: {command}\n{got.errors}",
              file=sys.stderr)
        return None
    if seconds and got.sent < 10 * seconds:
        print(f"bench: nothing was sent: {command}\n{got.errors}",
              file=sys.stderr)
        return None
    got.far = {}
    if lab is not None and "--ifb" not in lab:
        with open("far") as f:
            got.far = json.load(f)
    return got


def session(leader):
    """-> user seconds, all seconds, MiB: of the processes of a session"""
    user = system = kib = 0
    members = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                field = f.read().rpartition(")")[2].split()
            if int(field[3]) != leader:
                continue
            with open(f"/proc/{pid}/status") as f:
                status = f.read()
        except OSError:
            continue
        members.append(int(pid))
        user += int(field[11]) + int(field[13])
        system += int(field[12]) + int(field[14])
        if "VmHWM:" in status:
            kib += int(status.split("VmHWM:")[1].split()[0])
    tick = os.sysconf("SC_CLK_TCK")
    return user / tick, (user + system) / tick, kib / 1024, members


def counters(swallows):
    """-> time, packets sent, received; ifb calls received what it swallows"""
    now = [time.monotonic()]
    names = ["tx_packets", "rx_packets"]
    for name in reversed(names) if swallows else names:
        try:
            with open(f"{STATISTICS}/{name}") as f:
                now.append(int(f.read()))
        except OSError:
            now.append(0)
    return now


def alone(command):
    """Whether it is one program, for which no shell is needed."""
    return not set(command) & set("|&;<>()$`\\\"'*?[]#~\n") and \
        shutil.which(command.split()[0]) is not None


def watch(command, seconds, limit, swallows):
    """Runs it, watches it, and returns what run() says."""
    if alone(command):
        argv = ["time", "-q", "-f", "%M", "-o", "kib", *command.split()]
    else:
        argv = ["bash", "-o", "pipefail", "-c", command]
    with open("errors", "w") as errors:
        # kept: without an owner, it would be waited for by Python itself
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=errors,
                                 start_new_session=True)
    pid = child.pid
    begin = before = counters(swallows)
    first = warm = last = None
    mib = look = 0
    ended = False
    members = []
    while True:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        now = counters(swallows)
        if now[1] > before[1]:
            first, last = first or before, now
        if first and now[0] - first[0] >= WARM:
            warm = warm or now
        before = now
        if done:
            break
        if now[0] >= look:
            user, cpu, size, members = session(pid)
            mib, look = max(mib, size), now[0] + 0.1
        if warm and seconds and now[0] - warm[0] >= seconds:
            ended = True
        if ended or now[0] - begin[0] > limit:
            user, cpu, _, members = session(pid)
            for member in members:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member, signal.SIGKILL)
            os.wait4(pid, 0)
            break
        time.sleep(0.01)
    child.returncode = 0  # it has been waited for
    if done and alone(command):
        with open("kib") as f:
            mib = int(f.read()) / 1024
    if done:
        user, cpu = usage.ru_utime, usage.ru_utime + usage.ru_stime
    if seconds and warm:
        first = warm
    pps = 0
    if first and last and last[0] > first[0]:
        pps = (last[1] - first[1]) / (last[0] - first[0])
    with open("errors") as f:
        text = f.read()
    return {
        "status": os.waitstatus_to_exitcode(status) if done else -1,
        "ended": ended, "seconds": now[0] - begin[0], "user": user,
        "cpu": cpu, "mib": mib or None, "sent": now[1] - begin[1],
        "received": now[2] - begin[2], "pps": pps, "errors": text[-2000:]}


# --- who is measured ---

class Ours:
    name = "zmap"
    threads = (1, 2)

    def scan(self, to, rate=None, threads=None, cooldown=1):
        """the command of a scan of port 80 that writes addresses to out"""
        rate = f"-r {rate}" if rate else ""
        rate += f" -T {threads}" if threads else ""
        return (f"zmap -q -v 1 -p 80 -b /dev/null {rate} "
                f"-c {cooldown} -o out {to}")

    def found(self):
        with open("out") as f:
            return set(f.read().split())


def version(argv, word):
    """this word of what it says; ValueError, with the reason, if it fails"""
    try:
        said = subprocess.run(argv, capture_output=True, text=True,
                              errors="replace", timeout=20,
                              stdin=subprocess.DEVNULL)
        return said.stdout.split()[word]
    except (OSError, subprocess.TimeoutExpired) as e:
        raise ValueError(str(e)) from e
    except IndexError:
        raise ValueError(f"status {said.returncode}, " + " ".join(
            (said.stderr or "no version").split())[:200]) from None


class Zmap(Ours):
    """other versions of ZMap"""

    def __init__(self, path):
        self.path = path
        # not what the machine's configuration says, which is for another
        said = functools.partial(version, [path, "-C", "/dev/null", "-V"])
        # what is built from git says "Development Build. Commit 8de8833 - ..."
        self.name = "ZMap " + said(
            4 if said(slice(1, 3)) == ["Development", "Build."] else -1)

    def scan(self, to, rate=None, threads=1, cooldown=1):
        return (f"{self.path} -C /dev/null -q -p 80 -i s0 -G {FAR_MAC} -b /dev/null "
                f"-r {rate or 100000000} -T {threads} -c {cooldown} "
                f"-o out {to}")


class Masscan:
    """Its receiver never returns from a link that is idle, and it waits for
    its receiver: so packets come that mean nothing, five a second."""
    threads = (1,)
    waker = ("$LAB_FAR bash -c 'while sleep 0.2; do echo "
             ">/dev/udp/192.0.2.1/9; done' 2>/dev/null & ")

    def __init__(self, path):
        self.path = path
        self.name = "masscan " + version([path, "--version"], 2)

    def scan(self, to, rate=None, threads=1, cooldown=1):
        return (f"{self.waker} {self.path} -p80 --rate {rate or 100000000} "
                f"-e s0 --source-ip 192.0.2.1 --router-mac {FAR_MAC} "
                f"--wait {cooldown} -oL out {to}; s=$?; kill $!; exit $s")

    def found(self):
        with open("out") as f:
            return {line.split()[3] for line in f if line.startswith("open")}


@functools.cache
def look():
    """-> the peers: Debian's, and those of $BENCH_ZMAP and $BENCH_MASSCAN
    (paths); and why others that are named there are left out"""
    found, left = [], []
    if SMOKE:
        return found, left
    for kind, path, more in ((Zmap, "/usr/sbin/zmap", "BENCH_ZMAP"),
                             (Masscan, "/usr/bin/masscan", "BENCH_MASSCAN")):
        for path in [path, *os.environ.get(more, "").split(":")]:
            if not path:
                continue
            if not shutil.which(path):
                # Debian's may be there or not
                if not path.startswith("/usr/"):
                    left.append(f"{path}: not found")
                continue
            try:
                found.append(kind(path))
            except ValueError as e:
                left.append(f"{path}: {e}")
    return found, left


def peers():
    return look()[0]


def everyone():
    return [Ours(), *peers()]


if __name__ == "__main__":
    print(json.dumps(watch(**json.loads(sys.argv[1]))))
