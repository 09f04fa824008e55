#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every command line of the first ZMap's guide, as it stands there, in the
# lab.  What the guide takes for granted (the Internet, a blacklist, time to
# wait) is set by the environment, so that the lines themselves are the same.

# once: what the manual shows, as it is there
# bats file_tags=beside,once
load helper
bats_require_minimum_version 1.5.0

setup_file() {
	export ZMAP_CONFIG=/dev/null ZMAP_COOLDOWN_TIME=1 ZMAP_QUIET=1
	export ZMAP_RATE=20000 ZMAP_DISABLE_SYSLOG=1 ZMAP_VERBOSITY=2
	cat >"$BATS_FILE_TMPDIR/world" <<-'E'
		10.0.0.0/16
	E
	export ZMAP_WHITELIST_FILE=$BATS_FILE_TMPDIR/world
}

# What the independent model says is open there.
open_hosts() {
	"$ROOT/tests/lab/expect.py" --addresses "$@" | sort
}

# All lines of $1 are addresses that the model holds open on this port.
only_open() {
	[ -s "$1" ]
	open_hosts -p "$2" 10.0.0.0/16 >want
	[ -z "$(sort "$1" | comm -23 - want)" ]
}

@test "guide: Getting Started: 10000 addresses at 10 Mbps, long options" {
	lab --counters seen zmap --bandwidth=10M --target-port=80 \
		--max-targets=10000 --output-file=results.csv
	only_open results.csv 80
	[ "$(jq .probes seen)" -eq 10000 ] || { cat seen; return 1; }
}

@test "guide: Getting Started: the same more concisely" {
	begin=$(date +%s%N)
	lab zmap -B 10M -p 80 -n 10000 -o results.csv
	only_open results.csv 80
	# 14880 packets a second, and a second of cooldown
	[ $((($(date +%s%N) - begin) / 1000000)) -gt 1500 ]
}

@test "guide: Getting Started: subnets on the command line" {
	unset ZMAP_WHITELIST_FILE
	# some of them answer late
	ZMAP_COOLDOWN_TIME=4 lab zmap -p 80 -o results.csv 10.1.0.0/20 10.2.0.0/24
	open_hosts -p 80 10.1.0.0/20 10.2.0.0/24 >want
	sort results.csv | diff - want
}

@test "guide: Getting Started: --dryrun shows packets and sends none" {
	lab --counters seen zmap -p 80 -n 3 --dryrun >out
	[ "$(grep -c '^tcp { source: ' out)" -eq 3 ]
	[ "$(jq .probes seen)" -eq 0 ] || { cat seen; return 1; }
}

@test "guide: ICMP Echo Request Scans" {
	lab zmap --probe-module=icmp_echoscan >out
	[ "$(wc -l <out)" -gt 1000 ]
	[ -z "$(sort out | uniq -d)" ]
}

@test "guide: UDP Datagram Scans: text, hex, a file, a template" {
	for file in netbios_137.pkt sip_options.tpl; do
		cp "$ROOT/examples/udp-payloads/$file" .
	done
	while read -r port args; do
		lab zmap -M udp -p "$port" --probe-args="$args" -N 100 \
			-f saddr,data -o - >out
		head -n 1 out | grep -qx saddr,data
		[ "$(wc -l <out)" -eq 101 ] || { wc -l out; return 1; }
	done <<-'E'
		5632 text:ST
		1434 hex:02
		1434 file:netbios_137.pkt
		1434 file:sip_options.tpl
		5060 template:sip_options.tpl
	E
}

@test "guide: Configuration Files: --config=~/.zmap.conf --target-port=443" {
	cat >.zmap.conf <<-'E'
		interface "s0"
		gateway-mac 02:00:00:00:00:02 # upstream gateway
		cooldown-time 1 # seconds
		output-file ~/zmap-output
	E
	HOME=$T lab zmap --config=~/.zmap.conf --target-port=443
	only_open zmap-output 443
}

