#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-send: the packets asked for, all of them, once, by any way out.

load helper
bats_require_minimum_version 1.5.0

# end KEY <stream: a value of the last item
end() {
	readstream |
		tail -n 1 | jq -r ".[1].$1"
}

# counted KEY: what the far side has seen
counted() {
	jq -r ".$1" counters
}

# arrived: probes that came out of the wire, those included that a busy far side
# had no time to look at
arrived() {
	echo $(($(counted probes) + $(counted dropped)))
}

# bad FILE: packets of a savefile in which tshark finds something wrong
bad() {
	tshark -n -r "$1" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -Y "_ws.malformed ||
		ip.checksum.status == 0 || tcp.checksum.status == 0 ||
		udp.checksum.status == 0 || icmp.checksum.status == 0 ||
		_ws.expert.severity == 0x00800000" 2>/dev/null | wc -l
}

# --- without a network ---

# once: IPv4's header; IPv6's is in wire6
# bats test_tags=once
@test "send: a dry run prints each packet as ZMap does" {
	targets 192.0.2.7/32 | zmap-send -d -S 198.51.100.1 -s 40000 \
		-G 00:11:22:33:44:55 --source-mac 02:fc:00:00:00:01 >got
	sed -i -E 's/(seq: )[0-9]+/\1N/; s/(0X[0-9A-F]+|0000) }/0XNNNN }/' got
	diff - got <<-E
		tcp { source: 40000 | dest: 80 | seq: N | checksum: 0XNNNN }
		ip { saddr: 198.51.100.1 | daddr: 192.0.2.7 | checksum: 0XNNNN }
		eth { shost: 02:fc:00:00:00:01 | dhost: 00:11:22:33:44:55 }
		$(printf -- '-%.0s' {1..54})
	E
	targets 192.0.2.7/32 | zmap-send -d -X >got
	run grep -c eth got
	[ "$output" -eq 0 ]
}

@test "send: a dry run opens no socket and needs no rights" {
	targets 192.0.2.0/28 >in
	strace -f -qq -e trace=socket,openat,connect -o trace zmap-send -d <in >out
	[ "$(grep -c daddr out)" -eq 16 ]
	run grep -c 'socket(' trace
	[ "$output" -eq 0 ]
	chmod 755 "$T"
	[ "$(id -u)" -ne 0 ] || {
		setpriv --reuid 65534 --regid 65534 --clear-groups \
			--bounding-set=-all "$BIN/zmap-send" -d <in >out
		[ "$(grep -c daddr out)" -eq 16 ]
	}
}

@test "send: a fast dry run writes address and port" {
	zmap-targets -e 1 --no-blacklist -p 80,443 192.0.2.0/24 >in
	zmap-send --fast-dryrun <in >out
	"$PYTHON" - >got <<-'E'
		import ipaddress, struct
		data = open("out", "rb").read()
		import answers
		for a, p in struct.iter_unpack(f">{answers.WIDTH}sH", data):
		    a = ipaddress.ip_address(a)
		    print(f"[{a}]:{p}" if answers.SIX else f"{a}:{p}")
	E
	zmap-targets --text -p 80,443 -e 1 --no-blacklist 192.0.2.0/24 |
		diff - got
}

@test "send: several probes to a target come from ports in a row" {
	targets 192.0.2.0/26 | zmap-send -d -P 3 -s 1000-1009 >out
	"$PYTHON" - <<-'E'
		import re
		seen = re.findall(r"source: (\d+) .*?daddr: ([\da-f.:]+)",
		                  open("out").read(), re.S)
		assert len(seen) == 64 * 3, len(seen)
		for i in range(0, len(seen), 3):
		    p = [int(s[0]) for s in seen[i:i + 3]]
		    assert len({s[1] for s in seen[i:i + 3]}) == 1
		    assert [(q - p[0]) % 10 for q in p] == [0, 1, 2], p
		    assert all(1000 <= q <= 1009 for q in p)
	E
}

# once: IPv6's are chosen by the key: wire6
# bats test_tags=once
@test "send: source addresses are chosen by target and probe" {
	targets 192.0.2.0/26 |
		zmap-send -d -P 2 -S 198.51.100.1,198.51.100.7-198.51.100.8 >out
	"$PYTHON" - <<-'E'
		import ipaddress, re
		ours = ["198.51.100.1", "198.51.100.7", "198.51.100.8"]
		seen = re.findall(r"saddr: ([\d.]+) . daddr: ([\d.]+)",
		                  open("out").read())
		assert len(seen) == 128
		for i, (s, d) in enumerate(seen):
		    n = int(ipaddress.ip_address(d)) + i % 2
		    assert s == ours[n % 3], (s, d)
	E
}

