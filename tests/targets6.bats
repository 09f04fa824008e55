#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-targets with IPv6: windows, identifiers, lists of any size, one family a
# scan.  ZMAP_LONG=1: a list of ten million, and a thousand mixtures.

bats_require_minimum_version 1.5.0
# once: IPv6 itself
# bats file_tags=beside,quick,once
load helper

twin() {
	PYTHONPATH=$ROOT/tests/targets "$PYTHON" "$@"
}

# A checkpoint of the stream $1 at position $2.
point_at() {
	twin - "$@" <<-'E'
		import sys, cbor2
		from windows import text
		h = cbor2.CBORDecoder(open(sys.argv[1], "rb")).decode()
		s = getattr(h, "value", h)["scan"]
		print("zmap-checkpoint 1")
		for k in "lists", "seed", "shards", "shard":
		    if k in s:
		        print(k, s[k])
		print("scan", s["id"])
		print("position", sys.argv[2])
		n = s["networks"]
		for k in range(0, len(n), 32):
		    a, b = (text(int.from_bytes(n[i:i + 16], "big"))
		            for i in (k, k + 16))
		    print("network", f"{a}-{b}")
		print("end")
	E
}

@test "targets6: the order and the identifiers of a seed are as promised" {
	ids=rand,zero,low,::53,eui64=00:1b:21
	{
		zmap-targets --text -e 7 --no-blacklist 2001:db8::/125 \
			2001:db8:1::/61-64
		zmap-targets --text -e 7 -p 443 --no-blacklist --iid "$ids" \
			2001:db8::/63-64 2001:db8:5::/47-48 '[2001:db8::9]:80'
		zmap-targets --text -e 1 -n 5 -b /dev/null ::/0-48
		zmap-targets --text -e 1 -n 5 -b /dev/null 2001:db8::/32-64
		zmap-targets --text -e 1 -n 5 -b /dev/null -p '*' 2001:db8::/96
		zmap-targets --text -e 2 --no-blacklist ffff::/120-124
	} >got
	diff -u "$ROOT/tests/golden/targets6.txt" got
}

# bats test_tags=slow
@test "targets6: random mixtures agree with sets of Python" {
	n=60
	[ -z "${ZMAP_LONG:-}" ] || n=1000
	twin "$ROOT/tests/targets/mixtures6.py" 0 "$n"
}

# bats test_tags=slow
@test "targets6: a window of 2^20 /64s with two identifiers, over shards, cut" {
	args=(-e 20 --iid rand,low -b /dev/null 2001:db8::/44-64)
	zmap-targets "${args[@]}" --shards 3 --shard 0 --text >part0
	# the second one ends anywhere and goes on there, twice
	for s in 1 2; do
		zmap-targets "${args[@]}" --shards 3 --shard $s >stream
		at=$((s * 699051))
		for cut in 12345 345678 699051; do
			point_at stream "$at" >point
			zmap-targets "${args[@]}" --resume point \
				--text 2>/dev/null | head -n $((cut - at + s * 699051))
			at=$((s * 699051 + cut))
		done >part$s
	done
	twin - part0 part1 part2 <<-'E'
		import sys
		from windows import make, number
		found = [line.strip() for f in sys.argv[1:] for line in open(f)]
		assert len(found) == 1 << 21, len(found)
		assert len(set(found)) == 1 << 21, "repeats"
		of = {}
		for a in map(number, found):
		    of.setdefault(a >> 64, []).append(a)
		top = number("2001:db8::") >> 64
		assert sorted(of) == list(range(top, top + (1 << 20)))
		for p in range(top, top + (1 << 20), 4001):
		    assert sorted(of[p]) == sorted(
		        make(p << 64, 64, n, ["rand", "low"], 20)
		        for n in ("rand", "low")), hex(p)
	E
}

