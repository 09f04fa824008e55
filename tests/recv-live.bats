#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-recv on a device, in the lab: when it starts, when it stops, and that it
# says what it lost.

load helper
bats_require_minimum_version 1.5.0
load tool/answers

# Runs a script in the lab, with what all of them need.
live() {
	local script=$1
	shift
	cat >live.sh <<-E
		# on port 80, or on what -p says as the first argument
		targets() {
			local ports=80
			[ "\$1" != -p ] || { ports=\$2; shift 2; }
			zmap-targets --no-blacklist -p "\$ports" -e 3 "\$@"
		}
		after() {
			until_sent 50
			sleep "\$1"; shift; kill "\$1" \$(pgrep -x "\$2")
		}
		seconds() {
			local rc at=\${EPOCHREALTIME/./}
			"\$@"
			rc=\$?
			echo \$(((\${EPOCHREALTIME/./} - at) / 1000)) >ms
			return \$rc
		}
		$script
	E
	lab "$@" bash live.sh 3>&-
}

# What was found is what the simulated Internet says, class by class.
truth() {
	local file=$1
	shift
	rows "$file" saddr sport classification repeat | sort >got
	"$ROOT/tests/lab/expect.py" "$@" | awk -F, '
		$3 == "forged" || $3 == "filtered" || $4 == 0 { next }
		{ c = "synack" }
		$3 == "closed" { c = "rst" }
		$3 == "unreachable" { c = "icmp" }
		{ for (i = 0; i < $4; i++)
			print $1, $2, c, i ? "True" : "False" }' | sort >want
	cmp want got || {
		diff want got | head
		return 1
	}
}

@test "recv-live: at full speed, each answer of the simulated Internet, no other" {
	local net=10.0.0.0/16
	[ -z "${ZMAP_LONG:-}" ] || net=10.0.0.0/12	# 1 048 576 targets
	# neither ring can be too small for all of it, however busy the machine
	live "targets $net | zmap-send -v2 | zmap-recv -c 4 >out.cbor" \
		--ring 256 --counters far
	[ "$(jq .dropped far)" = 0 ]
	[ "$(jq .probes far)" = "$(counter out.cbor before |
		grep -o "'packets': [0-9]*" | grep -o '[0-9]*')" ]
	truth out.cbor -p 80 "$net"
	adds_up out.cbor
	# the kernel's count of frames is ours
	[ "$(counter out.cbor captured)" = "$(counter out.cbor received)" ]
	# the flood of probes has not been looked at
	[ "$(counter out.cbor protocol)" = 0 ]
}

@test "recv-live: what this machine sends is not captured" {
	local queues size
	make '
s = a.Scan(source="192.0.2.1", networks=[("10.0.0.0", "10.255.255.255")])
a.pcap("in.pcap", [s.synack("10.1.2.%d" % i) for i in range(9)])
whole = s.stream()
open("head.cbor", "wb").write(s.stream(end=False))
open("end.cbor", "wb").write(whole[len(s.stream(end=False)):])'
	inject="$PYTHON $ROOT/tests/tool/inject.py in.pcap"
	local size queues
	# a small scan's ring, a large one's, and two that share frames
	while read -r queues size; do
		rm -f out.cbor
		live '(cat head.cbor; soon test -s out.cbor
				'"$inject"' s0; $LAB_FAR '"$inject"' i0; cat end.cbor) |
			zmap-recv -c 0 '"$size"' >out.cbor' --queues "$queues"
		[ "$(counter out.cbor captured)" = 9 ]
		[ "$(counter out.cbor valid)" = 9 ]
		adds_up out.cbor
	done <<-E
		1
		1 --buffer-size 64M
		2 --buffer-size 64M
	E
}

