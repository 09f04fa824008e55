#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bats file_tags=company
# zmap-send --io live: frames that the kernel makes, the same as by other ways,
# all of them, once, whatever becomes of the device.

load helper
bats_require_minimum_version 1.5.0

# last KEY <stream: a value of the last item
last() {
	readstream | tail -n 1 | jq -r ".[1].$1"
}

# came_out: probes that came out of the wire
came_out() {
	jq '.probes + .dropped' counters
}

# In the lab: lets the far side take frames of a program, or no more.
takes() {
	$LAB_FAR ethtool -K "$LAB_FAR_DEVICE" gro "$1"
}
export -f takes

# requires_live: skips the test where no program can be run
requires_live() {
	[ "$(id -u)" -eq 0 ] || skip "not root"
	requires ethtool
	targets 10.0.0.0/30 >few
	lab bash -c 'takes on; zmap-send -v 1 --io live <few' >"$T/lab" \
		2>"$T/why" || lacks "$(tail -n 1 "$T/why")"
}

# frames FILE: those that the scanner has sent, in hexadecimal, sorted
frames() {
	"$PYTHON" - "$1" <<-'E'
		import struct, sys
		data = open(sys.argv[1], "rb").read()
		at, found = 24, []
		while at < len(data):
		    size = struct.unpack_from("<I", data, at + 8)[0]
		    frame = data[at + 16:at + 16 + size]
		    at += 16 + size
		    if frame[6:12] == bytes([2, 0, 0, 0, 0, 1]) and \
		            (frame[12:14] == b"\x08\x00" or
		             frame[12:14] == b"\x86\xdd" and frame[20] == 6):
		        found.append(frame.hex())
		print(*sorted(found), sep="\n")
	E
}

# once: bytes of IPv4
# bats test_tags=once
@test "live: the frames are byte for byte those of xdp" {
	requires_live
	# the same keys for both
	cat >same.c <<-'E'
		#include <string.h>
		#include <sys/random.h>
		ssize_t getrandom(void *p, size_t n, unsigned flags)
		{
			(void)flags;
			memset(p, 7, n);
			return (ssize_t)n;
		}
	E
	cc -shared -fPIC -o same.so same.c
	head -c 1400 /dev/zero | tr '\0' x >long
	cat >ways <<-'E'
		takes on
		LD_PRELOAD=$PWD/same.so zmap-send -v 1 --io "$@" <in >out
		sleep 0.3
	E
	for args in '-M tcp_synscan -P 3' '-M udp --probe-args file:long' \
		'-M dns --probe-args A,example.com' '-M icmp_echoscan' \
		'-M udp --probe-args text:x'; do
		if [[ $args = *icmp* ]]; then
			zmap-targets --no-blacklist 10.0.0.0/21
		else
			targets 10.0.0.0/21
		fi >in
		for way in live xdp; do
			# shellcheck disable=SC2086
			lab --capture $way.pcap bash ways $way -r 50000 $args
			frames $way.pcap >$way.hex
		done
		[ "$(wc -l <live.hex)" -ge 2048 ]
		cmp live.hex xdp.hex
	done
	zmap-targets -p 80 -e 3 --no-blacklist 2001:db8::/53-64 >in
	for way in live xdp; do
		lab --six 2001:db8::/32 --capture $way.pcap bash ways $way
		frames $way.pcap >$way.hex
	done
	[ "$(wc -l <live.hex)" -ge 2048 ]
	cmp live.hex xdp.hex
}

@test "live: as many packets as asked, with threads and probes, at any rate" {
	requires_live
	targets 10.0.0.0/20 >in
	for args in '-T 2' '-T 3 -P 2 -r 100000' '--batch 7' '-T 2 --cores 0,0' \
		'-r 20000 --batch 1024' '-P 5'; do
		lab --counters counters bash -c "takes on
			zmap-send -v 3 --io live $args <in >out 2>err; sleep 0.3"
		grep -q 'will send by live on s0$' err
		want=$(last packets <out)
		[ $((want % 4096)) -eq 0 ]
		[ "$(came_out)" -eq "$want" ]
	done
}

# once: counts the device's packets; IPv6 has its own
# bats test_tags=once
@test "live: where the device takes no such frames, that is found out before the first" {
	requires_live
	targets 10.0.0.0/14 >in
	cat >none <<-'E'
		zmap-send -v 1 --io live <few >out && exit 1
		cat /sys/class/net/s0/statistics/tx_packets >left
		zmap-send -v 3 <in >out 2>err
		sleep 0.3
	E
	run lab --counters counters bash none
	[ "$status" -eq 0 ]
	[[ $output == *"live: the device takes no frames from a program (a veth does if its far end has XDP or GRO)"* ]]
	[ "$(cat left)" -eq 0 ]
	grep -q 'will send by xdp.*; not by live: the device takes no frames' err
	[ "$(last packets <out)" -eq 262144 ]
	run lab --ifb bash -c 'zmap-send -v 1 --io live <few 2>&1 >out'
	fails 1 'live: the device takes no frames from a program'
	run lab --ifb bash -c 'zmap-send -v 3 <in 2>&1 >out'
	[[ $output == *"will send by xdp"*"not by live"* ]]
}