@test "guide: Verbosity: the status line, and none with --quiet" {
	ZMAP_QUIET=no lab zmap -p 80 -r 10000 -n 30000 -o results 2>err
	grep -Eq '^ 0:0[0-9] [0-9]+%; send: [0-9]+ .*p/s \(.* Kp/s avg\); recv: [0-9]+ .*hits: [0-9.]+%$' err
	tail -n 1 err | grep -q ' 100%; send: 30000 done'
	lab zmap -p 80 -n 1000 -o results --quiet 2>err
	run -1 grep '%; send:' err
	lab zmap -p 80 -n 1000 -o results --verbosity=4 2>err
	grep -Eq '^[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8}\.[0-9]{3} \[(INFO|DEBUG)\] [a-z]+: ' err
}

@test "guide: Verbosity: --summary" {
	lab zmap -p 443 -n 1000 -e 3 -o results --summary 2>err
	for name in target-port source-port-range-begin permutation-seed \
		cooldown-period send-interface rate; do
		grep -q "^cnf	$name	" err
	done
	grep -q "^exc	sent	*1000$" err
	grep -q "^cnf	permutation-seed	*3$" err
}

@test "guide: Output Fields: the list, and the names of the guide" {
	run zmap --probe-module="tcp_synscan" --list-output-fields
	[ "$status" -eq 0 ]
	for f in saddr daddr ipid ttl sport dport seqnum acknum window \
		classification success repeat cooldown; do
		[[ $output =~ (^|$'\n')$f\ +[a-z]+: ]] || {
			echo "no $f in $output"
			return 1
		}
	done
	lab zmap -p 80 -f "response,saddr,daddr,sport,seq,ack,in_cooldown,is_repeat,timestamp" -o output.csv
	grep -q '^synack,10\.0\.' output.csv
	grep -q '^rst,10\.0\.' output.csv
	[ "$(awk -F, '{ print NF }' output.csv | sort -u)" -eq 9 ]
	lab zmap -p 80 -n 9000 -f saddr-raw,timestamp-str,timestamp-us -o o.csv
	[ "$(wc -l <o.csv)" -gt 100 ]
}

@test "guide: Filtering Output: both filters" {
	lab zmap -p 80 --output-filter="success = 1 && repeat = 0" -o out
	tail -n +2 out >found
	only_open found 80
	lab zmap -p 80 -f classification,ttl -o out \
		--output-filter="(classification = rst && ttl > 10) || classification = synack"
	[ "$(tail -n +2 out | cut -d, -f1 | sort -u | tr '\n' ' ')" = \
		"rst synack " ]
}

@test "guide: Blacklisting and Whitelisting: the blacklist has priority" {
	echo 10.0.0.0/24 >white
	echo '10.0.0.0/25	# half of it' >black
	lab --log sent zmap -p 80 --whitelist-file=white \
		--blacklist-file=black -o out
	[ "$(wc -l <sent)" -eq 128 ]
	[ -z "$(cut -d, -f2 sent | grep -E '^10\.0\.0\.([0-9]{1,2}|1[01][0-9]|12[0-7])$')" ]
}

@test "guide: Rate Limiting and Sampling: the same hosts, and which" {
	# there, -s is the seed by mistake for -e: it is the source port
	lab --log sent zmap -p 443 -s 3 -n 1000 -o results
	[ "$(wc -l <sent)" -eq 1000 ]
	lab zmap -p 443 -e 3 -n 1000 --dryrun | grep daddr |
		awk -F'daddr: ' '{print $2}' | sed 's/ |.*//;' >first
	lab zmap -p 443 -e 3 -n 1000 --dryrun | grep daddr |
		awk -F'daddr: ' '{print $2}' | sed 's/ |.*//;' >again
	[ "$(grep -Ec '^10\.0\.[0-9]+\.[0-9]+$' first)" -eq 1000 ]
	cmp first again
	lab --log sent zmap -p 443 -e 3 -n 1000 -o results
	cut -d, -f2 sent | sort | diff - <(sort first)
}