@test "recv-live: a device with several queues has a ring for each, an answer is in one" {
	[ "$(nproc)" -gt 1 ] || skip "one processor"
	# as a large scan, which has no slot for each answer
	live 'targets 10.9.0.0/18 | zmap-send -v2 |
		zmap-recv -v 3 -c 4 --buffer-size 64M \
		--write-pcap kept.pcap >out.cbor 2>err' --queues 2 --ring 256
	grep -q "several queues: capturing by 2 rings" err
	truth out.cbor -p 80 10.9.0.0/18
	adds_up out.cbor
	[ "$(counter out.cbor captured)" = "$(counter out.cbor received)" ]
	[ "$(counter out.cbor protocol)" = 0 ]
	[ "$(tshark -n -r kept.pcap 2>/dev/null | wc -l)" = \
		"$(counter out.cbor captured)" ]
	# rings that are too small to be shared, and a small scan's, are one
	live 'targets 10.9.0.0/24 | zmap-send -v2 |
		zmap-recv -v 3 -c 0 --buffer-size 4M >out.cbor 2>>one
		targets 10.9.0.0/24 | zmap-send -v2 |
		zmap-recv -v 3 -c 0 >out.cbor 2>>one' --queues 2
	[ "$(grep -c rings one)" = 0 ]
}

# once: counts the device's packets; IPv6 has its own
# bats test_tags=once
@test "recv-live: the kernel's filter lets all answers through" {
	make '
from hostile import hostile
import struct
opts = bytes.fromhex("020405b40402080a000000010000000201030307")
def frames(s):
    t = "192.0.2.%d"
    return [s.synack(t % 1, options=opts), s.answer(t % 2, 80, 0xd3),
            s.rst(t % 3), s.rst(t % 4, ack=0), s.answer(t % 5, 80, 0x04),
            s.unreachable(t % 6), s.synack(t % 7, fragment=0x2000)] + [
            s.unreachable(t % 8, kind=k, code=0) for k in (3, 4, 5, 11, 12)
            ] + [s.synack("192.0.2.%d" % i) for i in range(20)]
def some(addresses):
    p, base = [], a.number("192.0.2.1")
    for i in range(addresses):
        s = a.Scan(source=base + i)
        p += frames(s)
        if i == 0:
            p += [f[14:] for n, f in hostile(a, s) 
                  if f[12:14] == a.ETHERTYPE.to_bytes(2, "big")]
    s.scan["source_ips"] = a.addresses(base + i for i in range(addresses))
    a.pcap("in%d.pcap" % addresses, p)
    open("s%d.cbor" % addresses, "wb").write(s.stream())
some(1); some(5); some(20)'
	live 'for n in 1 5 20; do
			zmap-recv -v 4 -c 0 <s$n.cbor 2>err >out.cbor
			sed -n "s/.*capturing on s0: //p" err >filter$n
		done'
	local fields="saddr daddr sport dport acknum classification icmp_type"
	for n in 1 5 20; do
		zmap-recv --read-pcap in$n.pcap <s$n.cbor >all.cbor
		rows all.cbor $fields >want
		[ "$(wc -l <want)" -ge $((n * 30)) ]
		for o in "" -O; do		# with libpcap's optimizer, and without
			tcpdump $o -n -r in$n.pcap -w passed.pcap "$(cat filter$n)" \
				2>/dev/null
			zmap-recv --read-pcap passed.pcap <s$n.cbor >passed.cbor
			rows passed.cbor $fields | cmp - want ||
				{ echo "$n addresses $o: $(cat filter$n)"; return 1; }
		done
		# it is a filter, too
		[ "$(counter passed.cbor address)" = 0 ]
		[ "$(counter all.cbor address)" -gt 0 ]
	done
}

