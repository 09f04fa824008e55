#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# forge-socket on the half-open connections of real scans, in the lab.

# bats file_tags=company
load helper
load tool/talk

# of all lines that are objects, these fields
# begin_capture: on the far side, into $T/pcap
begin_capture() {
	: >"$T/tap"
	$LAB_FAR tap i0 "$T/pcap" 2>"$T/tap" 3>&- &
	soon grep -q listening "$T/tap"
}

rule_there() {
	nft list ruleset | grep -q "tcp sport"
}

rule_gone() {
	[ -z "$(nft list ruleset)" ] && ! pgrep forge-socket >/dev/null
}

# packets FILTER...: how many of the capture
packets() {
	tcpdump -n -r "$T/pcap" "$@" 2>/dev/null | wc -l
}

# hosts FILTER...: to how many addresses the packets go; a busy machine may
# send one twice
hosts() {
	tcpdump -n -r "$T/pcap" "$@" 2>/dev/null | cut -d ' ' -f 5 | sort -u | wc -l
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "forge: one handshake, no reset, the whole answer" {
	requires_lab
	export -f begin_capture
	printf 'GET / %%s\r\n' >request
	in_lab -- 'begin_capture
		forge-socket -c 50 -d request -m 1000000 -- zmap -q -p 7010 \
			-c 1 -r 500 -O cbor -o - 10.0.0.0/27 2>/dev/null
		sleep 0.2'
	[ "$status" -eq 0 ]
	[ "$(fields '.status, .ended, .size' | uniq -c | xargs)" = \
		"32 banner closed 300000" ]
	# a SYN, a SYN-ACK, no reset either way, and the next packet of ours
	# after the SYN-ACK brings the request
	[ "$(packets 'tcp[13] == 2')" = 32 ]
	[ "$(packets 'tcp[13] & 4 != 0')" = 0 ]
	[ "$(hosts 'src host 192.0.2.1 and tcp[13] & 8 != 0')" = 32 ]
	tshark -n -r pcap -q -z conv,tcp 2>/dev/null | grep -c '<->' | grep -x 32
	tshark -n -r pcap -Y 'ip.src == 192.0.2.1 && tcp.seq == 1' -T fields \
		-e ip.dst -e tcp.len 2>/dev/null | sort -u -k1,1 -s |
		awk '$2 == 0 { exit 1 }'
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "forge: hosts that speak first get a bare ACK" {
	requires_lab
	export -f begin_capture
	for args in linux bsd smallest-probes rtt linux,rtt; do
		in_lab -- "begin_capture
			forge-socket -q -- zmap -q -p 7001 -c 1 -r 500 -O cbor \
			--probe-args=$args -o - 10.0.0.0/27 2>/dev/null
			sleep 0.2"
		[ "$status" -eq 0 ]
		[ "$(fields .status | uniq -c | xargs)" = "32 banner" ]
		[ "$(packets 'tcp[13] & 4 != 0')" = 0 ]
		[ "$(packets 'tcp[13] == 2')" = 32 ]
	done
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "forge: hosts with and without SYN cookies" {
	requires_lab
	printf 'hello %%s' >request
	for cookies in 0 2; do
		in_lab -- "\$LAB_FAR sysctl -qw net.ipv4.tcp_syncookies=$cookies
			forge-socket -q -d request -- zmap -q -p 7008,7001 -c 1 \
			-r 500 -O cbor -o - 10.0.0.0/27 2>/dev/null"
		[ "$status" -eq 0 ]
		[ "$(fields '.sport, .status' | uniq -c | xargs)" = \
			"32 7001 banner 32 7008 banner" ]
	done
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "forge: fewer packets than a second handshake" {
	requires_lab
	export -f begin_capture
	printf 'hello' >request
	in_lab -- "begin_capture
		forge-socket -q -d request -c 100 -- zmap -q -p 7008 -c 1 -r 1000 \
			-O cbor -o - 10.0.0.0/24 2>/dev/null | grep -c banner
		sleep 0.2"
	[ "$output" = 256 ]
	forged=$(packets tcp)
	in_lab -- "begin_capture
		zmap -q -p 7008 -c 1 -r 1000 -O cbor -o - 10.0.0.0/24 2>/dev/null |
			banner-grab-tcp -q -d request -c 100 | grep -c banner
		sleep 0.2"
	[ "$output" = 256 ]
	grabbed=$(packets tcp)
	echo "packets for 256 banners: $forged forged, $grabbed with a handshake"
	# SYN, SYN-ACK, ACK, and the reset that the scan's SYN-ACK got
	[ $((grabbed - forged)) -ge $((256 * 3)) ]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "forge: hosts of all kinds" {
	requires_lab
	printf 'hello' >request
	in_lab -- 'forge-socket -q -r 0.5 -g 0.2 -m 100000 -- zmap -q -c 1 \
		-p 7002,7003,7005,7006,7998 -r 500 -O cbor -o - 10.0.0.1 2>/dev/null'
	[ "$status" -eq 0 ]
	fields '.sport, .status, .ended' >got
	# a closed port answered RST, which is no success
	cat >want <<-'E'
		7002 silent null
		7003 reset null
		7005 banner limit
		7006 closed null
	E
	diff want got
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "forge: JSON lines and CSV, and what they must hold" {
	requires_lab
	for format in json csv; do
		in_lab -- "forge-socket -q -- zmap -q -p 7001 -c 1 -r 500 \
			-O $format -f '*' -o - 10.0.0.0/28 2>/dev/null"
		[ "$status" -eq 0 ]
		[ "$(fields .status | uniq -c | xargs)" = "16 banner" ]
	done
	in_lab -- 'echo 10.0.0.1:7001 | forge-socket'
	fails 5 'stdin:1: no daddr'
	printf '{"saddr":"10.0.0.%d","sport":7001,"dport":200,"daddr":"192.0.2.1",
		"seqnum":1,"acknum":2,"window":3}\n' 1 | tr -d '\n\t' >json
	in_lab -- 'forge-socket <json'
	fails 5 '"status":"local"'
	[[ $output == *"Numerical result out of range"* ]]
	mkstream --scan \
		'{"probe":"icmp_echoscan"}' </dev/null >stream
	in_lab -- 'forge-socket <stream'
	fails 1 'a scan by icmp_echoscan'
	# of a scan with options that this program knows nothing of
	in_lab -- 'zmap -q -p 7001 -c 1 -O cbor --probe-args=linux -o - \
		10.0.0.1 2>/dev/null | LC_ALL=C sed s/linux/minix/g |
		forge-socket'
	fails 1 'with --probe-args that are not known'
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "forge: in a pipe; answers from before the rule are said to be so" {
	requires_lab
	export -f rule_there
	in_lab -- '{ soon rule_there; zmap -q -p 7001 -c 1 -r 500 -O cbor -o - \
		10.0.0.0/28 2>/dev/null; } | tee stream | forge-socket -q
		forge-socket <stream'
	fails 5 'forge-socket ... -- zmap'
	[ "$(fields '.status, .error' | uniq -c | xargs)" = "16 banner null \
16 local answered before the rule was there" ]
	# JSON says when, too
	zmap-out -O json -f '*' <stream >json
	in_lab -- 'forge-socket -q <json'
	fails 5 'answered before the rule was there'
}

# What hung up first remembers the connection for a minute; see the README.
# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "forge: a scan again at once finds all by other ports, half by the same" {
	requires_lab
	in_lab -- 'for port in 50000 50000 50001; do
			forge-socket -q -u hello -- zmap -q -s $port -p 7001 -c 1 \
				-r 500 -O cbor -o - 10.0.0.0/25 2>/dev/null |
				jq -r .status | sort | uniq -c
		done'
	[ "$status" -eq 0 ]
	read -r first _ second _ <<<"$(xargs <<<"$output" |
		cut -d' ' -f1,2,3,4)"
	[ "$first" -eq 128 ]
	[ "$second" -gt 20 ]
	[ "$second" -lt 108 ]
	[ "$(xargs <<<"$output")" = "128 banner $second banner 128 banner" ]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "forge: TLS on a forged connection" {
	requires_lab
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 2 -subj '/CN=lab' -keyout key -out cert 2>/dev/null
	TALKERS='--tls cert key' in_lab -- 'forge-socket -q --tls -- zmap -q \
		-p 7443 -c 1 -r 500 -O cbor -o - 10.0.0.0/28 2>/dev/null'
	[ "$(fields '.status, .tls.subject' | uniq -c | xargs)" = \
		"16 banner CN=lab" ]
}

@test "forge: the rule is printed as it is installed, and narrowed" {
	requires_lab
	export -f rule_there
	in_lab -- 'forge-socket --print-rule -p 80 -s 40000-40100 | tee rule |
			nft -f - && nft list table inet forge_socket >/dev/null
		nft delete table inet forge_socket
		{ soon rule_there
		zmap -q -p 7001 -c 1 -s 50000-50100 -O cbor -o - 10.0.0.1
		nft list ruleset >ruleset; } 2>/dev/null | forge-socket -q'
	[ "$status" -eq 0 ]
	grep -F 'tcp sport 40000-40100 tcp dport { 80 }' rule
	grep -F 'ip saddr 192.0.2.1 tcp sport 50000-50100 tcp dport 7001' ruleset
	grep -E 'flags owner' ruleset
	# with --no-rule there is none, and the kernel resets
	in_lab -- '{ sleep 0.2; nft list ruleset >ruleset; } |
		forge-socket -q --no-rule'
	[ ! -s ruleset ]
}

@test "forge: the rule goes: end, SIGINT, SIGTERM, SIGHUP, kill -9" {
	requires_lab
	export -f rule_there rule_gone
	in_lab -- 'forge-socket -q </dev/null; nft list ruleset
		for s in INT TERM HUP QUIT KILL both; do
			sleep 20 | env --default-signal forge-socket -q 2>/dev/null &
			soon rule_there || echo "no rule"
			case $s in
			both) kill -9 $(pgrep forge-socket) ;;
			*) kill -$s $(pgrep -o forge-socket) ;;
			esac
			soon rule_gone || echo "still there after $s"
		done' 2>/dev/null
	[ -z "$output" ]
}

@test "forge: a table that was left behind goes at the next start" {
	requires_lab
	in_lab -- 'nft add table inet forge_socket_99999
		nft add table inet forge_socket_mine
		forge-socket -q </dev/null
		nft list ruleset'
	[[ $output != *99999* ]]
	[[ $output == *forge_socket_mine* ]]
}

@test "forge: a command that cannot be started, and no privilege" {
	requires_lab
	in_lab -- 'forge-socket -- /nonexistent/zmap; nft list ruleset'
	[[ $output == *"forge-socket: /nonexistent/zmap: No such file"* ]]
	[[ $output != *table* ]]
	in_lab -- 'setpriv --inh-caps=-all --bounding-set=-all \
		forge-socket </dev/null'
	fails 1 'TCP_REPAIR: Operation not permitted (it needs CAP_NET_ADMIN)'
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "forge: the worse of its own status and of the command's" {
	requires_lab
	in_lab -- 'forge-socket -q -- true; echo $?
		forge-socket -q -- sh -c "exit 4"; echo $?
		forge-socket -q -- sh -c "exit 7"; echo $?
		forge-socket -q -- sh -c "kill -KILL \$\$"; echo $?
		forge-socket -q -- sh -c "echo nonsense; exit 3"; echo $?
		forge-socket -q -- sh -c "exec >&-; sleep 0.2; exit 4"; echo $?
		forge-socket -q -- zmap -q --no-such-option 2>/dev/null; echo $?
		forge-socket -q -- sh -c "zmap -q -p 7001 -c 1 -O cbor -o - \
			10.0.0.1; exit 4" 2>/dev/null >out; echo $?
		jq -r .status out' 2>/dev/null
	diff - <(grep -v WARN <<<"$output") <<-'E'
		0
		4
		forge-socket: sh: exit status 7
		1
		forge-socket: sh: killed by signal 9 (Killed)
		1
		3
		4
		2
		4
		banner
	E
	# one that goes on when we end is not waited for
	in_lab -- 'forge-socket -q --max-runtime 0.2 -- sleep 100; echo $?
		nft list ruleset'
	[ "$(tail -n 1 <<<"$output")" = 5 ]
	# and does not keep the rule there
	export -f rule_there
	no_rule() { [ -z "$(nft list ruleset)" ]; }
	export -f no_rule
	in_lab -- 'forge-socket -q -- sleep 100 &
		soon rule_there || echo "no rule"
		kill -9 $!
		wait $! 2>/dev/null	# or the shell says that it was killed
		soon no_rule || echo "still there"'
	[ -z "$output" ]
}

@test "forge: rights: none here, CAP_NET_ADMIN in the guard" {
	requires_lab
	export -f rule_there
	in_lab -- 'sleep 3 | forge-socket -q &
		soon rule_there
		grep -h CapEff $(pgrep forge-socket | sed "s,.*,/proc/&/status,")'
	# bits 12 and 10: NET_ADMIN, NET_BIND_SERVICE
	[ "$(awk '/CapEff/ { print $2 }' <<<"$output" | sort | xargs)" = \
		"0000000000000000 0000000000001400" ]
}

@test "forge: wrong options are status 2" {
	run forge-socket --no-such-option </dev/null
	[ "$status" -eq 2 ]
	run forge-socket -s 70000 </dev/null
	fails 2 'must be a port from 1 to 65535'
	run forge-socket --probe-args=solaris </dev/null
	fails 2 'not known of tcp_synscan'
	run forge-socket --probe-args=linux,rtt,bsd </dev/null
	fails 2 'not known of tcp_synscan'
	# the option is taken where the scan's own was
	run forge-socket --probe-args=windows,rtt --print-rule
	[ "$status" -eq 0 ]
	for o in -h -V --print-rule; do
		run bash -c "forge-socket $o 2>&1 >/dev/null"
		[ "$status" -eq 0 ]
		[ -z "$output" ]
		run bash -c "forge-socket $o >/dev/full"
		[ "$status" -eq 1 ]
	done
}

@test "forge: the guard does not believe the process that reads answers" {
	requires_lab
	plain "linked by hand"
	gcc -Wall -Werror -I"$ROOT/examples/forge-socket" -I"$ROOT/lib" \
		-o intruder "$ROOT/tests/modules/guard.c" \
		"$BUILD"/examples/forge-socket/{guard,rule,forge}.o \
		"$BUILD"/examples/grab/*.o "$BUILD/libzmap.a" \
		$(pkg-config --libs libcbor libcap json-c libevent_core openssl \
			libseccomp libnftables) -lm
	lab ./intruder >got
	diff - got <<-'E'
		addresses: Invalid argument
		ports: Invalid argument
		range: Invalid argument
		early socket: Numerical result out of range
		rule: done
		wider: the scan's source ports 1-65535 are not within 40000-40010: give them by -s
		wider ports: the scan's source ports 1-65535 are not within 40000-40010: give them by -s
		foreign socket: Numerical result out of range
		narrower: done
		socket outside of that: Numerical result out of range
		end: done
	E
}

@test "forge: a scan from other ports than were said is refused" {
	requires_lab
	in_lab -- 'zmap -q -p 7001 -c 1 -s 50000-50100 -O cbor -o - 10.0.0.1 |
		forge-socket -q -s 40000-40100'
	[[ $output == *"source ports 50000-50100 are not within 40000-40100: give them by -s"* ]]
}