# Many at a time are drawn in another way than one alone.
@test "targets6: what is drawn for many prefixes is what is drawn for each" {
	for window in 2001:db8::/52-64 2001:d00::/36-48 2001:db8::/88-100; do
		for ids in rand zero,rand ::7,rand,low rand,eui64=00:1b:21; do
			case $window,$ids in *-100*eui64*) continue ;; esac
			zmap-targets -e 9 --text -b /dev/null --iid "$ids" \
				"$window" >found
			zmap-targets -e 9 --text -b /dev/null --iid "$ids" \
				-n 77 "$window" | cmp - <(head -n 77 found)
			twin - "$window" "$ids" <<-'E'
				import re
				import sys
				from windows import make, number
				base, area, size = re.match(
				    r"(.*)/(.*)-(.*)", sys.argv[1]).groups()
				ids = sys.argv[2].split(",")
				n, size = 1 << int(size) - int(area), int(size)
				found = {number(a.strip()) for a in open("found")}
				assert len(found) == n * len(ids), len(found)
				assert found == {
				    make(number(base) + (p << 128 - size), size, i, ids, 9)
				    for p in range(n) for i in ids}
			E
		done
	done
}

@test "targets6: an identifier counts once, whatever it is called, and 16 do" {
	count() {
		zmap-targets -v 0 --no-blacklist --count --iid "$1" 2001:db8::/60-64
	}
	[ "$(count low,low,::1,zero,::)" -eq 32 ]
	[ "$(zmap-targets -v 0 --no-blacklist --text -p 80 --iid low,::1,zero \
		2001:db8::/60-64 | sort | uniq -d | wc -l)" -eq 0 ]
	sixteen=$(printf '::%x,' {0..15})
	[ "$(count "${sixteen}low,zero")" -eq 256 ]
	run count "${sixteen}::10"
	[ "$status" -eq 2 ]
	[[ $output == *"'::10' is one too many: 16 are possible"* ]]
	[ "$(count eui64=00:1b:21,eui64=00:1b:21,rand,rand)" -eq 32 ]
}

@test "targets6: what the blacklist has of a window never appears" {
	args=(-e 3 --text 2001:db8::/44-64)
	zmap-targets "${args[@]}" -b /dev/null >all
	one=$(sed -n 4711p all) two=$(sed -n 4712p all)
	printf '%s\n' "$one" "$two/127" 2001:db8:7::/48 10.0.0.0/8 \
		2001:db8:9:9:: 2001:db8:a:a::/65 2001:db8:a:a:8000::/65 >block
	zmap-targets "${args[@]}" -b block >got
	# each of them in no other place of the order
	grep -vxF -e "$one" -e "$two" all | grep -Ev '^2001:db8:(7|a:a):' >want
	cmp <(sort want) <(sort got)
	[ "$(wc -l <got)" -eq $((1048576 - 65536 - 3)) ]
	# thousands of holes
	awk 'BEGIN { for (i = 0; i < 16384; i += 5)
		printf "2001:db8:0:%x::/64\n", i }' >holes
	zmap-targets -e 3 --text --iid low -b holes 2001:db8::/50-64 | sort >got
	zmap-targets -e 3 --text --iid low -b /dev/null 2001:db8::/50-64 |
		sed 's/::1$/::\/64/' | grep -vxF -f holes | grep -v '^2001:db8::/64$' |
		sed 's/\/64$/1/' | sort | cmp got -
	[ "$(wc -l <got)" -eq $((16384 - 3277)) ]
	# of two identifiers only the one that is named
	run --separate-stderr zmap-targets -e 3 --text --iid low,zero \
		-b <(echo 2001:db8::) \
		2001:db8::/63-64
	[ "$(sort <<<"$output")" = $'2001:db8:0:1::\n2001:db8:0:1::1\n2001:db8::1' ]
}

# bats test_tags=slow
@test "targets6: a list of a million, as text and binary, over shards" {
	n=1000000
	[ -z "${ZMAP_LONG:-}" ] || n=10000000
	zmap-targets --text -e 5 -n "$n" -b /dev/null 2001:db8::/34-64 >list
	twin - <<-'E'
		import socket
		a = sorted(socket.inet_pton(socket.AF_INET6, line.strip())
		           for line in open("list"))
		open("binary", "wb").write(b"".join(a))
	E
	echo 2001:db8:1::/48 >block
	for from in list binary; do
		for s in 0 1 2 3; do
			zmap-targets -e 6 -b block -I "$from" --shards 4 \
				--shard $s --text
		done >got.$from
	done
	cmp got.list got.binary
	grep -v '^2001:db8:1:' list | sort >want
	sort got.list | cmp want -
	# the file is mapped: it takes no memory of ours
	size=$(($(wc -c <binary) / 1024))
	(
		ulimit -d $((size / 2 + 8192))
		zmap-targets -e 6 -b block -I binary --count
	) >count
	[ "$(cat count)" -eq "$(wc -l <want)" ]
	# text takes sixteen bytes an address
	(
		ulimit -d $((size * 2 + 16384))
		zmap-targets -e 6 -b block -I list --count
	) | cmp count -
}