@test "live: auto takes it for large and fast scans, and says so" {
	requires_live
	targets 10.0.0.0/14 >large
	targets 10.0.0.0/20 >small
	cat >auto <<-'E'
		takes on
		for args in 'small' 'large -r 50000 -t 0.2' 'large -B 30M -t 0.2' \
			'large --rate-share 50000 -t 0.2' 'large' \
			'large -r 400000 -t 0.2'; do
			set -- $args
			zmap-send -v 3 ${*:2} <$1 2>&1 >out |
				grep -o 'will send by .* on .*'
		done
	E
	run lab bash auto
	[ "$status" -eq 0 ]
	diff - <(echo "$output") <<-'E'
		will send by xdp, copy mode on s0
		will send by xdp, copy mode on s0
		will send by xdp, copy mode on s0
		will send by xdp, copy mode on s0
		will send by live on s0
		will send by live on s0
	E
	# each processor can run it
	[ "$(nproc)" -ge 2 ] || return 0
	run lab bash -c 'takes on; zmap-send -v 3 -t 0.3 <large 2>&1 >out'
	[[ $output == *"will send by 2 threads"* ]] || [ "$(nproc)" -gt 2 ]
	[[ $output == *"will send by "[1-8]" threads"* ]]
	[[ $output != *"share a queue"* ]]
	[ "$(last packets <out)" -gt 0 ]
}

@test "live: a device that takes no more of them: on by AF_XDP, each target once" {
	requires_live
	zmap-targets --text -e 1 --no-blacklist -p 80 10.0.0.0/14 |
		sort >want
	targets 10.0.0.0/14 >in
	cat >stops <<-'E'
		takes on
		zmap-send -v 2 -T $1 -r 150000 <in >out 2>err &
		until_sent 40000
		takes off
		wait $! || exit
		sleep 0.5
	E
	for threads in 1 2; do
		lab --ring 256 --counters counters bash stops $threads
		grep -q 's0: the device takes no more frames from a program: going on by AF_XDP' err
		[ "$(last packets <out)" -eq 262144 ]
		[ "$(last targets <out)" -eq 262144 ]
		[ "$(last failures <out)" -eq 0 ]
		[ "$(came_out)" -eq 262144 ]
	done
}

@test "live: ... and if nothing else was wanted, the scan stops, and can go on" {
	requires_live
	targets 10.0.0.0/16 >in
	cat >stops <<-'E'
		takes on
		zmap-send -v 1 --io live -r 20000 --checkpoint ck <in >out 2>err &
		until_sent 5000
		takes off
		wait $!
		echo $? >rc
		sleep 0.3
	E
	lab --counters counters bash stops
	[ "$(cat rc)" -eq 1 ]
	grep -q 'live: Operation not supported' err
	[ "$(came_out)" -eq "$(last packets <out)" ]
	[ "$(last position <out)" -eq "$(last packets <out)" ]
	[ "$(last targets <out)" -eq "$(last packets <out)" ]
	[ -s ck ]
}

@test "live: a link that is lost and comes back, on either side, loses nothing" {
	requires_live
	targets -n 24000 10.0.0.0/8 >in
	cat >flap <<-'E'
		takes on
		zmap-send -v 2 --io live -r 8000 <in >out 2>err &
		until_sent 1000
		$1 ip link set $2 down
		sleep 0.4
		$1 ip link set $2 up
		[ -n "$1" ] || {
			ip route replace default via $LAB_GATEWAY
			ip neigh replace $LAB_GATEWAY lladdr $LAB_GATEWAY_MAC dev s0
		}
		wait $!
		sleep 0.3
	E
	lab --counters counters bash -c '. ./flap "" s0'
	[ "$(came_out)" -eq 24000 ]
	grep -q 'link of s0 is down' err
	[ "$(last failures <out)" -eq 0 ]
	lab --counters counters bash -c '. ./flap "$LAB_FAR" i0'
	[ "$(last packets <out)" -eq 24000 ]
	[ "$(last failures <out)" -eq 0 ]
}

