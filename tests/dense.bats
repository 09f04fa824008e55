#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-recv --dense: prefixes that answer nearly everywhere.  Worlds, losses and
# samples are drawn in Python, and so is what is to be found.

# bats file_tags=beside,quick
load helper
load tool/answers

# world SHARE LOSS: in.pcap, s.cbor, of 10.0.0.0/18, of which the given share has
# been sent and so many of the answers lost.  /24s by their third byte:
# 0-7 all answer, 8-15 92 %, 16-23 50 %, 24-25 are real and dense (95 %), 26-63
# have 3 %.  truth has those whose addresses answer, by more than half; counts
# what answered of each, and probed of how many; sure those of which, by these,
# the tail of the binomial distribution says that more than half answer.
world() {
	zmap-targets --text -p 80 -e 7 --no-blacklist 10.0.0.0/18 \
		-n "$(awk "BEGIN { print int(16384 * $1) }")" >asked
	"$PYTHON" - "$@" <<-'END'
		import random, sys
		from fractions import Fraction as F
		from math import comb
		import answers as a
		share, loss = map(float, sys.argv[1:])
		r = random.Random(int(1000 * share + 10 * loss))
		s = a.Scan(networks=(("10.0.0.0", "10.0.63.255"),), count=16384,
		           total=int(16384 * share), targets=int(16384 * share),
		           seed=7, position=0, shard=0, shards=1)
		rate = lambda c: (1 if c < 8 else .92 if c < 16 else .5 if c < 24
		                  else .95 if c < 26 else .03)
		# of the 50 % exactly so many: truth is not drawn
		alive = {(c, x) for c in range(64)
		         for x in r.sample(range(256), round(256 * rate(c)))}
		asked = [tuple(map(int, line.split(":")[0].split(",")[0].split(".")[2:]))
		         for line in open("asked")]
		frames, got, probed = [], {}, {}
		for c, x in asked:
		    probed[c] = probed.get(c, 0) + 1
		    if (c, x) in alive and r.random() >= loss:
		        frames.append(s.synack("10.0.%d.%d" % (c, x)))
		        got[c] = got.get(c, 0) + 1
		        if r.random() < .2:    # a repeat counts once
		            frames.append(frames[-1])
		    elif c >= 26 and r.random() < .5:
		        frames.append(s.rst("10.0.%d.%d" % (c, x)))
		a.pcap("in.pcap", frames)
		open("s.cbor", "wb").write(s.stream(targets=len(asked),
		                                    position=len(asked)))
		def tail(n, k):
		    return sum(comb(n, i) for i in range(k, n + 1)) * F(1, 2**n)
		open("sure", "w").writelines("10.0.%d.0/24\n" % c for c in sorted(got)
		                             if tail(probed[c], got[c]) <= F(1, 10**6))
		open("probed", "w").writelines("10.0.%d.0/24,%d,%d\n" % (c, probed[c], got[c])
		                               for c in sorted(got))
		open("truth", "w").writelines("10.0.%d.0/24\n" % c for c in range(64)
		                              if rate(c) > .5)
		open("counts", "w").writelines("10.0.%d.0/24,%d\n" % i
		                               for i in sorted(got.items()))
	END
}

# dense_found: the prefixes of --dense, and of the field
dense_found() {
	zmap-recv --dense dense.cbor --read-pcap in.pcap <s.cbor >out.cbor
	adds_up out.cbor >adds
	zmap-out -f dense --no-header-row dense.cbor | sort -V >list
	zmap-filter 'dense is not null' out.cbor |
		zmap-out -f dense --no-header-row | sort -uV | diff list -
}

# once: networks of 256
# bats test_tags=once
@test "dense: whole scans at losses of 0, 5 and 20 %: all, and nothing else" {
	for loss in 0 .05 .2; do
		world 1 $loss
		dense_found
		diff truth list || { echo "at a loss of $loss"; return 1; }
		[ "$(counter out.cbor dense)" = "$(wc -l <truth)" ]
		# the evidence: what was counted, of how many
		zmap-out -f dense,answers,addresses,port,length --no-header-row \
			dense.cbor | sort -V >evidence
		sed 's/$/,256,80,24/' counts | grep -Ff truth | sort -V |
			diff - evidence
	done
}

