# SPDX-License-Identifier: Apache-2.0
"""A test file with its addresses of IPv4 translated into those of IPv6, so that
the same tests run for both families:

    families.py tests/scan.bats >build/tests/six/scan.bats

Every address A.B.C.D becomes 2001:db8::AABB:CCDD, and prefixes and ranges
accordingly: as many targets, in the same order.  The lab's own, 192.0.2.X,
become fd00:1ab::X, as the lab has them (its --six); what it is told by --prefix
is of IPv4 and stays.  Regular expressions that begin with an address, as
10\\.0\\.0\\., are translated where they name three of its bytes or all four.
"""
import ipaddress
import re
import sys

BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
DOT = r"(?:\\?\.)"
ADDRESS = re.compile(
    rf"(?<![\d.\\])(?<!--prefix )({BYTE}{DOT}{BYTE}{DOT}{BYTE}{DOT})"
    rf"({BYTE})?(?![\d.])(/\d+)?(:\d+)?")


def translate(m):
    head, last, length, port = m.groups()
    if head.startswith("127."):
        return m[0]
    if last is None:
        return prefix_pattern(m)
    a = ipaddress.ip_address(head.replace("\\", "") + last)
    if a in ipaddress.ip_network("192.0.2.0/24"):
        six = ipaddress.ip_address("fd00:1ab::") + (int(a) & 255)
    else:
        six = ipaddress.ip_address("2001:db8::") + int(a)
    text = str(six)
    if length and text.startswith("fd00:") and last != "0":
        text += "/64"  # an address of a device
    elif length:
        text += f"/{96 + int(length[1:])}"
    return f"[{text}]{port}" if port else text


def prefix_pattern(m):
    """the beginning of all addresses of a /24: their text without the last
    byte, whose value has to be over 0 for it to have digits there"""
    head = m[1].replace("\\", "")
    six = ipaddress.ip_address("2001:db8::") + int(
        ipaddress.ip_address(head + "1"))
    third = int(head.split(".")[2])
    text = str(six)
    return text[:-2] if third else text[:-1]


def main():
    with open(sys.argv[1]) as f:
        text = f.read()
    text = ADDRESS.sub(translate, text)
    text = re.sub(r"\bexpect\.py\b", "expect6.py", text)
    text = text.replace("$LAB_SOURCE/24", "fd00:1ab::1/64")
    text = text.replace("$LAB_SOURCE", "fd00:1ab::1")
    text = text.replace("$LAB_GATEWAY ", "fd00:1ab::fe ")
    text = re.sub(r"\bip (addr|route|neigh|rule) ", r"ip -6 \1 ", text)
    text = re.sub(r"(add (?:table|chain|rule)) ip ", r"\1 ip6 ", text)
    text = re.sub(r"\bip (daddr|saddr)\b", r"ip6 \1", text)
    text = re.sub(r"\bip\.(dst|src)\b(?! -e ipv6)", r"ipv6.\1", text)
    text = text.replace("!icmp ", "!icmpv6 ")
    text = re.sub(r"^load (helper|tool/)", r"load ../../../tests/\1", text,
                  flags=re.M)
    sys.stdout.write(text)


main()