# once: a module of its own that makes IPv4
# bats test_tags=once
@test "recv-live: the filter finds the ports of a protocol that pcap knows none of" {
	cat >dccp.c <<-'E'
		#include "probe/probe.h"
		#include "probe/template.h"

		static int
		prepare(struct probe_thread *t, const struct probe_config *c,
		    const char **why)
		{
			static const unsigned char request[20];
			const struct template_place place = { t->packet, 40,
				c->ttl, why };

			if (t->packet == NULL)
				return 0;
			t->size = template_ip(&place, 33, request,
			    sizeof request);
			return t->size > 0 ? 0 : -1;
		}

		static size_t
		make(struct probe_thread *t, unsigned char *packet,
		    const struct probe_target *to)
		{
			template_set_ip(packet, t->size, to);
			put16(packet + 20, to->source_port);
			put16(packet + 22, to->port);
			return t->size;
		}

		static const struct field fields[] = {
			{ "classification", FIELD_TEXT, "kind of answer" },
			{ "success", FIELD_BOOL, "is it one" },
			{ .name = NULL },
		};

		static enum refusal
		classify(struct probe_thread *t, const struct reply *r,
		    struct value *values, struct encoder *scratch)
		{
			values[0] = value_text(r->icmp_error ? "icmp" : "dccp");
			values[1] = value_bool(!r->icmp_error);
			return REFUSED_NOT;
		}

		const struct probe zmap_probe = {
			.abi = PROBE_ABI, .name = "dccp", .help = "Asks.",
			.ports = true, .protocol = 33, .max_size = 40,
			.snaplen = 128, .fields = fields, .success = 1,
			.prepare = prepare, .make = make, .classify = classify,
		};
	E
	cc -std=gnu11 -w -fPIC -shared -I"$ROOT/lib" -I"$ROOT" \
		-o dccp.so dccp.c
	make '
import struct
s = a.Scan(probe="dccp", probe_file="./dccp.so", source_ports=(40000, 40099))
def answer(n, to=None, protocol=33, **more):
    t = "192.0.2.%d" % n
    return a.ip(t, s.source, protocol, struct.pack(
        ">HHQQ", 80, to or s.source_port(t, 80), n, n), **more)
open("s.cbor", "wb").write(s.stream())
good = [answer(i) for i in range(1, 60)] + [
    answer(60, options=bytes([1] * 40)), answer(61, fragment=0x2000),
    s.unreachable("192.0.2.62").replace(b"\x40\x06", b"\x40\x21")]
bad = [answer(70, 39999), answer(71, 40100), answer(72, 65535), answer(73, 1),
    answer(74, protocol=17), answer(75, 39999, options=bytes([1] * 4)),
    # nothing before or behind the right place will do
    a.ip("192.0.2.76", s.source, 33, b"\x9c\x40\0\0\x9c\x40" + bytes(20))]
later = [answer(80, fragment=1)]
a.pcap("in.pcap", bad + good + later)'
	live 'zmap-recv -M ./dccp.so -v 4 -c 0 <s.cbor 2>err >out.cbor
		sed -n "s/.*capturing on s0: //p" err >filter'
	zmap-recv -M ./dccp.so --read-pcap in.pcap <s.cbor >all.cbor
	[ "$(counter all.cbor valid)" = 62 ]
	[ "$(counter all.cbor fragment)" = 1 ]
	for o in "" -O; do		# with libpcap's optimizer, and without
		tcpdump $o -n -r in.pcap -w passed.pcap "$(cat filter)" 2>/dev/null
		zmap-recv -M ./dccp.so --read-pcap passed.pcap <s.cbor >passed.cbor
		rows passed.cbor saddr classification |
			diff <(rows all.cbor saddr classification) -
		[ "$(counter passed.cbor received)" = 63 ]
		[ "$(counter passed.cbor fragment)" = 1 ]
	done
}

@test "recv-live: a buffer that is smaller than asked for is told" {
	cc -shared -fPIC -D_GNU_SOURCE -o short.so \
		"$BATS_TEST_DIRNAME/modules/shortage.c"
	live 'targets 10.255.0.0/32 | zmap-send -v2 |
		RING_MAX=40000000 LD_PRELOAD=./short.so \
			zmap-recv --buffer-size 64M -c 0 2>err >out.cbor'
	grep -Eq '\[WARN\] recv: memory is short: a buffer of 3[0-9]{4} KiB instead of 65536$' err
	live 'targets 10.255.0.0/32 | zmap-send -v2 | zmap-recv -c 0 2>err >out.cbor'
	run -1 grep 'memory is short' err
}

@test "recv-live: what the network card misses is counted and told, status 5" {
	cc -shared -fPIC -D_GNU_SOURCE -o short.so \
		"$BATS_TEST_DIRNAME/modules/shortage.c"
	live 'targets 10.255.0.0/32 | zmap-send -v2 |
		MISSED=7 LD_PRELOAD=./short.so zmap-recv -c 0 2>err >out.cbor
		echo ${PIPESTATUS[*]}' >status
	[ "$(cat status)" = "0 0 5" ]
	missed=$(counter out.cbor interface_drops)
	[ "$missed" -ge 7 ]
	[ $((missed % 7)) = 0 ]
	grep -q "^zmap-recv: results are incomplete: the interface dropped $missed frames (lower --rate)$" err
	[ "$(counter out.cbor status)" = incomplete ]
}

