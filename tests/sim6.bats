#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Scans of the simulated Internet's IPv6, against what Python says of it.

# bats file_tags=company
bats_require_minimum_version 1.5.0
load helper

SHARES=open=5,closed=5,unreachable=3,duplicate=2,late=2,blowback=0.03
SHARES+=,lossy=1,forged=4
ALIASED=3,2,4

# hosts side by side, one in each /64, and one in each /96 of a /64
TARGETS='2001:db8::/115 2001:db8:1000::/51-64 2001:db8:3000::/84-96'

sim6() {
	run --separate-stderr lab --sim --six 2001:db8::/32 --seed 6 \
		--classes "$SHARES" --aliased "$ALIASED" --places wildcard=2 --counters far "$@"
	[ "$status" != 125 ] || lacks "no lab: $stderr"
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ "$(jq -c '[.dropped, .unsent, .unqueued, .bad_ip, .bad_checksum,
		.bad_transport, .outside]' far)" = '[0,0,0,0,0,0,0]' ]
}

# expect6 OPTION...: of TARGETS
expect6() {
	# shellcheck disable=SC2086
	zmap-targets --text -e 5 --no-blacklist $TARGETS |
		"$ROOT/tests/lab/expect6.py" --seed 6 --classes "$SHARES" \
			--aliased "$ALIASED" --places wildcard=2 "$@" -
}

# equals FILE: as stdin
equals() {
	diff - "$1" >differ || {
		head differ
		return 1
	}
}

# scan6 MODULE [PROBES]: each answer is one that is to be expected, and no other
scan6() {
	local port='' proto=icmp args='' check=''

	[ "$1" = icmp_echoscan ] || port='-p 80' proto=tcp
	# who answers UDP may do so from another port, unless he may not
	[ "$1" != udp ] || proto=udp port='-p 80' args='--probe-args=text:hello'
	[ "$1" != udp ] || check='--validate-source-port=enable'
	sim6 bash -o pipefail -c "
		zmap-targets $port -e 5 --no-blacklist $TARGETS |
		zmap-send -M $1 $args -P ${2:-1} -r 20000 | zmap-recv $check --cooldown 4 >out.cbor"
	zmap-out -f saddr,success,repeat -o answers <out.cbor
	zmap-filter 'icmp_type > 0' <out.cbor |
		zmap-out -f saddr,icmp_responder,icmp_type,icmp_code -o errors
	# shellcheck disable=SC2086
	[ "$(jq .probes far)" -eq $(($(zmap-targets --count --no-blacklist $TARGETS) * ${2:-1})) ]
	[ "$(jq .aliased far)" -gt 100 ]
	expect6 --proto "$proto" -P "${2:-1}" | awk -F, '
		$3 == "forged" || $4 == 0 { next }
		{ success = $3 != "closed" && $3 != "unreachable"
			for (i = 0; i < $4; i++)
				print $1 "," success "," (i > 0) }' |
		sort >want
	tail -n +2 answers | sort | equals want
	[ "$(wc -l <want)" -gt 1000 ]
}

@test "sim6: each answer to SYNs, none else, repeats told" {
	scan6 tcp_synscan
	expect6 --proto tcp --errors | sort >want
	cut -d, -f1-4 errors | grep -v '^saddr' | sort | equals want
	[ "$(cut -d, -f2 want | sort -u | wc -l)" -gt 100 ]
}

@test "sim6: each answer to echoes, none else, repeats told" {
	scan6 icmp_echoscan
	expect6 --proto icmp --errors | sort >want
	grep -v '^saddr' errors | sort | equals want
}

@test "sim6: each answer to UDP, none else, repeats told" {
	# of few targets: that a forged answer comes to the right port by chance
	# is one in 28 233
	TARGETS=2001:db8:2000::/52-64 SHARES=${SHARES/forged=4/forged=1}
	ALIASED=9,2
	scan6 udp
	expect6 --proto udp --errors | sort >want
	grep -v '^saddr' errors | sort | equals want
}

@test "sim6: who loses the first probes is found by the fourth" {
	TARGETS=2001:db8:5000::/52-64
	scan6 tcp_synscan 4
}

@test "sim6: neighbours answer for themselves, those that are there" {
	SHARES=open=40,unreachable=20 ALIASED=0,0
	"$ROOT/tests/lab/expect6.py" --seed 6 --proto icmp --addresses \
		--classes "$SHARES" 2001:db8:9::/124 | sort >want
	sim6 bash -c '
		ip -6 route add 2001:db8:9::/64 dev s0
		for a in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
			echo >/dev/udp/2001:db8:9::$a/9
		done
		for ((i = 0; i < 100; i++)); do
			ip -6 neigh show | grep -q INCOMPLETE || break
			sleep 0.1
		done
		ip -6 neigh show'
	echo "$output" | sed -n 's/ dev s0 lladdr 02:00:00:00:00:02 .*//p' |
		grep ^2001: | sort | equals want
	[ "$(wc -l <want)" -gt 3 ]
	[ "$(jq .solicited far)" -ge 16 ]
}

@test "sim6: aliased prefixes are named, and a filter drops what is in them" {
	expect6 --prefixes >aliased
	sim6 zmap -p 80 -e 5 -r 20000 -c 1 -q --no-blacklist --aliased aliased \
		-f saddr,aliased --output-filter 'success && !repeat' -o found \
		$TARGETS
	tail -n +2 found | cut -d, -f2 | grep . | sort -u >named
	sort -u aliased | equals named
	expect6 | awk -F, '$3 == "aliased" { print $1 }' | sort >want
	grep ',.' found | cut -d, -f1 | grep -v saddr | sort | equals want
	sim6 zmap -p 80 -e 5 -r 20000 -c 4 -q --no-blacklist --aliased aliased \
		--output-filter 'success && !repeat && aliased is null' -o found \
		$TARGETS
	expect6 --addresses >all
	sort all | comm -23 - want >hosts
	grep -v saddr found | sort | equals hosts
}

