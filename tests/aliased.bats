#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-filter --aliased and --non-aliased: which prefix an answer is from.

# once: prefixes of both families are in the tests
# bats file_tags=beside,quick,once
bats_require_minimum_version 1.5.0
load helper

FIELDS="n:uint saddr:ip data:bytes"

# answers_from ADDRESS...: results.cbor
answers_from() {
	printf '%s\n' "$@" | awk '{
		printf "{\"n\": %d, \"saddr\": \"%s\", \"data\": \"00ff\"}\n", NR, $1
	}' | mkstream >results.cbor
}

@test "aliased: the longest prefix of both lists decides" {
	answers_from 2001:db8::1 2001:db8:0:1::1 2001:db8:0:1:ffff:: 2001:db8:0:2::1 \
		2001:db9::1 192.0.2.1 192.0.2.200 198.51.100.1 2001:db8:3::1 \
		ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
	cat >aliased <<-'E'
		# of the hitlist
		2001:db8::/32
		2001:db8:0:1:ffff::/96
		192.0.2.0/24	; of IPv4
		2001:db8:3::/48
		ffff::/16
		2001:db8::/32
	E
	printf '%s\n' 2001:db8:0:1::/64 192.0.2.128/25 2001:db8:3::/48 >non
	pipe 'zmap-filter --aliased aliased --non-aliased non "" <results.cbor |
		zmap-out -f n,aliased,data'
	[ "$status" -eq 0 ]
	diff - <(echo "$output") <<-'E'
		n,aliased,data
		1,2001:db8::/32,00ff
		2,,00ff
		3,2001:db8:0:1:ffff::/96,00ff
		4,2001:db8::/32,00ff
		5,,00ff
		6,192.0.2.0/24,00ff
		7,,00ff
		8,,00ff
		9,,00ff
		10,ffff::/16,00ff
	E
	pipe 'zmap-filter --aliased aliased --non-aliased non "aliased is null" \
		<results.cbor | zmap-out -O text -f n | tr "\n" " "'
	[ "$output" = "2 5 7 8 9 " ]
	pipe 'zmap-filter --aliased aliased "aliased ~ \"^2001\"" \
		<results.cbor | zmap-out -O text -f n | tr "\n" " "'
	[ "$output" = "1 2 3 4 9 " ]
}

@test "aliased: as Python says, of prefixes one inside the other" {
	"$PYTHON" - <<-'E'
		import ipaddress, random
		r = random.Random(7)
		seeds = [r.getrandbits(128) for _ in range(20)]
		lists = {"aliased": {}, "non": {}}
		def near():
		    return r.choice(seeds) ^ r.getrandbits(r.choice([1, 20, 64, 90]))
		for name, n in ("aliased", 600), ("non", 300):
		    with open(name, "w") as f:
		        for _ in range(n):
		            length = r.choice([0, 16, 32, 48, 64, 65, 96, 112, 127,
		                               128] if r.random() < .99 else [0])
		            if length == 0 and r.random() < .9: length = 24
		            net = ipaddress.ip_network((near(), length), False)
		            lists[name][net] = 1
		            print(net, file=f)
		with open("records", "w") as f, open("want", "w") as w:
		    print("saddr,aliased", file=w)
		    for _ in range(3000):
		        a = ipaddress.ip_address(near())
		        best = ""
		        for length in range(128, -1, -1):
		            net = ipaddress.ip_network((int(a), length), False)
		            if net in lists["non"]: break
		            if net in lists["aliased"]: best = net; break
		        print('{"saddr": "%s"}' % a, file=f)
		        print(a, best, sep=",", file=w)
	E
	mkstream <records >results.cbor
	pipe 'zmap-filter --aliased aliased --non-aliased non "" <results.cbor |
		zmap-out -f saddr,aliased | diff - want'
	[ "$status" -eq 0 ] || { echo "$output" | head; false; }
	[ "$(grep -c '/' want)" -gt 500 ]
	[ "$(grep -c ',$' want)" -gt 500 ]
}

@test "aliased: results that have the field get a new value" {
	answers_from 2001:db8::1 2001:db9::1
	echo 2001:db8::/48 >old
	echo 2001:db9::/32 >new
	pipe 'zmap-filter --aliased old "" <results.cbor |
		zmap-filter --aliased new "" | zmap-out -f aliased,n'
	diff - <(echo "$output") <<-'E'
		aliased,n
		,1
		2001:db9::/32,2
	E
}

@test "aliased: several lists, a binary one, an empty one" {
	answers_from 2001:db8::1 2001:db8::2 2001:db8::3
	: >none
	echo 2001:db8::3 >one
	"$PYTHON" -c 'import ipaddress, sys
sys.stdout.buffer.write(b"".join(ipaddress.ip_address("2001:db8::%d" % i).packed
	for i in (2, 9)))' >binary
	pipe 'zmap-filter --aliased none --aliased one --aliased binary "" \
		<results.cbor | zmap-out -f n,aliased | tr "\n" " "'
	[ "$output" = "n,aliased 1, 2,2001:db8::2/128 3,2001:db8::3/128 " ]
}

@test "aliased: what is no list of prefixes is named with its line" {
	answers_from 2001:db8::1
	local line
	for line in '2001:db8::/32-64@a window is no prefix' \
		'[2001:db8::1]:80@a prefix is aliased on all ports' \
		'2001:db8::1-2001:db8::4@a range that is no prefix' \
		'2001:db8::/129@' 'www.example.net@'; do
		printf '%s\n' 2001:db9::/32 "${line%@*}" >bad
		pipe 'zmap-filter --aliased bad "" <results.cbor >out.cbor'
		fails 1 "bad:2: ${line#*@}"
	done
	pipe 'zmap-filter --aliased nowhere "" <results.cbor | cat'
	fails 1 'nowhere: No such file'
	echo 2001:db8::/32 >some
	pipe 'zmap-filter --non-aliased some "" <results.cbor | cat'
	fails 2 "give the prefixes that are aliased by --aliased"
	pipe 'zmap-filter --aliased - "" <results.cbor | cat'
	fails 2 "name a file of prefixes"
	echo '{"n": 1}' | FIELDS="n:uint" mkstream >numbers.cbor
	pipe 'zmap-filter --aliased some "" <numbers.cbor | cat'
	fails 2 "no addresses in a field saddr"
}

@test "aliased: a million prefixes are read and looked up" {
	"$PYTHON" - <<-'E'
		with open("many", "w") as f:
		    for i in range(1 << 20):
		        f.write("2001:db8:%x:%x::/64\n" % (i >> 8, i & 255))
	E
	answers_from 2001:db8:fff:ff::1 2001:db8:1000:: 2001:db8:7:8::9
	pipe 'zmap-filter --aliased many "" <results.cbor |
		zmap-out -f n,aliased | tr "\n" " "'
	[ "$output" = "n,aliased 1,2001:db8:fff:ff::/64 2, 3,2001:db8:7:8::/64 " ]
}

@test "aliased: zmap puts the stage into its pipeline, and only then" {
	: >some
	run zmap -p 80 -f saddr,aliased --aliased some --non-aliased some \
		--print-pipeline ::1
	[[ $output == *"zmap-filter --aliased=some --non-aliased=some ''"* ]] ||
		{ echo "$output"; false; }
	run zmap -p 80 --aliased some --print-pipeline ::1
	[[ $output == *"zmap-filter --aliased=some 'success = 1 && repeat = 0'"* ]]
	run zmap -p 80 -f saddr --print-pipeline ::1
	[[ $output != *zmap-filter* ]]
	run zmap -p 80 --aliased some -o some ::1
	fails 2 "this is the file of --aliased"
}