@test "targets6: binary lists that are damaged are refused" {
	twin - <<-'E'
		a = [(0x20010DB8 << 96) + k for k in range(4)]
		def write(name, v):
		    with open(name, "wb") as f:
		        f.write(b"".join(x.to_bytes(16, "big") for x in v))
		write("good", a)
		write("twice", [a[0], a[1], a[1]])
		write("mixed", [a[0], a[2], a[1]])
		with open("cut", "wb") as f:
		    f.write(a[0].to_bytes(16, "big") + b"123")
	E
	run zmap-targets --text -e 1 --no-blacklist -I good
	[ "$(sort <<<"$output")" = \
		$'2001:db8::\n2001:db8::1\n2001:db8::2\n2001:db8::3' ]
	for f in twice mixed; do
		run zmap-targets --count --no-blacklist -I $f
		fails 2 "$f:3: a binary list has to be sorted"
	done
	run zmap-targets --count --no-blacklist -I cut
	fails 2 "cut:1: "
	# two of them, beside text and as a blacklist
	run zmap-targets --count --no-blacklist -w good -w good 2001:db8::8
	[ "$output" = 5 ]
	run zmap-targets --count -b good 2001:db8::/124
	[ "$output" = 12 ]
	run zmap-targets --count -b good 10.0.0.0/24
	[ "$output" = 256 ]
	run zmap-targets --count --no-blacklist -4 -w good 10.0.0.1
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = 1 ]
	[[ $output == *"4 targets are of IPv6: skipped"* ]]
}

@test "targets6: one family a scan, and the other one's entries" {
	printf '10.0.0.1\n2001:db8::1\n10.0.0.2\n' >mixed
	run zmap-targets --count --no-blacklist -I mixed
	fails 2 "2 targets are of IPv4 and 1 of IPv6, and a scan has one family"
	run --separate-stderr zmap-targets --count --no-blacklist -4 -I mixed
	[ "$output" = 2 ]
	[[ $stderr == *"1 targets are of IPv6: skipped"* ]]
	run --separate-stderr zmap-targets --count --no-blacklist -6 -I mixed
	[ "$output" = 1 ]
	[[ $stderr == *"2 targets are of IPv4: skipped"* ]]
	# in a blacklist they are nothing to speak of
	for target in 10.0.0.0/30 2001:db8::/126; do
		run zmap-targets --count -b mixed -v 4 "$target"
		[ "$status" -eq 0 ]
		[[ $output == *"entries of blacklists are of IPv"*": skipped"* ]]
		run zmap-targets --count -b mixed "$target"
		[[ $output == [23] ]]
	done
	run zmap-targets --count -b "$ROOT/examples/conf/blacklist.conf" \
		-6 2600::/32-48 10.0.0.1
	[ "${lines[-1]}" = 65536 ]
	run zmap-targets --where 10.0.0.1 -e 1 2001:db8::/126
	[ "$status" -eq 1 ]
	[ "$output" = "10.0.0.1: not scanned" ]
}