# Three shards of a /112 and of a window with two addresses in each /64, each
# interrupted at random moments and resumed: into found.SHARD.RUN.  ZMAP_LONG=1: of
# a window of 2^20 /64s, two minutes.
# bats test_tags=slow
@test "sim6: kernel hosts over shards, stopped and resumed: each once" {
	local targets='2001:db8:5::/112 2001:db8:6000::/54-64'
	local n=$((65536 + 2048)) rate=12000

	if [ -n "${ZMAP_LONG:-}" ]; then
		targets=2001:db8:6000::/44-64 n=$((1 << 21)) rate=20000
	fi
	cat >stop <<-'E'
		RANDOM=6
		set -m
		for shard in 0 1 2; do
			how=--checkpoint
			for ((run = 0; run < 12; run++)); do
				zmap -p 80 -q -v 1 --no-blacklist -e 9 --shards 3 \
					--shard $shard --iid rand,low -r $2 -c 1 \
					$how c.$shard -o found.$shard.$run $1 &
				if ((run < 3)); then
					sleep $((RANDOM % 8 * ($2 / 20000))).$((2 + RANDOM % 8))
					kill -INT -- -$! 2>/dev/null
				fi
				wait $!
				rc=$?
				echo "$shard $run $rc" >>runs
				((rc != 3)) && break
				how=--resume
			done
		done
	E
	run --separate-stderr lab --real --six 2001:db8:5::/48 \
		--six 2001:db8:6000::/36 bash stop "$targets" "$rate"
	[ "$status" != 125 ] || lacks "no lab: $stderr"
	[ "$(grep -c ' 0$' runs)" -eq 3 ] || { cat runs; echo "$stderr"; false; }
	[ "$(grep -c ' 3$' runs)" -ge 3 ]
	# shellcheck disable=SC2086
	zmap-targets --text --no-blacklist -e 9 --iid rand,low $targets |
		sort >want
	[ "$(wc -l <want)" -eq $n ]
	sort found.* | equals want
}

@test "sim6: a /48 and a /128 of the blacklist are not in a window's probes" {
	printf '%s\n' 2001:db8:101::/48 2001:db8:100:77::1/128 >black
	SHARES=open=1 ALIASED=0,0
	sim6 --capture far.pcap bash -o pipefail -c '
		zmap-targets -p 80 -e 5 -b black --iid low 2001:db8:100::/47-64 |
			zmap-send -r 25000 | zmap-recv --cooldown 1 >first
		zmap-targets -p 81 -e 5 --no-blacklist --iid low \
			2001:db8:100::/47-64 |
			zmap-send -r 40000 --exclude black |
			zmap-recv --cooldown 1 >second'
	tshark -r far.pcap -Y 'tcp.flags.syn == 1 && tcp.flags.ack == 0' \
		-T fields -e ipv6.dst -e tcp.dstport 2>/dev/null | sort >sent
	"$PYTHON" -c 'import ipaddress
net = int(ipaddress.ip_address("2001:db8:100::1"))
for i in range(65536):
    if i != 0x77:
        for port in 80, 81:
            print(ipaddress.ip_address(net + (i << 64)), port, sep="\t")' |
		sort | equals sent
}

@test "sim6: the recipes of the README for IPv6" {
	zmap-targets --text --no-blacklist -e 5 2001:db8:5::/52-64 >hitlist.txt
	expect6_list() {
		"$ROOT/tests/lab/expect6.py" --seed 6 --classes "$SHARES" \
			--aliased "$ALIASED" --places wildcard=2 "$@" - <hitlist.txt
	}
	expect6_list --prefixes >aliased.txt
	: >non-aliased.txt
	sed -n 's/^    \(zmap .*2001:db8::.*\)/\1/p
		s/^    \(zmap .* --aliased .*\)/\1/p' "$ROOT/README.md" >recipes
	[ "$(wc -l <recipes)" -eq 3 ]
	# a smaller window, at a rate for a test
	sed -i "s,2001:db8::/48-64,2001:db8:7::/54-64,
		s/^zmap/& -q -c 4 --no-blacklist/; s/-r 1000/-r 9000/" recipes
	sed -i '1s/$/ >hosts/; 2s/$/ >routers/; 3s/$/ >list/' recipes
	sim6 bash -eo pipefail recipes
	[ "$(grep -c ^2001:db8:7: hosts)" -gt 50 ]
	[ "$(grep -c '^2001:db8:7:.*,2001:db8:' routers)" -gt 10 ]
	expect6_list -p 443 | awk -F, '$4 > 0 && $3 ~ /open|dup|late|blow|lossy/ {
		print $1 }' | sort >want
	tail -n +2 list | sort | equals want
}

@test "sim6: the same where XDP drops probes to silent hosts" {
	ALIASED=0,0 TARGETS=2001:db8:40::/52-64
	[ "$(id -u)" = 0 ] || skip "XDP programs need root"
	sim6 --fast bash -o pipefail -c "
		zmap-targets -p 80 -e 5 --no-blacklist $TARGETS |
		zmap-send -r 10000 | zmap-recv --cooldown 4 >out.cbor"
	zmap-filter 'success && !repeat' <out.cbor | zmap-out -o found
	expect6 --addresses | sort >want
	sort found | equals want
	jq -e '.fast and .tcp.filtered > 2000 and .probes == 4096' far
}
