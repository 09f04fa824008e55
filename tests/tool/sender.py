# SPDX-License-Identifier: Apache-2.0
"""zmap-send in a few lines, for tests: writes a probes stream on stdout and
sends SYNs to a prefix, slowly.  Only for use inside tests/lab/lab.

    lab bash -c 'python3 sender.py -p 80 10.0.0.0/20 | zmap-recv > out'
"""
import argparse
import ipaddress
import os
import socket
import sys
import time

import cbor2

import answers

p = argparse.ArgumentParser()
p.add_argument("-p", type=int, nargs="+", default=[80])
p.add_argument("-r", type=float, default=5000)
p.add_argument("-P", type=int, default=1)
p.add_argument("--hold", type=float, default=0.3)
p.add_argument("--after", type=float, default=0)
p.add_argument("prefix")
a = p.parse_args()

net = ipaddress.ip_network(a.prefix)
scan = answers.Scan(ports=a.p, source=os.environ["LAB_SOURCE"], probes=a.P,
                    networks=[(int(net[0]), int(net[-1]))], key=os.urandom(16))
sys.stdout.buffer.write(scan.stream(end=False))
sys.stdout.buffer.flush()
time.sleep(a.hold)      # the real one waits until this has been read

s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
start, n, said = time.monotonic(), 0, time.monotonic()


def event(name, **more):
    sys.stdout.buffer.write(cbor2.dumps(dict(
        event=name, stage="send", targets=n, packets=n, failures=0, **more)))
    sys.stdout.buffer.flush()


def tcp_sum(packet):
    part = packet[12:20] + b"\0\6" + (len(packet) - 20).to_bytes(2, "big")
    c = answers.checksum(part + packet[20:])
    return packet[:36] + c.to_bytes(2, "big") + packet[38:]


for address in net:
    for port in a.p:
        for k in range(a.P):
            s.sendto(tcp_sum(scan.syn(int(address), port, k)),
                     (str(address), 0))
        n += 1
        while n / a.r > time.monotonic() - start:
            time.sleep(0.001)
        if time.monotonic() > said + 1:
            said = time.monotonic()
            event("progress")
time.sleep(a.after)
event("end", status="done")
