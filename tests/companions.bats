#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ZMap's other programs: ziterate, zblocklist and ztee.
# bats file_tags=beside

load helper
bats_require_minimum_version 1.5.0

# once: all of IPv4
# bats test_tags=once
@test "companions: ziterate prints what zmap-targets does" {
	for args in '-e 7 10.0.0.0/24' '-p 80,443 -e 7 10.0.0.0/28' \
		'-e 7 --shards 3 --shard 1 10.0.0.0/24' '-n 9 -e 7 10.0.0.0/24'; do
		# shellcheck disable=SC2086
		ziterate $args >got
		# shellcheck disable=SC2086
		zmap-targets --no-blacklist --text=, $args >want
		[ -s want ]
		cmp got want
	done
	echo 10.0.0.0/28 >allow
	echo 10.0.0.1-10.0.0.9 >block
	ziterate -w allow -b block --disable-syslog -v 0 -e 1 | sort -V >got
	seq -f 10.0.0.%.0f 10 15 | sed '1i10.0.0.0' | diff - got
	# all of IPv4, without a word about a blacklist that is not there
	[ "$(ziterate -n 5 2>err | wc -l)" -eq 5 ]
	[ ! -s err ] || { cat err; return 1; }
}

@test "companions: ziterate -l is where the messages go" {
	echo before >log
	run -2 ziterate -l log 10.0.0.0/33
	[ -z "$output" ]
	grep -q before log
	grep -q 'prefix length' log || { cat log; return 1; }
}

# once: lines of both families
# bats test_tags=once
@test "companions: zblocklist passes on lines as they came, by their address" {
	printf '10.0.0.0/30\n2001:db8::/32\n' >block
	printf '%s\n' saddr,sport 10.0.0.1,80 10.0.0.4,80,synack '10.0.0.5 # a host' \
		10.0.0.4,81 $'10.0.0.6\tx' 10.0.0.300 2001:db8::1 2001:db9::1,80 >in
	printf 10.0.0.7 >>in
	printf '%s\n' saddr,sport 10.0.0.4,80,synack '10.0.0.5 # a host' \
		$'10.0.0.6\tx' 10.0.0.300 2001:db9::1,80 >want
	printf 10.0.0.7 >>want
	zblocklist -b block <in >got 2>err
	diff want got
	grep -q '2 lines have no address: passed on' err
	# the name of Debian's ZMap
	ln -s "$BIN/zblocklist" zblacklist
	./zblacklist --blacklist-file=block --ignore-input-errors <in >got 2>err
	grep -vE '^saddr|300' want | diff - <(cat got; echo)
	grep -q '2 lines have no address: left out' err
	zblocklist -b block --no-duplicate-checking <in >got 2>/dev/null
	[ "$(grep -c '^10.0.0.4,' got)" -eq 2 ]
	echo 10.0.0.4/31 >allow
	zblocklist -w allow --ignore-input-errors -v 0 <in >got
	printf '%s\n' 10.0.0.4,80,synack '10.0.0.5 # a host' | diff - got
	# both: the blocklist wins
	echo 10.0.0.4 >block
	zblocklist -w allow -b block --ignore-input-errors -v 0 <in >got
	echo '10.0.0.5 # a host' | diff - got
}

# once: a prefix in a regular expression
# bats test_tags=once
@test "companions: zblocklist keeps the first of every address" {
	ziterate -e 1 10.0.0.0/16 >once
	echo 10.0.5.0/24 >block
	cat once once once | zblocklist -b block >got
	grep -v '^10\.0\.5\.' once | diff - got
}

