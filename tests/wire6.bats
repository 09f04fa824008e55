#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# IPv6 on the wire: kernel hosts of whole prefixes, what must never leave, and
# answers of every shape.

# once: IPv6 itself
# bats file_tags=once
bats_require_minimum_version 1.5.0
load helper
export -f targets

# six NET COMMAND: with hosts in there, of whom port 80 is open
six() {
	local net=$1 option=()

	shift
	[ -z "${CAPTURE:-}" ] || option=(--capture "$CAPTURE")
	option+=("${LAB_OPTIONS[@]}")
	run --separate-stderr lab --real --six "$net" "${option[@]}" -- \
		bash -o pipefail -c "$1"
	[ "$status" != 77 ] || lacks "no lab: $stderr"
}

@test "wire6: all of a /112 is found, each host once, open and closed" {
	six 2001:db8:5::/48 '
		zmap-targets -p 80 -e 1 --no-blacklist 2001:db8:5::/112 |
		zmap-send -r 15000 | zmap-recv --cooldown 2 |
		zmap-out -f saddr,classification,repeat -o open
		zmap-targets -p 81 -e 1 --no-blacklist 2001:db8:5::/118 |
		zmap-send -r 5000 | zmap-recv --cooldown 2 |
		zmap-out -f saddr,classification -o closed'
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	zmap-targets --text -e 1 --no-blacklist 2001:db8:5::/112 | sort >all
	[ "$(wc -l <all)" -eq 65536 ]
	run ! grep -v ',synack,0$' <(tail -n +2 open)
	tail -n +2 open | cut -d, -f1 | sort | cmp - all
	run ! grep -v ',rst$' <(tail -n +2 closed)
	tail -n +2 closed | cut -d, -f1 | sort |
		cmp - <(zmap-targets --text --no-blacklist 2001:db8:5::/118 |
			sort)
}

@test "wire6: every address of a window answers an echo, by each way out" {
	six 2001:db8:6000::/36 '
		for way in xdp ring mmsg; do
			zmap-targets -e 3 --no-blacklist --iid rand,low \
				2001:db8:6000::/53-64 |
			zmap-send -M icmp_echoscan -r 10000 --io $way |
			zmap-recv --cooldown 2 |
			zmap-out -f saddr,classification,ttl -o $way || exit
		done'
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	zmap-targets --text -e 3 --no-blacklist --iid rand,low \
		2001:db8:6000::/53-64 | sort >all
	[ "$(wc -l <all)" -eq 4096 ]
	for way in xdp ring mmsg; do
		run ! grep -v ',echoreply,64$' <(tail -n +2 $way)
		tail -n +2 $way | cut -d, -f1 | sort | cmp - all
	done
}

@test "wire6: what the blacklist and --exclude name never leaves" {
	printf '%s\n' 2001:db8:7:3::/64 2001:db8:7:5::1/128 >black
	printf '%s\n' 2001:db8:7:9::/64 2001:db8:7:a::1/128 >exclude
	CAPTURE=$T/far.pcap six 2001:db8:7::/48 '
		zmap-targets -p 80 -b black --iid low,::2 2001:db8:7::/60-64 |
		zmap-send -r 1000 --exclude exclude |
		zmap-recv --cooldown 1 | zmap-out -o found'
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	tshark -r far.pcap -Y 'tcp.flags.syn == 1 && tcp.flags.ack == 0' \
		-T fields -e ipv6.dst 2>/dev/null | sort >sent
	for net in 0 1 2 4 6 7 8 b c d e f; do
		printf '%s\n' 2001:db8:7:$net::1 2001:db8:7:$net::2
	done | sed 's/:0::/::/' >want
	printf '%s\n' 2001:db8:7:5::2 2001:db8:7:a::2 >>want
	sort want | diff - sent
	sort want | diff - <(sort found)
}

