#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-recv --check injected: several different answers to one probe.

# bats file_tags=beside,quick
load helper
load tool/answers

@test "rivals: injected: answers that differ, copies that do not" {
	make '
s = a.Scan(probes=2)
o = dict(options=bytes.fromhex("0101080a0000000100000002"))
later = dict(options=bytes.fromhex("0101080a0000000900000002"))
a.pcap("in.pcap", [
 s.synack("192.0.2.1"),
 s.synack("192.0.2.2"), s.synack("192.0.2.2"),             # a copy
 s.synack("192.0.2.3", seq=1), s.synack("192.0.2.3", seq=2),
 s.synack("192.0.2.4", **o), s.synack("192.0.2.4", ident=9, ttl=9, **later),
 s.synack("192.0.2.5", seq=1), s.synack("192.0.2.5", seq=2, n=1),  # two probes
 s.synack("192.0.2.6"), s.rst("192.0.2.6"),                # of another kind
 *[s.synack("192.0.2.7", seq=i) for i in range(9)],
 s.unreachable("192.0.2.8"),
])
open("s.cbor", "wb").write(s.stream())'
	zmap-recv --check injected --read-pcap in.pcap <s.cbor >out.cbor
	adds_up out.cbor
	zmap-out -f saddr,answers,injected --no-header-row out.cbor | sort -u >got
	diff - got <<-'END'
		192.0.2.1,1,0
		192.0.2.2,1,0
		192.0.2.3,2,1
		192.0.2.4,1,0
		192.0.2.5,1,0
		192.0.2.6,,
		192.0.2.6,1,0
		192.0.2.7,6,1
		192.0.2.8,,
	END
	[ "$(counter out.cbor injected)" = 2 ]
	# the others are as they are without
	zmap-recv --read-pcap in.pcap <s.cbor >plain.cbor
	diff <(zmap-out -f saddr,classification,repeat plain.cbor | sort) \
		<(zmap-out -f saddr,classification,repeat out.cbor | sort)
	zmap-recv --list-output-fields --check injected | grep -q '^injected '
	run grep '^injected ' < <(zmap-recv --list-output-fields)
	[ "$status" -eq 1 ]
}
