#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap --check alias: which prefixes answer for addresses that no host has,
# against the simulated Internet's own function, computed in Python.

# once: prefixes of both families are in the tests
# bats file_tags=company,once
load helper

# The key of a scan draws siblings, so each run asks others.  In this world one
# address in a thousand is open, and one in a thousand is in an aliased /96: two
# of three siblings answer by themselves in one /64 of a hundred thousand.
WORLD=(--six 2001:db8::/32 --seed 7 --classes open=0.1,closed=60
	--aliased 3,0.1)

# responders N: of the first address of 2^N /64s, those that are open or aliased
responders() {
	awk -v n=$((1 << $1)) 'BEGIN {
		for (i = 0; i < n; i++) printf "2001:db8:0:%x::5\n", i }' |
		lab "${WORLD[@]}" expect6.py -p 80 --addresses -
}

# recv_count NAME: by zmap-recv, of out.cbor
recv_count() {
	zmap-out -O diag out.cbor | tail -n 1 | grep -o "\"$1\": [0-9]*" |
		head -n 1 | cut -d' ' -f2
}

# aliases LAB-OPTION... -- ZMAP-OPTION...: a scan of list; verdicts are in got,
# "address prefix"
aliases() {
	local lab=()
	while [ "$1" != -- ]; do
		lab+=("$1")
		shift
	done
	lab "${WORLD[@]}" "${lab[@]}" --log asked zmap -I list --no-blacklist \
		-r 5000 -c 6 --check-wait 4 -q -v 1 -O cbor -o out.cbor \
		-m meta.json "${@:2}"
	adds_up out.cbor >adds
	zmap-filter 'success && !repeat' out.cbor |
		zmap-out -f saddr,alias --no-header-row | tr , ' ' | sort >got
}

# right PERCENT: of all in got, none is wrong, and of those whose prefix is
# aliased at least so many are known
right() {
	PYTHONPATH=$ROOT/tests/lab "$PYTHON" - "$1" <<-'END'
		import ipaddress, sys, expect6
		shares = {64: expect6.share_of("3"), 96: expect6.share_of("0.1")}
		known = all = 0
		for line in open("got"):
		    address, _, prefix = line.strip().partition(" ")
		    all += bool(expect6.aliased(int(ipaddress.ip_address(address)), 7,
		                                shares.items()))
		    if prefix:
		        p = ipaddress.ip_network(prefix)
		        known += 1
		        assert expect6.aliased(int(p[0]), 7,
		                               [(p.prefixlen, shares[p.prefixlen])]), line
		assert all > 15 and known * 100 >= all * int(sys.argv[1]), (known, all)
	END
}

@test "alias: of IPv6 no verdict is wrong, and the probes are counted" {
	requires_lab "${WORLD[@]}"
	responders 12 >list
	aliases -- -p 80 --check alias
	right 97
	[ "$(recv_count aliased)" -ge "$(cut -sd' ' -f2 got | sort -u | wc -l)" ]
	n=$(wc -l <list)
	[ "$(wc -l <got)" = "$n" ]
	[ "$(grep -vc / got)" -ge 1 ]
	# of each address two prefixes, three siblings each, once to three times
	[ "$(recv_count alias_prefixes)" = $((2 * n)) ]
	[ "$(recv_count alias_asked)" = "$(zmap-out -O diag out.cbor | tail -n 1 |
		grep -o '"asked": [0-9]*' | cut -d' ' -f2)" ]
	# 2 of 3 by chance, where one in a thousand answers, or lost
	[ "$(recv_count alias_wrong_ppb)" = 2998 ]
	[ "$(recv_count alias_missed_ppb)" = 190976 ]
	[ "$(recv_count alias_asked)" -ge $((6 * n)) ]
	[ "$(recv_count alias_asked)" -le $((18 * n)) ]
	[ "$(wc -l <asked)" = $((n + $(recv_count alias_asked))) ]
	jq -e '.alias_false_at_most < 1e-5 and .alias_missed_at_most < 1e-3 and
		.alias_prefixes_asked == '$((2 * n)) meta.json
	zmap-out -O info out.cbor | grep -q "^aliases   .* prefixes answer for any"
}

@test "alias: what is lost is asked again" {
	requires_lab "${WORLD[@]}"
	responders 11 >list
	aliases --loss 20 -- -p 80 -P 3 --check alias,wildcard
	# 8 of a thousand siblings are lost three times: hardly a prefix is
	right 95
	# both verdicts of one record
	zmap-filter 'alias is not null && wildcard = 1' out.cbor | zmap-out \
		-f saddr >both
	[ "$(wc -l <both)" -gt 20 ]
}