@test "wire6: a router's errors name the target and the router" {
	six 2001:db8:8::/48 '
		$LAB_FAR bash -c "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
			ip -6 route add unreachable 2001:db8:9::/48
			ip -6 route add prohibit 2001:db8:a::/48"
		for m in tcp_synscan icmp_echoscan; do
			port="-p 80"
			[ $m = tcp_synscan ] || port=
			zmap-targets $port --no-blacklist \
				2001:db8:8::/126 2001:db8:9::/126 \
				2001:db8:a::/127 |
			zmap-send -M $m -r 1000 | zmap-recv --cooldown 1 |
			zmap-out -f saddr,icmp_responder,icmp_type,icmp_code,icmp_unreach_str,icmp_quote_ok \
				-o $m || exit
		done'
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	for m in tcp_synscan icmp_echoscan; do
		[ "$(grep -c '^2001:db8:8::[0-3]*,,,,,$' $m)" -eq 4 ]
		grep '^2001:db8:[9a]' $m | sort >errors
		diff - errors <<-'E'
			2001:db8:9::,fd00:1ab::fe,1,0,no route to destination,1
			2001:db8:9::1,fd00:1ab::fe,1,0,no route to destination,1
			2001:db8:9::2,fd00:1ab::fe,1,0,no route to destination,1
			2001:db8:9::3,fd00:1ab::fe,1,0,no route to destination,1
			2001:db8:a::,fd00:1ab::fe,1,1,communication admin. prohibited,1
			2001:db8:a::1,fd00:1ab::fe,1,1,communication admin. prohibited,1
		E
	done
}

# six_probes MODULE [OPTION...]: 64 of them in probes.pcap, the stream in probes
six_probes() {
	local port=(-p 80)

	[ "$1" != icmp_echoscan ] || port=()
	unshare -rn bash -c 'zmap-targets "${@:4}" -e 1 --no-blacklist \
		2001:db8:b::/122 | eval "zmap-send -M $1 $2 --write-pcap probes.pcap \
		-G 02:00:00:00:00:02 >probes"' bash "$1" "${2:-}" - "${port[@]}"
}

@test "wire6: checksums, hop limit and flow labels of what is sent" {
	type tshark >/dev/null || lacks "no tshark"
	for m in 'tcp_synscan' 'tcp_synscan --probe-args=linux' icmp_echoscan \
		'icmp_echoscan --probe-args=text:odd'; do
		six_probes $m
		tshark -r probes.pcap -o tcp.check_checksum:TRUE \
			-T fields -e ipv6.hlim -e tcp.checksum.status \
			-e icmpv6.checksum.status -e ipv6.dst -e ipv6.flow \
			2>/dev/null >said
		[ "$(wc -l <said)" -eq 64 ]
		[ "$(cut -f1-3 said | tr -d '\t' | sort -u)" = 641 ]
		[ "$(cut -f4 said | sort -u | wc -l)" -eq 64 ]
		[ "$(cut -f5 said | sort -u | wc -l)" -gt 60 ]
	done
}

