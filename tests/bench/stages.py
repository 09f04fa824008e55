#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many records a second the stages after zmap-recv take for each second of
processor time: the filter, and each format, beside what people use today on
the same answers as text.

The stream has what zmap-recv writes for tcp_synscan, 23 fields: half SYN-ACKs,
RSTs, a tenth ICMP.  It comes from a file and goes to /dev/null.
"""
import json
import random
import shutil

from bench import ROOT, SMOKE, row, run

REPEAT = 30 if SMOKE else 1500
FIELDS = "saddr,sport,classification,ttl,success"


def answer(i):
    kind = random.random()
    a = dict(saddr=".".join(str(random.randrange(256)) for _ in range(4)),
             daddr="192.0.2.9", ipid=random.randrange(65536),
             ttl=random.randrange(255), sport=443,
             dport=random.randrange(32768, 61000),
             repeat=random.random() < .05, cooldown=False,
             timestamp=1700000000000000000 + i * 12345678)
    if kind < .5:
        a |= dict(seqnum=random.randrange(2**32), window=65535,
                  acknum=random.randrange(2**32), tcpopt_mss=1460,
                  tcpopt_wscale=128, tcpopt_sack_perm=1,
                  classification="synack", success=True)
    elif kind < .9:
        a |= dict(seqnum=0, acknum=random.randrange(2**32), window=0,
                  classification="rst", success=False)
    else:
        a |= dict(classification="icmp", success=False,
                  icmp_responder="9.8.7.6", icmp_type=3, icmp_code=1,
                  icmp_unreach_str="host unreachable")
    return a


def speed(name, who, command, records=REPEAT * 1000):
    got = run(f"{command} >/dev/null")
    row(name, who,
        records_per_CPU_s=got and records / max(got.cpu, 0.001))


random.seed(1)
with open("answers", "w") as f:
    f.writelines(json.dumps(answer(i)) + "\n" for i in range(1000))
run(f"{ROOT}/tests/tool/mkstream.py --repeat {REPEAT} <answers >stream")

for name, expression in {
        "success and no repeat": "success = 1 && repeat = 0",
        "prefixes, sets, ranges": "(saddr in {10.0.0.0/8, 100.0.0.0/6} || "
        "sport in {80, 440-450}) && ttl not in {64, 128}",
        "regular expression": 'classification ~ "^syn"'}.items():
    speed(f"filter: {name}", "zmap-filter", f"zmap-filter '{expression}' <stream")
for name, how in {"csv": f"-f {FIELDS}", "json": f"-f {FIELDS}",
                  "text": "-f saddr:sport", "xml": "", "diag": "",
                  "cbor": f"-f {FIELDS}"}.items():
    speed(f"print: {name}", "zmap-out", f"zmap-out -O {name} {how} <stream")

# what would be done with ZMap's text: a tenth of it, it takes long
few = REPEAT * 100
run(f"zmap-out -O json -f '*' -N {few} <stream >answers.json && "
    f"zmap-out -O csv -f '*' -N {few} <stream >answers.csv")
if shutil.which("jq") and not SMOKE:
    speed("filter: success and no repeat", "jq",
          "jq -c 'select(.success and (.repeat | not))' answers.json", few)
    speed("print: json", "jq", "jq -c '{saddr, sport, classification, ttl, "
          "success}' answers.json", few)
speed("print: csv", "Python's csv", f"""/usr/bin/python3 -c '
import csv, sys
out = csv.writer(sys.stdout)
for r in csv.DictReader(open("answers.csv")):
    out.writerow([r[f] for f in "{FIELDS}".split(",")])'""", few)