@test "targets6: host names of either family, and of both" {
	printf '%s\n' '198.18.0.1 both.test' '2001:db8::1 both.test' \
		'2001:db8::2 both.test' '2001:db8::6 six.test' \
		'198.18.0.4 four.test' >hosts
	names() {
		run --separate-stderr unshare -rnm sh -c \
			'mount --bind hosts /etc/hosts && zmap-targets "$@"' - \
			--no-blacklist -e 1 "$@"
	}
	names --text both.test
	[ "$output" = 198.18.0.1 ]
	names --text -6 both.test
	[ "$(sort <<<"$output")" = $'2001:db8::1\n2001:db8::2' ]
	names --text six.test,443
	[ "$output" = '[2001:db8::6]:443' ]
	names --count six.test/32-48
	[ "$output" = 65536 ]
	names --text -4 six.test
	[ "$status" -eq 2 ]
	[[ $stderr == *"cannot resolve six.test: it has no address of IPv4"* ]]
	names --text six.test four.test
	[ "$status" -eq 2 ]
	[[ $stderr == *"1 targets are of IPv4 and 1 of IPv6"* ]]
	# a name in a blacklist keeps away from all of its addresses
	printf 'both.test\nsix.test\n' >block
	run unshare -rnm sh -c 'mount --bind hosts /etc/hosts &&
		zmap-targets --count -b block 2001:db8::/124
		zmap-targets --count -b block 198.18.0.0/28
		zmap-targets --in-order --text -b block 198.18.0.1 198.18.0.2
		zmap-targets --in-order --text -b block 2001:db8::1 2001:db8::3'
	[ "$output" = $'13\n15\n198.18.0.2\n2001:db8::3' ]
}

@test "targets6: where is a target, also by its prefix" {
	args=(-e 9 --iid rand,low -p 80,443 -b /dev/null 2001:db8::/40-64)
	run zmap-targets "${args[@]}" --where 2001:db8:5:7::/64-64
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 4 ]
	[[ ${lines[2]} == '[2001:db8:5:7::1]:80: scanned, position '* ]]
	at=${lines[0]##*position } at=${at%%,*}
	run zmap-targets "${args[@]}" --start "$at" -n $((at + 1)) --text
	[[ $output == '[2001:db8:5:7:'*']:80' ]]
	run zmap-targets "${args[@]}" --where 2001:db8:5:7::2
	[ "$status" -eq 1 ]
	[ "$output" = "2001:db8:5:7::2: not scanned" ]
	run zmap-targets "${args[@]}" --where 2001:db8:5::/48-56
	[ "$status" -eq 1 ]
	[ "$output" = "not scanned: the scan has no windows of /56" ]
	# of windows of several lengths, those that are asked for
	run zmap-targets -e 9 -p 80 -b /dev/null 2001:db8::/40-64 \
		2001:db8::/40-72 --iid low --where 2001:db8:5:7::/64-64
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ ${lines[0]} == '[2001:db8:5:7::1]:80: scanned, '* ]]
	run zmap-targets -e 9 -p 80 -b /dev/null 2001:db8::/40-64 \
		2001:db8::/40-72 --iid low --where 2001:db8:5:7::/64-68
	[ "$status" -eq 1 ]
	[ "$output" = "not scanned: the scan has no windows of /68" ]
	run zmap-targets "${args[@]}" --where 2001:db8::/64
	fails 2 "too many addresses to ask for"
}

@test "targets6: resume with a blacklist that has grown, windows too" {
	printf '2001:db8:0:3::/64\n2001:db8::1\n' >block
	args=(-p 80,443 -b block --iid low,rand 2001:db8::/52-64
		2001:db8:ffff::/120 '[2001:db8:ffff::5]:22')
	zmap-targets -e 8 --text "${args[@]}" >all
	zmap-targets -e 8 "${args[@]}" >stream
	point_at stream 4000 >point
	zmap-targets --resume point --text "${args[@]}" >got
	cmp got <(tail -n +4001 all)
	late=$(sed -n 5000p all | sed 's/^\[\(.*\)\]:.*/\1/')
	printf '%s\n' 2001:db8:0:40::/58 "$late" 2001:db8:ffff::4/126 >>block
	zmap-targets --resume point --text "${args[@]}" >got
	tail -n +4001 all | grep -vF "[$late]" |
		grep -Ev '^\[2001:db8:0:[4567][0-9a-f]:|^\[2001:db8:ffff::[4567]\]' >want
	cmp got want
	run zmap-targets --resume point --count "${args[@]}"
	[ "$output" = "$(wc -l <got)" ]
	run zmap-targets --resume point --where "$late" "${args[@]}"
	[ "$status" -eq 1 ]
	[[ $output == *': not scanned, blacklisted since it began, position '* ]]
	sed -i 2d block
	run zmap-targets --resume point "${args[@]}"
	fails 2 "the blacklist no longer holds all that it held"
	run zmap-targets --resume point "${args[@]/low,rand/rand,low}"
	fails 2 "the targets are not those of the checkpoint"
}