@test "wire6: extension headers, short quotes, and what is no answer" {
	six_probes tcp_synscan
	"$PYTHON" - <<-'E'
		import struct
		data = open("probes.pcap", "rb").read()
		at, probes = 24, []
		while at < len(data):
		    n = struct.unpack_from("<I", data, at + 8)[0]
		    probes.append(data[at + 16 + 14:at + 16 + n])
		    at += 16 + n
		router = bytes.fromhex("20010db8ffff") + bytes(9) + b"\1"
		def ip(next, src, dst, body, n=None):
		    return struct.pack(">IHBB", 6 << 28, len(body) if n is None
		                       else n, next, 60) + src + dst + body
		def synack(p, wrong=0):
		    s, d, seq = struct.unpack_from(">HHI", p, 40)
		    ack = seq + 1 + wrong & 0xffffffff
		    return struct.pack(">HHIIBBHHH", d, s, 7, ack, 0x50, 0x12,
		                       99, 0, 0)
		def chain(kinds, last, body, offset=0):
		    out, next = body, last
		    for k in reversed(kinds):
		        if k == 44:
		            out = struct.pack(">BBHI", next, 0, offset << 3, 5) + out
		        else:
		            out = bytes([next, 1]) + bytes(14) + out
		        next = k
		    return next, out
		def error(p, type, code, quote):
		    return ip(58, router, p[8:24],
		              bytes([type, code]) + bytes(6) + quote)
		def answer(p, kinds, **k):
		    next, body = chain(kinds, 6, synack(p), **k)
		    return ip(next, p[24:40], p[8:24], body)
		def extended(p):
		    next, body = chain([0, 60], 6, p[40:48])
		    return ip(next, p[8:24], p[24:40], body)
		P = iter(probes)
		good = [answer(next(P), k) for k in ([], [0], [43], [44], [60],
		    [135], [139], [140], [0, 60, 43, 44, 60])]
		for type in 1, 2, 3, 4:
		    p = next(P)
		    good.append(error(p, type, 0, p[:48]))
		p = next(P)
		good.append(error(p, 1, 4, extended(p)))
		bad = [answer(next(P), [44], offset=3), error(p, 1, 4, p[:47]),
		       error(p, 5, 0, p[:48]), error(p, 1, 0, p[:10])]
		p = next(P)
		bad.append(ip(6, p[24:40], p[8:24], synack(p, 5)))
		bad.append(ip(6, router, p[8:24], synack(p)))
		bad.append(ip(6, p[24:40], router, synack(p)))
		bad.append(ip(6, p[24:40], p[8:24], synack(p), n=4000))
		bad.append(ip(0, p[24:40], p[8:24], b"\6\xff" + bytes(20)))
		bad.append(ip(59, p[24:40], p[8:24], synack(p)))
		bad.append(answer(p, [60] * 17))
		bad.append(good[0][:39])
		q = bytearray(p[:48]); q[45] ^= 1
		bad.append(error(p, 1, 0, bytes(q)))
		with open("answers.pcap", "wb") as f:
		    f.write(data[:24])
		    for a in good + good[:1] + bad:
		        a = bytes(12) + b"\x86\xdd" + a
		        f.write(struct.pack("<IIII", 1, 0, len(a), len(a)) + a)
		    # an IPv4 packet is none of this scan
		    a = bytes(12) + b"\x08\0\x45" + bytes(39)
		    f.write(struct.pack("<IIII", 1, 0, len(a), len(a)) + a)
	E
	pipe "zmap-recv --read-pcap answers.pcap <probes |
		zmap-out -f classification,icmp_type,repeat,ipid | tail -n +2 |
		sort | uniq -c | tr -s ' '"
	[ "$status" -eq 0 ]
	diff - <(printf '%s\n' "$output") <<-'E'
		 2 icmp,1,0,
		 1 icmp,2,0,
		 1 icmp,3,0,
		 1 icmp,4,0,
		 9 synack,,0,
		 1 synack,,1,
	E
}

@test "wire6: a dry run and a list of routes print IPv6" {
	pipe "targets 2001:db8:c::5 | unshare -rn zmap-send --dryrun \
		-G 02:00:00:00:00:02"
	[ "$status" -eq 0 ]
	[[ $output == *"ip6 { saddr: 2001:db8::1 | daddr: 2001:db8:c::5 | flow: 0X"*" | hlim: 64 }"* ]]
	six 2001:db8:c::/48 '
		targets 2001:db8:c::5 | zmap-send --list-routes'
	[ "$output" = "[2001:db8:c::5]:80 via fd00:1ab::fe dev s0 src fd00:1ab::1" ]
}

@test "wire6: what cannot be is said" {
	pipe "targets 2001:db8:d::1 | unshare -rn zmap-send -M ipip --dryrun"
	fails 2 "ipip knows IPv4 alone, and the targets are IPv6"
	pipe "targets 2001:db8:d::1 | unshare -rn zmap-send -S 192.0.2.1 --dryrun"
	fails 2 "-S names IPv4 addresses, and the targets are IPv6"
	pipe "targets 192.0.2.9 | unshare -rn zmap-send -S 2001:db8::1 --dryrun"
	fails 2 "-S names IPv6 addresses, and the targets are IPv4"
	while IFS='|' read -r list why; do
		run zmap-send -S "$list"
		fails 2 "--source-ip: $list: $why"
		run zmap-recv -S "$list"
		fails 2 "--source-ip: $list: $why"
	done <<-'E'
		2001:db8::1,192.0.2.1|addresses of both families; a scan has one
		2001:db8::1/64|bits are set behind the prefix
		2001:db8::/129|a prefix length is a number up to 128
		2001:db8::/|a prefix length is a number up to 128
		2001:db8::/64,2001:db8::1|a prefix and others; it stands alone
		2001:db8::2-2001:db8::1|a range that ends before it begins
		2001:db8::-2001:db8::ffff|too many addresses
		2001:db8::-2001:db8:1::|too many addresses
		2001:db8::g|not an IPv6 address
	E
}

