#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Probes that say who sends them (RFC 9511).

# once: both families are in the tests
# bats file_tags=company,once
bats_require_minimum_version 1.5.0
load helper

URI=https://scan.example.net/.well-known/probing.txt

# probes MODULE [OPTION...]: p.pcap, the probes to two targets, and s.cbor, of
# the family $family
family=4
probes() {
	local m=$1 port=(-p 80) from=198.51.100.2 to=203.0.113.6/31

	shift
	[[ $m == icmp_* ]] && port=()
	[ $family = 4 ] || { from=2001:db8::2; to=2001:db8:1::6/127; }
	zmap-targets -v 1 "${port[@]}" --no-blacklist $to |
		own_net zmap-send -v 1 -X -S $from \
			--write-pcap p.pcap -M "$m" "$@" >s.cbor
}

# data HEADER URI [REST]: both probes have this behind HEADER bytes of IPv4
# packet, in hex, whatever follows REST.  The header of IPv6 is longer.
data() {
	"$PYTHON" - "$@" <<-'P'
		import struct, sys
		skip, uri, rest = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
		data, at, n = open("p.pcap", "rb").read(), 24, 0
		want = uri.encode() + b"\0" if uri else b""
		want += bytes.fromhex("".join(rest))
		while at < len(data):
		    size, = struct.unpack("<I", data[at + 8:at + 12])
		    p = data[at + 16:at + 16 + size]
		    at, n = at + 16 + size, n + 1
		    if p[0] >> 4 == 6:
		        assert struct.unpack(">H", p[4:6])[0] == len(p) - 40, p
		        p = p[20:]
		    else:
		        assert struct.unpack(">H", p[2:4])[0] == len(p), p
		    skip_tcp = skip or 20 + (p[32] >> 4) * 4
		    assert p[skip_tcp:].startswith(want), p[skip_tcp:]
		    if not uri and not rest:
		        assert len(p) == skip_tcp, p
		assert n == 2, n
	P
	keep
}

# keep: the probes are added to all.pcap
keep() {
	[ -f all.pcap ] || head -c 24 p.pcap >all.pcap
	tail -c +25 p.pcap >>all.pcap
}

# kept N: there were so many, and tshark finds nothing wrong.  A tshark for all
# of them, since it takes a second to begin.
kept() {
	tshark -r all.pcap -o tcp.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -o ip.check_checksum:TRUE \
		-T fields -e ip.checksum.status -e tcp.checksum.status \
		-e udp.checksum.status -e icmp.checksum.status \
		-e icmpv6.checksum.status 2>/dev/null |
		tr -d '\t' >sums
	[ "$(wc -l <sums)" -eq "$1" ]
	[ "$(sort -u sums)" = "$([ $family = 6 ] && echo 1 || echo 11)" ]
}

# length N: both packets have so many bytes
length() {
	[ "$(stat -c %s p.pcap)" -eq $((24 + 2 * (16 + $1))) ]
}

