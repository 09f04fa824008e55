#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a probe of each module costs, beside tcp_synscan's: packets a second,
# and the same by processor time, as a fraction, which a busy machine falsifies
# less.  tcp_synscan has its turn before each of them, on the same targets.
#
# The far side drops what arrives as early as it can.
set -u
n=1000000
[ -z "${BENCH_SMOKE:-}" ] || n=300000

# run PORTS ARGUMENT...: of zmap-send, seconds that pass and that it computes
run() {
	local TIMEFORMAT='%R %U %S' ports=$1
	shift

	[ -e "targets$ports" ] || zmap-targets --no-blacklist -e 1 -n "$n" \
		${ports:+-p "$ports"} 10.0.0.0/8 >"targets$ports" 2>/dev/null
	{ time zmap-send -v 1 -T 1 "$@" <"targets$ports" >/dev/null \
		2>errors; } 2>&1
}

# row NAME PORTS ARGUMENT...
row() {
	local name=$1 syn mine
	shift

	syn=$(run 80 -M tcp_synscan)
	mine=$(run "$@")
	if [ -s errors ]; then
		cat errors >&2
		return
	fi
	awk -v name="$name" -v n="$n" -v syn="$syn" -v mine="$mine" 'BEGIN {
		split(syn, s); split(mine, m)
		printf "%s\tzmap-send\tpackets/s\t%.0f\n", name, n / m[1]
		printf "%s\tzmap-send\tof tcp_synscan\t%.3f\n", name,
			(s[2] + s[3]) / (m[2] + m[3]) }'
}

if [ "${1:-}" = inside ]; then
	payloads=$BENCH_ROOT/examples/udp-payloads
	row tcp_synscan 80 -M tcp_synscan
	row 'tcp_synscan, rtt' 80 -M tcp_synscan --probe-args rtt
	row tcp_synackscan 80 -M tcp_synackscan
	row icmp_echoscan '' -M icmp_echoscan
	row icmp_echo_time '' -M icmp_echo_time
	row 'udp, static' 53 -M udp --probe-args text:hello
	row 'udp, ports' 53,123 -M udp --probe-args "ports:$payloads/ports"
	for t in dns_53 ntp_123 stun_3478 portmap_111 sip_options; do
		row "udp, $t.tpl" 5060 -M udp --probe-args "file:$payloads/$t.tpl"
	done
	row dns 53 -M dns --probe-args A,example.com
	row ntp 123 -M ntp
	row upnp 1900 -M upnp
	row bacnet 47808 -M bacnet
	row ipip 80 -M ipip
	exit 0
fi

lab --fast --classes open=0 "$0" inside
