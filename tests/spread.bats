#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Copies of targets, apart in time: where each stands, that each is sent once,
# and that a position is one number.
# bats file_tags=beside,quick

load helper
bats_require_minimum_version 1.5.0

# sends OPTION...: "address copy" of each probe, in order.  Copies are told by
# their source ports, of which there are many more than copies.
sends() {
	local copies=1

	[ "$1" != -P ] || copies=$2
	targets "$@" | zmap-send -P "$copies" -d -S 192.0.2.1 -s 40000-40999 |
		awk '/source:/ { port = $4 } /daddr/ { print $7, port }' |
		awk '{ if (!($1 in first)) first[$1] = $2
			print $1, ($2 - first[$1] + 1000) % 1000 }'
}

@test "spread: copy k leaves with position i + k distance, after the end for the last" {
	sends -P 2 -r 1 --spread 3 10.0.0.0/29 >got
	sends 10.0.0.0/29 | cut -d ' ' -f 1 >order
	mapfile -t o <order
	for i in 0 1 2 3:0 4:1 5:2 6:3 7:4 :5 :6 :7; do
		[ -z "${i%:*}" ] || echo "${o[${i%:*}]} 0"
		[[ $i != *:* ]] || echo "${o[${i#*:}]} 1"
	done >want
	# at a distance of 3: first copy 3, second of 0, and so on
	diff got want
	# three copies, whose second is halfway
	sends -P 3 -r 1 --spread 3 10.0.0.0/29 >got
	[ "$(sed -n 4,5p got)" = "${o[3]} 0
${o[0]} 1" ]
	[ "$(sed -n 10,12p got)" = "${o[6]} 0
${o[3]} 1
${o[0]} 2" ]
	[ "$(tail -n 1 got)" = "${o[7]} 2" ]
}

@test "spread: no copy comes before so many others as asked, whatever the blocks" {
	for n in 1 31 63 64 65 127 129 191 1000; do
		sends -P 3 -r 1 --spread $n 10.0.0.0/21 | awk -v n=$n '
			$2 == 0 { first[$1] = firsts++ }
			$2 == 1 { second[$1] = seconds++; early += firsts < 2048 &&
				firsts - first[$1] < n + 1 }
			$2 == 2 { early += seconds < 2048 &&
				seconds - second[$1] < n + 1 }
			END { exit firsts != 2048 || seconds != 2048 || early }' ||
			{ echo "of $n"; return 1; }
	done
}

# once: counts the device's packets; IPv6 has its own
# bats test_tags=once
@test "spread: every copy is sent, once" {
	for options in '-P 2 -r 3' '-P 3' '-P 2 -r 0.5' '-P 3 -r 7.3 --spread 2.5' \
		'-P 2 --spread 0' '-P 5 -r 100 --spread 9' '-P 2 -B 67200' \
		'-P 2 -n 50' '-P 2 --shards 3 --shard 1'; do
		for net in 10.0.0.0/24 10.0.0.0/32 10.0.0.0/21 \
			10.0.0.3-10.0.4.7; do
			[[ $options != *shard* || $net != */32 ]] || continue
			# shellcheck disable=SC2086
			sends $options $net >got
			copies=${options:3:1}
			sort got | uniq -d | wc -l | grep -qx 0
			cut -d ' ' -f 2 got | sort | uniq -c | awk '{ print $1 }' |
				sort -u >counts
			[ "$(wc -l <counts)" -eq 1 ]
			[ "$(wc -l <got)" -eq $((copies * $(cat counts))) ]
		done
	done
}

@test "spread: without a limit of the rate, and in short scans, copies are passes" {
	sends 10.0.0.0/22 | sed 's/ 0$//' >order
	for options in '-P 2' '-P 2 -r 1000' '-P 2 -r 1000 --spread 600'; do
		# shellcheck disable=SC2086
		sends $options 10.0.0.0/22 >got
		diff <(sed 's/$/ 0/' order; sed 's/$/ 1/' order) got
	done
	# in a row
	sends -P 2 --spread 0 10.0.0.0/22 >got
	diff <(sed 'h; s/$/ 0/; p; g; s/$/ 1/' order) got
}

@test "spread: a position is one number: what is before it, and what is behind" {
	targets -P 3 -r 20 --spread 5 10.0.0.0/22 >whole
	raw() {
		zmap-send -d -S 192.0.2.1 | awk '/daddr/ { print $7 }'
	}
	raw <whole >all
	[ "$(wc -l <all)" -eq 3072 ]
	for at in 0 1 99 100 101 157 1024 1500 3000 3071 3072; do
		targets -P 3 -r 20 --spread 5 --start $at 10.0.0.0/22 | raw >rest
		diff <(tail -n +$((at + 1)) all) rest
	done
	run zmap-targets -p 80 -e 1 --no-blacklist -P 3 --start 3073 10.0.0.0/22
	fails 2 'position 3073 is not from 0 to 3072'
}

@test "spread: shards have their own copies, and all of them" {
	sends -P 2 -r 5 10.0.0.0/24 | sort >whole
	for s in 0 1 2; do
		sends -P 2 -r 5 --shards 3 --shard $s 10.0.0.0/24
	done | sort >parts
	diff whole parts
}

@test "spread: a scan goes on as it began, whatever its rate is by then" {
	targets -P 2 -r 50 --spread 2 10.0.0.0/22 >in
	raw() {
		tshark -n -r "$1" -T fields -e ip.dst -e tcp.srcport 2>/dev/null
	}
	zmap-send -v 1 --write-pcap all -X <in >/dev/null
	timeout 60 zmap-send -v 2 --write-pcap one -X -r 1000 -t 0.5 \
		--checkpoint state <in >/dev/null
	sed -i "s/^position .*/$(sed -n 's/^sent/position/p' state)/" state
	grep -qx 'copies 2' state
	grep -qx 'distance 100' state
	for options in '' '-P 2 -r 7' '-P 2'; do
		# shellcheck disable=SC2086
		targets --resume state $options 10.0.0.0/22 >rest
		zmap-send -v 2 --write-pcap two -X <rest >/dev/null
		# keys differ, so ports do: addresses and their order tell
		diff <(raw all | cut -f 1) <(raw one | cut -f 1
			raw two | cut -f 1)
	done
	run zmap-targets -p 80 --no-blacklist --resume state -P 3 10.0.0.0/22
	fails 2 'the scan sends 2 probes to each target, not 3'
	run bash -c 'zmap-send -P 3 -d <in'
	fails 2 '-P 3: zmap-targets gives each target 2 times'
}

# once: bytes of IPv4, and IPv6
# bats test_tags=once
@test "spread: text, counts and lists in their order name each target once" {
	[ "$(targets -P 3 --text 10.0.0.0/24 | wc -l)" -eq 256 ]
	[ "$(targets -P 3 --count 10.0.0.0/24)" -eq 256 ]
	targets -P 2 --in-order 10.0.0.0/30 | zmap-send -P 2 -d >got
	[ "$(grep -c daddr got)" -eq 8 ]
	targets -P 2 10.0.0.0/30 | zmap-send -d --fast-dryrun | wc -c |
		grep -qx 48
	zmap-targets -p 80 -P 2 -e 1 --no-blacklist 2001:db8::/124 |
		zmap-send -d >got
	[ "$(grep -c daddr got)" -eq 32 ]
	# counters and the header name targets, positions name places
	targets -P 2 10.0.0.0/24 | zmap-send -v 2 -X --write-pcap p >out
	readstream <out | tail -n 1 | jq -e '.[1] |
		.targets == 256 and .packets == 512 and .position == 512 and
		.in == 256 and .left == 0'
}
