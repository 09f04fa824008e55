#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the counters of a whole scan add up, from the results it kept.

    identities.py [--done] < results

The end of each stage holds the end of the stage before it.  --done: the scan
was not disturbed in a way that cuts it short, so every target was taken.
Prints the number of records and of different addresses.  Exits 1 and names
the identity that does not hold.
"""
import sys

from readstream import items

REASONS = ("link", "truncated", "fragment", "protocol", "address", "quote",
           "source", "port", "validation")


def chain(end):
    """The ends of all stages, by name."""
    ends = {}
    while isinstance(end, dict):
        ends.setdefault(end.get("stage"), end)
        end = end.get("before")
    return ends


def same(what, a, b):
    if a != b:
        sys.exit("identities: %s: %s is not %s" % (what, a, b))


def check(ends, done, records):
    targets, send = ends.get("targets"), ends.get("send")
    recv, last = ends.get("recv"), records
    # a sender that a test wrote counts nothing
    if send and (done or "in" in send):
        same("send: in = targets + excluded + failed + left", send["in"],
             sum(send[k] for k in ("targets", "excluded", "failed", "left")))
        if targets and done:
            same("targets written = read", targets["targets"], send["in"])
            same("left", send["left"], 0)
    for name in ("out", "filter"):
        if name in ends:
            e = ends[name]
            same(name + ": out", e["out"], last)
            same(name + ": in = out + filtered", e["in"],
                 e["out"] + e.get("filtered", 0))
            last = e["in"]
    if recv:
        same("recv: passed", recv["passed"], last)
        same("recv: captured = received + drops", recv["captured"],
             recv["received"] + recv["kernel_drops"] + recv.get("unread", 0))
        same("recv: received = valid + invalid", recv["received"],
             recv["valid"] + recv["invalid"])
        same("recv: invalid = refused by reason", recv["invalid"],
             sum(recv[r] for r in REASONS))
        same("recv: valid = passed + lost in the queue", recv["valid"],
             recv["passed"] + recv["queue_drops"])
        same("recv: valid = unique + repeats", recv["valid"],
             recv["unique"] + recv["failure_unique"] + recv["repeats"])


def main():
    found, addresses, end = 0, set(), None
    for what, item in items(sys.stdin.buffer.read()):
        if what == "record":
            found += 1
            addresses.add(item[0])
        elif what == "end":
            end = item
    ends = chain(end)
    if not {"targets", "send", "recv", "filter", "out"} & set(ends):
        sys.exit("identities: no end that counts: %s" % end)
    check(ends, "--done" in sys.argv[1:], found)
    print(found, len(addresses), *sorted(ends))


if __name__ == "__main__":
    main()