# once: 11 s, of which the family changes nothing
# bats test_tags=once
@test "recv-live: answers in the last second of the cooldown are worth a word" {
	live 'targets 10.0.0.0/20 | zmap-send -v2 -r 20000 |
		zmap-recv -c 2 2>err >out.cbor; echo ${PIPESTATUS[*]}' \
		--classes late=50 >status
	[ "$(cat status)" = "0 0 0" ]		# nothing that is known is lost
	late=$(counter out.cbor late)
	[ "$late" -gt 200 ]
	grep -q "$late of $(counter out.cbor valid) targets answered for the first time in the last second of the cooldown: a --cooldown-time longer than 2 may find more" err
	# nobody is late: not a word
	live 'targets 10.0.0.0/20 | zmap-send -v2 -r 20000 |
		zmap-recv -c 2 2>err >out.cbor' --classes open=50
	[ "$(counter out.cbor late)" = 0 ]
	run grep -v 'with one probe to each target' err
	[ "$status" -eq 1 ]
	# nor where the last second is most of what there is
	live 'targets 10.0.0.0/20 | zmap-send -v2 -r 20000 |
		zmap-recv -c 1.9 2>err >out.cbor' --classes late=50
	[ "$(counter out.cbor late)" -gt 200 ]
	run grep -v 'with one probe to each target' err
	[ "$status" -eq 1 ]
}

# once: what replays the answers has IPv4's
# bats test_tags=once
@test "recv-live: a reader that sleeps through a flood of answers loses nothing" {
	# so many that the capture could hold all, if this machine is busy
	local n=100000
	[ -z "${ZMAP_LONG:-}" ] || n=6000000		# 30 s
	live 'targets -n 1 10.0.0.0/8 | zmap-send -v2 |
		(replay -r 200000 -n '$n' 10.0.0.0/8; : >sent) 2>replay |
		zmap-recv -c 2 | (begin_reading
		until [ -e sent ]; do sleep .1; done
		cat) >out.cbor; echo ${PIPESTATUS[*]}' --fast >status
	[ "$(cat status)" = "0 0 0 0 0" ] || { cat status; return 1; }
	[ "$(counter out.cbor kernel_drops)" = 0 ]
	[ "$(counter out.cbor queue_drops)" = 0 ]
	[ "$(counter out.cbor unique)" -ge "$n" ]
	[ "$(zmap-out -f saddr --no-header-row <out.cbor | wc -l)" = \
		"$(counter out.cbor valid)" ]
}

# once: what replays the answers has IPv4's
# bats test_tags=once
@test "recv-live: what neither memory nor the file can hold is counted, status 5" {
	live 'targets -n 1 10.0.0.0/8 | zmap-send -v2 |
		(replay -n 300000 10.0.0.0/8; : >sent) 2>replay |
		(ulimit -f 4096; exec zmap-recv -c 1 --queue-size 2M 2>err) |
		(begin_reading; until [ -e sent ]; do sleep .1; done; cat) >out.cbor
		echo ${PIPESTATUS[*]}' --fast >status
	[ "$(cat status)" = "0 0 0 5 0" ] || { cat status; return 1; }
	drops=$(counter out.cbor queue_drops)
	[ "$drops" -gt 50000 ]
	# on a busy machine the kernel drops some, too, which is said before
	grep -q "^zmap-recv: results are incomplete: .*\b$drops answers were dropped because their reader is too slow" err
	[ "$(counter out.cbor status)" = incomplete ]
	adds_up out.cbor
}