@test "send: tshark finds nothing wrong with any SYN layout" {
	n=${ZMAP_LONG:+100000} n=${n:-5000}
	targets -n "$n" 10.0.0.0/8 >in
	for layout in smallest-probes{,',rtt'} windows{,',rtt'} linux bsd; do
		zmap-send -v 1 --write-pcap "$layout" --probe-args "$layout" \
			<in >/dev/null
		[ "$(capinfos -Mrc "$layout" | sed -n 's/^Number of packets[^0-9]*//p')" -eq "$n" ]
		[ "$(bad "$layout")" -eq 0 ]
	done
	[ "${FAMILY:-4}" = 6 ] && longer=20 || longer=0 # the header of IPv6
	for size in smallest-probes:58 windows:66 linux:74 bsd:78; do
		[ "$(tshark -n -r "${size%:*}" -c 1 -T fields -e frame.len \
			2>/dev/null)" = $((${size#*:} + longer)) ]
	done
}

@test "send: tshark finds nothing wrong with the probes of other modules" {
	n=${ZMAP_LONG:+50000} n=${n:-500}
	zmap-targets --no-blacklist -e 1 -n "$n" 10.0.0.0/8 >bare
	targets -n "$n" 10.0.0.0/8 >ported
	while read -r name args; do
		in=ported
		case $name in icmp*) in=bare ;; esac
		[ "$name" != ipip ] || [ "${FAMILY:-4}" = 4 ] || continue
		# a port that tshark takes for no other protocol
		zmap-send -v 1 -M "$name" ${args:+--probe-args "$args"} -P 2 \
			-s 40000-40001 --write-pcap "$name" <"$in" >/dev/null
		[ "$(bad "$name")" -eq 0 ] || { echo "$name"; return 1; }
	done < <(
		zmap-send --list-probe-modules | cut -d' ' -f1 |
			sed 's/^udp$/udp text:hello/; s/^dns$/dns A,example.com/'
		# lengths of all parities
		echo 'udp hex:0001'
		echo 'icmp_echoscan text:odd'
		echo 'ipip text:odd'
		echo 'dns TXT,a.example;AAAA,bc.example'
	)
}

@test "send: TTL, and the link type where there is no Ethernet" {
	targets 192.0.2.0/30 | zmap-send -v 1 -X --probe-ttl 9 \
		--write-pcap ttl >/dev/null
	[ "$(tshark -n -r ttl -T fields -e ip.ttl 2>/dev/null |
		sort -u)" = 9 ]
	[[ $(capinfos -E ttl) == *"Raw IP"* ]]
}

# once: lengths of IPv4
# bats test_tags=once
@test "send: the rate that a bandwidth means, by what frames really cost" {
	targets 192.0.2.0/30 >in
	# 66 bytes are 8 + 66 + 4 + 12 on the wire
	pipe "zmap-send -v 4 -B 7200 -r 5 --write-pcap /dev/null <in 2>&1 >/dev/null"
	[[ $output == *"is 10 packets/s of 720 bits"* ]]
	# and 58 are padded no further than 60
	pipe "zmap-send -v 4 -B 0.72Kbps --probe-args smallest-probes \
		--write-pcap /dev/null -t 0.1 <in 2>&1 >/dev/null"
	[[ $output == *"of 672 bits"* ]]
}

# paced RATE ARGS...: times of the 5000 packets of a savefile
paced() {
	local begin took rate=$1
	shift

	begin=$(date +%s%N)
	zmap-send -v 1 --write-pcap p "$@" <in >out
	took=$((($(date +%s%N) - begin) / 1000000))
	[ "$took" -ge $((5000 * 995 / rate)) ]
	# a machine may be busy, but hardly that busy
	[ "$took" -le $((5000 * 1000 / rate + 20000)) ]
	tshark -n -r p -T fields -e frame.time_epoch 2>/dev/null
}

@test "send: never faster than asked, in groups that are worth 1 ms at most" {
	targets -n 5000 10.0.0.0/8 >in
	while read -r rate most args; do
		# shellcheck disable=SC2086
		paced "$rate" $args | uniq -c |
			awk -v most="$most" '{ n += $1 } $1 > most { exit 1 }
				END { exit n != 5000 }'
	done <<-'E'
		10000 10 -r 10000
		10000 10 -B 7.2M
		5000 5 -r 5k --batch 7
	E
}

@test "send: even distances, and what becomes of late wake-ups" {
	for rate in 0.5 1 10 999 1000 2500 10000 100000 1234567.8; do
		for late in 0 0.05 0.3; do
			rate "$rate" "$late" 10
		done
	done
	# mostly late by more than all the time there is
	rate 1000 1 10
	rate 10000 0.8 10
}

@test "send: times to leave at, taken ahead: even, and early enough" {
	for rate in 0.5 30 1000 4000 10000 100000; do
		for late in 0 0.05 0.5; do
			rate "$rate" "$late" 10 200
			rate "$rate" "$late" 10 2500
		done
	done
	rate 1000000 0.1 1 2500
	# later than packets are ahead
	rate 10000 3 10 2500
	rate 100000 10 10 2500
}

@test "send: fq keeps the time of each packet; others are not asked to" {
	targets -n 8000 10.0.0.0/8 >in
	for way in mmsg ip; do
		lab --counters counters bash -c \
			"zmap-send -v 3 -r 8000 --io $way <in >out 2>err; sleep 0.2"
		[ "$(arrived)" -eq 8000 ]
		grep -q "will send by $way on s0" err
	done
	run lab --qdisc fq true
	[ "$status" -eq 0 ] || skip "this kernel has no fq"
	for way in mmsg ip; do
		lab --qdisc fq --counters counters bash -c \
			"zmap-send -v 3 -r 8000 -T 2 --io $way <in >out 2>err
			tc -s qdisc show dev s0 >kept; sleep 0.2"
		[ "$(arrived)" -eq 8000 ]
		grep -q "will send by $way, at times that fq keeps on s0" err
		# it has held packets back
		grep -q 'throttled [1-9]' kept
	done
	# so few are single, and without a rate there are no times
	for rate in 3000 0; do
		lab --qdisc fq zmap-send -v 3 -r $rate --io mmsg <in >out 2>err
		grep -q "will send by mmsg on s0" err
	done
}

@test "send: threads share one rate" {
	targets -n 900 10.0.0.0/8 >in
	cat >timed <<-'E'
		begin=$(date +%s%N)
		zmap-send -v 1 -r 1000 -T 3 <in >out
		echo $((($(date +%s%N) - begin) / 1000000))
	E
	[ "$(lab bash timed)" -ge 895 ]
	[ "$(end packets <out)" -eq 900 ]
}

@test "send: SIGUSR1 and SIGUSR2 change the rate by 5 percent" {
	targets 10.0.0.0/16 >in
	zmap-send -v 3 -r 200 --write-pcap /dev/null <in 2>err >out 3>&- &
	pid=$!
	soon eval 'readstream <out 2>/dev/null |
		grep -q progress'
	kill -USR1 "$pid"
	soon grep -q 'now 210 ' err
	kill -USR2 "$pid"
	soon grep -q 'now 199.5 ' err
	kill -INT "$pid"
	rc=0
	wait "$pid" || rc=$?
	[ "$rc" -eq 3 ]
}

# once: IPv4 where it is wrong, and IPv6
# bats test_tags=once
@test "send: wrong options are named" {
	while IFS='|' read -r args message; do
		# shellcheck disable=SC2086
		run --separate-stderr zmap-send $args </dev/null
		[ "$status" -eq 2 ] && [ -z "$output" ] &&
			[[ $stderr == *"$message"* ]] || {
			echo "$args: $status, $stderr"
			return 1
		}
	done <<-'E'
		-r ten|--rate: ten: must be packets a second
		-r -1|--rate: -1: must be packets a second
		-B 10X|--bandwidth: 10X: must be bits a second, such as 10M
		-s 70000|--source-port: 70000: must be a port from 0 to 65535
		-s 4294967376|must be a port from 0 to 65535
		-s 80-|must be a port from 0 to 65535, or a range
		-r 1e-9|--rate: 1e-9: must be 0, or from
		-s 9-5|must end at a higher port than it begins
		-S 1.2.3|--source-ip: 1.2.3: not an IPv4 address
		-S ::1,10.0.0.1|--source-ip: ::1,10.0.0.1: 
		-S 10.0.0.0-10.9.0.0|too many
		-G 1:2|--gateway-mac: 1:2: not a MAC address
		--io dpdk|--io: dpdk: must be auto, live, xdp, ring, mmsg, ip or pcap
		-M bogus|bogus
		-P 3 -s 80|source ports
		--cores a|not a list of cores
		--cores 1023|not cores that this program may use
		--io pcap|go together
		192.0.2.1|targets come on stdin
	E
}

@test "send: input that is no stream, or cut off, is status 1" {
	targets 10.0.0.0/19 >in
	run --separate-stderr zmap-send -v 1 --write-pcap p <<<hello
	fails 1 ''
	[[ $stderr == *"not a zmap stream"* ]]
	# all whole records are sent all the same
	head -c $(($(stat -c %s in) * 9 / 10)) in >cut
	run --separate-stderr bash -c \
		'zmap-send -v 1 --write-pcap p <cut >out'
	fails 1 ''
	[[ $stderr == *truncated* ]]
	[ "$(end status <out)" = failed ]
	[ "$(end in <out)" -eq 4096 ]
	[ "$(end packets <out)" -eq 4096 ]
	cat in in >two
	run --separate-stderr bash -c 'zmap-send -v 1 --write-pcap p <two >out'
	fails 1 ''
	[[ $stderr == *"second segment"* ]]
	[ "$(end packets <out)" -eq 8192 ]
}

@test "send: ports and a probe must suit each other, and the probe its arguments" {
	zmap-targets --no-blacklist 192.0.2.0/30 >in
	targets 192.0.2.0/30 >ports
	refused() {
		local message=$1 in=$2
		shift 2
		run --separate-stderr zmap-send -v 1 --write-pcap p "$@" <"$in"
		[ "$status" -eq 2 ]
		# and no later stage hears of it
		[ -z "$output" ]
		[[ $stderr == *"$message"* ]]
	}
	refused 'tcp_synscan needs target ports: say -p' in
	refused 'icmp_echoscan has no ports' ports -M icmp_echoscan
	refused 'dns: ' ports -M dns
	refused 'tcp_synscan: ' ports --probe-args foo
	run zmap -q -b /dev/null --stage recv=cat -p 80 -M icmp_echoscan 10.0.0.0/30
	fails 2 'icmp_echoscan has no ports'
}

@test "send: outputs that cannot be written are status 1" {
	targets 10.0.0.0/20 >in
	run bash -c 'zmap-send -v 1 --write-pcap p <in >/dev/full'
	[ "$status" -eq 1 ]
	run bash -c 'zmap-send -v 1 --write-pcap /dev/full <in >out'
	[ "$status" -eq 1 ]
	[[ $output == *"No space left"* ]]
	run bash -c 'zmap-send -d <in >/dev/full'
	[ "$status" -eq 1 ]
	run bash -c 'zmap-send -v 1 --write-pcap p --checkpoint no/where \
		<in >out'
	[ "$status" -eq 1 ]
	[[ $output == *"no"* ]]
}

@test "send: a reader that goes ends it, silently" {
	targets 10.0.0.0/16 >in
	run bash -c 'zmap-send -v 1 -r 100 --write-pcap p <in 2>err |
		head -c 10 >/dev/null; echo "${PIPESTATUS[0]}"'
	[ "$output" -eq 141 ]
	[ ! -s err ]
}

@test "send: status lines and events have counters that add up" {
	targets -n 300 10.0.0.0/8 >in
	lab bash -c 'zmap-send -v 1 -r 200 -P 2 -T 2 --status-fd 4 \
		<in >out 4>status'
	[ "$(tail -n 1 status | jq .final)" = true ]
	jq -es 'all(.in == .targets + .excluded + .refused + .failed + .left)' status
	jq -es 'length >= 3 and (last | .packets == 600 and .targets == 300)' \
		status
	readstream <out |
		jq -es 'map(select(.[0] != "header" and .[1].in))[][1] |
			.in == .targets + .excluded + .refused + .failed + .left' >/dev/null
	[ "$(end position <out)" -eq 300 ]
}

@test "send: the time is up" {
	targets 10.0.0.0/16 >in
	zmap-send -v 1 -r 100 -t 0.5 --write-pcap p <in >out
	[ "$(end status <out)" = done ]
	[ "$(end packets <out)" -le 52 ]
	[ "$(end left <out)" -gt 0 ]
}

# --- in the lab ---

@test "send: the same scan by every way out" {
	zmap-targets --text -e 1 --no-blacklist 10.0.0.0/21 | sort >want
	targets 10.0.0.0/21 >in
	for way in xdp ring mmsg ip; do
		lab --counters counters --log log bash -c \
			"zmap-send -v 3 --io $way -r 50000 <in >out 2>err
			sleep 0.2"
		grep -q "will send by $way" err
		[ "$(arrived)" -eq 2048 ]
		[ "$(counted bad_ip)$(counted bad_checksum)$(counted \
			bad_transport)" = 000 ]
		cut -d, -f2 log | sort | diff want -
		[ "$(end packets <out)" -eq 2048 ]
	done
}

@test "send: as many packets as asked, with threads and probes" {
	targets 10.0.0.0/20 >in
	for args in '-T 2' '-T 3 -P 2 -r 100000' '-T 2 --io ring --batch 7' \
		'-T 2 --io mmsg --cores 0,1' '-P 5 --io xdp'; do
		lab --counters counters bash -c "zmap-send -v 1 $args <in >out
			sleep 0.2"
		want=$(end packets <out)
		[ $((want % 4096)) -eq 0 ]
		[ "$(arrived)" -eq "$want" ]
	done
}

@test "send: as many threads as help, and where -T cannot, that is said" {
	[ "$(id -u)" -eq 0 ] || skip "not root"
	[ "$(nproc)" -ge 2 ] || skip "one core"
	targets 10.0.0.0/14 >large
	targets 10.0.0.0/20 >small
	cat >threads <<-'E'
		while read -r from to args; do
			taskset -c "$from" zmap-send -v 3 --io xdp -t 0.3 $args \
				<"$to" 2>&1 >out |
				grep -oE 'by [0-9]+ threads|share a queue' |
				paste -s -d + >said
			echo "$to $args: $(cat said)"
		done
	E
	cores=$(nproc)
	[ "$cores" -le 2 ] || cores=2
	lab --queues "$cores" bash threads <<-E >got
		0-1 large
		0 large
		0-1 large -r 50000
		0-1 large -r 400000
		0-1 large -r 700000
		0-1 large -B 30M
		0-1 small
		0-1 large -T 1
		0-1 small -T 2
		0-1 small -T 3
	E
	diff - got <<-'E'
		large : by 2 threads
		large : 
		large -r 50000: 
		large -r 400000: 
		large -r 700000: by 2 threads
		large -B 30M: 
		small : 
		large -T 1: 
		small -T 2: by 2 threads
		small -T 3: by 3 threads+share a queue
	E
	# one queue, and the programs of --io live, which need none
	lab bash threads <<-E >got
		0-1 large
		0-1 small -T 2
	E
	diff - got <<-'E'
		large : 
		small -T 2: by 2 threads+share a queue
	E
}

# once: ARP; IPv6's neighbours are in wire6
# bats test_tags=once
@test "send: the gateway's address is asked for" {
	targets 10.0.0.0/22 >in
	lab --no-neighbour --counters counters bash -c \
		'zmap-send -v 4 <in >out 2>err; sleep 0.2'
	grep -q 'asked by ARP' err
	[ "$(arrived)" -eq 1024 ]
	run lab --no-gateway-answer bash -c 'zmap-send <in 2>&1 >out'
	fails 1 'does not answer ARP'
	[[ $output == *"-G"* ]]
	run lab --no-route bash -c 'zmap-send <in 2>&1 >out'
	fails 1 'no route to'
	lab --no-route --counters counters bash -c \
		'zmap-send -v 1 -i s0 -G $LAB_GATEWAY_MAC <in >out; sleep 0.2'
	[ "$(arrived)" -eq 1024 ]
}

# once: the lab's second way is IPv4's
# bats test_tags=once
@test "send: two default routes, and targets behind both" {
	targets -n 4000 10.0.0.0/8 >in
	cat >both <<-'E'
		zmap-send -v 4 $1 <in >out 2>err || exit
		cd /sys/class/net
		cat s0/statistics/tx_packets s1/statistics/tx_packets
	E
	lab --two-routes bash both >n
	[ "$(($(sed -n 1p n) > 1500 && $(sed -n 2p n) > 1500))" = 1 ]
	grep -q 'via 192.0.2.254 dev s0 src 192.0.2.1' err
	grep -q 'via 198.51.100.254 dev s1 src 198.51.100.1' err
	lab --two-routes bash both '-i s1' >n
	[ "$(sed -n 1p n)" -le 2 ]
	[ "$(sed -n 2p n)" -ge 4000 ]
	for way in xdp ring mmsg ip; do
		lab --two-routes bash both "--io $way" >n
		grep -q "will send by $way" err
		[ "$(($(sed -n 1p n) > 1500 && $(sed -n 2p n) > 1500))" = 1 ]
	done
}

# once: networks of IPv4 that nobody has
# bats test_tags=once
@test "send: targets that nobody else has do not choose the way" {
	# 127/8, multicast and 240/4 are among them
	zmap-targets -p 80 -e 1 -n 50 --no-blacklist >all
	targets 192.0.2.0/24 >link
	cat >way <<-'E'
		zmap-send -v 4 -r 5000 <all 2>err >out
		grep -F "interface s0, from 192.0.2.1, by gateway 192.0.2.254" err
		grep -F "will send by xdp" err
		ip addr del 192.0.2.1/24 dev s0
		ip addr add 192.0.2.127/24 dev s0
		zmap-send -v 4 -r 5000 <link 2>err >out
		grep -F "interface s0, from 192.0.2.127, no gateway" err
		grep -F "will send by ip on s0: targets are on our own link" err
		readstream <out | head -n 1
	E
	run lab bash -e way
	[ "$status" -eq 0 ]
	[[ $output == *'"interface": "s0"'* ]]
}

# once: lengths of IPv4
# bats test_tags=once
@test "send: a bandwidth is that of the wire, whatever way packets go" {
	targets -n 3000 10.0.0.0/8 >in
	cat >price <<-'E'
		for way in xdp ip; do
			zmap-send -v 4 -B 10M --io $way <in 2>err >out
			grep 'bandwidth' err
		done
	E
	lab bash price >got
	# 90 bytes: a frame of 66, its check sum, and what is between frames
	[ "$(grep -c 'is 13888.88889 packets/s of 720 bits' got)" -eq 2 ]
	requires_lab --tun
	lab --tun bash -c 'zmap-send -v 4 -B 10M <in 2>&1 >out | grep bandwidth' >got
	grep 'packets/s of 416 bits' got
}

# once: an MTU that is too small for IPv6
# bats test_tags=once
@test "send: probes that are too long for the link are refused" {
	targets -n 10 10.0.0.0/8 >in
	cat >mtu <<-'E'
		ip link set s0 mtu 600
		head -c 573 /dev/zero >payload
		for way in xdp ring mmsg ip; do
			zmap-send -v 1 -M udp --probe-args file:payload \
				--io $way <in >out && exit 1
		done
		head -c 572 /dev/zero >payload
		for way in xdp ring mmsg ip; do
			zmap-send -v 1 -M udp --probe-args file:payload \
				--io $way <in >out || exit 1
		done
		sleep 0.2
	E
	run lab --counters counters bash mtu
	[ "$status" -eq 0 ]
	[ "$(grep -c 'udp: probes of 601 bytes are longer than the MTU of s0, 600' <<<"$output")" -eq 4 ]
	[ "$(arrived)" -eq 40 ]
}

# once: an MTU that is too small for IPv6
# bats test_tags=once
@test "send: a link whose MTU becomes smaller refuses what is longer, by each way" {
	zmap-targets --no-blacklist -n 250 10.0.0.0/8 >in
	head -c 572 /dev/zero >payload
	# what goes through the ring at that time goes on, and what is behind
	# a longer frame keeps its place: each target comes once
	cat >shrink <<-'E'
		zmap-send -v 2 -M icmp_echoscan --probe-args file:payload 			--io $1 -T 1 -r 100 --retries 1 <in >out 2>err &
		until_sent 20
		ip link set s0 mtu 500
		sleep 0.3
		ip link set s0 mtu 1500
		cat /sys/class/net/s0/statistics/tx_packets >before
		wait $!
		echo $? >rc
		sleep 0.2
	E
	for way in xdp ring mmsg ip; do
		lab --counters counters bash shrink "$way"
		cat err
		[ "$(cat rc)" -eq 5 ]
		[ "$(end status <out)" = incomplete ]
		grep -q 'packets could not be sent' err
		failed=$(end failures <out)
		[ "$failed" -ge 5 ]
		[ "$(end failed <out)" -eq "$failed" ]
		[ $((failed + $(end packets <out))) -eq 250 ]
		# it went on where the longer ones fit again
		[ "$(end packets <out)" -gt "$(cat before)" ]
		[ "$(arrived)" -eq "$(end packets <out)" ]
	done
}

@test "send: what a stopped sender says is done has left, however full its ring" {
	targets -n 2000000 10.0.0.0/8 >in
	cat >full <<-'E'
		zmap-send -v 1 -T 1 -P 3 --batch 1024 --io $1 --checkpoint ck <in >out &
		until_sent 50000
		$LAB_FAR ip link set i0 down
		# until nothing leaves any more
		n=0
		stuck() {
			was=$n n=$(cat /sys/class/net/s0/statistics/tx_packets)
			[ "$n" = "$was" ]
		}
		soon stuck
		sleep 0.1
		kill -TERM $!
		wait $!
	E
	for way in xdp ring mmsg; do
		run lab bash full "$way"
		[ "$status" -eq 3 ]
		[ "$(end targets <out)" -eq $(($(end packets <out) / 3)) ]
		[ "$(end position <out)" -eq $(($(end packets <out) / 3)) ]
		rm ck
	done
}

# once: the lab has a device without Ethernet for IPv4 alone
# bats test_tags=once
@test "send: a device without Ethernet needs no option" {
	requires_lab --tun
	targets 10.0.0.0/22 >in
	lab --tun --counters counters bash -c \
		'zmap-send -v 3 <in >out 2>err; sleep 0.2'
	[ "$(arrived)" -eq 1024 ]
	grep -q 'will send by ip on s0: the device takes no Ethernet frames' err
	run lab --tun bash -c 'zmap-send --io xdp <in 2>&1 >out'
	fails 1 'needs a device with Ethernet frames'
}

@test "send: a full queue loses nothing" {
	targets -n 1500 10.0.0.0/8 >in
	lab --qdisc 'tbf rate 4mbit burst 2k limit 10k' --counters counters \
		bash -c 'zmap-send -v 1 --io ip <in >out; sleep 0.3'
	[ "$(arrived)" -eq 1500 ]
	[ "$(end waits <out)" -gt 0 ]
	[ "$(end failures <out)" -eq 0 ]
}

@test "send: a link that is lost and comes back loses nothing" {
	targets -n 8000 10.0.0.0/8 >in
	cat >flap <<-'E'
		zmap-send -v 2 --io $1 -r 8000 <in >out 2>err &
		until_sent 1000
		$2 ip link set $3 down
		sleep 0.4
		$2 ip link set $3 up
		[ -n "$2" ] || {
			ip route replace default via $LAB_GATEWAY
			ip neigh replace $LAB_GATEWAY lladdr $LAB_GATEWAY_MAC dev s0
		}
		wait $!
		sleep 0.2
	E
	for way in xdp ring mmsg; do
		lab --counters counters bash -c ". ./flap $way '' s0"
		[ "$(arrived)" -eq 8000 ]
		grep -q 'link of s0 is down' err
		[ "$(end link_waits <out)" -ge 1 ]
		[ "$(end failures <out)" -eq 0 ]
	done
}

@test "send: a gateway that gets another MAC address is followed" {
	targets -n 4000 10.0.0.0/8 >in
	cat >move <<-'E'
		zmap-send -v 3 --io $1 -r 4000 <in >out 2>err &
		until_sent 1000
		kill -STOP $!
		new=02:00:00:00:00:77
		$LAB_FAR ip link set i0 address $new
		ip neigh replace $LAB_GATEWAY lladdr $new dev s0 nud permanent
		kill -CONT $!
		wait $!
	E
	for way in xdp mmsg; do
		lab --counters counters bash move "$way"
		grep -q 'gateway is now at 02:00:00:00:00:77' err
		# what goes before the news is read is lost to the old address
		[ "$(arrived)" -ge 3900 ]
	done
}

@test "send: packets that the kernel refuses are counted, and can stop it" {
	targets -n 500 10.0.0.0/8 >in
	cat >refuse <<-'E'
		nft add table ip no
		nft add chain ip no out '{ type filter hook output priority 0; }'
		nft add rule ip no out ip daddr 10.0.0.0/9 drop
		zmap-send -v 1 --io ip --retries 1 $1 <in >out 2>err
		echo $?
		sleep 0.2
	E
	lab --counters counters bash refuse >rc
	[ "$(cat rc)" -eq 5 ]
	grep -q 'packets could not be sent' err
	[ "$(end status <out)" = incomplete ]
	[ $(($(end failed <out) + $(end targets <out))) -eq 500 ]
	[ "$(end left <out)" -eq 0 ]
	[ "$(arrived)" -eq "$(end targets <out)" ]
	lab bash refuse '--max-sendto-failures 3' >rc
	[ "$(cat rc)" -eq 4 ]
	[ "$(end status <out)" = stopped ]
	# who ends it knows that not all was probed
	sed -i 's/<in .*/-r 300 <in >out 2>err \& until_sent 50; kill -INT $!; wait $!/' \
		refuse
	lab bash refuse >rc
	[ "$(cat rc)" -eq 3 ]
	[ "$(end status <out)" = interrupted ]
	[ "$(end failed <out)" -gt 0 ]
}

# once: counts the device's packets; IPv6 has its own
# bats test_tags=once
@test "send: nothing before the reader is ready, nothing after it is gone" {
	targets 10.0.0.0/16 >in
	cat >ready <<-'E'
		tx=/sys/class/net/s0/statistics/tx_packets
		zmap-send -v 1 -r 2000 <in | {
			sleep 0.5
			cat $tx
			cat <&0 >/dev/null &
			until_sent 1
			kill $!
		}
		cat $tx; sleep 0.4; cat $tx
	E
	lab bash ready >n
	[ "$(sed -n 1p n)" -eq 0 ]
	[ "$(sed -n 2p n)" -gt 0 ]
	# at 2000 a second, 100 ms are 200
	[ $(($(sed -n 3p n) - $(sed -n 2p n))) -le 200 ]
}

@test "send: Ctrl-C ends it at once, and says so" {
	targets 10.0.0.0/16 >in
	lab --counters counters bash -c \
		'zmap-send -v 1 -r 1000 <in >out & until_sent 300; kill -INT $!
		wait $!; echo $?; sleep 0.2' >rc
	[ "$(cat rc)" -eq 3 ]
	[ "$(end status <out)" = interrupted ]
	[ "$(arrived)" -eq "$(end packets <out)" ]
	[ "$(end position <out)" -eq "$(end targets <out)" ]
}

@test "send: opt-outs come into force while it runs" {
	targets 10.0.0.0/18 >in
	printf '10.0.0.0/24\n' >out-opted
	cat >live <<-'E'
		zmap-send -v 3 -r 4000 --exclude out-opted <in >out 2>err &
		until_sent 1000
		printf '10.0.0.0/24\n10.0.32.0/19\n' >more
		mv more out-opted
		for ((i = 0; i < 60; i++)); do
			! grep -q 'leaving out 8448 ' err || break
			sleep 0.05
		done
		wait $!
	E
	lab --counters counters --log log bash live
	cut -d, -f2 log >sent
	zmap-targets --text --no-blacklist 10.0.0.0/24 >never
	run ! grep -qxFf never sent
	[ "$(end excluded <out)" -gt 256 ]
	[ $(($(end targets <out) + $(end excluded <out))) -eq 16384 ]
	[ "$(arrived)" -eq "$(end targets <out)" ]
	# towards the end of the scan nothing went there
	zmap-targets --text --no-blacklist 10.0.32.0/19 >never
	run ! grep -qxFf never <(tail -n 2000 sent)
}

@test "send: what has opted out is not left to do" {
	targets 10.0.0.0/28 >in
	echo 10.0.0.8/29 >out.conf
	zmap-send -v 1 -X --write-pcap p --exclude out.conf <in >out
	[ "$(end excluded <out)" -eq 8 ]
	[ "$(end targets <out)" -eq 8 ]
	[ "$(end left <out)" -eq 0 ]
}

@test "send: an opt-out list that is not understood is refused at the start" {
	targets 192.0.2.0/30 >in
	echo 'www.example.com' >list
	run bash -c 'zmap-send --write-pcap p --exclude list <in 2>&1 >out'
	fails 1 'is a name, not an address'
	run bash -c 'zmap-send --write-pcap p --exclude none <in 2>&1 >out'
	fails 1 'none: No such file'
}

@test "send: two scans at once on one device" {
	targets 10.0.0.0/20 >in
	lab --counters counters bash -c \
		'zmap-send -v 1 -r 20000 <in >a & zmap-send -v 1 -r 20000 <in >b
		wait $!; sleep 0.2'
	[ "$(arrived)" -eq 8192 ]
}

@test "send: what a stage may still do when its rights are gone" {
	plain "files and system calls of its own"
	for what in socket exec ptrace; do
		run rights "$what"
		[ "$status" -eq 159 ]
	done
	[ "$(rights open)" = 'open: Operation not permitted' ]
	[ "$(rights fork)" = 'fork: Operation not permitted' ]
	mkdir ours other
	[ "$(rights write "$PWD/ours/f" "$PWD/ours/x")" = 'write: allowed' ]
	[ "$(rights write "$PWD/other/f" "$PWD/ours/x")" = \
		'write: Permission denied' ]
}

@test "send: it gives up all rights before it reads a target" {
	plain "files and system calls of its own"
	targets 10.0.0.0/16 >in
	cat >look <<-'E'
		zmap-send -v 1 -r 100 $1 <in >out &
		until_sent 10
		grep -hE '^(Seccomp|NoNewPrivs|CapEff|CapPrm|CapBnd|Uid):' \
			/proc/$!/task/*/status | tr -s '\t' ' ' | sort -u
		kill $!
		wait $! || true
	E
	lab bash look >rights
	grep -q '^Seccomp: 2' rights
	grep -q '^NoNewPrivs: 1' rights
	[ "$(grep -c '^Cap...: 0*$' rights)" -eq 3 ]
	[ "$(wc -l <rights)" -eq 6 ]
	[ "$(id -u)" -ne 0 ] || grep -q '^Uid: 65534 65534' rights
}

@test "send: an ordinary user with CAP_NET_RAW can send" {
	[ "$(id -u)" -eq 0 ] || skip "not root"
	targets 10.0.0.0/22 >in
	chmod 777 "$T"
	lab --counters counters setpriv --reuid 65534 --regid 65534 \
		--clear-groups --inh-caps=-all,+net_raw \
		--ambient-caps=-all,+net_raw --bounding-set=-all,+net_raw \
		"$BIN/zmap-send" -v 1 <in >out
	[ "$(arrived)" -eq 1024 ]
}

@test "send: without rights it says what it cannot do" {
	[ "$(id -u)" -eq 0 ] || skip "not root"
	targets 10.0.0.0/22 >in
	run lab setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=-all --bounding-set=-all \
		"$BIN/zmap-send" -v 1 <in
	fails 1 'Operation not permitted'
}