@test "wire6: from several sources, of which each target has one" {
	six 2001:db8:e::/48 '
		ip -6 addr add fd00:1ab::77/128 dev s0 nodad
		for i in 1 2; do
			targets 2001:db8:e::/121 |
			zmap-send -S fd00:1ab::1,fd00:1ab::77 -r 2000 |
			zmap-recv --cooldown 1 | zmap-out -f saddr,daddr |
			tail -n +2 | sort >$i || exit
		done
		targets 2001:db8:e::/126 | zmap-send --list-routes \
			-S fd00:1ab::1,fd00:1ab::77 >routes'
	[ "$status" -eq 0 ]
	cmp 1 2
	[ "$(wc -l <1)" -eq 128 ]
	[ "$(cut -d, -f2 1 | sort | uniq -c | tr -s ' ')" = \
		" 64 fd00:1ab::1
 64 fd00:1ab::77" ]
	[ "$(sed 's/.* src //' routes | sort -u)" = "fd00:1ab::1
fd00:1ab::77" ]
}

@test "wire6: from all of a prefix that is routed here" {
	six 2001:db8:e::/48 '
		$LAB_FAR ip -6 route add 2001:db8:f::/64 via fd00:1ab::1
		for m in "tcp_synscan -p 80" icmp_echoscan; do
			set -- $m
			zmap-targets $2 $3 --no-blacklist 2001:db8:e::/120 |
			zmap-send -M $1 -S 2001:db8:f::/64 -r 2000 |
			zmap-recv --cooldown 1 | zmap-out -f saddr,daddr,repeat |
			tail -n +2 >$1 || exit
		done'
	[ "$status" -eq 0 ]
	for m in tcp_synscan icmp_echoscan; do
		[ "$(grep -c '^2001:db8:e::[0-9a-f]*,2001:db8:f:0:.*,0$' $m)" -eq 256 ]
		[ "$(cut -d, -f1 $m | sort -u | wc -l)" -eq 256 ]
		[ "$(cut -d, -f2 $m | sort -u | wc -l)" -eq 256 ]
	done
}

@test "wire6: neighbours who ask for borrowed sources are answered" {
	six 2001:db8:e::/48 '
		for s in fd00:1ab::aaaa,fd00:1ab::bbbb fd00:1ab:0:0:7::/80; do
			targets 2001:db8:e::/124 | zmap-send -S $s -r 1000 |
			zmap-recv --cooldown 2 | zmap-out -f saddr,daddr |
			tail -n +2 >>found || exit
		done
		$LAB_FAR ip -6 neigh >neighbours
		cat /sys/class/net/s0/address >mac
		# no one answers for what is no source of the scan
		targets 2001:db8:e::/124 |
			zmap-send -S fd00:1ab::aaab -r 1000 | zmap-recv --cooldown 2 >r &
		scan=$!
		! $LAB_FAR ping -6 -c 1 -W 1 fd00:1ab::cccc || exit
		wait $scan
		$LAB_FAR ip -6 neigh show fd00:1ab::cccc'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(wc -l <found)" -eq 32 ]
	[ "$(grep -c ',fd00:1ab::[ab][ab]*$' found)" -eq 16 ]
	[ "$(grep -c ',fd00:1ab::7:' found)" -eq 16 ]
	[ "$(grep -c "fd00:1ab::7:.* lladdr $(cat mac) " neighbours)" -eq 16 ]
	[[ $output != *"cccc"*lladdr* ]]
}

# RFC 4861, section 7.1.1: what is no question is not answered.
@test "wire6: neighbours whose questions are none are not answered" {
	cat >ask.py <<-'E'
		import socket, struct, sys, time
		s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
		s.bind(("i0", 0))
		s.settimeout(0.2)
		mac = b"\2\0\0\0\0\x77"
		ip = lambda a: socket.inet_pton(socket.AF_INET6, a)
		def fold(data):
		    n = sum(struct.unpack(">%dH" % (len(data) // 2), data))
		    while n >> 16:
		        n = (n & 0xffff) + (n >> 16)
		    return n
		def ask(n, about="fd00:1ab::aaaa", hops=255, code=0, wrong=0,
		        kind=135, source=None):
		    src, dst = ip(source or "fd00:1ab::5:%x" % n), ip("ff02::1:ff00:aaaa")
		    body = bytes([kind, code, 0, 0, 0, 0, 0, 0]) + ip(about) + b"\1\1" + mac
		    sum = ~fold(src + dst + struct.pack(">II", len(body), 58) + body) & 0xffff
		    body = body[:2] + struct.pack(">H", sum ^ wrong) + body[4:]
		    s.send(b"\x33\x33\xff\0\xaa\xaa" + mac + b"\x86\xdd\x60\0\0\0" +
		        struct.pack(">HBB", len(body), 58, hops) + src + dst + body)
		def answers(seconds):
		    end, got = time.time() + seconds, set()
		    while time.time() < end:
		        try:
		            p = s.recv(2048)
		        except TimeoutError:
		            continue
		        if p[20:21] == b"\x3a" and p[54:55] == b"\x88" and \
		                p[38:48] == ip("fd00:1ab::5:0")[:10]:
		            got.add(socket.inet_ntop(socket.AF_INET6, p[38:54]))
		    return got
		for i in range(60):
		    ask(1)
		    if answers(0.2):
		        break
		else:
		    sys.exit("no answer at all")
		ask(2, hops=254)
		ask(3, code=1)
		ask(4, wrong=1)
		ask(5, about="fd00:1ab::cccc")
		ask(6, kind=136)
		ask(7)
		print(*sorted(answers(1)))
	E
	six 2001:db8:e::/48 '
		targets 2001:db8:e::/124 | zmap-send -S fd00:1ab::aaaa -r 1000 |
			zmap-recv --cooldown 20 >r &
		$LAB_FAR "$PYTHON" ask.py; rc=$?
		kill %1
		wait
		exit $rc'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = fd00:1ab::5:7 ]
}

@test "wire6: targets on the link, this machine's own, and by raw sockets" {
	six 2001:db8:e::/48 '
		scan() {
			zmap-targets --no-blacklist $1 |
			zmap-send -M icmp_echoscan -r 1000 "${@:2}" |
			zmap-recv --cooldown 1 | zmap-out -f saddr,daddr |
			tail -n +2 | sort
		}
		set -e
		scan fd00:1ab::fe
		scan fd00:1ab::1
		scan 192.0.2.1
		scan 2001:db8:e::/127 --io ip
		scan 2001:db8:e::/127 -X
		scan 2001:db8:e::/127 -X -S fd00:1ab::1'
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	diff - <(printf '%s\n' "$output") <<-'E'
		fd00:1ab::fe,fd00:1ab::1
		fd00:1ab::1,fd00:1ab::1
		192.0.2.1,192.0.2.1
		2001:db8:e::,fd00:1ab::1
		2001:db8:e::1,fd00:1ab::1
		2001:db8:e::,fd00:1ab::1
		2001:db8:e::1,fd00:1ab::1
		2001:db8:e::,fd00:1ab::1
		2001:db8:e::1,fd00:1ab::1
	E
}

@test "wire6: fields of IPv6, and repeats by who answers" {
	six 2001:db8:e::/48 '
		$LAB_FAR bash -c "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
			ip -6 route add unreachable 2001:db8:9::/48"
		targets 2001:db8:e:0:211:22ff:fe33:4455 \
			2001:db8:e:0:211:22ff:ff33:4455 2001:db8:9::/125 >t
		zmap-send -r 1000 <t | zmap-recv --cooldown 1 >r &&
		zmap-send -r 1000 <t | zmap-recv --cooldown 1 \
			--dedup-by responder >by'
	[ "$status" -eq 0 ]
	zmap-out -f saddr,hlim,flow_label,quoted_hlim,eui64_mac,iid,outersaddr <r |
		tail -n +2 | sort >out
	[ "$(wc -l <out)" -eq 10 ]
	grep -qE '^2001:db8:e:0:211:22ff:ff33:4455,64,[0-9]+,,,021122ffff334455,$' out
	[ "$(grep -cE '^2001:db8:9::[1-7]?,64,[0-9]+,64,,00000000000000fe,fd00:1ab::fe$' out)" -eq 8 ]
	grep -qE '^2001:db8:e:0:211:22ff:fe33:4455,64,[0-9]+,,00:11:22:33:44:55,021122fffe334455,$' out
	[ "$(zmap-filter 'eui64_mac = "00:11:22:33:44:55"' <r | zmap-out)" = \
		2001:db8:e:0:211:22ff:fe33:4455 ]
	[ "$(zmap-filter '!repeat' <r | zmap-out | wc -l)" -eq 10 ]
	[ "$(zmap-filter '!repeat' <by | zmap-out | wc -l)" -eq 3 ]
	# no scan of IPv4 has them
	run zmap-out -f iid < <(mkstream </dev/null)
	fails 2 "unknown field 'iid'"
}

@test "wire6: an error to one address of ours about a probe of another is none" {
	six_probes tcp_synscan
	"$PYTHON" - <<-'E'
		import cbor2, io, struct
		data = open("probes.pcap", "rb").read()
		n = struct.unpack_from("<I", data, 32)[0]
		p = data[40 + 14:40 + n]
		router = bytes.fromhex("20010db8ffff") + bytes(9) + b"\1"
		other = p[8:23] + bytes([p[23] ^ 0x40])
		def error(to):
		    body = bytes([1, 4]) + bytes(6) + p[:48]
		    return bytes(12) + b"\x86\xdd" + struct.pack(
		        ">IHBB", 6 << 28, len(body), 58, 60) + router + to + body
		with open("errors.pcap", "wb") as f:
		    f.write(data[:24])
		    for a in error(other), error(p[8:24]):
		        f.write(struct.pack("<IIII", 1, 0, len(a), len(a)) + a)
		# both addresses are ours
		f = io.BytesIO(open("probes", "rb").read())
		with open("both", "wb") as out:
		    while f.tell() < len(f.getvalue()):
		        item = cbor2.load(f)
		        if "zmap" in item:
		            assert item["scan"]["source_ips"] == p[8:24]
		            item["scan"]["source_ips"] = b"".join(
		                sorted([p[8:24], other]))
		            out.write(b"\xd9\xd9\xf7")
		        cbor2.dump(item, out)
	E
	zmap-recv --read-pcap errors.pcap <both >results
	readstream <results | tail -n 1 | jq -e '.[1] | .valid == 1 and .quote == 1'
}

@test "wire6: what a link adds to short packets is none of an answer" {
	six_probes icmp_echoscan --probe-args=text:odd
	"$PYTHON" - <<-'E'
		import struct
		data = open("probes.pcap", "rb").read()
		n = struct.unpack_from("<I", data, 32)[0]
		p = data[40 + 14:40 + n]
		a = p[:6] + p[6:8] + p[24:40] + p[8:24] + b"\x81" + p[41:]
		a = bytes(12) + b"\x86\xdd" + a
		with open("padded.pcap", "wb") as f:
		    f.write(data[:24])
		    for more in b"", bytes(9):
		        f.write(struct.pack("<IIII", 1, 0, len(a + more),
		                            len(a + more)) + a + more)
	E
	pipe "zmap-recv --read-pcap padded.pcap <probes |
		zmap-out -f data,repeat --no-header-row"
	[ "$output" = "6f6464,0"$'\n'"6f6464,1" ]
}

@test "wire6: banners over IPv6, by connections of one's own and of the scan" {
	type socat >/dev/null || lacks "no socat"
	printf 'Host: %%s\n' >request
	printf '%s\n' '[2001:db8:e::1]:7001' 2001:db8:e::2,7001 \
		2001:db8:e::3 '[2001:db8:e::4' '[2001:db8:e::5]:x' >hosts
	LAB_OPTIONS=(--allow-rst)
	six 2001:db8:e::/48 '
		$LAB_FAR socat TCP6-LISTEN:7001,fork,reuseaddr,backlog=64 \
			SYSTEM:"read a; echo hello \$a" 3>&- &
		$LAB_FAR socat TCP6-LISTEN:7002,fork,reuseaddr,backlog=64 \
			SYSTEM:"echo welcome" 3>&- &
		for i in {1..100}; do
			[ "$($LAB_FAR ss -6Htln | grep -c ":700[12]")" -lt 2 ] || break
			sleep 0.05
		done
		banner-grab-tcp -q -p 7001 -d request <hosts >own 2>bad
		for p in 7001 7002; do
			d=
			[ $p = 7002 ] || d="-d request"
			forge-socket -q -p $p $d -- zmap -6 -p $p -q -v 1 -c 2 \
				-r 1000 --no-blacklist -O cbor \
				2001:db8:e::/125 >$p || exit
		done
		nft list ruleset'
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ -z "$output" ]
	[ "$(jq -r '[.saddr, .text] | join(" ") | rtrimstr("\n")' own | sort)" = \
		"2001:db8:e::1 hello Host: [2001:db8:e::1]
2001:db8:e::2 hello Host: [2001:db8:e::2]
2001:db8:e::3 hello Host: [2001:db8:e::3]" ]
	grep -qF 'stdin:4: not an address: [2001:db8:e::4' bad
	grep -qF 'stdin:5: not a port: [2001:db8:e::5]:x' bad
	for p in 7001 7002; do
		[ "$(jq -r 'select(.status == "banner").saddr' $p | sort -u |
			wc -l)" -eq 8 ]
	done
	[ "$(jq -r .text 7002 | sort -u | xargs)" = welcome ]
	grep -qF 'hello Host: [2001:db8:e::7]' 7001
	forge-socket --print-rule | grep -qxF 'table inet forge_socket {'
}

@test "wire6: a host without any IPv4, behind a gateway of fe80::" {
	six 2001:db8:e::/48 '
		far=$($LAB_FAR ip -6 -o addr show dev i0 scope link |
			sed "s/.*inet6 \([^/]*\).*/\1/")
		ip -4 addr flush dev s0
		ip -4 route flush table main
		ip -6 route flush root default
		ip -6 route add default via $far dev s0
		echo "$far"
		targets 2001:db8:e::/127 | zmap-send --list-routes
		zmap -6 -p 80 --no-blacklist 2001:db8:e::/125 -q -v 1 -c 1 \
			--metadata-file meta | sort'
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	far=${lines[0]}
	[[ $far == fe80::* ]]
	[[ ${lines[1]} == "[2001:db8:e::"*"]:80 via $far dev s0 src fd00:1ab::1" ]]
	[ "$(printf '%s\n' "${lines[@]:3}")" = "$(printf '2001:db8:e::%s\n' \
		'' 1 2 3 4 5 6 7)" ]
	jq -e --arg far "$far" '.source_ips == ["fd00:1ab::1"] and
		.gateway_ip == $far and .blocklist_total_allowed == 8 and
		.blocklist_total_not_allowed == null' meta
}

@test "wire6: answers by another link are taken, and said" {
	LAB_OPTIONS=(--two-routes)
	six 2001:db8:e::/48 '
		for d in s1 i1; do
			on=
			[ $d = s1 ] || on=$LAB_FAR
			$on sh -c "echo 0 >/proc/sys/net/ipv6/conf/$d/disable_ipv6"
		done
		mac=$(cat /sys/class/net/s1/address)
		$LAB_FAR ip -6 route replace fd00:1ab::1/128 dev i1
		$LAB_FAR ip -6 neigh replace fd00:1ab::1 lladdr $mac dev i1
		# it may send once its own address is no longer tentative
		settled() {
			ip -6 addr show dev i1 | grep fe80 | grep -qv tentative
		}
		export -f settled
		soon $LAB_FAR bash -c settled
		targets 2001:db8:e::/124 | zmap-send -r 50 |
			zmap-recv --cooldown 1 2>said >out.cbor'
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	grep -q 'answers come in on s1, though no probe leaves there' said
	zmap-targets --text --no-blacklist 2001:db8:e::/124 | sort >want
	zmap-out -f saddr --no-header-row <out.cbor | sort | diff want -
}

@test "wire6: the source address is taken away while it runs: said, status 5" {
	six 2001:db8:e::/48 '
		renumber() {
			targets 2001:db8:e::/121 |
				zmap-send -r 100 2>$1.said >$1.cbor &
			until_sent $(($(cat /sys/class/net/s0/statistics/tx_packets) + 20))
			ip -6 addr add fd00:1ab::9/64 dev s0 nodad
			ip -6 addr del $2 dev s0
			wait $!
			echo $1 $?
		}
		renumber other fd00:1ab::9/64
		renumber ours fd00:1ab::1/64'
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[ "$output" = $'other 0\nours 5' ]
	run ! grep -q WARN other.said
	grep -q 'source address of the scan is not this machine' ours.said
	[ "$(readstream <ours.cbor | tail -n 1 | jq '.[1].packets')" -eq 128 ]
}