# once: what replays the answers has IPv4's
# bats test_tags=once
@test "recv-live: who answers again and again does not crowd out others" {
	live 'targets -n 1 10.0.0.0/8 | zmap-send -v2 | tee probes |
		(replay -n 200000 10.0.0.0/24
		for i in 1 2 3 4 5 6 7 8; do # the first may not have let go yet
			replay -n 30000 10.1.0.0/16 <probes >/dev/null && break
			sleep .2
		done; : >sent) 2>replay |
		zmap-recv -c 5 --queue-size 2M 2>err |
		(begin_reading; until [ -e sent ]; do sleep .1; done; cat) >out.cbor
		echo ${PIPESTATUS[*]}' --fast >status
	[ "$(cat status)" = "0 0 0 0 5 0" ] || { cat status err replay; return 1; }
	[ "$(counter out.cbor queue_drops)" -gt 100000 ]
	# all first answers are there, of the many and of the few
	zmap-filter '!repeat' <out.cbor | zmap-out -f saddr --no-header-row |
		sort -u | wc -l >n
	[ "$(cat n)" = "$(counter out.cbor unique)" ] || { cat n err; return 1; }
	[ "$(cat n)" -gt 20000 ] || { cat n replay; return 1; }
	adds_up out.cbor
}

# once: what replays the answers has IPv4's
# bats test_tags=once
@test "recv-live: a flood of forged answers: none believed, no memory" {
	plain "memory of its own"
	local n=300000
	[ -z "${ZMAP_LONG:-}" ] || n=10000000
	live 'targets -n 1 10.0.0.0/8 | zmap-send -v2 |
		replay -f -n '$n' 10.0.0.0/8 2>replay |
		time -q -f "%M %U %S" -o cost zmap-recv -c 1 >out.cbor || true' --fast \
		--classes open=0
	[ "$(counter out.cbor valid)" = 0 ]
	[ "$(counter out.cbor validation)" = "$(counter out.cbor received)" ]
	[ "$(counter out.cbor received)" -gt $((n / 2)) ]
	adds_up out.cbor
	# the ring is the kernel's memory, but mapped
	read -r kilobytes _ <cost
	[ "$kilobytes" -lt $((65536 + 20000)) ] || { cat cost; return 1; }
}

# once: what replays the answers has IPv4's
# bats test_tags=once
@test "recv-live: the header in a file, on another host than the sender's" {
	live 'targets -n 1 10.0.0.0/8 | zmap-send -v2 >probes.cbor
		zmap-recv -v2 -i s0 -c 60 <probes.cbor >out.cbor &
		soon test -s out.cbor
		replay -r 20000 -n 5000 10.0.0.0/8 <probes.cbor 2>&1 >/dev/null
		soon eval "! kill $! 2>/dev/null"; wait $!' --fast || true
	[ "$(counter out.cbor unique)" = 5000 ]
	[ "$(counter out.cbor status)" = interrupted ]
	adds_up out.cbor
}

@test "recv-live: several ports, several probes, several addresses" {
	live 'zmap-targets -p 80,443,8080 -e 1 --no-blacklist 10.1.0.0/18 |
		zmap-send -v2 -r 20000 -P 2 -S 192.0.2.1-192.0.2.5 |
		zmap-recv -c 3 >out.cbor'
	truth out.cbor -p 80,443,8080 -P 2 10.1.0.0/18
}

# once: the lab has a device without Ethernet for IPv4 alone
# bats test_tags=once
@test "recv-live: all devices at once, and one without Ethernet" {
	live 'targets 10.2.0.0/20 | zmap-send -v2 -r 5000 |
		zmap-recv -i any -c 3 >out.cbor'
	truth out.cbor -p 80 10.2.0.0/20
	requires_lab --tun
	live 'targets 10.2.0.0/20 | zmap-send -v2 -X -r 5000 |
		zmap-recv -c 3 >out.cbor' --tun
	truth out.cbor -p 80 10.2.0.0/20
}

