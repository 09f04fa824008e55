#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Probe modules: what they send, how they take answers, and modules from
# outside of the tree.

# bats file_tags=beside
load helper

# What tshark finds wrong with a file, checksums included.
complaints() {
	tshark -n -o ip.check_checksum:TRUE -o icmpv6.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-o tcp.check_checksum:TRUE -V -r "$1" 2>/dev/null |
		grep -E 'Malformed|Expert Info \((Warning|Error)|Status: (Bad|Unv)'
}

# those that know both families
both='bacnet dns icmp_echo_time icmp_echoscan ntp tcp_synackscan tcp_synscan udp
	upnp'
modules='bacnet dns icmp_echo_time icmp_echoscan ipip ntp tcp_synackscan
	tcp_synscan udp upnp'

# Arguments that a module needs, and the port where its servers listen.
needs() {
	case $1 in
	bacnet) echo -p 47808 ;;
	dns) echo -a 'A,example.com;MX:nr,example.org.' -P 2 ;;
	icmp_*) ;;
	ipip) echo -p 80 ;;
	ntp) echo -p 123 ;;
	udp) echo -p 9 -a text:hello ;;
	upnp) echo -p 1900 ;;
	*) echo -p 80,443 ;;
	esac
}

@test "probes: words of many targets at a time are those of each alone" {
	words
}

@test "probes: the modules of ZMap are all there" {
	for p in zmap-send zmap-recv; do
		run "$p" --list-probe-modules
		[ "$(cut -d' ' -f1 <<<"$output" | xargs)" = \
			"$(echo $modules)" ]
		# with a sentence each
		[ "$(grep -cE '^[a-z_]+ +[A-Z].{10,}[.]$' <<<"$output")" = \
			"${#lines[@]}" ]
	done
}

# Fields of a module that are its own; an address or a time is one field.
own_fields() {
	zmap-recv -M "$1" --list-output-fields | awk '{ print $1 }' |
		sed 's/_raw$//; s/timestamp_\(str\|ts\|us\)$/timestamp/' |
		sort -u |
		grep -vxE '[sd]addr|ipid|ttl|[sd]port|classification|success' |
		grep -vxE 'icmp_(responder|type|code|unreach_str|quote_ok)' |
		grep -vxE 'repeat|cooldown|timestamp' |
		grep -vxE 'flow_label|quoted_hlim|eui64_mac|iid'
}

# The section of a man page.
section() {
	awk -v of="$1" '/^\.S[hs] / { on = substr($0, 5) == of } on' \
		"$ROOT/man/zmap-probes.7"
}

@test "probes: the man page has every module, field, type and template field" {
	sed -n 's/^\.Ss \([a-z_]*\)$/\1/p' "$ROOT/man/zmap-probes.7" | sort |
		diff <(zmap --list-probe-modules | cut -d' ' -f1 | sort) -
	for m in $modules; do
		section "$m" | sed -n 's/^\.It Va //p' | sed 's/ , /\n/g' |
			sort -u >page
		diff <(own_fields "$m") page ||
			{ echo "of $m"; return 1; }
	done
	zmap -M udp --probe-args=template-fields | grep -oE '^\$\{[^}]*\}' |
		sort >want
	section Templates | sed -n 's/^\.It Li //p' | sed 's/ , /\n/g' |
		sort | diff want -
	sed -n 's/^\t{ "\([A-Z0-9]*\)", [0-9]*, [A-Z0-9]* },$/\1/p' \
		"$ROOT/lib/probe/dns.c" >types
	[ "$(wc -l <types)" -ge 30 ]
	while read -r t; do
		section dns | grep -qw "$t" || { echo "no $t"; return 1; }
	done <types
}

# once: what the manual shows, as it is there
# bats test_tags=once
@test "probes: the examples of the man page are scans" {
	examples zmap-probes.7 >list
	[ "$(wc -l <list)" -ge 5 ]
	while read -r line; do
		echo "${line//\\n/$'\n'}" >command
		# all of it but for sending
		ZMAP_DRYRUN=1 ZMAP_NO_BLACKLIST=1 ZMAP_MAX_TARGETS=2 \
			ZMAP_SOURCE_IP=192.0.2.9 run unshare -rn sh -e command
		[ "$status" -eq 0 ] || { cat command; echo "$output"; return 1; }
		[[ $output == *"ip { saddr: "* ]]
	done <list
	[[ $output == *"192.0.2.1"* ]]
}

@test "probes: tshark decodes every request without a complaint" {
	for m in $modules; do
		probe $(needs $m) -n 100 make $m >probe.pcap
		run complaints probe.pcap
		[ -z "$output" ] || { echo "$m: $output"; return 1; }
	done
	for a in {smallest-probes,windows,linux,bsd}{,\,rtt}; do
		probe -a $a -n 100 make tcp_synscan >probe.pcap
		run complaints probe.pcap
		[ -z "$output" ]
	done
}

@test "probes: tshark decodes every request over IPv6 without a complaint" {
	for m in $both; do
		# it knows nothing of BACnet/IPv6
		[ $m != bacnet ] || continue
		probe -6 $(needs $m) -n 100 make $m >probe.pcap
		run complaints probe.pcap
		[ -z "$output" ] || { echo "$m: $output"; return 1; }
	done
	for a in {smallest-probes,windows,linux,bsd}{,\,rtt}; do
		probe -6 -a $a -n 100 make tcp_synscan >probe.pcap
		run complaints probe.pcap
		[ -z "$output" ]
	done
	# as hosts of IPv6 do, by their MTU
	[ "$(tshark -r probe.pcap -T fields -e tcp.options.mss_val 2>/dev/null |
		sort -u)" = 1440 ]
}

@test "probes: requests over IPv6 are what their protocols say" {
	decode() {
		probe -6 $(needs $1) make $1 >probe.pcap
		tshark -n -r probe.pcap -T fields "${@:2}" 2>/dev/null
	}
	[ "$(decode icmp_echoscan -e icmpv6.type -e frame.len)" = \
		"$(printf '128\t76')" ]
	[ "$(decode icmp_echo_time -e icmpv6.type -e frame.len)" = \
		"$(printf '128\t80')" ]
	run decode dns -e dns.qry.name -e dns.qry.type -e dns.qry.class
	[ "${output,,}" = \
		"$(printf 'example.com\t1\t0x0001\nexample.org\t15\t0x0001')" ]
	[ "$(decode ntp -e ntp.flags.mode -e udp.length)" = "$(printf '3\t56')" ]
	[ "$(decode upnp -e http.host)" = '[FF02::C]:1900' ]
	[[ $(decode bacnet -e udp.payload) == 82060007[0-3]????? ]]
	[ "$(decode tcp_synackscan -e tcp.flags | sort -u)" = 0x0012 ]
}

