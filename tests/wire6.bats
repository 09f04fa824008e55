#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# IPv6 on the wire: kernel hosts of whole prefixes, what must never leave, and
# answers of every shape.

bats_require_minimum_version 1.5.0
load helper
export -f targets

# six NET COMMAND: with hosts in there, of whom port 80 is open
six() {
	local net=$1 option=()

	shift
	[ -z "${CAPTURE:-}" ] || option=(--capture "$CAPTURE")
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

@test "wire6: what knows IPv4 alone says so" {
	pipe "targets 2001:db8:d::1 | unshare -rn zmap-send -M ipip --dryrun"
	fails 2 "ipip knows IPv4 alone, and the targets are IPv6"
	pipe "targets 2001:db8:d::1 | unshare -rn zmap-send -S 192.0.2.1 --dryrun"
	fails 2 "-S takes IPv4 addresses alone"
	six 2001:db8:d::/48 'targets 2001:db8:d::1 | zmap-send --io ip | cat'
	[[ $stderr == *"IPv6 leaves in Ethernet frames to a gateway alone"* ]]
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