@test "recv-live: hostile frames from the wire are what they are in a file" {
	"$PYTHON" -c "
import answers as a
from hostile import hostile
s = a.Scan(source='192.0.2.1', networks=[('10.0.0.0', '10.255.255.255')])
frames = hostile(a, s, '10.1.2.3')
a.pcap('all.pcap', [f for n, f in frames], wrap=None)
# with two tags they come no further than to the kernel's filter
frames = [f for n, f in frames if not n.startswith('QinQ')]
a.pcap('in.pcap', frames, wrap=None)
open('head.cbor', 'wb').write(s.stream(end=False))
whole = s.stream()
open('s.cbor', 'wb').write(whole)
open('end.cbor', 'wb').write(whole[len(s.stream(end=False)):])"
	# it has opened the capture when it writes the header
	live ': >live.cbor
		(cat head.cbor; soon test -s live.cbor
		$LAB_FAR '"$PYTHON $ROOT"'/tests/tool/inject.py \
			all.pcap $LAB_FAR_DEVICE; cat end.cbor) |
		zmap-recv -c 1 >live.cbor'
	zmap-recv --read-pcap in.pcap <s.cbor >file.cbor
	names='saddr ttl classification tcpopt_mss icmp_type repeat'
	rows live.cbor $names >live
	rows file.cbor $names >file
	diff file live
	[ "$(wc -l <live)" -ge 9 ]
}

@test "recv-live: an idle link ends on time" {
	live 'targets 10.255.0.0/32 | zmap-send -v2 | seconds zmap-recv -c 2 >out.cbor'
	[ "$(cat ms)" -ge 2000 ]
	[ "$(cat ms)" -lt 9000 ]	# on a busy machine
}

@test "recv-live: no reader, no answers: everything ends, silently" {
	live 'targets 10.3.0.0/30 | (zmap-send -v2 -r 1; echo $? >send) |
		(seconds zmap-recv; echo) 2>err | sleep 0.5' --classes open=0
	[ "$(cat send)" -eq 141 ]
	[ ! -s err ]
}

@test "recv-live: SIGTERM goes through the cooldown, a second one ends it" {
	live 'after 1 -TERM zmap-recv &
		targets 10.0.0.0/16 | zmap-send -v2 -r 2000 |
		seconds zmap-recv -v2 -c 2 >out.cbor; echo ${PIPESTATUS[*]}' >status
	[[ $(cat status) == *" 141 3" ]]
	[ "$(cat ms)" -ge 3000 ]
	[ "$(cat ms)" -lt 20000 ]	# the scan would take 33 s
	[ "$(counter out.cbor status)" = interrupted ]
	[ "$(rows out.cbor saddr | wc -l)" -eq "$(counter out.cbor valid)" ]
	live '(after 1 -TERM zmap-recv; after .3 -INT zmap-recv) &
		targets 10.0.0.0/16 | zmap-send -v2 -r 2000 |
		seconds zmap-recv -v2 -c 60 >out.cbor; echo ${PIPESTATUS[*]}' >status
	[[ $(cat status) == *" 141 3" ]]
	[ "$(cat ms)" -lt 30000 ]
	[ "$(counter out.cbor status)" = interrupted ]
	# who does not wait for the end does not hear of answers shortly before
	live '(after 3 -TERM zmap-recv; after 1.7 -INT zmap-recv) &
		targets 10.0.0.0/16 | zmap-send -v2 -r 2000 |
		zmap-recv -v2 -c 9 >out.cbor 2>err || true' --classes late=100
	[ "$(counter out.cbor valid)" -gt 0 ]
	[ "$(counter out.cbor late)" -eq 0 ]
	run -1 grep 'last second' err
}

@test "recv-live: SIGTERM in the cooldown: the time that is left of it" {
	live '(soon grep -qs "\"cooldown_left_ms\":[1-5][0-9]\{4\}[,}]" status
		pkill -TERM -x zmap-recv
		soon grep -q interrupted err
		pkill -TERM -x zmap-recv) &
		targets 10.0.0.0/30 | zmap-send -v2 |
		zmap-recv -c 60 --status-fd 3 >out.cbor 2>err 3>status
		echo ${PIPESTATUS[*]}; wait' >said
	[ "$(cat said)" = "0 0 3" ]
	grep -Eq 'interrupted: receiving for [1-5][0-9](\.[0-9])? s more; a second signal ends that' err
}

@test "recv-live: Ctrl-C for all: the sender's end is there, status 3" {
	live '(until_sent 50; sleep 1; kill -INT $(pgrep -x "zmap-(send|targets|recv)")) &
		targets 10.0.0.0/16 | zmap-send -v2 -r 2000 |
		zmap-recv -v2 -c 1 >out.cbor; echo ${PIPESTATUS[*]}' >status
	[[ $(cat status) == *" 3 3" ]]
	[ "$(counter out.cbor before | grep -c "'stage': 'send'")" = 1 ]
}

