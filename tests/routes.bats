#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Which way each target takes: in networks of many kinds (lab/nets), and in
# random ones, where the kernel is asked for each.

load helper
bats_require_minimum_version 1.5.0

# finds NAME [OPTION...]: all hosts of that network that should be found, each
# once, with the status that there should be; in $output what was said.
finds() {
	run nets "$@"
	case $status in
	77 | 125) skip "$output" ;;
	esac
	[ "$status" -eq 0 ] || {
		echo "$*: $output"
		return 1
	}
	[[ $output != *"repeats among them"* ]]
}

@test "routes: one gateway, by each way out" {
	for way in auto xdp ring mmsg ip; do
		finds plain --io $way
	done
}

@test "routes: several source addresses, each by its own link" {
	for way in auto ip; do
		finds sources --io $way
		finds sources-away --io $way
	done
}

@test "routes: the source address is that of the route" {
	for way in auto mmsg ip; do
		finds uplinks --io $way
	done
	finds uplinks --sender-threads 2
}

@test "routes: a link inside a large prefix, and one's own" {
	for way in auto ip; do
		finds inside --io $way
		finds own-lan --io $way
	done
}

@test "routes: an old entry of a neighbour is not believed" {
	for state in stale probe; do
		finds $state
		[[ $output == *"asked by ARP"* ]]
		finds $state --io ip
	done
}

# once: ARP, and routes of IPv4; IPv6's are in wire6
# bats test_tags=once
@test "routes: a gateway that does not answer is named, with what helps" {
	finds silent
	[[ $output == *"gateway 198.51.100.254 on s1 does not answer ARP requests: -G gives"* ]]
	[[ $output == *"8 targets were not probed: their gateway does not answer (8)"* ]]
}

@test "routes: each answer once, on a bridge and on a macvlan" {
	for way in auto ip; do
		finds bridge --io $way
		finds macvlan --io $way
	done
}

# once: ARP, and routes of IPv4; IPv6's are in wire6
# bats test_tags=once
@test "routes: answers to a MAC address that the device does not have" {
	for way in auto mmsg; do
		finds source-mac --io $way
	done
	# none is taken besides where that is the device's own
	run nets -s source-mac bash -c '
		mac=$(cat /sys/class/net/br0/address)
		for s in "$mac" 02:00:00:00:00:77; do
			zmap-targets -p 80 --no-blacklist 10.0.0.0/30 |
			zmap-send -v 1 --source-mac "$s" 2>/dev/null |
			zmap-recv -c .3 2>/dev/null | {
				begin_reading >/dev/null
				ip -d link show br0 | grep -o "promiscuity [0-9]"
				cat >/dev/null
			}
		done'
	[ "$output" = "promiscuity 0"$'\n'"promiscuity 1" ]
}

# once: what bridges and macvlans pass on, of either family
# bats test_tags=once
@test "routes: what is captured below a bridge or macvlan is not heard above as well" {
	for name in port passthru; do
		finds $name
		[[ $output != *"answers come in on"* ]] ||
			{ echo "$name: $output"; return 1; }
	done
}

@test "routes: a gateway of link scope, and one of IPv6" {
	finds link-local
	finds inet6
	[[ $output == *"by gateway fe80::1"*"asked by NDP"* ]]
}

@test "routes: rules about marks, protocols and ports" {
	finds rule-mark
	finds rule-port
	run nets rule-port --io ip
	[ "$status" -ne 77 ] || skip "$output"
	[[ $output == *"rules about protocols or ports do not hold for raw IP"* ]]
}

@test "routes: several hops, each with its source address" {
	for way in auto ip; do
		finds ecmp --io $way
		finds ecmp-down --io $way
	done
	finds nexthops
}

# once: weights of routes, in either family
# bats test_tags=once
@test "routes: hops have their shares by weight, and each one has some" {
	finds ecmp-weights
	run nets -s ecmp-weights zmap -b /dev/null -p 80 --list-routes 10.0.0.0/20
	[ "$status" -ne 77 ] || skip "$output"
	few=$(grep -c 'via 198.51.100.254 dev s1 ' <<<"$output")
	echo "$few of 4096"
	[ "$few" -ge 4 ]
	[ "$few" -le 100 ]
}

# once: its routes are of IPv4; IPv6's are in wire6
# bats test_tags=once
@test "routes: what no way leads to is counted by reason, status 5" {
	for way in auto ip; do
		finds blackhole --io $way
		[[ $output == *"10 targets were not probed: no route (2), a route says that they are unreachable (2), a route or rule prohibits them (2), a blackhole route (4)"* ]]
		finds own --io $way
	done
	# and is not left to do
	run nets -s blackhole bash -c 'zmap-targets -v 0 -p 80 --no-blacklist \
		10.0.0.0/28 | zmap-send -v 0 | readstream'
	tail -n 1 <<<"$output" |
		jq -e '.[1] | .refused == 10 and .targets == 6 and .left == 0'
}

@test "routes: answers by another link are taken, and said" {
	finds away
	[[ $output == *"answers come in on s1"* ]]
	finds away-index
	[[ $output == *"answers come in on s1"* ]]
}

# once: ARP, and routes of IPv4; IPv6's are in wire6
# bats test_tags=once
@test "routes: -i without a route wants -G or --on-link" {
	finds onlink-unsaid
	[[ $output == *"no route to 10.0.0.0 through s0: -G gives the gateway's MAC address, --on-link"* ]]
	finds onlink
	run -2 zmap-send --on-link </dev/null
	[[ $output == *"-i names the link"* ]]
}