# once: networks of 256
# bats test_tags=once
@test "dense: samples count what was asked in each prefix, and miss none that is sure" {
	for share in .5 .25 .1; do
		for loss in 0 .2; do
			world $share $loss
			dense_found
			# nothing false, and all that can be known
			comm -13 <(sort truth) <(sort list) >false
			comm -13 <(sort list) <(sort sure) >missed
			[ ! -s false ]
			[ ! -s missed ] || { echo "$share, $loss"; return 1; }
			zmap-out -f dense,probed,answers --no-header-row dense.cbor |
				sort >evidence
			grep -Ff list probed | sort | diff - evidence
		done
	done
	# at a tenth of the scan, 25 probes of a prefix, most that answer everywhere
	world .1 0
	dense_found
	[ "$(grep -c '^10\.0\.[0-7]\.' list)" -ge 6 ]
	# of so little nothing can be said, and nothing is
	world .01 0
	dense_found
	[ ! -s list ]
}

# answered: probes that are in sent, with an answer to each from 10.0.0.0/21,
# into in.pcap; and into want, of each /24 and port, how many addresses were asked
answered() {
	"$PYTHON" - <<-'END'
		import struct
		import answers as a
		data = open("sent", "rb").read()
		at, frames, asked = 24, [], set()
		while at < len(data):
		    size = struct.unpack("<I", data[at + 8:at + 12])[0]
		    f = data[at + 16:at + 16 + size]
		    at += 16 + size
		    ip = f[14:] if data[20] == 1 else f
		    us, them = struct.unpack(">II", ip[12:20])
		    sport, dport, seq = struct.unpack(">HHI", ip[20:28])
		    asked.add((them, dport))
		    if them < a.number("10.0.8.0"):
		        frames.append(a.ip(them, us, 6, a.tcp(dport, sport, 9, seq + 1, 0x12)))
		a.pcap("in.pcap", frames)
		count = {}
		for them, port in asked:
		    count[them >> 8, port] = count.get((them >> 8, port), 0) + 1
		open("want", "w").writelines("10.0.%d.0/24,%d,%d\n" % (n & 255, p, c)
		    for (n, p), c in sorted(count.items()) if n & 255 < 8)
	END
}

# once: networks of 256; IPv6's are in dense-live
# bats test_tags=once
@test "dense: what was asked is known of shards, ports, copies and either order" {
	# black: what is left of a network counts
	for how in "-p 80" "-p 80,81 --shards 3 --shard 1 -n 70%" "-p 80 --polite -n 40%" \
		"-p 80,443,8080 -P 2 --spread 1 -r 1000 -n 60%" \
		"-p 80 -b $T/black" "-p 80 --shards 2 --shard 1 -P 3 --spread 2 -r 500"; do
		printf '10.0.2.0/25\n10.0.9.7\n' >"$T/black"
		[[ $how == *-b* ]] || how+=" --no-blacklist"
		# shellcheck disable=SC2086
		zmap-targets -v 1 -e 11 $how 10.0.0.0/20 | timeout 60 zmap-send \
			-v 1 -X --write-pcap sent -r 100000 -s 40000-40100 \
			$(grep -o -- '-P [0-9]' <<<"$how") >probes.cbor
		answered
		zmap-recv -v 1 --dense dense.cbor --read-pcap in.pcap \
			<probes.cbor >out.cbor
		zmap-out -f dense,port,probed --no-header-row dense.cbor |
			sort -V >got
		sort -V want | diff - got || { echo "$how"; return 1; }
	done
}