@test "recv-live: a sender that is killed: what arrived is kept, status 1" {
	live 'after 1 -KILL zmap-send &
		targets 10.0.0.0/16 | zmap-send -v2 -r 2000 |
		seconds zmap-recv -c 60 2>err >out.cbor; echo ${PIPESTATUS[*]}' >status
	[[ $(cat status) == *" 137 1" ]]
	grep -q '^zmap-recv: stdin: truncated' err
	[ "$(cat ms)" -lt 30000 ]
	[ "$(rows out.cbor saddr | wc -l)" -gt 100 ]
	[ "$(counter out.cbor status)" = failed ]
}

@test "recv-live: --min-hitrate stops a scan that finds nothing, status 4" {
	live 'targets 10.4.0.0/16 | zmap-send -v2 -r 1000 |
		seconds zmap-recv -c 0 --min-hitrate 50 2>err >out.cbor
		echo ${PIPESTATUS[*]}' >status
	[[ $(cat status) == *" 141 4" ]]
	[ "$(cat ms)" -lt 40000 ]	# the scan would take 65 s
	grep -q 'below --min-hitrate=50' err
	[ "$(counter out.cbor status)" = stopped ]
}

# once: 24 s, of which the family changes nothing
# bats test_tags=once
@test "recv-live: what the kernel drops is counted and told, status 5" {
	live '(after .3 -STOP zmap-recv; after 2 -CONT zmap-recv) &
		targets 10.5.0.0/16 | zmap-send -v2 -r 50000 |
		zmap-recv -c 2 --buffer-size 512K 2>err >out.cbor
		echo ${PIPESTATUS[*]}' >status
	[ "$(cat status)" = "0 0 5" ]
	drops=$(counter out.cbor kernel_drops)
	[ "$drops" -gt 100 ]
	grep -q "^zmap-recv: results are incomplete: the kernel dropped $drops" err
	[ "$(counter out.cbor captured)" -eq \
		$(($(counter out.cbor received) + drops)) ]
	[ "$(counter out.cbor status)" = incomplete ]
	# the same with the buffer that is the default: nothing is lost
	live '(after .3 -STOP zmap-recv; after 2 -CONT zmap-recv) &
		targets 10.5.0.0/16 | zmap-send -v2 -r 50000 |
		zmap-recv -c 3 >out.cbor'
	truth out.cbor -p 80 10.5.0.0/16
}

@test "recv-live: a link that goes down and up again, status 5" {
	live '(until_sent 50; sleep 1; $LAB_FAR ip link set i0 down; sleep 1.5
		$LAB_FAR ip link set i0 up) &
		targets 10.6.0.0/20 | zmap-send -v1 -r 1500 |
		zmap-recv -c 2 2>err >out.cbor; echo ${PIPESTATUS[*]}' >status
	[ "$(cat status)" = "0 0 5" ]
	grep -q 'the link is down' err
	grep -q 'the link is up again' err
	[ "$(counter out.cbor link_downs)" = 1 ]
	# the sender waits, so nearly all are found
	[ "$(rows out.cbor saddr | wc -l)" -gt 500 ]
}

@test "recv-live: a device that disappears: what arrived is kept, status 1" {
	live '(soon eval "[ \$(stat -c %s out.cbor) -gt 15000 ]"
		ip link del s0) 2>/dev/null &
		targets 10.6.0.0/20 | zmap-send -v1 -r 1500 |
		seconds zmap-recv -c 60 2>err >out.cbor
		echo ${PIPESTATUS[2]}' >status
	[ "$(cat status)" = 1 ]
	grep -qi 'disappeared' err
	[ "$(cat ms)" -lt 30000 ]
	[ "$(rows out.cbor saddr | wc -l)" -gt 100 ]
}