@test "guide: Sending Multiple Packets: -P" {
	lab --log sent zmap -p 80 -P 2 -n 500 -o results
	[ "$(wc -l <sent)" -eq 1000 ]
	[ "$(cut -d, -f2 sent | sort -u | wc -l)" -eq 500 ]
}

@test "guide: Banner Grab: what it is fed" {
	lab zmap -p 80 -N 1000 -B 10M -o - >hosts
	[ "$(wc -l <hosts)" -eq 1000 ]
	[ -z "$(sort hosts | uniq -d)" ]
}

@test "guide: Banner Grab: the pipe, as it stands" {
	cp "$ROOT/examples/banner-grab/http-req" .
	ln -s "$ROOT/bin/banner-grab-tcp"
	cat >pipe <<-'E'
		zmap -p 80 -N 1000 -B 10M -o - | ./banner-grab-tcp -p 80 -c 500 -d ./http-req > out
	E
	lab --real --allow-rst bash -o pipefail pipe
	[ "$(jq -r 'select(.status == "banner").saddr' out | sort -u | wc -l)" -eq 1000 ]
	[ "$(jq -c .text out | sort -u)" = '"lab 80\r\n"' ]
}

@test "guide: Forge Socket: the pipe, as it stands" {
	cp "$ROOT/examples/banner-grab/http-req" .
	ln -s "$ROOT/bin/forge-socket"
	cat >pipe <<-'E'
		zmap -p 80 -N 1000 -B 10M -O extended_file -o - | \
		    ./forge-socket -c 500 -d ./http-req > ./http-banners.out
	E
	# the rule is there a little after the first answer, or before it: the
	# kernel may have reset some connections, which is said, with status 5
	run env ZMAP_MAX_TARGETS=2000 lab --real bash -o pipefail pipe
	[ "$status" -eq 0 ] || fails 5 "answers from before the rule was there"
	jq -r 'select(.status == "banner").saddr' http-banners.out |
		sort -u >banners
	[ "$status" -eq 5 ] || [ "$(wc -l <banners)" -eq 1000 ]
	[ -s banners ]
}

@test "guide: Writing Modules: what is there can be listed" {
	run zmap --list-probe-modules
	for m in tcp_synscan icmp_echoscan udp; do
		[[ $output == *"$m"* ]]
	done
	run zmap --list-output-modules
	for m in csv json redis; do
		[[ $output == *"$m"* ]]
	done
}

# example TEXT: the line of zmap(1)'s examples and of README.md that has it, with
# networks of the lab, as a script
example() {
	grep -F -- "$1" "$ROOT/README.md" | grep '^    ' | sed 's/^ *//' | head -n 1 >line
	sed -n '/^.Sh EXAMPLES/,/^.Sh SEE/s/^.Dl //p' "$ROOT/man/zmap.1" |
		grep -Fx -- "$(cat line)" |
		sed 's|192.168.1.0/24|10.1.0.0/24|; s|192.0.2.|10.1.1.|g; s|/srv/||g' >script
	[ -s script ] || { echo "no such example: $1"; return 1; }
}

# what people do first
begin_examples() {
	echo 10.1.0.0/22 >world
	export ZMAP_WHITELIST_FILE=$PWD/world ZMAP_COOLDOWN_TIME=3
	unset ZMAP_RATE
}

in_whole() {
	open_hosts "$@" >want
	[ -s want ]
	sort "$got" | diff - want
}

@test "guide: first things: one's own network, a list, ping, UDP" {
	begin_examples
	got=out
	example 'zmap -b /dev/null -p 22'
	(unset ZMAP_WHITELIST_FILE; lab bash script >out)
	in_whole -p 22 10.1.0.0/24
	example 'zmap -p 443 -I hosts.txt'
	printf '10.1.0.%s\n' {1..200} >hosts.txt
	printf '10.1.1.%s:443\n' {1..100} >>hosts.txt
	lab bash script
	got=results.csv
	# shellcheck disable=SC2046
	in_whole -p 443 $(sed 's/:.*//' hosts.txt)
	example 'zmap -M icmp_echoscan'
	(unset ZMAP_WHITELIST_FILE; lab bash script >out)
	[ -s out ]
	[ -z "$(grep -v '^10\.1\.1\.' out)" ]
	example 'zmap -M udp'
	(unset ZMAP_WHITELIST_FILE; lab bash script >out)
	head -n 1 out | grep -qx saddr,data
	[ "$(wc -l <out)" -gt 1 ]
}

