#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# UDP payloads: what is sent, and what is refused at start.

# bats file_tags=beside,quick
load helper

# udp's payload to the first target, in hex: payload ARGS [options of probe]
payload() {
	local args=$1
	shift
	probe "$@" -a "$args" make udp >probe.pcap || return
	tshark -r probe.pcap -T fields -e udp.payload 2>/dev/null
}

refuses() {
	run probe "${@:2}" -a "$1" make udp
	[ "$status" -eq 2 ]
}

@test "udp: text, hex and file are sent as they are" {
	[ "$(payload text:ST -p 5632)" = 5354 ]
	[ "$(payload hex:02 -p 1434)" = 02 ]
	[ "$(payload hex:00fFAa)" = 00ffaa ]
	printf 'a\0\n' >three
	[ "$(payload file:three)" = 61000a ]
	[ "$(payload text:)" = "" ]
}

@test "udp: a payload that fills the packet is sent, one byte more is refused" {
	head -c 1472 /dev/zero >full
	[ "$(payload file:full | wc -c)" -eq $((2 * 1472 + 1)) ]
	head -c 1473 /dev/zero >over
	refuses file:over
	fails 2 'the payload is longer than 1472 bytes'
	refuses "text:$(head -c 1473 /dev/zero | tr '\0' a)"
	fails 2 'the payload is longer than 1472 bytes'
}

@test "udp: payloads that cannot be sent are refused with the reason" {
	refuses hex:123
	fails 2 'odd number of digits, 3'
	refuses hex:0g
	fails 2 'character 2 of the hex payload is no hex digit'
	refuses te:xx
	fails 2 "starts with text:, hex:, file:, template: or ports:, not with 'te:xx'"
	refuses file:missing
	fails 2 'missing: No such file or directory'
	refuses template:missing
	fails 2 'missing: No such file or directory'
	refuses file:.
	fails 2 'Is a directory'
	refuses ''
	fails 2 'starts with'
	run probe make udp
	fails 2 'udp: no payload: give one by --probe-args'
}

@test "udp: templates that cannot be sent are refused with the reason" {
	printf 'a${NOSUCH}b' >t
	refuses template:t
	fails 2 'unknown field, ${NOSUCH}'
	printf 'a${SADDR' >t
	refuses template:t
	fails 2 '${ without a }'
	printf '${RAND_BYTE=x}' >t
	refuses template:t
	fails 2 'no number above 0'
	printf '${RAND_BYTE=0}' >t
	refuses template:t
	fails 2 'no number above 0'
	printf '${RAND_BYTE=99999999999999999999}' >t
	refuses template:t
	fails 2 'longer than 1472'
	printf '${SADDR=4}' >t
	refuses template:t
	fails 2 'SADDR takes no length'
	printf '${HEX=abc}' >t
	refuses template:t
	fails 2 'odd number of digits'
	for none in '${HEX}' '${HEX=}' '${HEX= }'; do
		printf '1%s2' "$none" >t
		refuses template:t
		fails 2 "the template's field HEX needs digits"
	done
	# it must fit for any target
	printf '${RAND_BYTE=1460}${DADDR}' >t
	refuses template:t
	fails 2 'longer than 1472'
}