@test "recv-live: --write-pcap, and the same results from it later" {
	live 'targets 10.7.0.0/18 | zmap-send -v2 -r 20000 |
		zmap-recv -c 3 --write-pcap kept.pcap \
		--write-stream probes.cbor >out.cbor
		stat -c %a probes.cbor' >mode
	[ "$(cat mode)" = 600 ]
	zmap-recv --read-pcap kept.pcap <probes.cbor >again.cbor
	names='saddr sport classification acknum ttl repeat timestamp'
	rows out.cbor $names >1
	rows again.cbor $names >2
	cmp 1 2
	truth again.cbor -p 80 10.7.0.0/18
	# no frame of our own, and all of them answers to our ports
	[ "$(tshark -n -r kept.pcap -Y '!icmp && ip.src == 192.0.2.1' 2>/dev/null |
		wc -l)" -eq 0 ]
}

# once: 15 s, of which the family changes nothing
# bats test_tags=once
@test "recv-live: from a file that grows, as on another host" {
	# nobody waits for the capture here: the probes of as long as
	# zmap-recv says are not seen, and now and then it is none
	live ': >stream
		(tail -c +1 -f stream & echo $! >tail; wait) 2>/dev/null |
		zmap-recv -v2 -c 3 >out.cbor 2>said &
		targets 10.8.0.0/20 | zmap-send -v2 -r 1000 >stream
		wait %1 || true
		kill $(cat tail) 2>/dev/null || true' || true
	found=$(rows out.cbor saddr | sort -u | wc -l)
	all=$("$ROOT/tests/lab/expect.py" -p 80 10.8.0.0/20 |
		awk -F, '$4 != 0' | wc -l)
	late=$(sed -n 's/.* began \([0-9.]*\) s before .*/\1/p' said)
	# 4096 probes take 4.1 s
	[ "$found" -gt "$(awk "BEGIN { print int($all * \
		(0.9 - ${late:-0} / 4.1)) }")" ]
	[ "$found" -le "$all" ]
}

@test "recv-live: here and there, by tee" {
	live 'targets 10.8.0.0/20 | zmap-send -v2 -r 1000 |
		tee >(zmap-recv -v2 -i s0 -c 3 >there.cbor; echo >there) |
		zmap-recv -v2 -c 3 >here.cbor
		soon test -e there' || true
	all=$("$ROOT/tests/lab/expect.py" -p 80 10.8.0.0/20 |
		awk -F, '$4 != 0' | wc -l)
	for at in here there; do
		# nobody waits for the capture here either
		found=$(rows $at.cbor saddr | sort -u | wc -l)
		[ "$found" -gt $((all * 9 / 10)) ]
		[ "$found" -le "$all" ]
		[[ $(counter $at.cbor status) == @(done|incomplete) ]]
		adds_up $at.cbor
	done
}

@test "recv-live: no interface, no such interface, no permission" {
	targets=(zmap-targets --no-blacklist -p 80 10.0.0.0/30)
	live 'targets 10.0.0.0/30 | zmap-send -v2 | zmap-recv -i nosuch0
		echo ${PIPESTATUS[2]}' >status 2>err
	[ "$(cat status)" = 1 ]
	grep -q '^zmap-recv: nosuch0: ' err
}

# once: 18 s, of which the family changes nothing
# bats test_tags=beside,once
@test "recv-live: who never reads does not keep a scan from beginning" {
	live 'targets -n 100 10.0.0.0/16 | zmap-send -v1 |
		(zmap-recv -c 1 2>err; echo $? >rc) |
		(until_sent 100; cat) >out.cbor'
	[ "$(cat rc)" -eq 0 ]
	grep -q 'the results have no reader yet' err
	[ "$(counter out.cbor unread)" -eq 0 ]
}

@test "recv-live: the whole pipeline takes less than 16 MiB for a /24" {
	plain 'sanitizers need memory of their own'
	cat >held.sh <<-'S'
		zmap -q -v 1 -b /dev/null -p 80 -r 20 -c 1 -o /dev/null 10.5.0.0/24 &
		until_sent 5
		# as proportional: what programs share is counted once
		for pid in $! $(pgrep -P $!); do
			awk -v n="$(cat /proc/"$pid"/comm)" \
				'/^Pss:/ { print n, $2 }' /proc/"$pid"/smaps_rollup
		done
		kill $!
		wait $! || :
	S
	lab bash held.sh 3>&- >kib
	grep -q '^zmap-recv ' kib
	grep -q '^zmap-send ' kib
	awk '{ sum += $2 } END { print sum; exit sum == 0 || sum >= 16384 }' kib
}