@test "guide: first things: a shard, a checkpoint and its resumption" {
	begin_examples
	example 'zmap -p 443 --seed 7 --shards 3'
	for i in 0 1 2; do
		sed "s/--shard 0/--shard $i/; s/part0/part$i/" script >one
		lab bash one
	done
	example 'zmap-merge part?.cbor | zmap-filter'
	bash -o pipefail script >all
	got=all
	in_whole -p 443 10.1.0.0/22
	example 'zmap -p 443 --checkpoint'
	sed '1s/^/exec /' script >first
	run lab bash -c 'env --default-signal=INT bash first &
		until_sent 300
		kill -INT $!
		wait $!'
	fails 3 ""
	[ -s scan.ckpt ]
	lab bash script
	sort -u found.csv >all
	in_whole -p 443 10.1.0.0/22
}

@test "guide: first things: exclusion, jq, another scanner, cron" {
	begin_examples
	example 'echo 192.0.2.128/25'
	bash script
	example 'zmap -p 443 --exclude'
	lab bash script
	got=results.csv
	in_whole -p 443 10.1.0.0/24 10.1.1.0/25 10.1.2.0/23
	example 'zmap -p 443 -O json'
	(unset ZMAP_WHITELIST_FILE; lab bash -o pipefail script >out)
	open_hosts -p 443 10.1.1.0/24 >want
	grep -qx synack out
	grep -qx rst out
	[ "$(grep -c synack out)" -ge "$(wc -l <want)" ]
	example 'zmap -p 443 -r 1000 -O zgrab2'
	# that program is another project's: this one keeps what it is fed
	mkdir other
	printf '#!/bin/sh\n[ "$*" = "tls -o tls.json" ] && cat >fed\n' >other/zgrab2
	chmod +x other/zgrab2
	PATH=$PWD/other:$PATH lab bash -o pipefail script
	cut -d, -f1 fed >out
	got=out
	in_whole -p 443 10.1.0.0/22
	[ -z "$(grep -v ',,,443$' fed)" ]
	example '0 3 * * 1 zmap'
	# cron(8) would make a line end of each %
	run -1 grep % script
	sed -i 's/^0 3 \* \* 1 //; s/$/ "$@" 2>mail/' script
	(unset ZMAP_QUIET ZMAP_VERBOSITY; lab bash script)
	[ ! -s mail ] || { cat mail; return 1; }
	got=scan.csv
	in_whole -p 443 10.1.0.0/22
	grep -q 'status: done: 1,024 targets' scan.log
	grep -q 'zmap: completed$' scan.log
	(unset ZMAP_QUIET ZMAP_VERBOSITY; run -1 lab bash script -i nosuch)
	grep -q '^zmap-send: interface nosuch: No such device$' mail
	in_whole -p 443 10.1.0.0/22
}

@test "guide: what is installed links and names nothing that is not" {
	awk '{ sub(/^[0-9]+ \./, ""); print }' "$ROOT/tests/golden/install.txt" >installed
	grep -oE '\]\([a-z][a-z/._-]*\)' "$ROOT/README.md" | tr -d '()]' | sort -u |
		while read -r f; do
			grep -qx "/usr/share/doc/zmap/$f" installed ||
				{ echo "README.md: $f"; exit 1; }
		done
	for f in "$ROOT"/man/*.[1-8]; do
		grep -oE '/usr/share/doc/zmap/[a-zA-Z0-9/._-]*[a-zA-Z0-9]' "$f" | while read -r name; do
			[ -e "$ROOT/${name#/usr/share/doc/zmap/}" ] ||
				{ echo "$f: $name"; exit 1; }
		done
	done
}