@test "routes: labels and long alternative names" {
	finds label
	finds altname
}

@test "routes: a device without Ethernet for a part of the targets" {
	finds tun
	[[ $output == *"will send by xdp"*"will send by ip on t0"* ]]
}

@test "routes: queues of lower devices are watched" {
	finds queue-macvlan
	run nets queue
	[ "$status" -ne 77 ] || skip "$output"
	[[ $output == *"status 5"* ]]
	[[ $output == *"the queue of p0, below the device to send on, drops packets: sending slower"* ]]
	[[ $output == *"the queue of p0, below the device to send on, has dropped "*" packets: lower --rate"* ]]
}

@test "routes: a hundred random networks, and what the kernel says of each target" {
	own_net true 2>/dev/null || skip "no network namespaces"
	PATH=$PATH:/usr/sbin:/sbin
	run own_net timeout 550 bash -c 'ip link set lo up
		exec "$PYTHON" "$ROOT/tests/tool/random-routes.py" 1 100'
	[ "$status" -eq 0 ] || {
		echo "$output"
		return 1
	}
	[[ $output == *"100 networks, "*" targets, 0 wrong"* ]]
}

# once: ARP, and routes of IPv4; IPv6's are in wire6
# bats test_tags=once
@test "routes: --list-routes asks no gateway and sends nothing" {
	cat >list <<-'E'
		# or the kernel would speak of its own groups
		echo 1 >/proc/sys/net/ipv6/conf/s0/disable_ipv6
		ip neigh flush all
		before=$(cat /sys/class/net/s0/statistics/tx_packets)
		zmap -b /dev/null -p 80 --list-routes 10.0.0.0/30 192.0.2.1 \
			224.0.0.1
		[ "$(cat /sys/class/net/s0/statistics/tx_packets)" = "$before" ]
	E
	run nets -s plain bash -e list
	[ "$status" -ne 125 ] || skip "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c ':80 via 192.0.2.254 dev s0 src 192.0.2.1$' <<<"$output")" -eq 4 ]
	[[ $output == *"192.0.2.1:80 refused: addresses of this machine"* ]]
	[[ $output == *"224.0.0.1:80 refused: multicast addresses"* ]]
}

# once: ARP, and routes of IPv4; IPv6's are in wire6
# bats test_tags=once
@test "routes: what changes while it runs is said" {
	cat >change <<-'E'
		was=$(cat /sys/class/net/s0/statistics/tx_packets)
		(until_sent $((was + 2)); ip route add blackhole 10.0.0.8/29) &
		zmap -q -b /dev/null --no-header-row -p 80 -c 1 -r 4 10.0.0.0/28
	E
	run nets -s plain bash -e change
	[ "$status" -ne 125 ] || skip "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"routes have changed: targets such as 10.0.0.8 would leave now (refused: a blackhole route), but are sent as at first (via 192.0.2.254 dev s0 src 192.0.2.1)"* ]]
}

# once: rules and bridges, in either family
# bats test_tags=once
@test "routes: what does not change is not said to have, whoever zmap-send is by then" {
	[ "$(id -u)" -eq 0 ] || skip "a rule is about root"
	finds rule-user
	cat >change <<-'E'
		(sleep 1; ip route add blackhole 203.0.113.0/24
			ip link add br0 type bridge && ip link set s1 master br0 &&
			sleep .2 && ip link set s1 nomaster) &
		zmap -q -v 2 -b /dev/null --no-header-row -p 80 -c 1 -r 4 10.0.0.0/28
	E
	run nets -s rule-user bash -e change
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "$(sort -V <<<"$output")" = "$(printf '10.0.0.%d\n' {0..15})" ] ||
		{ echo "$output"; return 1; }
}

# once: news of links, whatever the family
# bats test_tags=once
@test "routes: what a bridge says of its port, and a radio of itself, ends nothing" {
	# of AF_BRIDGE; and without an MTU
	cat >news.py <<-'E'
		import socket, struct, time
		RTM_NEWLINK, RTM_DELLINK, AF_BRIDGE, RTMGRP_LINK = 16, 17, 7, 1
		UP_AND_RUNNING = 0x11043
		index = socket.if_nametoindex("s0")
		s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
		for kind, family in (RTM_DELLINK, AF_BRIDGE), (RTM_NEWLINK, 0):
		    s.sendto(struct.pack("=IHHIIBxHiII", 32, kind, 0, 0, 0, family, 1,
		                         index, UP_AND_RUNNING, 0), (0, RTMGRP_LINK))
		    time.sleep(.3)  # or it is read together
	E
	cat >listen <<-'E'
		(sleep 1; "$PYTHON" news.py) &
		zmap -q -v 2 -b /dev/null --no-header-row -p 80 -c 1 -r 8 10.0.0.0/28
		echo "status $?"
	E
	run nets -s plain bash listen
	[ "$status" -ne 125 ] || skip "$output"
	[ "$(sort -V <<<"$output")" = "$(printf '10.0.0.%d\n' {0..15}
		echo 'status 0')" ] || { echo "$output"; return 1; }
}

@test "routes: an ordinary user, in a user namespace" {
	[ "$(id -u)" -eq 0 ] || skip "all of these tests are"
	chmod 755 "$T"
	for name in uplinks sources; do
		# the tree may be in a folder of root's own
		run unshare -m bash -c 'mount --bind "$ROOT" /mnt &&
			PATH=/mnt/bin:$PATH exec setpriv --reuid 65534 \
			--regid 65534 --clear-groups /mnt/tests/lab/nets "$1"' - $name
		[ "$status" -ne 125 ] || skip "$output"
		[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	done
}
