#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# News of the network that is about somebody else: it changes nothing.  What
# is about us, and what is done then, faults.bats and send.bats have.

# once: news of either family are in it
# bats file_tags=company,once
load helper
bats_require_minimum_version 1.5.0

# undisturbed COMMANDS [OPTION...]: while a scan runs in a lab with these
# options, these commands; it ends with 0, says nothing, and sends all.
undisturbed() {
	local news=$1
	shift
	targets -n 3000 10.0.0.0/8 >in
	cat >scan.sh <<-E
		zmap-send -v 3 -r 1500 <in >out 2>err &
		until_sent 500
		$news
		wait \$!
		echo \$? >rc
		sleep 0.3
	E
	lab --counters counters "$@" bash -e scan.sh
	grep -vE 'INFO|DEBUG' err >said || :
	[ "$(cat rc)" = 0 ] || { cat rc err; return 1; }
	[ "$(jq '.probes + .dropped' counters)" -eq 3000 ]
	for word in gateway taken 'link ' route; do
		run -1 grep "$word.*\(now\|taken\|down\|gone\|lost\)" err
	done
}

@test "news: an answer to ARP that is not the gateway's is none" {
	targets 10.0.0.0/24 >in
	cat >arp.py <<-'E'
		import socket, struct, sys, time
		s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		s.bind(("i0", 0))
		us, mac = b"\2\0\0\0\0\1", b"\2\0\0\0\0\x77"
		ip = socket.inet_aton
		def arp(op=2, sender="192.0.2.77", kind=0x0800, hw=1, sizes=(6, 4)):
		    return (us + mac + b"\x08\x06" + struct.pack(
		        "!HHBBH", hw, kind, *sizes, op) + mac + ip(sender) + us +
		        ip("192.0.2.1"))
		gateway = "192.0.2.254"
		strange = [arp(), arp(sender="192.0.2.1"), arp(sender="0.0.0.0"),
		           arp(op=1, sender="192.0.2.77"), arp(op=8, sender=gateway),
		           arp(sender=gateway, kind=0x86dd),
		           arp(sender=gateway, sizes=(6, 16)),
		           arp(sender=gateway)[:30]]
		end = time.time() + 15
		while time.time() < end:
		    for frame in strange[int(sys.argv[1]):][:int(sys.argv[2])]:
		        s.send(frame)
		    time.sleep(0.02)
	E
	lab --no-gateway-answer bash -c '
		$LAB_FAR "$PYTHON" arp.py 0 99 3>&- &
		sleep 0.3
		zmap-send -v 1 <in >out 2>err
		echo $? >rc; kill $!'
	[ "$(cat rc)" -eq 1 ] || { cat err; return 1; }
	grep -q 'does not answer ARP' err
}

@test "news: an advertisement that is not the gateway's is none" {
	targets 10.0.0.0/24 >in
	cat >ndp.py <<-'E'
		import socket, sys, time
		s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		s.bind(("i0", 0))
		us, mac = bytes.fromhex(sys.argv[1].replace(":", "")), b"\2\0\0\0\0\x77"
		ip = lambda a: socket.inet_pton(socket.AF_INET6, a)
		def na(about="fe80::1", hops=255, kind=136, next=58, cut=999):
		    body = bytes([kind, 0, 0, 0, 0x60, 0, 0, 0]) + ip(about) + b"\2\1" + mac
		    return (us + mac + b"\x86\xdd\x60\0\0\0" + bytes([0, len(body), next,
		        hops]) + ip("fe80::1") + ip("fe80::2") + body)[:cut]
		# RFC 4861, section 7.1.2: what has come through a router is no answer
		strange = [na("fe80::77"), na("fe80::"), na("fe80::2"), na("fe80::101"),
		           na(hops=254), na(hops=64), na(kind=135), na(kind=137),
		           na(next=59), na(cut=70), na("fe81::1")]
		if sys.argv[2] == "good":
		    strange = [na()]
		end = time.time() + 15
		while time.time() < end:
		    for frame in strange:
		        s.send(frame)
		    time.sleep(0.02)
	E
	cat >silent <<-'E'
		ip -n far -6 addr del fe80::1/64 dev i0
		for kind in strange good; do
			ip netns exec far "$PYTHON" ndp.py "$(cat /sys/class/net/s0/address)" \
				$kind 3>&- &
			sleep 0.3
			zmap-send -v 1 <in >out 2>err.$kind
			echo $?
			kill $!
		done
	E
	run nets -s inet6 bash silent
	[ "$status" -ne 77 ] || skip "$output"
	cat err.*
	grep -q 'does not answer neighbour solicitations' err.strange
	# and it would have been taken
	[ "$output" = "1"$'\n'"0" ]
}

@test "news: other neighbours, on this device and on another" {
	undisturbed '
		ip neigh replace 192.0.2.50 lladdr 02:00:00:00:00:99 dev s0 nud permanent
		ip neigh replace 192.0.2.51 lladdr 02:00:00:00:00:98 dev s0
		ip neigh del 192.0.2.50 dev s0
		sleep 0.3'
	# the address of the gateway, on a device that is not the way to it
	undisturbed '
		ip link add d0 type veth peer name d1; ip link set d0 up
		ip neigh replace 192.0.2.254 lladdr 02:00:00:00:00:97 dev d0 nud permanent
		sleep 0.3'
}

@test "news: other addresses come and go, and other links" {
	undisturbed '
		ip addr add 192.0.2.9/24 dev s0; ip addr del 192.0.2.9/24 dev s0
		ip link add d0 type veth peer name d1; ip link set d0 up
		ip addr add 198.18.0.1/24 dev d0; ip addr del 198.18.0.1/24 dev d0
		ip link set d0 down; ip link del d0
		sleep 0.3'
}

@test "news: a device that leaves a bridge is not gone" {
	undisturbed '
		ip link add br0 type bridge
		ip link set s0 master br0; ip link set s0 nomaster
		ip link del br0
		sleep 0.3'
}

@test "news: other routes come and go" {
	undisturbed '
		ip link add d0 type veth peer name d1; ip link set d0 up
		ip route add 172.16.0.0/12 dev d0; ip route del 172.16.0.0/12
		sleep 0.3'
}

@test "news: what was lost of it is asked for again" {
	cc -shared -fPIC -D_GNU_SOURCE -o short.so \
		"$ROOT/tests/modules/shortage.c"
	targets -n 3000 10.0.0.0/8 >in
	# the news of the new address comes as ENOBUFS
	cat >move <<-'E'
		NEWS_LOST=1 LD_PRELOAD=./short.so zmap-send -v 3 -r 1500 \
			<in >out 2>err &
		until_sent 500
		kill -STOP $!
		new=02:00:00:00:00:77
		$LAB_FAR ip link set i0 address $new
		ip neigh replace $LAB_GATEWAY lladdr $new dev s0 nud permanent
		kill -CONT $!
		wait $!
	E
	lab --counters counters bash move
	grep -q 'gateway is now at 02:00:00:00:00:77' err || { cat err; false; }
	[ "$(jq '.probes + .dropped' counters)" -ge 2700 ]
}
