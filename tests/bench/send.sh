#!/bin/bash
# How fast probes leave, by every way out, beside a bare AF_XDP loop and the
# peers that are installed; and whether a rate is what was asked.
#
# All of it on the same veth pair of the lab, whose far side drops probes as
# early as it can.  Packets are counted by the interface, over a window of
# seconds in the middle of the run, the same for everyone.
set -u
window=${BENCH_SMOKE:+1}
window=${window:-3}

# sent SECONDS: packets a second that leave s0
sent() {
	local tx=/sys/class/net/s0/statistics/tx_packets a b t0 t1

	a=$(cat $tx) t0=$(date +%s%N)
	sleep "$1"
	b=$(cat $tx) t1=$(date +%s%N)
	awk -v n=$((b - a)) -v t=$((t1 - t0)) 'BEGIN { printf "%.0f", n / t * 1e9 }'
}

# speed ROW WHO COMMAND: runs it for the window, and a little more
speed() {
	local row=$1 who=$2 pps
	shift 2

	setsid bash -c "$*" </dev/null >/dev/null 2>&1 &
	sleep 1.2
	pps=$(sent "$window")
	kill -INT -- -$! 2>/dev/null
	sleep 0.2
	kill -KILL -- -$! 2>/dev/null
	wait 2>/dev/null
	[ "$pps" -gt 1000 ] && printf '%s\t%s\tpackets/s\t%s\n' "$row" "$who" "$pps"
	sleep 0.3
}

# What arrives on the far side with this option for a rate: the rate itself, the
# longest gap, the most packets in any millisecond, and processor time.
rates() {
	local arg=$1 seconds=$2 cpu

	$LAB_FAR tcpdump -i i0 -w far.pcap -B 65536 -s 64 --time-stamp-precision nano \
		tcp 2>/dev/null &
	local dump=$!
	sleep 0.5
	zmap-targets -p 80 -e 1 --no-blacklist 10.0.0.0/8 2>/dev/null |
		bash -c "TIMEFORMAT='%U %S'; time zmap-send -v 1 $arg \
			-t $seconds >/dev/null" 2>cpu
	sleep 0.5
	kill -INT $dump
	wait $dump 2>/dev/null
	cpu=$(awk '{ s = $1 + $2 } END { print s }' cpu)
	tshark -n -r far.pcap -T fields -e frame.time_epoch 2>/dev/null |
		awk -v cpu="$cpu" -v row="$arg" '
		{ if (NR > 1 && $1 - last > gap) gap = $1 - last
		  if (NR == 1) first = $1
		  last = $1; at[NR] = $1
		  while ($1 - at[tail + 1] > 0.001) tail++
		  if (NR - tail > burst) burst = NR - tail }
		END { w = last - first
		  pps = 0; if (w > 0) pps = (NR - 1) / w
		  printf "%s\tmeasured\tpackets/s\t%.3f\n", row, pps
		  printf "%s\tlongest gap\tms\t%.3f\n", row, gap * 1000
		  printf "%s\tmost in 1 ms\tpackets\t%d\n", row, burst
		  if (w <= 0) w = 1
		  printf "%s\tprocessor time\t%%\t%.2f\n", row, 100 * cpu / w }'
	rm -f far.pcap
}

if [ "${1:-}" = speeds ]; then
	to='10.0.0.0/8'
	all="zmap-targets -p 80 -e 1 --no-blacklist $to"
	speed 'send, 1 thread' 'bare AF_XDP' xdpbare s0 100000000 10.0.0.1
	for way in xdp ring mmsg ip; do
		speed 'send, 1 thread' "zmap-send --io $way" \
			"$all | zmap-send -v 1 --io $way"
	done
	speed 'send, 2 threads' 'zmap-send' "$all | zmap-send -v 1 -T 2"
	speed 'whole pipeline' 'zmap' "$all | zmap-send -v 1 | zmap-recv | \
		zmap-filter 'success = 1 && repeat = 0' | zmap-out -f saddr"
	if [ -x /usr/sbin/zmap ]; then
		for t in 1 2; do
			speed "whole pipeline, peers" "ZMap 2.1.1 -T $t" \
				/usr/sbin/zmap -p 80 -i s0 -G "$LAB_GATEWAY_MAC" \
				-b /dev/null -r 100000000 -T $t -c 0 -o /dev/null $to
		done
	fi
	if command -v masscan >/dev/null; then
		speed 'whole pipeline, peers' 'masscan' masscan -p80 \
			--rate 100000000 -e s0 --source-ip "$LAB_SOURCE" \
			--router-mac "$LAB_GATEWAY_MAC" --wait 0 -oL /dev/null $to
	fi
	exit 0
fi

if [ "${1:-}" = rates ]; then
	cd "$(mktemp -d)" || exit 1
	trap 'rm -rf "$PWD"' EXIT
	seconds=10
	[ -z "${BENCH_SMOKE:-}" ] || seconds=2
	for r in 0.5 1 10 1000 10000 100000; do
		rates "-r $r" $seconds
	done
	rates '-B 720K' $seconds
	rates '-B 7.2M' $seconds
	rates '-B 72M' $seconds
	exit 0
fi

PATH=$PATH:$BENCH_ROOT/build/tests/bench
export PATH
lab --fast --classes open=1 "$0" speeds
if [ "${BENCH_ROUND:-1}" = 1 ]; then
	lab --classes open=0 --qdisc none "$0" rates
fi