# once: IPv6's are in the test above
# bats test_tags=once
@test "probes: requests are what their protocols say" {
	decode() {
		probe $(needs $1) make $1 >probe.pcap
		tshark -n -r probe.pcap -T fields "${@:2}" 2>/dev/null
	}
	[ "$(decode icmp_echoscan -e icmp.type -e frame.len)" = "$(printf '8\t48')" ]
	run decode dns -e dns.qry.name -e dns.qry.type -e dns.flags.recdesired \
		-e dns.qry.class
	# newer versions write True and False
	output=${output//True/1}
	output=${output//False/0}
	[ "${output,,}" = \
		"$(printf 'example.com\t1\t1\t0x0001\nexample.org\t15\t0\t0x0001')" ]
	[ "$(decode ntp -e ntp.flags.vn -e ntp.flags.mode -e udp.length)" = \
		"$(printf '4\t3\t56')" ]
	[ "$(decode upnp -e http.request.method)" = M-SEARCH ]
	[ "$(decode bacnet -e bacapp.confirmed_service -e bacapp.instance_number)" = \
		"$(printf '12\t4194303')" ]
	[ "$(decode ipip -e ip.proto -e ip.dst -e udp.srcport)" = \
		"$(printf '4,17\t198.18.0.1,192.0.2.1\t80')" ]
	[ "$(decode tcp_synackscan -e tcp.flags | sort -u)" = 0x0012 ]
	run decode icmp_echo_time -e frame.len
	[ "$output" = 40 ]
}

@test "probes: what is sent depends on the target alone" {
	for m in bacnet dns icmp_echoscan ipip ntp tcp_synackscan tcp_synscan \
		udp upnp; do
		probe $(needs $m) -n 20 -T 1 make $m >one
		probe $(needs $m) -n 20 -T 7 make $m >seven
		cmp one seven
		[ $m != ipip ] || continue
		probe -6 $(needs $m) -n 20 -T 1 make $m >one
		probe -6 $(needs $m) -n 20 -T 7 make $m >seven
		cmp one seven
		[ "$(wc -c <one)" -gt 1000 ]
	done
}

@test "probes: arguments that cannot be are refused with the reason" {
	bad() {
		run probe -P 2 -a "$2" make "$1"
		fails 2 "$3"
	}
	bad tcp_synscan nosuch 'smallest-probes'
	bad tcp_synscan linux,bsd 'smallest-probes'
	bad tcp_synscan windows,rt 'smallest-probes'
	bad tcp_synackscan x 'no --probe-args'
	bad icmp_echo_time x 'no --probe-args'
	bad icmp_echoscan hex:0 'odd number'
	bad icmp_echoscan template:x 'text:, hex: or file:'
	bad upnp x 'no --probe-args'
	bad bacnet x 'no --probe-args'
	head -c 201 /dev/zero >f
	bad ipip file:f 'longer than 200'
	bad dns A "'A' is not TYPE,name"
	bad dns '' 'not TYPE,name'
	bad dns 'FOO,a' "unknown type of record 'FOO'"
	bad dns 'A:rn,a' 'only nr'
	bad dns 'A,' "'' is an empty name; '.' is the root"
	bad dns 'A,google.com;AAAA,' 'an empty name'
	bad dns 'A, google.com' 'a blank, comma, colon or quote'
	bad dns 'A,google.com ' 'a blank'
	bad dns 'A,example.com,B' 'a blank, comma'
	bad dns 'A,http://example.com/' 'colon'
	bad dns 'A,"google.com"' 'quote'
	bad dns 'A,a..b' 'empty label'
	bad dns 'A,.a' 'empty label'
	bad dns "A,$(printf 'a%.0s' {1..64}).b" 'over 63'
	bad dns "A,$(printf 'aaaa.%.0s' {1..60})" 'over 255'
	bad dns 'A,a\' 'bad escape'
	bad dns 'A,a\256b' 'bad escape'
	bad dns 'A,a;A,b;A,c' 'multiple of 3'
	run probe make dns
	fails 2 'dns: no question: give some by --probe-args'
}

@test "probes: names in questions" {
	asks() {
		probe -a "A,$1" make dns >probe.pcap
		run tshark -n -r probe.pcap -T fields -e dns.qry.name
		[[ ${lines[*],,} == *"$2"* ]]
	}
	asks example.com. example.com
	asks . '<root>'
	asks 'a\.b.c' 'a.b.c'
	long=$(printf 'a%.0s' {1..63})
	asks "$long.$long.$long.${long%aa}" "$long.$long.$long.${long%aa}"
	for t in ANY ALL TYPE255 any; do
		probe -a "$t,a" make dns >probe.pcap
		[ "$(tshark -r probe.pcap -T fields -e dns.qry.type \
			2>/dev/null)" = 255 ]
	done
}

# --- answers ---

# answers MODULE OPTIONS... -- KIND...: what becomes of these answers.
answers() {
	local m=$1 o=()
	shift
	while [ "$1" != -- ]; do
		o+=("$1")
		shift
	done
	shift
	probe "${o[@]}" make $m >probe.pcap
	"$PYTHON" "$ROOT/tests/tool/reply.py" "$@" <probe.pcap >answer.pcap
	run probe "${o[@]}" classify $m <answer.pcap
	[ "$status" -eq 0 ]
	# and each of them cut short anywhere, with the sanitizers if built
	local cutter=$ROOT/build/asan/tests/tool/probe
	[ "$cutter" -nt "$ROOT/build/libzmap.a" ] || cutter=probe
	"$cutter" "${o[@]}" cut $m <answer.pcap >cut
}

# has N FRAGMENT...: line N has all of these.
has() {
	local line=${lines[$1]} f
	shift
	for f in "$@"; do
		[[ " $line " == *" $f "* ]] || {
			echo "no '$f' in: $line"
			return 1
		}
	done
}

@test "probes: every module takes ICMP errors that quote 8 bytes, and no others" {
	for m in $modules; do
		n=8
		# a tunnel hides its ports behind another IP header
		[ $m = ipip ] && n=28
		answers $m $(needs $m) -- icmp:3:1:$n icmp:3:13 icmp:11:0:$n \
			icmp:5:1:$n icmp:3:1:$((n - 1)) icmp:9:0
		has 0 valid success=false icmp_responder=cb007109 icmp_type=3 \
			'icmp_unreach_str="host unreachable"'
		has 1 valid 'icmp_unreach_str="communication admin. prohibited"'
		has 2 valid icmp_type=11
		[[ ${lines[2]} != *icmp_unreach_str* ]]
		has 3 valid icmp_type=5
		[ "${lines[4]}" = quote ]
		[ "${lines[5]}" = protocol ] || [ "${lines[5]}" = validation ]
		# TCP and ICMP have validation words in the 8 bytes as well
		[[ $m == tcp_* || $m == icmp_* ]] || continue
		answers $m $(needs $m) -- bad-icmp:3:1:8
		[ "${lines[0]}" = validation ]
	done
}

@test "probes: every module takes ICMPv6 errors of any code, and no others" {
	for m in $both; do
		answers $m -6 $(needs $m) -- icmp:1:{0,1,2,3,4,5,6,7,8}:8 \
			icmp:2:0 icmp:3:{0,1} icmp:4:{0,1,2,10}:8 \
			icmp:1:1:7 icmp:5:1:8 icmp:100:0
		for i in {0..15}; do
			has $i valid success=false \
				icmp_responder=20010db8ffff00000000000000000001
		done
		has 0 icmp_type=1 'icmp_unreach_str="no route to destination"'
		has 4 icmp_code=4 'icmp_unreach_str="port unreachable"'
		has 8 icmp_code=8 'icmp_unreach_str="headers too long"'
		has 9 icmp_type=2 icmp_code=0
		[[ ${lines[9]} != *icmp_unreach_str* ]]
		[ "${lines[16]}" = quote ]
		for i in 17 18; do
			[ "${lines[i]}" = protocol ] ||
				[ "${lines[i]}" = validation ]
		done
		[[ $m == tcp_* || $m == icmp_* ]] || continue
		answers $m -6 $(needs $m) -- bad-icmp:1:1:8
		[ "${lines[0]}" = validation ]
	done
}

@test "probes: answers over IPv6 of every module" {
	answers icmp_echoscan -6 -a text:hi -- echo bad-echo icmp:1:0 icmp:2:0 \
		icmp:3:0 icmp:4:1
	has 0 valid type=129 'classification="echoreply"' success=true data=6869
	[ "${lines[1]}" = validation ]
	has 2 'classification="unreach"'
	has 3 'classification="toobig"'
	has 4 'classification="timxceed"'
	has 5 'classification="paramprob"'
	answers icmp_echo_time -6 -- echo bad-echo icmp:3:0 icmp:3:0:8
	has 0 valid type=129 success=true dst=20010db8001800000000000000000001
	[ "${lines[1]}" = validation ]
	has 2 valid dst=20010db8001800000000000000000001 \
		'classification="timxceed"'
	[[ ${lines[3]} == valid* && ${lines[3]} != *dst=* ]]
	answers tcp_synackscan -6 -p 80 -- rst rstack synack bad-rst ack
	has 0 valid 'classification="rst"' success=true
	has 2 valid 'classification="synack"' success=true
	[ "${lines[3]}${lines[4]}" = validationvalidation ]
	answers udp -6 -a text:x -- udp:3132
	has 0 valid 'classification="udp"' udp_pkt_size=10 data=3132
	answers ntp -6 -p 123 -- ntp:24$(printf %078d) bad-ntp:24$(printf %078d)
	has 0 valid 'classification="ntp"' success=true
	has 1 valid 'classification="other"' success=false
	answers upnp -6 -p 1900 -- \
		udp:485454502f312e3120323030204f4b0d0a55534e3a780d0a
	has 0 valid 'classification="upnp"' success=true 'usn="x"'
	answers dns -6 -a A,example.com -- dns:8180:0:0:0: bad-dns:8180:0:0:0:
	has 0 valid success=true app_success=true
	has 1 valid success=false
	answers bacnet -6 -p 47808 -- vmac:8207000a0004d2 \
		bad-vmac:8207000a0004d2 vmac:8202000a0004d2 vmac:8107000a0004d2
	has 0 valid 'classification="bacnet"' success=true
	[ "${lines[1]}" = validation ]
	has 2 valid 'classification="bacnet"' success=false
	has 3 valid 'classification="other"' success=false
}

@test "probes: the names that other scanners give to modules over IPv6" {
	for pair in icmp6_echoscan:icmp_echoscan icmp_echo:icmp_echoscan \
		ipv6_tcp_synscan:tcp_synscan tcp_syn:tcp_synscan ipv6_udp:udp \
		ipv6_udp_dns:dns; do
		probe -6 $(needs ${pair#*:}) make ${pair%:*} >alias
		probe -6 $(needs ${pair#*:}) make ${pair#*:} | cmp - alias
	done
	targets 2001:db8::/126 | unshare -rn zmap-send -M ipv6_tcp_synscan \
		--dryrun >out
	[ "$(grep -c '^tcp { ' out)" -eq 4 ]
	zmap -M icmp6_echoscan --list-output-fields |
		diff - <(zmap -M icmp_echoscan --list-output-fields)
}

@test "probes: icmp_echoscan, whatever its payload" {
	answers icmp_echoscan -- echo bad-echo icmp:3:1 icmp:4:0 icmp:12:0
	has 0 valid type=0 code=0 'classification="echoreply"' success=true \
		data=0000000000000000000000000000000000000000
	[ "${lines[1]}" = validation ]
	has 2 type=3 code=1 'classification="unreach"'
	has 3 'classification="sourcequench"'
	has 4 'classification="other"'
	answers icmp_echoscan -a text:hi -- echo icmp:11:0
	has 0 valid data=6869
	has 1 valid 'classification="timxceed"'
	answers icmp_echoscan -a text: -- echo
	has 0 valid data=
}

@test "probes: icmp_echo_time tells the time there and back" {
	answers icmp_echo_time -- echo bad-echo icmp:11:0 icmp:11:0:8
	has 0 valid 'classification="echoreply"' success=true \
		recv_timestamp=1700000001500000000 dst=c6120001
	# the answer was made long before the probe: no time between them
	[[ ${lines[0]} == *sent_timestamp=* && ${lines[0]} != *rtt_us* ]]
	[ "${lines[1]}" = validation ]
	has 2 valid dst=c6120001
	[[ ${lines[3]} == valid* && ${lines[3]} != *dst=* ]]
}

@test "probes: tcp_synackscan, what stacks make of it" {
	answers tcp_synackscan -p 80 -- rst rstack synack bad-rst bad-rstack \
		bad-synack ack
	has 0 valid sport=80 'classification="rst"' success=true window=1024
	has 1 valid 'classification="rst"' success=true
	has 2 valid 'classification="synack"' success=true
	for i in 3 4 5 6; do
		[ "${lines[i]}" = validation ]
	done
}

@test "probes: tcp_synscan" {
	answers tcp_synscan -p 80 -- synack rstack rst bad-synack bad-rstack ack
	has 0 valid 'classification="synack"' success=true
	has 1 valid 'classification="rst"' success=false
	for i in 2 3 4 5; do
		[ "${lines[i]}" = validation ]
	done
}

# A RST may count neither the SYN nor its data; a SYN-ACK counts the SYN.
@test "probes: tcp_synscan, what is acknowledged of data in the SYN" {
	scanned tcp_synscan --attribution https://a.example \
		--probe-args attribution
	size=18 # with its NUL
	while read -r kind taken; do
		"$PYTHON" "$ROOT/tests/tool/reply.py" "$kind" <p.pcap >a.pcap
		[ "$(accepted)" -eq "$taken" ] || { echo "$kind"; return 1; }
	done <<-E
		synack@0 0
		synack@1 1
		synack@2 0
		synack@$size 0
		synack@$((size + 1)) 1
		synack@$((size + 2)) 0
		rstack@-1 0
		rstack@0 1
		rstack@1 1
		rstack@2 0
		rstack@$((size - 1)) 0
		rstack@$size 1
		rstack@$((size + 1)) 1
		rstack@$((size + 2)) 0
	E
}

@test "probes: tcp_synscan measures the round trip by timestamps" {
	rtt() {
		sed 's/.* rtt=\([0-9]*\).*/\1/' <<<"${lines[$1]}"
	}
	answers tcp_synscan -p 80 -a linux -- now-synack:0 now-synack:-1000 \
		now-rstack:0 now-synack:zero now-synack:90000000 \
		now-synack:-90000000 now-synack synack:0 now-bad-synack:0 \
		now-icmp:11:0 now-icmp:11:0:8 now-icmp:11:0:27
	has 0 valid 'classification="synack"' tcpopt_ts_val=77
	ecr=$(tshark -n -r probe.pcap -T fields -e tcp.options.timestamp.tsval \
		2>/dev/null)
	has 0 tcpopt_ts_ecr=$ecr
	[ "$(rtt 0)" -gt 0 ]
	[ "$(rtt 0)" -lt 60000000 ]
	[ "$(rtt 1)" -eq $(($(rtt 0) + 1000)) ]
	[ "$(rtt 2)" -eq "$(rtt 0)" ]
	# a router that quotes all of the probe; few do
	[ "$(rtt 9)" -eq "$(rtt 0)" ]
	# what comes back is none of ours, or from long before or after
	for i in 3 4 5 6 7 10 11; do
		has $i valid
		[[ ${lines[i]} != *rtt=* ]]
	done
	[ "${lines[8]}" = validation ]
	for a in rtt default,rtt windows,rtt smallest-probes,rtt linux,rtt \
		bsd bsd,rtt; do
		answers tcp_synscan -p 80 -a $a -- now-synack:0
		[ "$(rtt 0)" -lt 60000000 ]
	done
	# nobody has asked for it
	probe -p 80 make tcp_synscan >probe.pcap
	"$PYTHON" "$ROOT/tests/tool/reply.py" now-synack:0 <answer.pcap >other.pcap
	run probe -p 80 classify tcp_synscan <other.pcap
	[[ $output != *rtt=* ]]
}

@test "probes: the round trip of a simulated Internet" {
	requires_lab
	scan() {
		lab --prefix 10.6.0.0/24 --classes "$1" zmap --no-blacklist -q \
			-c 3 -p 80 --probe-args "$2" -f rtt --no-header-row \
			--output-filter 'rtt > 0' -o - 10.6.0.0/24 | sort -n >out
	}
	scan late=100 rtt
	# after 100 to 2000 ms, or later if this machine is busy
	[ "$(head -n 1 out)" -ge 100000 ]
	[ "$(tail -n 1 out)" -ge 1000000 ]
	# of these hosts, a quarter knows timestamps
	[ "$(wc -l <out)" -gt 40 ]
	scan open=100 linux
	[ "$(head -n 1 out)" -lt 100000 ]
	[ "$(wc -l <out)" -gt 40 ]
	scan open=100 windows
	[ ! -s out ]
}

@test "probes: udp" {
	answers udp -p 53 -a hex:00 -- udp:4142 udp:
	has 0 valid 'classification="udp"' success=true sport=53 \
		udp_pkt_size=10 data=4142
	has 1 valid udp_pkt_size=8 data=
}

@test "probes: ntp has every field where it is" {
	a=ntp:240106ec00000001000000024750530000000000000000010000000000000002
	a+=0000000000000003
	answers ntp -p 123 -- $a bad-$a udp:24 udp:
	has 0 valid 'classification="ntp"' success=true LI_VN_MODE=36 stratum=1 \
		poll=6 precision=-20 root_delay=1 root_dispersion=2 \
		reference_clock_identifier=1196446464 reference_timestamp=1 \
		receive_timestamp=2 transmit_timestamp=3
	has 1 valid 'classification="other"' success=false stratum=1
	has 2 valid 'classification="other"' success=false
	[[ ${lines[2]} != *stratum* ]]
	has 3 valid 'classification="other"' success=false
	# of each mode, only a server's; and not if a byte is missing
	for mode in 0 1 2 3 5 6 7; do
		set -- "$@" "ntp:2$mode${a#ntp:24}"
	done
	answers ntp -p 123 -- "$@" "${a%??}" "${a%????????}"
	for i in {0..8}; do
		has $i valid 'classification="other"' success=false
	done
}

@test "probes: upnp takes headers apart" {
	http() {
		printf "$1" | xxd -p | tr -d '\n'
	}
	answers upnp -p 1900 -- \
		"udp:$(http 'HTTP/1.1 200 OK\r\nServer: a\377b\r\nUSN:x\r\ncache-CONTROL:  max-age=3 \r\nEXT:\r\nLocation: http://a:1/\nX-User-Agent: r\r\nAgent: g\r\nDate: d\r\nST: y')" \
		"udp:$(http 'HTTP/1.1 404 Not Found\r\n\r\n')" udp:00 udp: \
		"udp:$(http 'HTTP/1.1 200 OK')"
	has 0 valid 'classification="upnp"' success=true 'server="a�b"' \
		'usn="x"' 'cache_control="max-age=3"' 'ext=""' \
		'location="http://a:1/"' 'x_user_agent="r"' 'agent="g"' \
		'date="d"' 'st="y"'
	has 1 valid 'classification="no-http-header"' success=false
	has 2 valid 'classification="no-http-header"' success=false data=00
	has 3 valid 'classification="none"' success=false
	has 4 valid 'classification="upnp"'
	[[ ${lines[4]} != *server=* ]]
}

@test "probes: bacnet takes answers with its invoke ID, through routers too" {
	ack='30??0c0c023fffff194b3ec40200000b3f'
	answers bacnet -p 47808 -- "bacnet:810a00170100$ack" \
		"bad-bacnet:810a00170100$ack" \
		"bacnet:810a001b01080007 01 05 $ack" \
		"bad-bacnet:810a001b01080007 01 05 $ack" \
		"bacnet:810a00230128 0001 02 aabb 0007 01 05 ff $ack" \
		'bacnet:810a000901 00 50??0c' 'bad-bacnet:810a000901 00 50??0c' \
		udp:810000060000 udp:81 udp:00 'bacnet:810a000801 00 1008'
	for i in 0 2 4 5; do
		has $i valid 'classification="bacnet"' success=true
	done
	for i in 1 3 6; do
		[ "${lines[i]}" = validation ]
	done
	for i in 8 9; do
		has $i valid 'classification="other"' success=false
	done
	# a result of BVLC, an unconfirmed request: nothing of ours in them
	for i in 7 10; do
		has $i valid 'classification="bacnet"' success=false
	done
}

@test "probes: ipip takes what comes out of the tunnel" {
	answers ipip -p 80 -- mirror icmp:3:2 icmp:11:0
	has 0 valid 'classification="udp"' success=true sport=80 \
		udp_pkt_size=37
	has 1 valid 'classification="icmp-unreach"' success=false
	has 2 valid 'classification="other"' success=false
}

# once: bytes of a record
# bats test_tags=once
@test "probes: dns, what a server said" {
	dns() {
		answers dns -a A,Example.com -- "$@"
	}
	dns dns:8580:1:0:0:c00c0001000100000e1000045db8d822 dns:8183:0:0:0: \
		bad-dns:8180:0:0:0: dns:0100:0:0:0: udp:0000 udp:
	has 0 valid 'classification="dns"' success=true app_success=true \
		udp_len=53 dns_rd=1 dns_tc=0 dns_aa=1 dns_opcode=0 dns_qr=1 \
		dns_rcode=0 dns_ra=1 dns_qdcount=1 dns_ancount=1 \
		'dns_questions=[{"name":"Example.com","qtype":1,"qtype_str":"A","qclass":1}]' \
		'dns_answers=[{"name":"Example.com","type":1,"type_str":"A","class":1,"ttl":3600,"rdlength":4,"rdata_is_parsed":true,"rdata":"93.184.216.34"}]' \
		'dns_authorities=[]' dns_parse_err=0 dns_unconsumed_bytes=0
	has 1 valid success=true app_success=false dns_rcode=3
	has 2 valid success=false app_success=false
	has 3 valid success=true app_success=false dns_qr=0
	has 4 valid success=false dns_parse_err=1 dns_unconsumed_bytes=2 \
		raw_data=0000
	has 5 valid success=false dns_parse_err=1
}

# shows TYPE HEX TEXT: rdata of this type is shown so.
shows() {
	answers dns -a A,a.b -- \
		"dns:8180:1:0:0:c00c$(printf %04x $1)000100000000$(printf %04x \
			$((${#2} / 2)))$2"
	[[ ${lines[0]} == *"$3"* && ${lines[0]} == *dns_parse_err=0* ]] || {
		echo "no $3 in ${lines[0]}"
		return 1
	}
}

@test "probes: dns, data of records" {
	p='"rdata_is_parsed":true,"rdata":' h='"rdata_is_parsed":false,"rdata":'
	shows 1 7f000001 $p'"127.0.0.1"'
	shows 1 7f0000 $h'"7f0000"'
	shows 28 20010db8000000000000000000000001 $p'"2001:db8::1"'
	shows 2 036e7331c00c $p'"ns1.a.b"'
	shows 5 c00c $p'"a.b"'
	shows 12 00 $p'"."'
	shows 15 000a026d78c00c $p'"10 mx.a.b"'
	shows 15 000a $h'"000a"'
	shows 16 0568656c6c6f $p'"hello"'
	shows 16 0568656c6c6f0121 $p'"hello!"'
	shows 16 0668656c6c6f $h'"0668656c6c6f"'
	shows 16 03410042 $p'"A\u0000B"'
	shows 16 03e282ac $p'"€"'
	shows 16 02ff41 $p'"�A"'
	shows 6 c00cc00c0000000100000002000000030000000400000005 \
		$p'"a.b a.b 1 2 3 4 5"'
	shows 33 00010002000301780179 $h
	shows 33 000100020003017800 $p'"1 2 3 x"'
	shows 257 00056973737565782e79 $p'"0 issue x.y"'
	shows 43 000105020a0b $p'"1 5 2 0a0b"'
	shows 46 0102 $h'"0102"'
	shows 41 "" $h'""'
	shows 65280 0102 '"type_str":"TYPE65280","class":1,"ttl":0,"rdlength":2,'$h'"0102"'
	# dots, blanks and 8-bit bytes in labels
	shows 2 04612e2062c00c $p'"a\.\032b.a.b"'
	shows 2 02c3a4c00c $p'"\195\164.a.b"'
	shows 2 025c0a00 $p'"\\\010"'
}

@test "probes: dns, packets that are meant to hurt" {
	hurts() {
		answers dns -a A,a.b -- "dns:8180:$1"
		has 0 valid dns_parse_err=1 dns_unconsumed_bytes=$2
	}
	r=00010001000000000000
	# a name that points at itself, ahead, at another that points back
	hurts "1:0:0:c015$r" 12
	hurts "1:0:0:c016c015$r" 14
	hurts "1:0:0:c0ff$r" 12
	hurts "1:0:0:ffff$r" 12
	# a label of a kind that is not there, one that is too long
	hurts "1:0:0:40$r" 11
	hurts "1:0:0:3f$r" 11
	# data that is longer than the packet, or not there at all
	hurts "1:0:0:0000010001000000000001" 11
	hurts "65535:65535:65535:" 0
	# a name of more than 255 bytes, put together of pointers
	l=$(printf '3f%0126d' 0)
	hurts "2:0:0:$l$l$l${l}00$r" $((4 * 64 + 1 + 10))
	# 5000 records: as many as a record of ours may hold
	many=$(printf "c00c$r%.0s" {1..5000})
	answers dns -a A,a.b -- "dns:8180:5000:0:0:$many"
	has 0 valid dns_ancount=5000 dns_parse_err=1
	n=$(grep -o rdlength <<<"${lines[0]}" | wc -l)
	[ "$n" -gt 1000 ]
	[ "$n" -lt 5000 ]
	# names of 255 bytes out of two, 98 times: no more than the packet pays for
	long=$(printf '3f'; printf '01%.0s' {1..63})
	name=$long$long$long$(printf '3d'; printf '01%.0s' {1..61})00
	many=$name$r$(printf "c015$r%.0s" {1..97})
	answers dns -a A,a.b -- "dns:8180:98:0:0:$many"
	has 0 valid dns_ancount=98 dns_parse_err=1
	n=$(wc -c <<<"${lines[0]}")
	[ "$n" -gt 5000 ] && [ "$n" -lt $((20 * (${#many} / 2 + 40) + 4096)) ] || {
		echo "$n bytes of ${#many}/2"
		return 1
	}
	# an honest answer of that size is whole
	many=$(printf "c00c0001000100000e100004c0000201%.0s" {1..90})
	answers dns -a "A,$(printf 'a%.0s' {1..60}).example" -- "dns:8180:90:0:0:$many"
	has 0 valid dns_ancount=90 dns_parse_err=0
	# 300 records fit (ZMap dies of 128)
	many=$(printf "c00c$r%.0s" {1..300})
	answers dns -a A,a.b -- "dns:8180:300:0:0:$many"
	has 0 valid dns_parse_err=0 dns_unconsumed_bytes=0
	[ "$(grep -o rdlength <<<"${lines[0]}" | wc -l)" -eq 300 ]
}

@test "probes: dns knows which of its questions was answered" {
	a=(-a 'A,a.b;MX,c.d' -P 2 -n 5)
	probe "${a[@]}" make dns >probe.pcap
	"$PYTHON" "$ROOT/tests/tool/reply.py" dns:8180:0:0:0: <probe.pcap >answer.pcap
	run probe "${a[@]}" classify dns <answer.pcap
	[ "${#lines[@]}" -eq 10 ]
	[ "$(grep -c 'success=true app_success=true' <<<"$output")" -eq 10 ]
	[ "$(grep -c '"qtype_str":"MX"' <<<"$output")" -eq 5 ]
	# the other question's answer is an answer to none of ours
	probe -a 'MX,c.d;A,a.b' -P 2 -n 5 classify dns <answer.pcap >other
	[ "$(grep -c 'success=false app_success=false' other)" -eq 10 ]
}

@test "probes: dns, capitals at random, which must come back" {
	a=(-a 'A,example.org' -n 200)
	probe "${a[@]}" make dns >probe.pcap
	tshark -n -r probe.pcap -T fields -e dns.qry.name 2>/dev/null >names
	[ "$(tr A-Z a-z <names | sort -u)" = example.org ]
	# each letter in both cases, about as often
	for i in 1 2 3 4 5 6 7 9 10 11; do
		n=$(cut -c$i names | grep -c '[A-Z]')
		[ "$n" -gt 60 ]
		[ "$n" -lt 140 ]
	done
	"$PYTHON" "$ROOT/tests/tool/reply.py" dns:8180:0:0:0: <probe.pcap >answer.pcap
	run probe "${a[@]}" classify dns <answer.pcap
	[ "$(grep -c ' success=true .*"name":"example.org"' <<<"$output")" -eq 200 ]
	# with all letters small, they are an answer, but nobody knows whose
	"$PYTHON" -c 'import re, sys
sys.stdout.buffer.write(re.sub(rb"(?i)example.org",
    lambda m: m[0].lower(), sys.stdin.buffer.read()))' <answer.pcap >small.pcap
	run probe "${a[@]}" classify dns <small.pcap
	[ "$(grep -c '^valid' <<<"$output")" -eq 200 ]
	[ "$(grep -c 'success=true' <<<"$output")" -le 2 ]
	# a user may want them all the same
	probe -a 'A:nr:plain,exAmple.org' make dns >probe.pcap
	run tshark -n -r probe.pcap -T fields -e dns.qry.name
	[[ $output == *exAmple.org* ]]
	answers dns -a 'A:plain,exAmple.org' -- dns:8180:0:0:0:
	has 0 valid success=true 'dns_questions=[{"name":"exAmple.org","qtype":1,"qtype_str":"A","qclass":1}]'
}

# scanned MODULE OPTION...: probes in p.pcap, and what zmap-recv is told of them.
# Our two addresses differ in one bit.
scanned() {
	local m=$1 port=(-p 80)
	shift
	[[ $m == icmp_* ]] && port=()
	zmap-targets "${port[@]}" --no-blacklist 203.0.113.7 |
		own_net zmap-send -v 1 -X -S 198.51.100.2-198.51.100.3 \
			--write-pcap p.pcap -M "$m" "$@" >s.cbor
}

# accepted [FILTER]: answers of a.pcap that zmap-recv takes
accepted() {
	zmap-recv -v 1 --read-pcap a.pcap <s.cbor >out.cbor 2>err || [ $? -eq 5 ]
	zmap-filter "${1:-ttl >= 0}" <out.cbor |
		zmap-out -O json -f '*' >accepted.json
	wc -l <accepted.json
}

# What validates an answer: addresses, at 12 to 19, then what stands here. Where
# there are ports alone, one of 28,233 is right by chance, so one may pass; so
# may one bit of what a RST acknowledges: a number, or the one after it.
# once: IPv6's are in a test of their own
# bats test_tags=once
@test "probes: no bit that validates can be changed, whatever the module" {
	while read -r m kind filter chance bytes args; do
		scanned "$m" ${args:+--probe-args "$args"}
		"$PYTHON" "$ROOT/tests/tool/reply.py" "$kind" <p.pcap >answer.pcap
		cp answer.pcap a.pcap
		[ "$(accepted "$filter")" -eq 1 ] || { echo "$m: $kind"; return 1; }
		"$PYTHON" "$ROOT/tests/tool/flips.py" 12-19 ${bytes//,/ } \
			<answer.pcap >a.pcap
		n=$(accepted "$filter")
		[ "$n" -le "$chance" ] || {
			echo "$m: $n answers to $kind pass"
			head -n 3 accepted.json
			return 1
		}
	done <<-'E'
		tcp_synscan synack ttl>=0 0 20-23,28-31
		tcp_synackscan rst ttl>=0 1 20-27
		icmp_echoscan echo ttl>=0 0 24-27
		icmp_echo_time echo ttl>=0 0 24-27
		udp udp:00 success 1 22-23 text:x
		upnp udp:485454502f312e3120323030204f4b0d0a0d0a success 1 20-23
		ipip mirror success 1 20-23
		ntp ntp:24010000000000000000000000000000000000000000000000000000000000000000000000000000 success 1 20-23,52-59
		bacnet bacnet:810a0017010030??0c0c023fffff194b3ec40200000b3f success 1 20-23,35
		dns dns:8180:0:0:0: success 1 20-23,28-29,40-56 A,example.org
	E
}

# Of IPv6: addresses are at 8 to 39.
@test "probes: no bit that validates can be changed over IPv6, whatever the module" {
	while read -r m kind filter chance bytes args; do
		port=(-p 80)
		[[ $m != icmp_* ]] || port=()
		zmap-targets "${port[@]}" --no-blacklist 2001:db8:18::7 |
			unshare -rn zmap-send -v 1 -G 02:00:00:00:00:02 \
				--write-pcap frames.pcap -M "$m" \
				${args:+--probe-args "$args"} >s.cbor
		# raw IP, as reply.py wants it
		"$PYTHON" - <<-'P'
			import struct
			d = open("frames.pcap", "rb").read()
			n = struct.unpack("<I", d[32:36])[0] - 14
			open("p.pcap", "wb").write(d[:20] + struct.pack("<I", 101) +
			    d[24:32] + struct.pack("<II", n, n) + d[54:54 + n])
		P
		"$PYTHON" "$ROOT/tests/tool/reply.py" "$kind" <p.pcap >answer.pcap
		cp answer.pcap a.pcap
		[ "$(accepted "$filter")" -eq 1 ] || { echo "$m: $kind"; return 1; }
		"$PYTHON" "$ROOT/tests/tool/flips.py" 24-39 ${bytes//,/ } \
			<answer.pcap >a.pcap
		n=$(accepted "$filter")
		[ "$n" -le "$chance" ] || {
			echo "$m: $n answers to $kind pass"
			head -n 3 accepted.json
			return 1
		}
		# the flow label refuses none, but says that something is wrong;
		# four of these bits are of the traffic class
		[[ $kind == icmp:* ]] || continue
		"$PYTHON" "$ROOT/tests/tool/flips.py" 49-51 <answer.pcap >a.pcap
		[ "$(accepted)" -eq 24 ]
		[ "$(accepted icmp_quote_ok)" -eq 4 ]
	done <<-'E'
		tcp_synscan synack ttl>=0 0 8-23,40-43,48-51
		tcp_synackscan rst ttl>=0 1 8-23,40-47
		icmp_echoscan echo ttl>=0 0 8-23,44-55
		icmp_echo_time echo ttl>=0 0 8-23,44-47,72-79
		udp udp:00 success 1 8-23,42-43 text:x
		upnp udp:485454502f312e3120323030204f4b0d0a0d0a success 1 8-23,40-43
		ntp ntp:24010000000000000000000000000000000000000000000000000000000000000000000000000000 success 1 8-23,40-43,72-79
		bacnet vmac:8207000a0004d2 success 1 8-23,40-43,55-57
		dns dns:8180:0:0:0: success 1 8-23,40-43,48-49,60-76 A,example.org
		tcp_synscan icmp:1:1:20 ttl>=0 0 54,56-87,88-95
		icmp_echoscan icmp:1:1 ttl>=0 0 54,56-87,92-103
		udp icmp:1:1 ttl>=0 1 54,56-87,88-91 text:x
		dns icmp:1:1 ttl>=0 1 54,56-87,88-91 A,example.org
	E
}

# of 65,536 networks of ours that differ in 16 bits
@test "probes: the network of our address validates over IPv6" {
	zmap-targets -p 80 --no-blacklist 2001:db8:18::7 |
		own_net zmap-send -v 1 -X -S 2001:db8:aa00::/48 \
			--write-pcap p.pcap >s.cbor
	"$PYTHON" "$ROOT/tests/tool/reply.py" synack <p.pcap >answer.pcap
	cp answer.pcap a.pcap
	[ "$(accepted)" -eq 1 ]
	"$PYTHON" "$ROOT/tests/tool/flips.py" 30-31 <answer.pcap >a.pcap
	[ "$(accepted)" -eq 0 ]
	"$PYTHON" "$ROOT/tests/tool/flips.py" 32-39 <answer.pcap >a.pcap
	[ "$(accepted)" -eq 0 ]
}

# The same for ICMP errors: our address, what is quoted of protocol, addresses,
# ports and, where they are within its first 8 bytes, validation words.
# once: IPv6's are in a test of their own
# bats test_tags=once
@test "probes: no bit of what ICMP errors quote can be changed" {
	while read -r m chance bytes args; do
		scanned "$m" ${args:+--probe-args "$args"}
		"$PYTHON" "$ROOT/tests/tool/reply.py" icmp:3:1:28 <p.pcap >answer.pcap
		cp answer.pcap a.pcap
		[ "$(accepted icmp_quote_ok)" -eq 1 ] || { echo "$m"; return 1; }
		"$PYTHON" "$ROOT/tests/tool/flips.py" 16-19 37 40-47 \
			${bytes//,/ } <answer.pcap >a.pcap
		n=$(accepted)
		[ "$n" -le "$chance" ] || {
			echo "$m: $n errors pass"
			head -n 3 accepted.json
			return 1
		}
		# the IP ID refuses none, but says that something is wrong
		"$PYTHON" "$ROOT/tests/tool/flips.py" 32-33 <answer.pcap >a.pcap
		[ "$(accepted)" -eq 16 ]
		[ "$(accepted icmp_quote_ok)" -eq 0 ]
	done <<-'E'
		tcp_synscan 0 48-55
		tcp_synackscan 0 48-55
		icmp_echoscan 0 52-55
		icmp_echo_time 0 52-55
		udp 1 48-51 text:0123456789012345678901234567
		upnp 1 48-51
		ntp 1 48-51
		bacnet 1 48-51
		dns 1 48-51 A,example.org
		ipip 1 57,60-71
	E
}

# --- real servers ---

# once: servers on sockets of IPv4
# bats test_tags=once
@test "probes: every module, and a template, against real servers" {
	requires_lab
	[ "$(id -u)" = 0 ] || skip "the servers want users of their own"
	timeout 100 "$ROOT/tests/servers/run" fetch "$ROOT/build/servers" \
		dns ntp ssdp sip || skip "the servers' packages cannot be fetched"
	cat >all <<-'E'
		"$ROOT/tests/servers/run" start "$ROOT/build/servers" \
			dns ntp ssdp sip bacnet ipip || exit
		scan() {
			echo "$2:"
			zmap --no-blacklist -q -v 1 -c 4 -N "$1" -O json -f "*" \
				-M "${@:2}" -o - "$LAB_GATEWAY" || exit
		}
		scan 4 dns -p 53 -P 4 --probe-args \
			"A,example.com;AAAA,example.com;TXT,example.com;A,no.example.com"
		scan 1 ntp -p 123
		scan 1 upnp -p 1900
		scan 1 bacnet -p 47808
		scan 1 ipip -p 80
		scan 1 udp -p 5060 --probe-args \
			"file:$ROOT/examples/udp-payloads/sip_options.tpl"
		scan 1 udp -p 4444 --probe-args text:x
		scan 1 icmp_echoscan --probe-args text:marco
		scan 1 icmp_echo_time
		scan 2 tcp_synscan -p 9,4444 --probe-args rtt
		scan 1 tcp_synackscan -p 9
	E
	run lab --real --listen 9 bash all
	echo "$output"
	[ "$status" -eq 0 ]
	echo "$output" >out
	# answer MODULE FILTER: one of its records is so
	answer() {
		awk -v m="$1:" '/:$/ { is = $0 == m } is && /^\{/' out |
			jq -e -s "any($2)" >/dev/null || { echo "$1: $2"; return 1; }
	}
	[ "$(grep -c '^{' out)" -eq 15 ]
	for want in 'A" and .rdata == "198.51.100.7' 'TXT" and .rdata == "hello' \
		'AAAA" and .rdata == "2001:db8::7'; do
		answer dns ".app_success and (.dns_answers[0] |
			.type_str == \"$want\")"
	done
	answer dns '.success and (.app_success | not) and .dns_rcode == 3'
	answer ntp '.success and .stratum == 5 and .LI_VN_MODE == 36 and
		.precision < 0 and .transmit_timestamp >= .receive_timestamp'
	answer upnp '.success and .usn == "uuid:1234::upnp:rootdevice" and
		.location == "http://192.0.2.254:5000/desc" and .ext == ""'
	answer bacnet '.success and (.udp_payload | endswith("c4020004d23f"))'
	answer ipip '.success and .sport == 80 and .ttl == 254'
	# "SIP/2.0 200 Sane", from a server that looks at all of a request
	answer udp '.sport == 5060 and
		(.data | startswith("5349502f322e30203230302053616e65"))'
	answer udp '.sport == 4444 and (.success | not) and
		.icmp_unreach_str == "port unreachable"'
	answer icmp_echoscan '.success and .data == "6d6172636f"'
	answer icmp_echo_time '.success and .rtt_us < 60000000'
	answer tcp_synscan '.success and .sport == 9 and .rtt < 60000000'
	answer tcp_synscan '.classification == "rst" and .rtt == null'
	answer tcp_synackscan '.classification == "rst" and .success'
}

# --- modules from outside of the tree ---

# Installs the headers and builds the example against them, as a user would.
build_example() {
	make -s -C "$ROOT" install-probe DESTDIR="$T/root" PREFIX=/usr >&2
	export PKG_CONFIG_SYSROOT_DIR=$T/root
	export PKG_CONFIG_PATH=$T/root/usr/lib/pkgconfig
	cp -r "$T/root/usr/share/doc/zmap/examples/probe-module" "$T/mine"
	make -s -C "$T/mine" >&2
}

# once: a module that knows IPv4 alone
# bats test_tags=once
@test "probes: a module by its path, in a real scan" {
	build_example
	[ "$(wc -l <mine/icmp_timestamp.c)" -le 100 ]
	[ "$(wc -l <mine/Makefile)" -le 8 ]
	lab --real --prefix 10.6.0.0/24 zmap --no-blacklist -q -c 1 \
		-M mine/icmp_timestamp.so -o out \
		-f saddr,classification,success,offset_ms 10.6.0.0/28
	[ "$(wc -l <out)" -eq 17 ]
	# the same clock: within a few milliseconds, where the machine is not busy
	[ "$(grep -cE '^10\.6\.0\.[0-9]+,time,1,-?[0-9]+$' out)" -eq 16 ]
	[ "$(grep -cE ',-?[0-9]$' out)" -ge 4 ]
}

# once: compiles, whatever the family
# bats test_tags=once
@test "probes: the example of a module is built in a clone, too" {
	mkdir examples
	cp -r "$ROOT/examples/probe-module" examples/
	ln -s "$ROOT/lib" "$ROOT/probes" .
	make -s -C examples/probe-module
	run zmap-recv --list-output-fields -M examples/probe-module/icmp_timestamp.so
	[ "$status" -eq 0 ]
	[[ $output == *offset_ms* ]]
}

# once: a module that knows IPv4 alone
# bats test_tags=once
@test "probes: a module in ZMAP_PROBE_PATH" {
	build_example
	run zmap-recv --list-output-fields -M icmp_timestamp
	fails 2 'not known, and no icmp_timestamp.so in /'
	ZMAP_PROBE_PATH=/nonexistent run zmap-recv --list-output-fields \
		-M icmp_timestamp
	fails 2 'not known, and no icmp_timestamp.so in $ZMAP_PROBE_PATH'
	export ZMAP_PROBE_PATH=/nonexistent::$T/mine
	run zmap-recv --list-output-fields -M icmp_timestamp
	[ "$status" -eq 0 ]
	[[ $output == *"offset_ms          int: by which it is ahead of ours"* ]]
	lab --real --prefix 10.6.0.0/24 zmap --no-blacklist -q -c 1 \
		-M icmp_timestamp -o out 10.6.0.0/30
	[ "$(wc -l <out)" -eq 4 ]
}

# once: a module that knows IPv4 alone
# bats test_tags=once
@test "probes: a module that the user names is taken, whoever can write to it" {
	build_example
	chmod 775 mine/icmp_timestamp.so
	lab --real --prefix 10.6.0.0/24 zmap --no-blacklist -q -c 1 \
		-M mine/icmp_timestamp.so -o out 10.6.0.0/30
	[ "$(wc -l <out)" -eq 4 ]
}

# once: a module that knows IPv4 alone
# bats test_tags=once
@test "probes: a stream names no module, but the user does" {
	build_example
	zmap-targets --no-blacklist 10.6.0.0/30 >targets
	cat >all <<-'E'
		zmap-send -M mine/icmp_timestamp.so <targets >probes || exit
		chmod "$1" mine/icmp_timestamp.so
		shift
		env "$@" <probes >results
	E
	# a path of the stream's alone is not loaded, whoever owns the file
	run lab --real bash all 755 zmap-recv -c 0
	fails 2 "icmp_timestamp.so': only the stream names this file"
	[[ $output == *"give -M $PWD/mine/icmp_timestamp.so as well" ]]
	# the answers came long before
	run lab --real bash all 777 zmap-recv -c 0 -M mine/icmp_timestamp.so
	fails 5 "before the capture was live"
	# by its name, from where the user says, it must be one's own
	run lab --real bash all 755 ZMAP_PROBE_PATH=mine zmap-recv -c 0
	fails 5 "before the capture was live"
	run lab --real bash all 777 ZMAP_PROBE_PATH=mine zmap-recv -c 0
	fails 2 "icmp_timestamp.so: others than its owner can write to it"
	[ "$(id -u)" -ne 0 ] || {
		chown 1234 mine/icmp_timestamp.so
		run lab --real bash all 755 ZMAP_PROBE_PATH=mine zmap-recv -c 0
		fails 2 "it belongs to another user, and a stream asks for it"
	}
	# what the user did not name did not run
	sed -i '/^const struct probe/i\
__attribute__((constructor)) static void\
ran(void)\
{\
	FILE *f = fopen("/tmp/zmap-constructor", "w");\
	if (f != NULL)\
		fclose(f);\
}' mine/icmp_timestamp.c
	sed -i '1a #include <stdio.h>' mine/icmp_timestamp.c
	rm -f /tmp/zmap-constructor
	make -s -C mine >&2
	run own_net zmap-recv -M mine/icmp_timestamp.so --list-output-fields
	[ "$status" -eq 0 ]
	rm /tmp/zmap-constructor
	for probe in mine/icmp_timestamp.so "$PWD/mine/icmp_timestamp.so" \
		./icmp_timestamp.so ../x/icmp_timestamp.so; do
		"$PYTHON" "$ROOT/tests/tool/setscan.py" probe_file "$probe" \
			<probes >other
		run own_net bash -c 'zmap-recv --interface lo <other'
		fails 2 "only the stream names this file"
	done
	[ ! -e /tmp/zmap-constructor ]
}

# A module like the example but for what sed does to it.
variant() {
	sed "$1" "$ROOT/examples/probe-module/icmp_timestamp.c" >v.c
	cmp -s v.c "$ROOT/examples/probe-module/icmp_timestamp.c" && return 1
	cc -std=gnu11 -w -fPIC -shared -I"$ROOT/lib" -I"$ROOT" \
		-o v.so v.c
}

@test "probes: modules that ask for nonsense are refused with the reason" {
	nonsense() {
		variant "$1"
		run zmap-recv --list-output-fields -M ./v.so
		fails 2 "./v.so: $2"
		run zmap-send -M ./v.so </dev/null
		fails 2 "./v.so: $2"
	}
	nonsense 's/\.abi = PROBE_ABI/.abi = 99/' 'it is made for ABI 99, this is'
	nonsense 's/\.name = "icmp_timestamp"/.name = "a b"/' 'its name is not'
	nonsense 's/\.name = "icmp_timestamp"/.name = "udp"/' \
		'its name, udp, is that of another module'
	nonsense 's/\.help = .*/.help = 0,/' 'it has no help'
	nonsense 's/\.protocol = 1/.protocol = 0/' 'it has no protocol'
	nonsense 's/\.protocol = 1/.protocol = 1, .ports = 1/' 'ICMP has no ports'
	nonsense 's/\.max_size = SIZE/.max_size = 1501/' \
		'its max_size is 1501, not 20 to 1500'
	nonsense 's/\.max_size = SIZE/.max_size = 19/' 'its max_size is 19'
	nonsense 's/\.snaplen = 128/.snaplen = 0/' 'its snaplen is 0'
	nonsense 's/\.prepare = prepare,//' 'it has no prepare'
	nonsense 's/\.make = make,//' 'it has no make'
	nonsense 's/\.classify = classify,//' 'it has no classify'
	nonsense 's/\.fields = fields,//' 'it has no fields'
	nonsense 's/"received_ms"/"success"/' 'field success is there twice'
	nonsense 's/"received_ms"/"saddr"/' "field saddr is the receiver's"
	nonsense 's/"received_ms"/"a,b"/' "'a,b' is no name for a field"
	nonsense 's/"received_ms", FIELD_UINT/"received_ms", 77/' \
		'field received_ms is of unknown type 77'
	nonsense 's/"received_ms", FIELD_UINT, .*}/"received_ms", FIELD_UINT }/' \
		'field received_ms has no help'
	nonsense 's/\.success = SUCCESS/.success = RECEIVED/' \
		'its success is not a field of type bool'
	nonsense 's/\.success = SUCCESS/.success = 1000/' \
		'its success is not a field of type bool'
	nonsense 's/\.success = SUCCESS/.success = SUCCESS, .rtt = SUCCESS/' \
		'its rtt is not a field of type uint'
	nonsense 's/\.classification = C.*CATION,/.classification = 9,/' \
		'its classification is not a field of type text'
	nonsense 's/const struct probe zmap_probe/const struct probe other/' \
		'it exports no zmap_probe'
	nonsense 's/return t->size > 0/extern int nosuchfunction(void);\n	return nosuchfunction()/' \
		'undefined symbol: nosuchfunction'
}

# once: a module that knows IPv4 alone
# bats test_tags=once
@test "probes: templates that cannot be are refused with the reason" {
	nonsense() {
		variant "$1"
		zmap-targets --no-blacklist 10.6.0.0/30 >targets
		run zmap-send -M ./v.so -d -G 00:00:5e:00:53:01 <targets
		[ "$status" -ne 0 ]
		[[ $output == *"icmp_timestamp: $2"* ]]
	}
	nonsense 's/return t->size > 0/t->size = 0; return 1/' \
		'its template has 0 bytes, not 20 to its max_size of 40'
	nonsense 's/return t->size > 0/t->size = 41; return 1/' \
		'its template has 41 bytes, not 20 to its max_size of 40'
	nonsense 's/return t->size > 0/t->packet[0] = 0x60; return 1/' \
		'its template does not begin with an IPv4 header'
	nonsense 's/return t->size > 0/return 0/' \
		'its prepare failed without a reason'
}

# once: a module that knows IPv4 alone
# bats test_tags=once
@test "probes: what a module says wrong of a packet does not leave, nor is believed" {
	zmap-targets --no-blacklist 10.6.0.0/28 >targets
	for n in 19 41 60000; do
		variant "s/return t->size;/return $n;/"
		for way in '-d -G 00:00:5e:00:53:01' '--write-pcap p'; do
			# shellcheck disable=SC2086
			run zmap-send -v 1 -M ./v.so $way <targets
			[ "$status" -eq 1 ]
			[[ $output == *"icmp_timestamp: its make says $n bytes, not 20 to its max_size of 40"* ]]
		done
		[ "$(stat -c %s p)" -eq 24 ]
	done
}

@test "probes: files that are no modules are refused with the reason" {
	run zmap-send -M ./nosuch.so </dev/null
	fails 2 './nosuch.so: No such file or directory'
	echo hello >text.so
	run zmap-send -M ./text.so </dev/null
	fails 2 './text.so: '
	[[ $output != */proc/self* ]]
	run zmap-send -M ./ </dev/null
	fails 2 'not a regular file'
	mkfifo fifo
	run zmap-send -M ./fifo </dev/null
	fails 2 'not a regular file'
}

@test "probes: the programs export all that the headers declare" {
	make -s -C "$ROOT" install-probe DESTDIR="$T/root" PREFIX=/usr
	names=$(sed -n 's/^[a-z].*[	 *]\([a-z][a-z0-9_]*\)(.*/\1/p' \
		root/usr/include/zmap/*/*.h | sort -u)
	for p in zmap-send zmap-recv; do
		nm -D --defined-only "$ROOT/bin/$p" | awk '{ print $3 }' >has
		for n in $names; do
			# what takes answers apart is for the receiver alone
			[[ $n == packet_* || $n == refusal_name ]] && continue
			grep -qE "static.*\b$n\b|inline" \
				<(grep -hB1 "\b$n(" root/usr/include/zmap/*/*.h |
				head -2) && continue
			grep -qx "$n" has || { echo "$p lacks $n"; return 1; }
		done
	done
	[[ $names == *template_udp* && $names == *encode_text* ]]
}