@test "alias: echoes, which have no ports; and windows" {
	requires_lab "${WORLD[@]}"
	responders 11 >list
	aliases -- -M icmp_echoscan --check alias
	right 97
	# no sibling is a result
	zmap-out -f saddr --no-header-row out.cbor | sort >from
	sort list | comm -13 - from >others
	[ ! -s others ]
	lab "${WORLD[@]}" zmap -p 80 --iid low --no-blacklist -r 5000 -c 6 -q \
		-v 1 --check alias --check-wait 4 -O cbor -o out.cbor 2001:db8::/53-64
	zmap-out -f saddr --no-header-row out.cbor | sed '/::1$/d' >others
	[ ! -s others ]
	zmap-out -f saddr,alias --no-header-row out.cbor | tr , ' ' >got
	right 97
}

@test "alias: siblings go where the scan may go, and nowhere else" {
	requires_lab "${WORLD[@]}"
	responders 11 >list
	# half of each /64, and what is opted out of
	awk -F: '{ print $1 ":" $2 ":" $3 ":" $4 ":8000::/65" }' list >black
	lab "${WORLD[@]}" --log asked zmap -p 80 -I list -b black -r 5000 -c 4 -q \
		-v 1 --check alias -O cbor -o out.cbor
	"$PYTHON" - <<-'END'
		import ipaddress
		nets = [ipaddress.ip_network(n) for n in open("black").read().split()]
		bad = {int(n.network_address) >> 63 for n in nets}
		seen = 0
		for line in open("asked"):
		    for a in [line.split(",")[1]]:
		        seen += 1
		        assert int(ipaddress.ip_address(a)) >> 63 not in bad, a
		assert seen > 100
	END
	zmap-out -O diag out.cbor | tail -n 1 | grep -q '"asked_refused": 0,'
	# a whitelist holds for siblings, too: none is left that may be asked
	lab "${WORLD[@]}" zmap -p 80 -w list --no-blacklist -r 5000 -c 3 -q -v 1 \
		--check alias -O cbor -o out.cbor
	[ "$(recv_count alias_asked)" = 0 ]
	[ "$(recv_count alias_unasked)" -gt 0 ]
	# who opts out while it runs
	head -n 1 list | sed 's/::5$/::\/64/' >out
	aliases -- -p 80 --check alias --exclude out
	run grep -F "$(head -n 1 list | sed 's/5$//')" asked
	[ "$status" -eq 1 ]
}

@test "alias: of IPv4 the /24, in a sample that stays one" {
	requires_lab
	# every address of these answers
	lab --real --listen 80 zmap -p 80 -n 10% -r 2000 -c 6 --check-wait 5 \
		-q -v 1 --no-blacklist --seed 7 --check alias -O cbor -o out.cbor 10.1.0.0/21
	adds_up out.cbor >adds
	[ "$(recv_count alias_prefixes)" = 8 ]
	[ "$(recv_count aliased)" = 8 ]
	# 14 of 16 by chance, where one half answers; 2 of 4 or 3 of 16 that are
	# lost three times, where a fifth is
	[ "$(recv_count alias_wrong_ppb)" = 2090454 ]
	[ "$(recv_count alias_missed_ppb)" = 645110 ]
	# sixteen of each, and what was under way when twelve more were asked
	[ "$(recv_count alias_asked)" -ge 128 ]
	[ "$(recv_count alias_asked)" -le 136 ]
	zmap-targets --text -p 80 -n 10% --no-blacklist --seed 7 10.1.0.0/21 |
		cut -d, -f1 | cut -d: -f1 | sort >want
	zmap-out -f saddr --no-header-row out.cbor | sort | diff want -
	zmap-filter 'alias is null' out.cbor | zmap-out -f saddr >none
	[ "$(wc -l <none)" -le 1 ]
	# where one address in ten answers, no prefix does
	lab --seed 3 --classes open=10,closed=40 zmap -p 80 -r 4000 -c 4 -q -v 1 \
		--no-blacklist --check alias -O cbor -o out.cbor 10.1.0.0/21
	[ "$(recv_count alias_prefixes)" = 8 ]
	[ "$(recv_count aliased)" = 0 ]
	zmap-filter 'alias is not null' out.cbor | zmap-out -f saddr \
		--no-header-row >some
	[ ! -s some ]
}

@test "alias: what cannot be, in a sentence" {
	targets 10.0.0.0/28 | timeout 20 zmap-send -X --write-pcap sent >probes || true
	pipe 'zmap-recv --check alias <probes | cat'
	fails 2 'asks by the way back to zmap-send'
	run zmap --check alias,nosuch -p 80 10.0.0.1
	fails 2 'must be wildcard, alias or injected; several by commas'
	run zmap --check alias, -p 80 10.0.0.1
	fails 2 'must be wildcard, alias or injected'
	requires_lab
	run lab zmap -M icmp_echoscan --check alias -q --no-blacklist 10.0.0.1
	fails 2 'of IPv4 the answers of siblings look like those of targets'
	run lab zmap -p 80 -s 40000 --check alias -q --no-blacklist 10.0.0.1
	fails 2 'needs four source ports'
	zmap-recv --list-output-fields --check wildcard,alias,injected |
		awk '{ print $1 }' | tail -n 4 | xargs >fields
	[ "$(cat fields)" = 'wildcard alias answers injected' ]
}
