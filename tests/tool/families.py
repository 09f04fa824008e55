# SPDX-License-Identifier: Apache-2.0
"""A test file with its addresses of IPv4 translated into those of IPv6, so that
the same tests run for both families:

    families.py tests/scan.bats >build/tests/six/scan.bats

Tests in which there is nothing to translate, nor in a function of the file that
they call, are left out, and those with the tag "once"; nothing is written where
none is left.

Every address A.B.C.D becomes 2001:db8::AABB:CCDD, and prefixes and ranges
accordingly: as many targets, in the same order.  The lab's own, 192.0.2.X,
become fd00:1ab::X, as the lab has them (its --six); what it is told by --prefix
is of IPv4 and stays.  Regular expressions that begin with an address, as
10\\.0\\.0\\., are translated where they name three of its bytes or all four.  What
Python completes ("10.0.0.%d" % n) stays; answers.py translates it.  A file of
golden/ is read from golden/six/, if there is one of this name, or translated.
"""
import ipaddress
import os
import re
import sys

BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
DOT = r"(?:\\?\.)"
ADDRESS = re.compile(
    rf"(?<![\d.\\])(?<!--prefix )({BYTE}{DOT}{BYTE}{DOT}{BYTE}{DOT})"
    rf"({BYTE})?(?![\d.])(?!%d\"(?: %|$))(/\d+)?(:\d+)?", re.M)


def six(address):
    """the address of IPv6 for one of IPv4; others as they are"""
    a = ipaddress.ip_address(address)
    if a.version == 6:
        return address
    if a in ipaddress.ip_network("192.0.2.0/24"):
        return str(ipaddress.ip_address("fd00:1ab::") + (int(a) & 255))
    return str(ipaddress.ip_address("2001:db8::") + int(a))


def translate(m):
    head, last, length, port = m.groups()
    if head.startswith("127."):
        return m[0]
    if last is None:
        return prefix_pattern(m)
    text = six(head.replace("\\", "") + last)
    if length == "/24" and text.startswith("fd00:") and last != "0":
        text += "/64"  # an address of a device
    elif length:
        text += f"/{96 + int(length[1:])}"
    return f"[{text}]{port}" if port else text


def prefix_pattern(m):
    """the beginning of all addresses of a /24: their text without the last
    byte, whose value has to be over 0 for it to have digits there"""
    head = m[1].replace("\\", "")
    third = int(head.split(".")[2])
    text = six(head + "1")
    return text[:-2] if third else text[:-1]


def golden(m):
    six = f"tests/golden/six/{m[1]}"
    return f"$ROOT/{six}" if os.path.exists(six) else m[0]


def translated(text):
    text = ADDRESS.sub(translate, text)
    text = re.sub(r"\bexpect\.py\b", "expect6.py", text)
    text = text.replace("$BATS_TEST_DIRNAME/", "$ROOT/tests/")
    text = re.sub(r"\$ROOT/tests/golden/([\w.-]+)", golden, text)
    text = text.replace("$LAB_SOURCE/24", "fd00:1ab::1/64")
    text = text.replace("$LAB_SOURCE", "fd00:1ab::1")
    text = text.replace("$LAB_GATEWAY ", "fd00:1ab::fe ")
    text = re.sub(r"\bip (addr|route|neigh|rule) ", r"ip -6 \1 ", text)
    text = re.sub(r"(add (?:table|chain|rule)) ip ", r"\1 ip6 ", text)
    text = re.sub(r"(?<![:\w])ip (daddr|saddr)\b", r"ip6 \1", text)
    text = re.sub(r"\bip\.(dst|src)\b(?! -e ipv6)", r"ipv6.\1", text)
    text = text.replace("!icmp ", "!icmpv6 ")
    text = re.sub(r"\bip\.ttl\b", "ipv6.hlim", text)
    return re.sub(r"^load (helper|tool/)", r"load ../../../tests/\1", text,
                  flags=re.M)


# A test with the lines right before it, or what is between two of them.
TEST = re.compile(r"((?:^#.*\n)*^@test .*\n(?:.*\n)*?^\}\n)", re.M)


def addressed(text):
    """the names of functions that have addresses"""
    return [name for name, body in re.findall(
        r"^(\w+)\(\) \{\n((?:.*\n)*?)^\}\n", text, re.M)
        if translated(body) != body]


def once(test):
    return re.search(r"^# bats test_tags=.*\bonce\b", test, re.M)


def main():
    with open(sys.argv[1]) as f:
        text = f.read()
    if not sys.argv[1].endswith(".bats"):
        sys.stdout.write(translated(text))
        return
    if re.search(r"^# bats file_tags=.*\bonce\b", text, re.M):
        return
    parts = TEST.split(text)
    named = addressed("".join(parts[::2]))
    out, tests = "", 0
    for i, part in enumerate(parts):
        six = translated(part)
        if i % 2 and (once(part) or six == part and not (
                named and re.search(rf"\b(?:{'|'.join(named)})\b", part))):
            continue
        out += six
        tests += i % 2
    if tests:
        sys.stdout.write(out)


if __name__ == "__main__":
    main()