# the tail of the binomial distribution, in whole numbers
# once: networks of 256
# bats test_tags=once
@test "dense: the bound is the binomial one, at its edge" {
	"$PYTHON" - <<-'END' >edges
		from fractions import Fraction as F
		from math import comb
		def least(n, q):
		    tail = 0
		    for k in range(n, -1, -1):
		        tail += comb(n, k) * q**k * (1 - q)**(n - k)
		        if tail > F(1, 10**6):
		            return k + 1
		for n, share, sent in (256, 50, 1), (256, 90, 1), (64, 50, 1), \
		        (256, 50, F(1, 4)), (20, 50, 1), (19, 50, 1):
		    print(n, share, float(sent), least(n, F(share, 100) * sent))
	END
	while read -r n share sent k; do
		for more in 0 -1; do
			"$PYTHON" - "$n" "$sent" $((k + more)) <<-'END'
				import sys
				import answers as a
				n, sent, k = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
				s = a.Scan(networks=(("10.0.0.0", "10.0.0.%d" % (n - 1)),), count=n,
				           targets=int(n * sent))
				a.pcap("in.pcap", [s.synack("10.0.0.%d" % i) for i in range(min(k, n))])
				open("s.cbor", "wb").write(s.stream(targets=int(n * sent)))
			END
			zmap-recv --dense dense.cbor --dense-share "$share" \
				--read-pcap in.pcap <s.cbor >out.cbor
			got=$(counter out.cbor dense)
			want=$((more == 0 && k <= n))
			[ "$got" = $want ] ||
				{ echo "$k$more of $n over $share %, $sent: $got"; return 1; }
		done
	done <edges
	# 20 of 20 are less likely than one in a million, 19 of 19 are not
	[ "$(tail -n 2 edges | cut -d' ' -f4 | xargs)" = '20 20' ]
}

# once: networks of 256
# bats test_tags=once
@test "dense: each port for itself, and what the blacklist leaves of a prefix" {
	make '
s = a.Scan(ports=[80, 443], networks=(("10.0.0.0", "10.0.0.99"),
    ("10.0.0.200", "10.0.0.209")), count=220, targets=220)
a.pcap("in.pcap", [s.synack("10.0.0.%d" % i, 443) for i in range(100)] +
    [s.synack("10.0.0.%d" % i, 80) for i in range(20)])
open("s.cbor", "wb").write(s.stream(targets=220))'
	zmap-recv --dense dense.cbor --read-pcap in.pcap <s.cbor >out.cbor
	[ "$(zmap-out -f dense,port,answers,addresses --no-header-row dense.cbor)" = \
		10.0.0.0/24,443,100,110 ]
	[ "$(zmap-filter 'dense is not null && sport = 80' out.cbor | zmap-out |
		wc -l)" = 0 ]
}

@test "dense: networks that end or begin at a prefix's first and last address" {
	# of a /24 100 addresses, of a /112 one more, which does not answer
	make '
s = a.Scan(networks=(("10.0.255.0", "10.1.0.0"), ("10.1.0.10", "10.1.0.107"),
    ("10.1.0.255", "10.1.0.255"), ("10.1.255.255", "10.2.0.9")),
    count=500, targets=500)
a.pcap("in.pcap", [s.synack("10.1.0.%d" % i) for i in [0, *range(10, 108), 255]])
open("s.cbor", "wb").write(s.stream(targets=500))'
	zmap-recv --dense dense.cbor --read-pcap in.pcap <s.cbor >out.cbor
	zmap-out -f dense,answers,addresses --no-header-row dense.cbor >got
	if [ "${FAMILY:-4}" = 4 ]; then
		[ "$(cat got)" = 10.1.0.0/24,100,100 ]
	else
		grep -x '2001:db8::a01:0/112,100,101' got
	fi
}