@test "companions: zblocklist: what is wrong is said" {
	run -2 zblocklist </dev/null
	fails 2 "no list: -b names one"
	run -2 zblocklist -b none </dev/null
	fails 2 "none: No such file"
	echo 10.0.0.0/33 >bad
	run -2 zblocklist -b bad </dev/null
	fails 2 "bad:1:"
	run -2 zblocklist -b - </dev/null
	fails 2 "stdin has the lines"
	echo 10.0.0.0/8 >block
	pipe 'ziterate -e 1 11.0.0.0/20 | zblocklist -b block >/dev/full'
	fails 1 "stdout"
	pipe 'head -c 2000000 /dev/zero | tr "\0" x | zblocklist -b block'
	fails 1 "line 1 is over 1 MiB"
}

@test "companions: ztee keeps all, and hands on the addresses of CSV" {
	printf 'sport,saddr,success\n80,10.0.0.1,1\n81,"10.0.0.2",0\n82,10.0.0.3,true\n' >in
	ztee kept <in >got
	cmp in kept
	printf '10.0.0.%s\n' 1 2 3 | diff - got
	ztee --success-only kept <in >got
	cmp in kept
	printf '10.0.0.%s\n' 1 3 | diff - got
	ztee -r kept <in | cmp - in
	# a column before it may have commas and quotes in it
	printf 'data,ip\n"a,""b",10.0.0.4\n,10.0.0.5\n' >in
	ztee kept <in >got
	printf '10.0.0.%s\n' 4 5 | diff - got
	# addresses alone
	printf '10.0.0.1\n10.0.0.2\n' >in
	ztee kept <in | cmp - in
	cmp kept in
}

@test "companions: ztee: what is wrong is said" {
	run -2 ztee </dev/null
	fails 2 "no file is named"
	run -2 ztee a b </dev/null
	fails 2 "b: one file is enough"
	pipe 'echo "{\"saddr\":\"10.0.0.1\"}" | ztee kept'
	fails 2 "this is JSON"
	pipe 'echo sport,ttl | ztee kept'
	fails 2 "no column saddr or ip"
	pipe 'echo 10.0.0.1 | ztee --success-only kept'
	fails 2 "--success-only wants CSV"
	echo 10.0.0.1 >in
	run -2 ztee in <in
	fails 2 "in is the input as well"
	[ -s in ]
	pipe 'ziterate 10.0.0.0/20 -e 1 | ztee kept >/dev/full'
	fails 1 "stdout"
	pipe 'ziterate 10.0.0.0/20 -e 1 | ztee /dev/full'
	fails 1 "/dev/full"
}

@test "companions: ztee reads on while its reader sleeps, and tells each second" {
	ziterate -e 1 10.0.0.0/14 >in
	{ ztee -m -u status.csv kept <in 2>err; echo done >&2; } 2>end |
		{ soon cmp -s in kept && sleep 2.5 && cat >got; }
	cmp in kept
	cmp in got
	grep -Eq '^ 0:0[1-9] read_rate: [0-9]+ rows/s \(avg [0-9]+ rows/s\), buffer_size: [1-9][0-9]* ' err
	head -n 1 status.csv | grep -qx time_past,total_read_in,read_in_last_sec,read_per_sec_avg,buffer_current_size,buffer_avg_size
	awk -F, 'NR > 1 && $2 == 262144 && $5 > 0' status.csv | grep -q .
}

@test "companions: SYNOPSIS, options and usage say the same" {
	for p in ziterate zblocklist ztee; do
		usage=$("$p" -h | sed -n '/^usage/,/^$/p' | sed 's/^usage: //' |
			tr -s ' \n' ' ' | sed 's/ $//')
		page=$(mandoc -T ascii "$ROOT/man/$p.1" | col -bx |
			sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' | sed '1d;$d' |
			tr -s ' \n' ' ' | sed 's/^ //;s/ $//')
		[ "$usage" = "$page" ] || { echo "$usage / $page"; return 1; }
		for o in $("$p" -h | grep -oE -- ' --[a-z-]+'); do
			grep -q "Fl Fl ${o#--}" "$ROOT/man/$p.1" || { echo "$p $o"; return 1; }
		done
		"$p" --version | grep -q "^$p "
	done
}