@test "live: a link whose MTU becomes smaller refuses what is longer" {
	requires_live
	zmap-targets --no-blacklist -n 250 10.0.0.0/8 >in
	head -c 572 /dev/zero >payload
	cat >shrink <<-'E'
		takes on
		zmap-send -v 2 -M icmp_echoscan --probe-args file:payload \
			--io live -r 100 --retries 1 <in >out 2>err &
		until_sent 20
		ip link set s0 mtu 500
		sleep 0.3
		ip link set s0 mtu 1500
		cat /sys/class/net/s0/statistics/tx_packets >before
		wait $!
		echo $? >rc
		sleep 0.2
	E
	lab --counters counters bash shrink
	[ "$(cat rc)" -eq 5 ]
	failed=$(last failures <out)
	[ "$failed" -ge 5 ]
	[ $((failed + $(last packets <out))) -eq 250 ]
	# it went on where the longer ones fit again
	[ "$(last packets <out)" -gt "$(cat before)" ]
	[ "$(came_out)" -eq "$(last packets <out)" ]
}

@test "live: what a stopped sender says is done has left" {
	requires_live
	targets -n 2000000 10.0.0.0/8 >in
	cat >full <<-'E'
		takes on
		zmap-send -v 1 -T 1 -P 3 --io live --checkpoint ck <in >out &
		until_sent 50000
		$LAB_FAR ip link set i0 down
		sleep 0.3
		kill -TERM $!
		wait $!
	E
	run lab bash full
	[ "$status" -eq 3 ]
	[ "$(last targets <out)" -eq $(($(last packets <out) / 3)) ]
	[ "$(last position <out)" -eq $(($(last packets <out) / 3)) ]
}

# once: the lab's second device has IPv4
# bats test_tags=once
@test "live: targets behind two devices" {
	requires_live
	targets -n 4000 10.0.0.0/8 >in
	cat >both <<-'E'
		takes on
		$LAB_FAR ethtool -K i1 gro on
		zmap-send -v 3 --io live <in >out 2>err || exit
		cat /sys/class/net/s[01]/statistics/tx_packets
	E
	lab --two-routes bash both >n
	[ "$(grep -c 'will send by live on s[01]' err)" -eq 2 ]
	[ "$(($(sed -n 1p n) > 1500 && $(sed -n 2p n) > 1500))" = 1 ]
	[ "$(last packets <out)" -eq 4000 ]
}

@test "live: what loads the programs is given up before the first target" {
	requires_live
	requires strace
	plain "no seccomp, no Landlock"
	targets 10.0.0.0/16 >in
	cat >look <<-'E'
		takes on
		zmap-send -v 1 --io live -r 5000 -t 20 <in >out &
		until_sent 200
		grep -E '^(Cap(Eff|Prm|Bnd)|Uid|Seccomp):' /proc/$!/task/*/status
		kill $!
		wait $!
		strace -f -qq -o trace zmap-send -v 1 --io live <few >out
	E
	run lab bash look
	[ "$(grep -c 'CapEff:.0000000000000000' <<<"$output")" -ge 2 ]
	run ! grep -E 'Cap...:.*[1-9a-f]|Uid:.0|Seccomp:.[01]' <<<"$output"
	# after the filter, which is the last call of prctl or seccomp that loads
	# one, there is no call of bpf(2) but those that run the program
	sed -n '/SECCOMP_SET_MODE_FILTER, [^0]/,$p' trace >after
	grep -c 'bpf(BPF_PROG_TEST_RUN' after
	run ! grep 'bpf(BPF_[^P]\|bpf(BPF_PROG_[^T]' after
	# and any other is the end
	run rights programs 10
	[ "$output" = 'programs: Invalid argument' ]
	for call in 'programs 5' 'programs 0' 'bpf 10'; do
		# shellcheck disable=SC2086
		run -159 rights $call
	done
}

@test "live: who may load no programs is told, and auto goes on" {
	requires_live
	targets 10.0.0.0/15 >in
	cat >may <<-'E'
		takes on
		run=(capsh --drop=cap_bpf,cap_sys_admin,cap_perfmon -- -c)
		"${run[@]}" 'zmap-send -v 1 --io live <few >out'
		"${run[@]}" 'zmap-send -v 3 <in >out'
		capsh --drop=cap_perfmon,cap_sys_admin -- -c \
			'zmap-send -v 1 --io live <few >out'
	E
	run lab bash may
	[[ ${lines[0]} == "zmap-send: live: cannot share memory with a BPF program: Operation not permitted; only root may" ]]
	[[ $output == *"will send by xdp, copy mode on s0; not by live: cannot share memory with a BPF program: Operation not permitted"* ]]
	[[ ${lines[-1]} == "zmap-send: live: cannot load a BPF program: "*"; only root may" ]]
}