@test "attribution: the URI and its NUL are the first of the data" {
	type tshark >/dev/null || skip "no tshark"
	for uri in "$URI" mailto:scan@example.net tel:+1-201-555-0123; do
		probes icmp_echoscan --attribution "$uri"
		data 28 "$uri" 0000000000000000000000000000000000000000
		probes icmp_echoscan --attribution "$uri" --probe-args text:marco
		data 28 "$uri" 6d6172636f
		# the time and the target stand behind it
		probes icmp_echo_time --attribution "$uri"
		data 28 "$uri"
		length $((28 + ${#uri} + 1 + 12))
		probes udp --attribution "$uri"
		data 28 "$uri"
		length $((28 + ${#uri} + 1))
		for layout in '' linux, bsd, smallest-probes,rtt,; do
			probes tcp_synscan --attribution "$uri" \
				--probe-args "${layout}attribution"
			data 0 "$uri"
		done
	done
	kept $((2 * 3 * 8))
}

@test "attribution: over IPv6, a key stands behind the URI" {
	type tshark >/dev/null || skip "no tshark"
	family=6
	for uri in "$URI" mailto:scan@example.net; do
		for m in icmp_echoscan icmp_echo_time udp \
			'tcp_synscan --probe-args attribution' \
			'tcp_synscan --probe-args bsd,attribution'; do
			probes $m --attribution "$uri"
			[[ $m == tcp* ]] && skip=0 || skip=28
			data $skip "$uri"
		done
		probes icmp_echo_time --attribution "$uri"
		length $((40 + 8 + ${#uri} + 1 + 32))
		probes icmp_echoscan --attribution "$uri" --probe-args text:marco
		length $((40 + 8 + ${#uri} + 1 + 8 + 5))
	done
	probes tcp_synscan --attribution "$URI"
	data 0 ''
	kept $((2 * (2 * 5 + 1)))
}

@test "attribution: over IPv6, no bit that validates can be changed" {
	family=6
	n=$((${#URI} + 1))
	while read -r m kind chance bytes args; do
		probes "$m" --attribution "$URI" ${args:+--probe-args "$args"}
		"$PYTHON" "$ROOT/tests/tool/reply.py" "$kind" <p.pcap >answer.pcap
		zmap-recv -v 1 --read-pcap answer.pcap <s.cbor >out.cbor || [ $? -eq 5 ]
		[ "$(zmap-out -O json -f saddr <out.cbor | wc -l)" -eq 2 ] ||
			{ echo "$m: $kind"; return 1; }
		"$PYTHON" "$ROOT/tests/tool/flips.py" 8-39 ${bytes//,/ } \
			<answer.pcap >a.pcap
		zmap-recv -v 1 --read-pcap a.pcap <s.cbor >out.cbor || [ $? -eq 5 ]
		passed=$(zmap-out -O json -f saddr <out.cbor | wc -l)
		[ "$passed" -le "$chance" ] ||
			{ echo "$m: $kind: $passed pass"; return 1; }
	done <<-E
		icmp_echoscan echo 0 44-47,$((48 + n))-$((55 + n))
		icmp_echo_time echo 0 44-47,$((72 + n))-$((79 + n))
		tcp_synscan synack 2 40-43,48-51 attribution
		udp udp:00 2 42-43
	E
}

# padn URI: both probes have a header of destination options first, in which
# PadN has the URI and its NUL, and what else is in there is padding.
padn() {
	"$PYTHON" - "$1" <<-'P'
		import struct, sys
		data, at, n = open("p.pcap", "rb").read(), 24, 0
		uri = sys.argv[1].encode() + b"\0"
		while at < len(data):
		    size, = struct.unpack("<I", data[at + 8:at + 12])
		    p = data[at + 16:at + 16 + size]
		    at, n = at + 16 + size, n + 1
		    assert struct.unpack(">H", p[4:6])[0] == len(p) - 40, p
		    assert p[6] == 60 and p[40] in (6, 17, 58), p
		    options = p[42:48 + 8 * p[41]]
		    assert options[:2] == bytes([1, len(uri)]), options
		    assert options[2:].startswith(uri), options
		    rest = options[2 + len(uri):]
		    assert len(rest) < 8, rest
		    assert rest in (b"", b"\0") or \
		        rest == bytes([1, len(rest) - 2]) + bytes(len(rest) - 2), rest
		assert n == 2, n
	P
	keep
}

@test "attribution: over IPv6, PadN has the URI before any module's header" {
	requires tshark
	family=6
	# each remainder of eight, and the longest there is
	for n in 5 6 7 8 9 10 11 12 120 247 248 249 250 251 252 253 254; do
		uri=$(printf 'tel:%0*d' $((n - 4)) 7)
		probes ntp --attribution "$uri" --attribution-padn
		padn "$uri"
	done
	for m in bacnet 'dns --probe-args A,example.net' icmp_echo_time \
		icmp_echoscan ntp tcp_synackscan tcp_synscan \
		'tcp_synscan --probe-args bsd,attribution' \
		'udp --probe-args text:x' udp upnp; do
		probes $m --attribution "$URI" --attribution-padn
		padn "$URI" || { echo "$m"; return 1; }
	done
	kept $((2 * (17 + 11)))
}

@test "attribution: PadN is asked for by name, and says what it does" {
	: >empty
	run zmap-send --attribution-padn <empty
	fails 2 '--attribution-padn: --attribution says what to put there'
	family=6
	head -c 1400 /dev/zero >payload
	long=tel:$(printf %0250d 1)
	run probes udp --attribution "$long" --attribution-padn \
		--probe-args file:payload
	[ "$status" -eq 2 ]
	[[ $output == *'the packet would be longer than 1500 bytes'* ]]
	zmap-targets -v 1 -p 80 --no-blacklist 2001:db8::7 |
		own_net zmap-send -v 3 -X -S 2001:db8::2 --write-pcap p.pcap \
			--attribution "$URI" --attribution-padn 2>err >s.cbor
	grep -q 'WARN.*Linux drops packets with such a PadN option' err
	run ! grep -q 'is not in the probes' err
	zmap-targets -v 1 -p 80 --no-blacklist 203.0.113.7 |
		own_net zmap-send -v 3 -X -S 198.51.100.2 --write-pcap p.pcap \
			--attribution "$URI" --attribution-padn 2>err >s.cbor
	grep -q 'INFO.*--attribution-padn is of IPv6' err
	[ "$(stat -c %s p.pcap)" -eq $((24 + 16 + 52)) ]
	zmap-targets -v 1 -p 80 --no-blacklist 2001:db8::7 |
		own_net zmap-send -d --attribution "$URI" \
			--attribution-padn >text
	sed -n 2p text | grep -qx "dstopts { padn: $URI }"
}

@test "attribution: answers to what is behind PadN are as hard to forge" {
	family=6
	while read -r m kind chance bytes args; do
		probes "$m" --attribution "$URI" --attribution-padn \
			${args:+--probe-args "$args"}
		"$PYTHON" "$ROOT/tests/tool/reply.py" "$kind" <p.pcap >answer.pcap
		zmap-recv -v 1 --read-pcap answer.pcap <s.cbor >out.cbor || [ $? -eq 5 ]
		[ "$(zmap-out -O json -f saddr <out.cbor | wc -l)" -eq 2 ] ||
			{ echo "$m: $kind"; return 1; }
		"$PYTHON" "$ROOT/tests/tool/flips.py" ${bytes//,/ } \
			<answer.pcap >a.pcap
		zmap-recv -v 1 --read-pcap a.pcap <s.cbor >out.cbor || [ $? -eq 5 ]
		passed=$(zmap-out -O json -f saddr <out.cbor | wc -l)
		[ "$passed" -le "$chance" ] ||
			{ echo "$m: $kind: $passed pass"; return 1; }
	done <<-E
		icmp_echoscan echo 0 8-39,44-47
		tcp_synscan synack 2 8-39,40-43,48-51
		tcp_synscan icmp:1:4 2 24-39,56-87,144-151
		tcp_synackscan icmp:1:4:8 2 24-39,56-87,144-151
		udp icmp:1:4:8 2 24-39,56-87,144-147
		ntp icmp:3:0 2 24-39,56-87,144-147
	E
}

@test "attribution: a scan of who takes PadN finds the same, by each way out" {
	requires_lab --six 2001:db8::/32
	cat >all <<-'E'
		scan() {
			local name=$1 m=$2
			shift 2
			local port=(-p 80)
			[[ $m != icmp* ]] || port=()
			zmap -q -v 1 -c 1 -e 1 -r 20000 --no-blacklist -M "$m" \
				"${port[@]}" -o "$name" --attribution "$URI" \
				-f saddr,classification,icmp_responder,icmp_type,repeat \
				"$@" 2001:db8::/117
		}
		for m in icmp_echoscan icmp_echo_time tcp_synscan tcp_synackscan udp; do
			scan "$m" "$m"
			scan "$m.padn" "$m" --attribution-padn -m meta.json
		done
		for way in xdp ring mmsg ip; do
			scan "way.$way" tcp_synscan --attribution-padn --io "$way"
		done
	E
	URI=$URI lab --sim --six 2001:db8::/32 --counters far --classes \
		open=20,closed=10,unreachable=10,duplicate=2 bash all
	[ "$(jq -c '[.bad_ip, .bad_checksum, .bad_transport]' far)" = '[0,0,0]' ]
	for m in icmp_echoscan icmp_echo_time tcp_synscan tcp_synackscan udp; do
		[ "$(wc -l <"$m")" -gt 400 ]
		diff <(sort "$m") <(sort "$m.padn")
	done
	for way in xdp ring mmsg ip; do
		diff <(sort tcp_synscan) <(sort "way.$way")
	done
	[ "$(jq -r .attribution meta.json)" = "$URI" ]
}

# What the warning and the manual say of Linux, which forwards such packets, and
# quotes them.
@test "attribution: Linux hosts drop PadN that says something, its routers do not" {
	requires_lab --real --six 2001:db8:8::/48
	cat >all <<-'E'
		$LAB_FAR bash -c "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
			ip -6 route add unreachable 2001:db8:9::/48"
		for m in tcp_synscan icmp_echoscan; do
			port="-p 80"
			[ $m = tcp_synscan ] || port=
			zmap -q -v 1 -c 1 --no-blacklist $port -M $m -r 1000 -o $m \
				-f saddr,icmp_responder,icmp_code,icmp_quote_ok \
				--no-header-row \
				--attribution "$URI" --attribution-padn \
				2001:db8:8::/126 2001:db8:9::/126
			zmap -q -v 1 -c 1 --no-blacklist $port -M $m -r 1000 -o $m.not \
				--attribution "$URI" 2001:db8:8::/126
		done
	E
	URI=$URI lab --real --six 2001:db8:8::/48 -- bash all
	for m in tcp_synscan icmp_echoscan; do
		[ "$(wc -l <$m.not)" -eq 4 ]
		sort $m | diff - <(printf '2001:db8:9::%s,fd00:1ab::fe,0,1\n' '' 1 2 3)
	done
}

@test "attribution: a payload of the user's and a SYN stay as they were" {
	type tshark >/dev/null || skip "no tshark"
	probes udp --attribution "$URI" --probe-args text:x
	data 28 '' 78
	probes tcp_synscan --attribution "$URI"
	data 0 ''
	# asked for, but nothing to say
	probes tcp_synscan --probe-args attribution
	data 0 ''
	kept 6
}

@test "attribution: what has no room says so, and the scan goes on" {
	zmap-targets -v 1 -p 53 --no-blacklist 203.0.113.7 >targets
	own_net zmap-send -v 3 -X -S 198.51.100.2 --write-pcap p.pcap -M ntp \
		--attribution "$URI" <targets >s.cbor 2>err
	grep -q 'not in the probes of ntp; zmap -M ntp -h' err
	own_net zmap-send -v 3 -X -S 198.51.100.2 --write-pcap p.pcap \
		--probe-args attribution --attribution "$URI" \
		<targets >s.cbor 2>err
	grep -q 'some hosts and firewalls drop such SYNs' err
	own_net zmap-send -v 3 -X -S 198.51.100.2 --write-pcap p.pcap \
		-M icmp_echoscan --attribution "$URI" 2>err \
		< <(zmap-targets -v 1 --no-blacklist 203.0.113.7) >s.cbor
	run ! grep -q attribution err
}

@test "attribution: every module's help says whether it carries it" {
	zmap --list-probe-modules | cut -d' ' -f1 >modules
	[ "$(wc -l <modules)" -ge 10 ]
	while read -r m; do
		run zmap -M "$m" -h
		[ "$status" -eq 0 ]
		says=$(grep -c 'Its probes .*carry --attribution' <<<"$output")
		[ "$says" -eq 1 ] || { echo "$m"; return 1; }
	done <modules
}

@test "attribution: a URI is checked, also from the configuration" {
	: >targets
	while IFS='|' read -r uri why; do
		run zmap-send --attribution "$uri" <targets
		[ "$status" -eq 2 ]
		[[ $output == *"--attribution: "*"$why"* ]] ||
			{ echo "$uri: $output"; return 1; }
	done <<-E
		http://example.net|begins with https://
		scan@example.net|begins with https://
		mailto:|nothing follows
		https://example.net/a b|%XX
		https://example.net/é|%XX
		tel:$(printf '%0251d' 0)|longer than 254
	E
	echo "attribution $URI" >conf
	zmap -C conf -p 80 --no-blacklist --print-pipeline 192.0.2.1 >line
	grep -q -- "zmap-send .*--attribution=$URI" line
}

# Answers stay as hard to forge as they are without it.
@test "attribution: no bit that validates can be changed" {
	while read -r m kind chance bytes args; do
		probes "$m" --attribution "$URI" ${args:+--probe-args "$args"}
		"$PYTHON" "$ROOT/tests/tool/reply.py" "$kind" <p.pcap >answer.pcap
		zmap-recv -v 1 --read-pcap answer.pcap <s.cbor >out.cbor || [ $? -eq 5 ]
		[ "$(zmap-out -O json -f saddr <out.cbor | wc -l)" -eq 2 ] ||
			{ echo "$m: $kind"; return 1; }
		"$PYTHON" "$ROOT/tests/tool/flips.py" 12-19 ${bytes//,/ } \
			<answer.pcap >a.pcap
		zmap-recv -v 1 --read-pcap a.pcap <s.cbor >out.cbor || [ $? -eq 5 ]
		n=$(zmap-out -O json -f saddr <out.cbor | wc -l)
		[ "$n" -le "$chance" ] || { echo "$m: $kind: $n pass"; return 1; }
	done <<-'E'
		icmp_echoscan echo 0 24-27
		icmp_echo_time echo 0 24-27
		tcp_synscan synack 2 20-23,28-31 attribution
		tcp_synscan rstack 6 20-23,28-31 attribution
		udp udp:00 2 22-23
	E
}

# A stack that takes the data of a SYN acknowledges it.
@test "attribution: answers that acknowledge the data of a SYN are valid" {
	probes tcp_synscan --attribution "$URI" --probe-args attribution
	"$PYTHON" "$ROOT/tests/tool/reply.py" synack rstack <p.pcap >answer.pcap
	for more in 0 $((${#URI} + 1)) 1 $((${#URI} + 2)); do
		"$PYTHON" -c '
import struct, sys
data, more = open("answer.pcap", "rb").read(), int(sys.argv[1])
out, at = data[:24], 24
while at < len(data):
    size, = struct.unpack("<I", data[at + 8:at + 12])
    p = bytearray(data[at + 16:at + 16 + size])
    ack, = struct.unpack(">I", p[28:32])
    p[28:32] = struct.pack(">I", (ack + more) % 2**32)
    out += data[at:at + 16] + p
    at += 16 + size
open("a.pcap", "wb").write(out)' "$more"
		zmap-recv -v 1 --read-pcap a.pcap <s.cbor >out.cbor || [ $? -eq 5 ]
		zmap-out -O csv -f classification --no-header-row <out.cbor |
			sort | uniq -c | tr -s ' \n' ' ' >got.$more
	done
	[ "$(cat got.0)" = ' 2 rst 2 synack ' ]
	cat got.*
	[[ $(cat "got.$((${#URI} + 1))") == *'2 synack'* ]]
	[[ $(cat got.1) != *synack* ]]
	[[ $(cat "got.$((${#URI} + 2))") != *synack* ]]
}

@test "attribution: a scan finds the same with it, and its metadata names it" {
	requires_lab
	cat >all <<-'E'
		for m in icmp_echoscan icmp_echo_time; do
			zmap -q -v 1 -c 1 --no-blacklist -M "$m" -o "$m" 10.0.0.0/24
			zmap -q -v 1 -c 1 --no-blacklist -M "$m" -o "$m.uri" \
				-m meta.json --attribution "$URI" 10.0.0.0/24
		done
		zmap -q -v 1 -c 1 --no-blacklist -p 80 -o syn 10.0.0.0/24
		zmap -q -v 1 -c 1 --no-blacklist -p 80 -o syn.uri \
			--probe-args attribution --attribution "$URI" 10.0.0.0/24
		zmap -q -v 1 -c 1 --no-blacklist -p 80 -o none -m without.json \
			--attribution "$URI" 10.0.0.0/28
	E
	URI=$URI lab bash all
	for m in icmp_echoscan icmp_echo_time syn; do
		[ -s "$m" ]
		diff <(sort "$m") <(sort "$m.uri")
	done
	[ "$(jq -r .attribution meta.json)" = "$URI" ]
	# what is not in the probes is not in the metadata
	[ "$(jq -r .attribution without.json)" = null ]
}

# --- probing.txt ---

@test "attribution: --probing-txt prints the file from the configuration" {
	cat >conf <<-E
		attribution $URI
		contact mailto:scan@example.net
		languages "en, fr"
		source-ip 192.0.2.10
		rate 5000
	E
	before=$(date +%s)
	zmap -C conf --probing-txt -p 80,443 >probing.txt
	cat probing.txt
	sed '/^Expires: /d' probing.txt | diff - <(cat <<-E
		# Write to the contact to opt out: your networks are left out of all our scans.
		Canonical: $URI
		Contact: mailto:scan@example.net
		Preferred-Languages: en, fr
		Description: Scans of the Internet by ZMap, from 192.0.2.10, on ports 80,443, at 5000 packets a second
	E
	)
	expires=$(date -d "$(sed -n 's/^Expires: //p' probing.txt)" +%s)
	days=$(((expires - before + 60) / 86400))
	[ "$days" -eq 180 ]
	grep -qE '^Expires: [0-9-]{10}T[0-9:]{8}Z$' probing.txt
	zmap -C conf --probing-txt --description 'A study of TLS' >described
	grep -qx 'Description: A study of TLS' described
}

@test "attribution: --probing-txt wants a contact, and lines that are lines" {
	run zmap --probing-txt --attribution mailto:a@example.net
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = 'Contact: mailto:a@example.net' ]
	run zmap --probing-txt --attribution "$URI"
	[ "$status" -eq 2 ]
	[[ $output == 'zmap: no contact for those who are probed'* ]]
	run zmap --probing-txt --contact http://example.net
	[ "$status" -eq 2 ]
	[[ $output == *'--contact: http://example.net: not a URI'* ]]
	run zmap --probing-txt --contact mailto:a@example.net \
		--description $'x\nContact: mailto:b@example.net'
	[ "$status" -eq 2 ]
	[[ $output == *'--description: not a single line of text' ]]
	run bash -c 'zmap --probing-txt --contact mailto:a@b.example >/dev/full'
	[ "$status" -eq 1 ]
}