# once: bytes of IPv4; IPv6's are in the test below
# bats test_tags=once
@test "udp: every field of a template" {
	local got
	printf '%s' '${SADDR}|${DADDR}|${SPORT}|${DPORT}|${SADDR_N}${DADDR_N}' \
		'${SPORT_N}${DPORT_N}${HEX=247b00}' >t
	probe -p 99 -a template:t make udp >probe.pcap
	got=$(tshark -r probe.pcap -T fields -e udp.payload 2>/dev/null)
	sport=$(tshark -r probe.pcap -T fields -e udp.srcport 2>/dev/null)
	want=$(printf '192.0.2.1|198.18.0.1|%d|99|' "$sport" | xxd -p -c 99)
	[ "$got" = "${want}c0000201c6120001$(printf %04x%04x "$sport" 99)247b00" ]

	printf '%s' '${RAND_DIGIT=9}-${RAND_ALPHA=20}-${RAND_ALPHANUM=30}-${RAND_BYTE=4}' >t
	got=$(payload template:t | xxd -r -p | tr '\0' .)
	[[ $got =~ ^[0-9]{9}-[A-Za-z]{20}-[A-Za-z0-9]{30}-.+$ ]]
	printf '${RAND_ALPHA}' >t
	[[ $(payload template:t | xxd -r -p) =~ ^[A-Za-z]$ ]]

	printf '${UNIXTIME_SEC}${UNIXTIME_USEC}${NTP_TIMESTAMP}' >t
	before=$(date +%s)
	got=$(payload template:t)
	[ ${#got} -eq 32 ]
	now=$(date +%s)
	[ $((0x${got:0:8})) -ge "$before" ]
	[ $((0x${got:0:8})) -le "$now" ]
	[ $((0x${got:8:8})) -lt 1000000 ]
	[ $((0x${got:16:8} - 0x${got:0:8})) -eq 2208988800 ]
}

@test "udp: addresses of a template over IPv6" {
	local got want
	printf '%s' '${SADDR}|${DADDR}|${DPORT}|${SADDR_N}${DADDR_N}${DADDR}' >t
	got=$(payload template:t -6 -p 99)
	want=$(printf '2001:db8::1|2001:db8:18::1|99|' | xxd -p -c 99)
	want+=20010db800000000000000000000000120010db8001800000000000000000001
	[ "$got" = "$want$(printf 2001:db8:18::1 | xxd -p)" ]
	# the longest payload: 20 bytes less than of IPv4
	head -c 1452 /dev/zero >full
	[ "$(payload file:full -6 | wc -c)" -eq $((2 * 1452 + 1)) ]
	head -c 1453 /dev/zero >over
	refuses file:over -6
	fails 2 'the payload is longer than 1452 bytes'
	# it must fit for any target
	printf '${RAND_BYTE=1413}${DADDR}' >t
	[ "$(payload template:t -6 | wc -c)" -eq $((2 * (1413 + 14) + 1)) ]
	printf '${RAND_BYTE=1414}${DADDR}' >t
	refuses template:t -6
	fails 2 'longer than 1452'
	# a payload by port
	printf '7 text:${DADDR}\n* template:u\n' >table
	printf '${DADDR_N}' >u
	run payload ports:table -6 -p 7,53
	[ "${lines[0]}" = "$(printf '${DADDR}' | xxd -p)" ]
	[ "${lines[1]}" = 20010db8001800000000000000000001 ]
}

@test "udp: what a template sends to a target does not depend on threads" {
	printf '${RAND_BYTE=20}${DADDR}${RAND_ALPHANUM=5}' >t
	probe -n 50 -P 3 -T 1 -a template:t make udp >one
	probe -n 50 -P 3 -T 7 -a template:t make udp >seven
	cmp one seven
	# and differs between targets, and between probes to one
	[ "$(tshark -r one -T fields -e udp.payload 2>/dev/null |
		sort -u | wc -l)" -eq 150 ]
}

@test "udp: random letters and digits are evenly spread" {
	printf '${RAND_DIGIT=1000}' >t
	payload template:t -n 20 | xxd -r -p | fold -w 1 | sort | uniq -c |
		awk '{ n++; if ($1 < 1800 || $1 > 2200) bad = 1 }
			END { exit bad || n != 10 }'
	printf '${RAND_ALPHA=1040}' >t
	payload template:t -n 20 | xxd -r -p | fold -w 1 | sort | uniq -c |
		awk '{ n++; if ($1 < 300 || $1 > 500) bad = 1 }
			END { exit bad || n != 52 }'
}

@test "udp: a payload for each port" {
	mkdir -p d
	printf 'three' >d/file
	printf '<${DPORT}>' >d/tpl
	cat >d/table <<-'EOF'
		# a comment, and a blank line

		53,5353   hex:0102
		100-102	text:a # b
		7 file:file
		* template:tpl
	EOF
	run payload ports:d/table -p 7,53,99,101,5353,65535
	[ "$output" = "$(printf '%s\n' 7468726565 0102 3c39393e 6120232062 \
		0102 3c36353533353e)" ]
	# as some editors save it
	printf '\xef\xbb\xbf53 hex:0102\r\n' >marked
	run payload ports:marked -p 53
	[ "$output" = 0102 ]
}

@test "udp: tables of payloads that cannot be sent are refused with the reason" {
	echo '53 hex:0' >t
	refuses ports:t
	fails 2 't:1: the hex payload has an odd number'
	printf '# x\n53 hex:00\n53 hex:01\n' >t
	refuses ports:t
	fails 2 't:3: port 53 has a payload already'
	echo 'http hex:00' >t
	refuses ports:t
	fails 2 't:1: ports http:'
	echo '53' >t
	refuses ports:t
	fails 2 't:1: a payload starts with'
	echo '53 ports:t' >t
	refuses ports:t
	fails 2 't:1: a payload starts with'
	echo '54 hex:00' >t
	refuses ports:t
	fails 2 't: no payload for port 53, and no line for *'
	: >t
	refuses ports:t
	fails 2 't: no payloads'
	printf '# x\n53 text:a\0b\n' >t
	refuses ports:t
	fails 2 't:2: a byte of 0 in a line of text'
}

@test "udp: comments and blanks in a template" {
	printf '${# a comment:\nRFC 1}\na${#}\nb${# c}${HEX=6 3 0a\n64}${#}\n\n' >t
	[ "$(payload template:t)" = 6162630a640a ]
}

@test "udp: a file is a template by its name, as in ZMap's guide" {
	printf '${DPORT}' >t.tpl
	cp t.tpl t.pkt
	[ "$(payload file:t.tpl -p 80)" = "$(printf 80 | xxd -p)" ]
	[ "$(payload file:t.pkt -p 80)" = "$(printf '${DPORT}' | xxd -p)" ]
}

# --- the payloads in examples ---

# What tshark calls each; UDP where it does not know the protocol.
known='a2s:UDP asf:ASF bacnet:BACnet-APDU bittorrent:BT-DHT cldap:CLDAP
	coap:CoAP dns:DNS dns_version:DNS dtls:DTLS enip:ENIP gtpc:GTPv2
	gtpu:GTP iax2:IAX2 ikev1:ISAKMP ikev2:ISAKMP ipmi:IPMB kerberos:KRB5
	knx:KNXnet/IP l2tp:L2TP mdns:MDNS memcached:MEMCACHE mgcp:MGCP
	mqttsn:MQTT-SN mumble:UDP natpmp:NAT-PMP netbios:NBNS nfs:NFS ntp:NTP
	ntp_readvar:NTP openvpn:OpenVPN pcp:PCP pfcp:PFCP portmap:Portmap
	quake3:QUAKE3 quic:QUIC raknet:RakNet rip:RIPv2 sip_options:SIP
	slp:SRVLOC snmp_v2c:SNMP snmp_v3:SNMP ssdp:SSDP stun:STUN
	teredo:ICMPv6 tftp:TFTP wsd:UDP xdmcp:XDMCP'

@test "udp: tshark decodes every payload of the examples without a complaint" {
	local f name port files=()
	for f in "$ROOT"/examples/udp-payloads/*.{tpl,pkt}; do
		name=${f##*/} name=${name%.*} port=${name##*_}
		name=${name%_[0-9]*}
		[ $name = sip_options ] && port=5060
		probe -p $port -n 20 -a file:"$f" make udp >"$name.pcap"
		files+=("$name.pcap")
		echo $known | tr ' ' '\n' | sed -n "s|^$name:|$name 20 |p" >>want
	done
	# one after the other, for one run of tshark
	mergecap -a -F pcap -w all.pcap "${files[@]}"
	tshark -n -o udp.check_checksum:TRUE -r all.pcap \
		-d udp.port==1884,mqttsn -T fields -e _ws.col.Protocol \
		2>/dev/null >protocols
	# PCP is called by its version as well, and what XML is in by some
	printf '%s\n' "${files[@]%.pcap}" |
		awk '{ for (i = 0; i < 20; i++) print }' |
		paste -d ' ' - protocols |
		sed 's/ PCP v.*/ PCP/; s,^wsd UDP/XML$,wsd UDP,' | uniq -c |
		awk '{ print $2, $1, $3 }' >got
	diff want got
	# no one can decrypt a version of QUIC that does not exist, and two
	# payloads ask DNS
	run grep -vE 'Warning/Decryption|DNS query retransmission' <(tshark -n -V -r all.pcap \
		-o udp.check_checksum:TRUE -o ip.check_checksum:TRUE \
		-d udp.port==1884,mqttsn 2>/dev/null | grep -E \
		'Malformed|Expert Info \((Warn|Error)|Status: (Bad|Unv)')
	[ -z "$output" ] || { echo "$output"; return 1; }
}

@test "udp: every payload of the examples says where it comes from" {
	cd "$ROOT/examples/udp-payloads"
	[ "$(ls *.tpl *.pkt | wc -l)" -ge 45 ]
	for f in *.tpl; do
		# the first line names a document, another one the answer
		sed '/}/q' $f | tr '\n\r' '  ' | grep -qE \
			'^\$\{# .*: .*\bPorts? [0-9].*Answer' ||
			{ echo $f; return 1; }
		[ $f = sip_options.tpl ] || [[ $f =~ _[0-9]+\.tpl$ ]]
	done
	# in the table, what has no comment of its own has one there
	awk '/^#/ { said = 1 } /^$/ { said = 0 }
		/^[0-9]/ && !/template:/ && !said { bad = 1; print }
		END { exit bad }' ports
}

@test "udp: the table of payloads is one that a scan of its ports takes" {
	local dir=$ROOT/examples/udp-payloads
	list=$(awk '/^[0-9]/ { print $1 }' "$dir/ports" | paste -sd,)
	[ "$(tr , '\n' <<<"$list" | wc -l)" -ge 45 ]
	probe -p "$list" -a ports:"$dir/ports" make udp >probe.pcap
	[ "$(tshark -n -r probe.pcap 2>/dev/null | wc -l)" -eq \
		"$(tr , '\n' <<<"$list" | wc -l)" ]
}

@test "udp: the commands of ZMap's guide" {
	local dir=$ROOT/examples/udp-payloads
	zmap-targets --no-blacklist -p 137,1434,5060,5632 198.18.0.0/30 >targets
	for args in text:ST hex:02 file:netbios_137.pkt file:sip_options.tpl; do
		(cd "$dir" && zmap-send -M udp -d -G 00:00:5e:00:53:01 \
			--probe-args=$args) <targets >out
		[ "$(grep -c '^udp { source: ' out)" -eq 16 ]
	done
}