@test "targets6: in order, from an endless stdin, windows among them" {
	mkfifo in
	zmap-targets --in-order --text -p 80 --no-blacklist -I - <in >out 3>&- &
	exec 9>in
	for i in 1 2 3; do
		echo "2001:db8::$i" >&9
		for _ in $(seq 100); do
			[ "$(wc -l <out)" -eq "$i" ] && break
			sleep 0.02
		done
		[ "$(tail -n 1 out)" = "[2001:db8::$i]:80" ]
	done
	exec 9>&-
	wait
	printf '%s\n' 2001:db8::9 10.0.0.1 2001:db8::/62-64 2001:db8::9 >list
	printf '2001:db8:0:1::/64\n10.0.0.0/8\n' >block
	args=(--in-order -6 -I list -b block --iid zero,low)
	run zmap-targets "${args[@]}" --text
	want=$(printf '2001:db8:%s\n' :9 : :1 0:2:: 0:2::1 0:3:: 0:3::1 :9)
	[ "$output" = "$want" ]
	for s in 0 1; do
		zmap-targets "${args[@]}" --text --shards 2 --shard $s >part$s
	done
	run paste -d '\n' part0 part1
	[ "$output" = "$want" ]
	while IFS='|' read -r args why; do
		# shellcheck disable=SC2086  # a command line, in words
		run zmap-targets --in-order $args
		fails 2 "$why"
	done <<-'E'
		-b /dev/null 2001:db8::/32|over 2^48 addresses; narrow it
		2001:db8::/32-64|too many addresses without a blacklist
		-b /dev/null 10.0.0.1 ::1|a target of IPv6 among those of IPv4: give -4 or -6
		-b /dev/null ::1 10.0.0.1|a target of IPv4 among those of IPv6: give -4 or -6
	E
	args=(--in-order -6 -I list -b block --iid rand)
	# drawn identifiers are those of the seed, and of the checkpoint
	zmap-targets "${args[@]}" -e 4 --text >all
	zmap-targets "${args[@]}" -e 4 >stream
	point_at stream 2 >point
	zmap-targets "${args[@]}" --resume point --text | cmp - <(tail -n +3 all)
	run zmap-targets --where "$(sed -n 3p all)" -e 4 2001:db8::/62-64
	[ "$status" -eq 0 ]
}

@test "targets6: header and records are of the grammar, networks hold all" {
	mandoc -T ascii "$ROOT/man/zmap-stream.5" | col -bx |
		sed -n '/^ *stream = /,/^   Targets/p' | sed '$d' >grammar
	for more in "-p 80 2001:db8::/32-64" "2001:db8::/120-124 --iid low,zero" \
		"-p 1,2 2001:db8::/120 [2001:db8::1]:9" \
		"--in-order 2001:db8::/60-64"; do
		# shellcheck disable=SC2086  # a command line, in words
		zmap-targets -b /dev/null -e 1 -n 9 $more >stream
		"$PYTHON" "$ROOT/tests/tool/cddl.py" grammar <stream
	done
	zmap-targets -e 1 -b <(printf '2001:db8:0:1::/64\n2001:db8::9\n') \
		2001:db8::/62-64 2001:db8:5::1 >stream
	twin - <<-'E'
		import cbor2
		from windows import number
		h = cbor2.CBORDecoder(open("stream", "rb")).decode()
		s = getattr(h, "value", h)["scan"]
		assert s["family"] == 6 and s["allowed"] == s["targets"] == 4
		want = [("2001:db8::", "2001:db8::8"),
		        ("2001:db8::a", "2001:db8::ffff:ffff:ffff:ffff"),
		        ("2001:db8:0:2::", "2001:db8:0:3:ffff:ffff:ffff:ffff"),
		        ("2001:db8:5::1", "2001:db8:5::1")]
		assert s["networks"] == b"".join(
		    number(a).to_bytes(16, "big") for r in want for a in r)
	E
}

@test "targets6: a module that knows IPv4 alone sends nothing" {
	pipe 'zmap-targets -p 80 --no-blacklist 2001:db8::1 |
		zmap-send -M ipip --dryrun'
	fails 2 'ipip knows IPv4 alone'
}
