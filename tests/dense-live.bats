#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Dense prefixes of scans in the lab.

# bats file_tags=company
load helper

@test "dense-live: IPv6, by /64, /96 and /112" {
	requires_lab --six 2001:db8::/32
	# three clusters of addresses, of which the kernel has all
	{
		for i in {1..60}; do
			printf '2001:db8::%x\n2001:db8:0:1::%x:1\n' "$i" "$i"
		done
		printf '2001:db8:2::%x\n' {1..9}
	} >list6
	lab --real --six 2001:db8::/32 --listen 80 zmap -p 80 -I list6 -q \
		--no-blacklist -c 1 -r 2000 --dense dense.cbor -O cbor -o out.cbor
	zmap-out -f dense,answers,addresses --no-header-row dense.cbor | sort >got
	printf '%s,60,60\n' 2001:db8::/112 2001:db8::/64 2001:db8::/96 \
		2001:db8:0:1::/64 2001:db8:0:1::/96 | sort >want
	diff want got
	# nine addresses are too few to tell, and what came first is not known yet
	zmap-filter 'dense is null' out.cbor | zmap-out -f saddr --no-header-row |
		sort >unknown
	printf '2001:db8:2::%x\n' {1..9} | sort | comm -23 - unknown >missing
	[ ! -s missing ]
	[ "$(wc -l <unknown)" -lt 129 ]
	run zmap-filter 'saddr in @dense.cbor' out.cbor
	fails 2 'only prefixes of IPv4 make a set of addresses'
}

@test "dense-live: windows of IPv6, by how many of them answer" {
	requires_lab --six 2001:db8::/32
	# in one half of the /48 all /64s answer, in the other none does
	lab --real --six 2001:db8::/49 --listen 80 zmap -p 80 --iid low -q -v 1 \
		--no-blacklist -c 2 -r 20000 -n 60% --dense dense.cbor -O cbor \
		-o out.cbor 2001:db8::/48-64
	zmap-out -f dense,addresses --no-header-row dense.cbor | sort >got
	printf '2001:db8:0:%x::/56,256\n' $(seq 0 256 32512) |
		sed 's/db8:0:0::/db8::/' | sort >want
	comm -13 want got >false
	[ ! -s false ] # and not the /48
	[ "$(comm -12 want got | wc -l)" -ge 120 ]
	# and all of the /48 where all do
	lab --real --six 2001:db8::/32 --listen 80 zmap -p 80 --iid low,zero -q \
		-v 1 --no-blacklist -c 2 -r 10000 --dense dense.cbor -O cbor \
		-o out.cbor 2001:db8:7::/52-64
	zmap-out -f dense,addresses --no-header-row dense.cbor |
		grep -x '2001:db8:7::/48,8192'
	zmap-filter 'dense = "2001:db8:7::/48"' out.cbor | zmap-out | wc -l >n
	[ "$(cat n)" -gt 1000 ]
}

# once: IPv6 itself
# bats test_tags=once
@test "dense-live: windows of several lengths in one scan, and hosts" {
	requires_lab --six 2001:db8::/53
	# of each window one half answers, and of one /64 forty hosts do
	lab --real --six 2001:db8::/53 --six 2001:db8:4000::/45 \
		--six 2001:db8:9::/64 --listen 80 zmap -p 80 --iid low -q -v 1 \
		--no-blacklist -c 3 -r 5000 --dense dense.cbor --check alias \
		-O cbor -o out.cbor 2001:db8::/52-64 2001:db8:4000::/44-56 \
		2001:db8:9::/123 2001:db8:9::40-2001:db8:9::47
	adds_up out.cbor >adds
	zmap-out -f dense,addresses --no-header-row dense.cbor | sort >got
	{
		printf '2001:db8:0:%x00::/56,256\n' {1..7}
		printf '2001:db8:400%x::/48,256\n' {0..7}
		printf '2001:db8:9::/%s,40\n' 64 96 112
		echo 2001:db8::/56,256
	} | sort >want
	diff got want
	# whoever answers is in a /64 that does so everywhere
	zmap-filter 'success && !repeat' out.cbor |
		zmap-out -f saddr,alias --no-header-row | sort >hosts
	[ "$(wc -l <hosts)" = $((2048 + 2048 + 40)) ]
	"$PYTHON" - <<-'END'
		import ipaddress
		known = 0
		for line in open("hosts"):
		    address, _, prefix = line.strip().partition(",")
		    want = ipaddress.ip_network((address + "/64"), strict=False)
		    assert prefix in ("", str(want)), line
		    known += prefix != ""
		assert known > 3900, known
	END
}

# once: networks of 256; IPv6 is in the others
# bats test_tags=once
@test "dense-live: found while a scan runs, and tested against a second one" {
	requires_lab
	# all addresses answer; the first records of each /24 cannot know it yet
	lab --real --listen 80 zmap -p 80 -r 2000 -c 1 -q --no-blacklist \
		--dense dense.cbor -O cbor -o out.cbor 10.1.0.0/22 10.2.0.0/27
	zmap-out -f dense,answers,addresses --no-header-row dense.cbor | sort >got
	printf '10.1.%d.0/24,256,256\n' 0 1 2 3 >want
	printf '10.2.0.0/24,32,32\n' >>want
	diff want got
	n=$(zmap-filter 'dense is not null' out.cbor | zmap-out | wc -l)
	[ "$n" -gt 300 ]
	[ "$n" -lt 1056 ]
	# the second pass knows all, also of the records before
	zmap-filter 'saddr in @dense.cbor' out.cbor | zmap-out | wc -l >n
	[ "$(cat n)" = 1056 ]
	zmap-filter 'saddr not in {@dense.cbor, 10.9.9.9}' out.cbor | zmap-out >none
	[ ! -s none ]
}

# once: networks of 256
# bats test_tags=once
@test "dense-live: boxes, clusters and wildcards, where a fifth is lost" {
	places=all=10,most=10,half=20,cluster=10,wildcard=2
	requires_lab
	lab --seed 7 --classes closed=50 --places $places --loss 20 zmap -p 80 \
		-r 5000 -c 3 -q -v 1 --no-blacklist --dense dense.cbor \
		--check wildcard -O cbor -o out.cbor 10.5.0.0/20
	zmap-out -f dense --no-header-row dense.cbor >list
	zmap-filter 'success && !repeat' out.cbor |
		zmap-out -f saddr,wildcard --no-header-row >hosts
	PYTHONPATH=$ROOT/tests/lab "$PYTHON" - $places <<-'END'
		import ipaddress, sys, expect
		p = expect.Places(sys.argv[1], 7)
		place = lambda c: p.place(0x0a050000 | c << 8)
		# dense is dense, be it a box or not, and one half is not
		want = {"10.5.%d.0/24" % c for c in range(16)
		        if place(c) in ("all", "most", "cluster")}
		assert {place(c) for c in range(16)} == set(expect.MEMBERS)
		assert set(open("list").read().split()) == want
		# no verdict on a host is wrong, and of four fakes three have one
		known = fakes = 0
		for line in open("hosts"):
		    address, verdict = line.strip().split(",")
		    fake = p.fake(int(ipaddress.ip_address(address)))
		    assert verdict in ("", str(int(fake))), line
		    fakes += fake
		    known += fake and verdict == "1"
		assert fakes > 500 and known * 4 > fakes * 3, (known, fakes)
	END
}
