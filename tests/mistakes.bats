# SPDX-License-Identifier: Apache-2.0
# What people type by mistake, and what they are told.

# once: what is wrong with a command line of IPv4
# bats file_tags=once
load helper

# golden/mistakes.txt: a command line after $, what it says, and its status
# where that is not 2.
@test "mistakes: each is told what is wrong, and what to do" {
	printf 'hello\n' >hosts.txt
	printf 'saddr\n10.0.0.1\n' | gzip -n >results.csv.gz
	mkdir probes
	echo 10.0.0.0/8 >private.conf
	echo 10.0.0.1 >own.txt
	grep '^\$' "$ROOT/tests/golden/mistakes.txt" |
	while read -r _ line; do
		printf '$ %s\n' "$line"
		rc=0
		unshare -rn bash -c "$line" </dev/null 2>&1 >/dev/null || rc=$?
		[ "$rc" = 2 ] || echo "(status $rc)"
	done >got
	[ -s got ]
	diff "$ROOT/tests/golden/mistakes.txt" got
}

@test "mistakes: a stage names the program that an option belongs to" {
	for p in zmap-targets zmap-send zmap-filter zmap-out zmap-in zmap-status; do
		run "$p" -c 3
		fails 2 "$p: no option -c; -c belongs to zmap-recv"
	done
	run zmap-recv -r 10
	fails 2 'zmap-recv: no option -r; -r belongs to zmap-targets and zmap-send'
	run zmap-recv --rate=10
	fails 2 'no option --rate; --rate belongs to zmap-targets and zmap-send'
	run zmap --read-pcap x
	fails 2 'no option --read-pcap; --read-pcap belongs to zmap-recv'
}

@test "mistakes: numbers and seconds are read alike by all programs" {
	# seconds, with and without a fraction, exponent, blank
	for t in 1e3 0.5 .5 08 ' 3'; do
		zmap -t "$t" -c "$t" --print-config >/dev/null
		run unshare -rn zmap-send -t "$t" </dev/null
		[[ $output == *empty* ]]
		run unshare -rn zmap-recv -c "$t" </dev/null
		[[ $output == *empty* ]]
		run banner-grab-tcp -t "$t" -r "$t" -T "$t" -g "$t" </dev/null
		[ "$status" -eq 0 ]
	done
	for t in inf nan -1 1s '' 1e10; do
		for command in 'zmap-send -t' 'zmap-recv -c' \
			'banner-grab-tcp -g' 'zmap -t'; do
			run $command "$t" </dev/null
			[ "$status" -eq 2 ] || echo "$command '$t': $status"
			fails 2 "must be a number of seconds from 0 to 1e+09"
		done
	done
	# whole numbers
	for n in 010 10 1e1 0xa ' 10'; do
		zmap -q -p 80 --no-blacklist -d -n 1 -N "$n" -T "$n" -m m \
			10.0.0.1 >/dev/null 2>&1
		jq -e '.senders == 10 and .max_results == -1' m
	done
}

@test "mistakes: zmap refuses values itself, before any stage is started" {
	while IFS='|' read -r args why; do
		eval "run unshare -rn zmap $args --stage targets=false"
		fails 2 "zmap: --$why"
		[[ $output != *zmap-* ]]
	done <<-'E'
		-p 80x|target-ports: '80x' is not a port or range of ports
		-n 0|max-targets: 0: less than one
		-n 101%|max-targets: 101%: over 100%
		-S 1.2.3|source-ip: 1.2.3: not an IPv4 address
		-G 1:2|gateway-mac: 1:2: not a MAC address such as
		-G '0x:1:2:3:4:5'|gateway-mac: 0x:1:2:3:4:5: not a MAC address
		--source-mac 1:2:3:4:5:6:7|source-mac: 1:2:3:4:5:6:7: not a MAC
		-i 'a b'|interface: a b: no interface has blanks
		--cores 1023|cores: 1023: not cores that this program may use
	E
	echo 'gateway-mac = 1:2' >conf
	run zmap -C conf -p 80
	fails 2 'conf:1: gateway-mac: 1:2: not a MAC address'
}