# once: networks of 256
# bats test_tags=once
@test "dense: the file is a stream of its own kind, for filters and formats" {
	world 1 0
	dense_found
	[ "$(zmap-out -O info dense.cbor | head -n 1)" = \
		'stream    prefixes of tcp_synscan, ports [80]' ]
	zmap-out -O info out.cbor >info
	grep -qx 'dense     18 prefixes that answer nearly everywhere' info
	zmap-filter 'answers >= 250 && least > 900' dense.cbor |
		zmap-out -f dense --no-header-row | sort -V >sure
	printf '10.0.%d.0/24\n' {0..7} | diff - sure
	# a second pass: what is left are hosts of the other prefixes
	zmap-filter 'success && !repeat && saddr not in @dense.cbor' out.cbor |
		zmap-out -f saddr --no-header-row >left
	run grep -E '^10\.0\.([0-9]|1[0-5]|2[45])\.' left
	[ "$status" -eq 1 ]
	[ "$(wc -l <left)" -ge 1024 ]
	# no key in it
	zmap-out -O diag dense.cbor >diag
	run grep '"key"' diag
	[ "$status" -eq 1 ]
	run zmap-filter 'saddr in @out.cbor' out.cbor
	fails 2 'out.cbor: a stream of results, not of prefixes'
	head -c -9 dense.cbor >cut.cbor
	run bash -c "zmap-filter 'saddr in @cut.cbor' out.cbor | cat"
	[[ $output == *'cut.cbor: truncated'* ]]
}

# once: networks of 256
# bats test_tags=once
@test "dense: a scan that asks for none of it has none of it" {
	world 1 0
	zmap-recv --read-pcap in.pcap <s.cbor >plain.cbor
	zmap-out -O diag plain.cbor >diag
	run grep dense diag
	[ "$status" -eq 1 ]
	zmap-recv --list-output-fields >fields
	run grep '^dense ' fields
	[ "$status" -eq 1 ]
	zmap-recv --list-output-fields --dense x | grep -q '^dense '
	dense_found
	diff <(zmap-out -f saddr,classification,repeat,timestamp_ts plain.cbor) \
		<(zmap-out -f saddr,classification,repeat,timestamp_ts out.cbor)
	run zmap-recv --dense x --dedup-method none --read-pcap in.pcap <s.cbor
	fails 2 'it needs --dedup-method full'
	run zmap-recv --dense s.cbor --read-pcap in.pcap <s.cbor
	fails 2 '--dense s.cbor: this file is read'
	pipe 'zmap-recv --dense /nosuch/x --read-pcap in.pcap <s.cbor | cat'
	fails 1 '/nosuch/x: No such file or directory'
	pipe 'zmap-recv --dense /dev/full --read-pcap in.pcap <s.cbor | cat'
	fails 1 '/dev/full: No space left on device'
}

@test "dense: windows that a header cannot have are refused" {
	zmap-targets -v 0 -p 80 -e 1 --no-blacklist --iid low,zero -n 9 \
		2001:db8::/52-64 2001:db8:4000::/44-56 | timeout 20 zmap-send \
		-v 0 -X -S fd00::1 --write-pcap sent.pcap >s.cbor
	head -c 24 sent.pcap >in.pcap
	"$PYTHON" - <<-'END'
		import subprocess
		whole = open("s.cbor", "rb").read()
		# [[56, 2, prefixes], [64, 2, prefixes]]
		key = b"windows\x82\x83"
		good = key + b"\x18\x38\x02"
		assert whole.count(good) == 1
		def recv(to):
		    return subprocess.run(
		        ["zmap-recv", "-v0", "--dense", "d", "--read-pcap", "in.pcap"],
		        input=whole.replace(good, key + to), capture_output=True, timeout=20)
		assert recv(b"\x18\x38\x02").returncode == 0
		for bad in (b"\x18\x81\x02",    # of 129 bits
		            b"\x18\x40\x02",    # not ascending
		            b"\x18\x00\x02",    # of none
		            b"\x18\x38\x00",    # without an address in each
		            b"\x41\x38\x02"):   # no number
		    r = recv(bad)
		    assert r.returncode == 1 and b"header: bad windows" in r.stderr, (bad, r)
	END
}
