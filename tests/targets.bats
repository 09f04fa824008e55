#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-targets: every target once, in the order that its seed promises.

bats_require_minimum_version 1.5.0
# bats file_tags=beside,quick
load helper

mixtures() {
	PYTHONPATH=$ROOT/tests/targets "$PYTHON" \
		"$ROOT/tests/targets/mixtures.py" "$@"
}

# Peak memory of a command in KiB.
memory() {
	"$PYTHON" -c '
import os, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}

# once: the order; IPv6's is promised in targets6
# bats test_tags=once
@test "targets: the order of a seed is as promised" {
	zmap-targets --text -p 80 -e 7 --no-blacklist 192.0.2.0/29 >got
	diff -u "$ROOT/tests/golden/targets-29.txt" got
	# far apart: the head of all of IPv4 on three ports, and past 2^40
	for p in 80,443,8080 '*'; do
		echo "-p $p"
		zmap-targets --text -p "$p" -e 1 -n 5 \
			-b "$ROOT/examples/conf/blacklist.conf"
	done >got
	diff -u "$ROOT/tests/golden/targets-large.txt" got
	zmap-targets -e 1 -p 80 -b "$ROOT/examples/conf/blacklist.conf" -n 1 |
		"$PYTHON" -c '
import sys, cbor2
h = cbor2.CBORDecoder(sys.stdin.buffer).decode()
print(getattr(h, "value", h)["scan"]["id"])' >got
	diff -u "$ROOT/tests/golden/targets-id.txt" got
}

# bats test_tags=slow
@test "targets: a hundred random mixtures agree with sets of Python" {
	mixtures 0 100
}

@test "targets: lists that are refused, each with place and reason" {
	n=0
	while IFS=$'\t' read -r entry message; do
		{
			printf '10.0.0.0/30 # fine\n\n'
			# shellcheck disable=SC2059  # escapes are wanted
			printf -- "$entry"
			printf '\n10.1.1.1\n'
		} >list
		for part in w b I; do
			run zmap-targets --text -p 80 --no-blacklist \
				-$part list
			[ "$output" = "zmap-targets: $message" ] &&
				[ "$status" -eq 2 ] || {
				echo "$entry: status $status, $output" |
					head -c 500
				return 1
			}
		done
		n=$((n + 1))
	done < <(grep '	' "$ROOT/tests/targets/malformed.txt")
	[ "$n" -ge 40 ]
}

@test "targets: command lines that are refused, each with its reason" {
	n=0
	set -f
	while IFS=$'\t' read -r args message; do
		# shellcheck disable=SC2086  # a command line, in words
		run --separate-stderr timeout -s KILL 60 zmap-targets $args </dev/null
		[ "$status" -eq 2 ] && [ -z "$output" ] &&
			[[ $stderr == *"$message"* ]] || {
			echo "$args: status $status, $stderr" | head -c 500
			return 1
		}
		n=$((n + 1))
	done < <(grep '	' "$ROOT/tests/targets/misused.txt")
	set +f
	[ "$n" -ge 40 ]
}

@test "targets: numbers in the forms that ZMap takes, and exact" {
	while read -r n want; do
		got=$(zmap-targets --text -p 80 -n "$n" 10.0.0.0/22 | wc -l)
		[ "$got" -eq "$want" ] || { echo "$n: $got"; return 1; }
	done <<-'E'
		1e1 10
		1.5e1 15
		1E+2 100
		1.0 1
		1000e-1 100
		5e1% 512
		1.25% 12
		100% 1024
	E
	for pair in "-1 18446744073709551615" "-0x10 0xfffffffffffffff0" \
		"-9223372036854775808 9223372036854775808"; do
		for seed in $pair; do
			zmap-targets --text -p 80 -e "$seed" 10.0.0.0/24 >"by$seed"
		done
		cmp "by${pair% *}" "by${pair#* }"
	done
}

@test "targets: lists with noise mean what they say" {
	printf '10.0.0.1\r\n\r\n  10.0.0.2\t# a\n#\n\t\n10.0.0.3#b' >list
	run zmap-targets --text -e 1 --no-blacklist -w list
	[ "$(sort <<<"$output")" = $'10.0.0.1\n10.0.0.2\n10.0.0.3' ]
	run zmap-targets --count --no-blacklist - <list
	[ "$output" = 3 ]
	: >empty
	run zmap-targets --count --no-blacklist -w empty
	fails 2 "there is nothing to scan"
	# the last entry of the address space, and all of it
	run zmap-targets --text --no-blacklist 255.255.255.255/32 -e 1
	[ "$output" = 255.255.255.255 ]
	run zmap-targets --count --no-blacklist 0.0.0.0-255.255.255.255
	[ "$output" = 4294967296 ]
	head -c 70000 /dev/zero | tr '\0' x >long
	run zmap-targets --count --no-blacklist -w long
	fails 2 "long:1: the line is over 65535 bytes long"
}

@test "targets: host names, and names that nobody knows" {
	# in a network namespace of its own nothing can be asked
	run unshare -rn zmap-targets --text -e 1 --no-blacklist localhost
	[ "$status" -eq 0 ]
	[ "$output" = 127.0.0.1 ]
	run unshare -rn zmap-targets --text -e 1 --no-blacklist localhost:22
	[ "$output" = 127.0.0.1:22 ]
	# all addresses of a name
	printf '198.18.0.%s many.test\n' 1 2 3 >hosts
	run unshare -rnm sh -c 'mount --bind hosts /etc/hosts &&
		zmap-targets --text -e 1 --no-blacklist many.test'
	[ "$(sort <<<"$output")" = "$(printf '198.18.0.%s\n' 1 2 3)" ]
	printf '10.0.0.1\nno.such.name.invalid\n' >list
	run unshare -rn zmap-targets --count -b list 10.0.0.0/24
	fails 2 "list:2: cannot resolve no.such.name.invalid"
	run unshare -rn zmap-targets --count -b list \
		--ignore-blocklist-errors 10.0.0.0/24
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = 255 ]
	[[ ${lines[0]} == *"cannot resolve no.such.name.invalid"* ]]
}

# once: IPv4's; :: is among them
# bats test_tags=once
@test "targets: what is no host's address is none to scan" {
	printf '10.0.0.1\n0.0.0.0\n10.0.0.3\n' >list
	printf '10.0.0.1\n10.0.0.3\n' >want
	for no in 0.0.0.0 0.0.0.0/32 0.0.0.0:80 :: ::/128 0.0.0.0-0.0.0.0; do
		run zmap-targets --count --no-blacklist "$no"
		fails 2 "zmap-targets: '$no': 0.0.0.0 and :: are no host's addresses"
		run zmap-targets --text --in-order --no-blacklist "$no"
		fails 2 "'$no': 0.0.0.0 and :: are no host's addresses"
	done
	for option in -w -I; do
		run zmap-targets --count --no-blacklist "$option" list
		fails 2 "list:2: 0.0.0.0 and ::"
		# an /etc/hosts that leads names nowhere, say
		zmap-targets --text --no-blacklist -e 1 "$option" list \
			--ignore-blocklist-errors 2>said | sort | diff want -
		[[ $(cat said) == *"list:2: 0.0.0.0"* ]]
	done
	# as a part of what is named, and in blacklists
	[ "$(zmap-targets --count --no-blacklist 0.0.0.0/0)" = 4294967296 ]
	[ "$(zmap-targets --count --no-blacklist 0.0.0.0/31)" = 2 ]
	echo 0.0.0.0 >block
	[ "$(zmap-targets --count -b block 0.0.0.0/31)" = 1 ]
}

# bats test_tags=slow
@test "targets: all addresses on all ports, 2^48 targets" {
	args=(-e 99 -p '*' --no-blacklist)
	run zmap-targets "${args[@]}" --count
	[ "$output" = 281474976710656 ]
	# positions here and there, both ways, and neighbours in the walk
	for at in 0 1 1099511627776 140737488355327 281474976706559; do
		zmap-targets "${args[@]}" --text --start "$at" 2>/dev/null |
			head -n 4096 >got || true
		[ "$(sort -u got | wc -l)" -eq 4096 ]
		for k in 1 77 4096; do
			t=$(sed -n "${k}p" got)
			run zmap-targets "${args[@]}" --where "$t"
			[[ $output == "$t: scanned, position $((at + k - 1)),"* ]]
		done
	done
	# nothing comes twice in the first ten million
	zmap-targets "${args[@]}" --text -n 10000000 >got
	[ "$(sort -u -S 1G got | wc -l)" -eq 10000000 ]
}

# once: bytes of IPv4; IPv6's are in targets6
# bats test_tags=once
@test "targets: header, positions and end add up" {
	zmap-targets -p 80,443 -e 5 --shards 3 --shard 1 -n 1000 \
		--no-blacklist 10.0.0.0/20 192.0.2.1:22 >stream
	"$PYTHON" - <<-'EOF'
	import cbor2, struct
	f = open("stream", "rb")
	d = cbor2.CBORDecoder(f)
	h = d.decode()
	s = getattr(h, "value", h)["scan"]
	assert s["seed"] == 5 and s["shards"] == 3 and s["shard"] == 1, s
	assert s["targets"] == 333 and s["total"] == 1000, s
	assert s["allowed"] == 4097 and s["family"] == 4, s
	assert s["ports"] == [22, 80, 443], s
	assert s["position"] == 2731, s
	assert s["networks"] == bytes([10, 0, 0, 0, 10, 0, 15, 255,
	                               192, 0, 2, 1, 192, 0, 2, 1]), s
	r = d.decode()
	assert r[0] == 2731 + 333 and len(r[2].value) == 4 * 333
	e = d.decode()
	assert e["event"] == "end" and e["status"] == "done"
	assert e["targets"] == 333 and e["position"] == 2731 + 333
	assert f.read() == b""
	EOF
}

@test "targets: where is a target" {
	run zmap-targets -e 3 -p 80,443 --shards 2 --shard 0 -n 4 \
		--where 10.0.0.2 10.0.0.0/30 1.1.1.1:22
	[ "$status" -eq 0 ]
	[ "$output" = "10.0.0.2:80: scanned, position 1, shard 0, number 2 of it
10.0.0.2:443: scanned, position 6, shard 1, number 2 of it" ]
	run zmap-targets -e 3 -p 80 --where 10.0.0.9 10.0.0.0/30
	[ "$status" -eq 1 ]
	[ "$output" = "10.0.0.9: not scanned" ]
	echo 10.0.0.2 >block
	run zmap-targets -e 3 --where 10.0.0.2 -b block 10.0.0.0/30
	[ "$status" -eq 1 ]
	run zmap-targets -e 3 -p 80 -n 1 --where 10.0.0.0/30 10.0.0.0/30
	[ "$(grep -c ': scanned' <<<"$output")" -eq 1 ]
	[ "$(grep -c 'past --max-targets' <<<"$output")" -eq 3 ]
}

# checkpoint SCAN-STREAM POSITION
checkpoint() {
	"$PYTHON" - "$@" <<-'EOF'
	import answers, cbor2, ipaddress, sys
	h = cbor2.CBORDecoder(open(sys.argv[1], "rb")).decode()
	s = getattr(h, "value", h)["scan"]
	print("zmap-checkpoint 1")
	for k in "lists", "seed", "shards", "shard":
	    print(k, s[k])
	print("scan", s["id"])
	print("position", sys.argv[2])
	n, w = s["networks"], answers.WIDTH
	for k in range(0, len(n), 2 * w):
	    a, b = (ipaddress.ip_address(n[i:i + w]) for i in (k, k + w))
	    print("network", f"{a}-{b}")
	print("end")
	EOF
}

# once: a prefix in a regular expression
# bats test_tags=once
@test "targets: resume goes on in the same order" {
	printf '10.0.3.0/24\n10.0.9.9\n' >block
	args=(-p 80,443 -b block -n 90% --text 10.0.0.0/20 10.0.9.9:22
		10.77.0.1:22 10.77.0.2:22)
	zmap-targets -e 8 "${args[@]}" >all
	zmap-targets -e 8 "${args[@]:0:6}" "${args[@]:7}" >stream
	checkpoint stream 4000 >point
	zmap-targets --resume point "${args[@]}" >got
	cmp got <(tail -n +4001 all)
	# a larger blacklist: the same without what it adds
	printf '10.0.4.0/23\n10.77.0.2\n' >>block
	zmap-targets --resume point "${args[@]}" >got
	cmp got <(tail -n +4001 all | grep -Ev '^10\.0\.[45]\.|^10\.77\.0\.2:')
	# and that is what --count and --where say
	run zmap-targets --resume point --count "${args[@]:0:6}" "${args[@]:7}"
	[ "$output" = "$(wc -l <got)" ]
	sed -n '1,4000p' all | grep '^10\.0\.4\.' | head -n 1 >early
	tail -n +4001 all | grep '^10\.0\.4\.' | head -n 1 >late
	run zmap-targets --resume point --where "$(cat early)" "${args[@]}"
	[ "$status" -eq 0 ]
	[[ $output == *': scanned, position '* ]]
	run zmap-targets --resume point --where "$(cat late)" "${args[@]}"
	[ "$status" -eq 1 ]
	[[ $output == *': not scanned, blacklisted since it began, position '* ]]
	# the last that is done, and the first that is not
	cp block block.all
	sed -n '4000,4001s/:.*//p' all >>block
	run zmap-targets --resume point --where "$(sed -n 4000p all)" "${args[@]}"
	echo "$output"
	[[ $output == *': scanned, position 3999'* ]]
	run zmap-targets --resume point --where "$(sed -n 4001p all)" "${args[@]}"
	[[ $output == *': not scanned, blacklisted since it began, position 4000'* ]]
	cp block.all block
	# at the end nothing is left, which is no fault
	args1=(-p 80 -e 1 --no-blacklist --text 10.0.0.0/24)
	[ "$(zmap-targets --start 255 "${args1[@]}" | wc -l)" -eq 1 ]
	run zmap-targets --start 256 "${args1[@]}"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	# a smaller one
	cp block block.all
	sed -i 1d block
	run zmap-targets --resume point "${args[@]}"
	fails 2 "the blacklist no longer holds all that it held"
	cp block.all block
	# other targets, ports, limit, seed
	run zmap-targets --resume point "${args[@]}" 10.99.0.1
	fails 2 "the targets are not those of the checkpoint"
	run zmap-targets --resume point -p 80 "${args[@]:2}"
	fails 2 "the targets are not those of the checkpoint"
	run zmap-targets --resume point "${args[@]/90%/80%}"
	fails 2 "the options are not those of the checkpoint"
	run zmap-targets --resume point "${args[@]}" -e 9
	fails 2 "seed or shard are not those given"
}

@test "targets: checkpoints that are damaged are refused" {
	zmap-targets -e 8 -p 80 --no-blacklist 10.0.0.0/24 >stream
	checkpoint stream 10 >point
	n=$(wc -c <point)
	# also what lacks the last newline alone
	for ((i = n - 1; i > 0; i -= 7)); do
		head -c "$i" point >cut
		run zmap-targets --resume cut -p 80 --count 10.0.0.0/24
		[ "$status" -eq 2 ]
	done
	for edit in 's/^position .*/position x/' 's/^seed .*/seed -1/' \
		's/^scan .*/scan 12/' 's/^shard .*/shard 1/' \
		's/^network .*/network 10.0.0.300/' '1s/1$/2/' \
		's/^network .*/network localhost/' 's/^position.*/position 999/' \
		'1s/1$/0/'; do
		sed "$edit" point >bad
		run zmap-targets --resume bad -p 80 --count 10.0.0.0/24
		[ "$status" -eq 2 ]
	done
	sed 's/^position/future 1\nposition/' point >new
	zmap-targets --resume new -p 80 --count 10.0.0.0/24
}

# once: IPv6's is in targets6
# bats test_tags=once
@test "targets: in order, each passed on at once" {
	mkfifo in
	zmap-targets --in-order --text -p 80 --no-blacklist -I - <in >out 3>&- &
	exec 9>in
	for i in 1 2 3; do
		echo "10.0.0.$i" >&9
		for _ in $(seq 100); do
			[ "$(wc -l <out)" -eq "$i" ] && break
			sleep 0.02
		done
		[ "$(tail -n 1 out)" = "10.0.0.$i:80" ]
	done
	exec 9>&-
	wait
}

# once: IPv6's is in targets6
# bats test_tags=once
@test "targets: in order, with lists, shards, limits and resumption" {
	printf '10.0.0.9\n10.0.0.0/29\n10.0.0.9\n10.0.0.20-10.0.0.22\n' >list
	printf '10.0.0.3\n' >block
	run zmap-targets --in-order --text -I list -b block -w <(echo 10.0.0.0/28)
	want=$(printf '10.0.0.%s\n' 9 0 1 2 4 5 6 7 9)
	[ "$output" = "$want" ]
	run zmap-targets --in-order --text -I list -b block -n 4
	[ "$output" = "$(head -n 4 <<<"$want")" ]
	for s in 0 1 2; do
		zmap-targets --in-order --text -I list -b block \
			--shards 3 --shard $s >part$s
	done
	run paste -d '\n' part0 part1 part2
	[ "$output" = "$want"$'\n'"$(printf '10.0.0.%s\n' 20 21 22)" ]
	run zmap-targets --in-order --text -I list -b block --start 9
	[ "$output" = "$(printf '10.0.0.%s\n' 20 21 22)" ]
	# a seed says nothing here; lists and ports do
	pipe 'zmap-targets --in-order -p 7 -I list -b block |
		zmap-send -v 1 --write-pcap p --checkpoint point >sent'
	[ "$status" -eq 0 ]
	sed -i '/^done/d; s/^position .*/position 9/' point
	again=(--in-order -I list -b block --resume point)
	run zmap-targets "${again[@]}" -e 5 -p 7 --text
	[ "$output" = "$(printf '10.0.0.%s:7\n' 20 21 22)" ]
	for text in '' --text; do
		# shellcheck disable=SC2086
		run --separate-stderr zmap-targets "${again[@]}" -p 8 $text
		[ "$status" -eq 2 ]
		[ -z "$output" ]
		[[ $stderr == *'options or lists are not those of the checkpoint'* ]]
	done
	run zmap-targets --in-order --text -p 2,1 -b block 10.0.0.1 10.0.0.2:1
	[ "$output" = $'10.0.0.1:1\n10.0.0.1:2\n10.0.0.2:1' ]
	run zmap-targets --in-order --text -b block 10.0.0.1:5 10.0.0.2
	fails 2 "a target without a port among targets with one"
	[[ $output == *10.0.0.1:5* ]]
}

@test "targets: an interrupt ends the stream in good order" {
	mkfifo pipe
	zmap-targets -p 80 --no-blacklist >pipe 3>&- &
	pid=$!
	exec 8<pipe
	head -c 1000000 <&8 >stream
	kill -INT "$pid"
	cat <&8 >>stream
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 3 ]
	"$PYTHON" - <<-'EOF'
	import cbor2
	f = open("stream", "rb")
	d, n = cbor2.CBORDecoder(f), 0
	d.decode()
	while True:
	    x = d.decode()
	    if isinstance(x, list):
	        n += len(x[2].value) // 4
	    elif isinstance(x, dict):
	        break
	assert x["status"] == "interrupted" and x["targets"] == n, x
	EOF
}

@test "targets: manners of every program" {
	run zmap-targets --bogus 2>/dev/null
	[ "$status" -eq 2 ]
	run --separate-stderr zmap-targets -h
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ -n "$output" ]
	for text in '' --text --count -h; do
		# shellcheck disable=SC2086
		run bash -c "zmap-targets --no-blacklist $text -p 80 \
			10.0.0.0/16 >/dev/full"
		fails 1 "stdout: No space left on device"
	done
	for text in '' --text; do
		run bash -c "zmap-targets --no-blacklist $text -p 80 |
			head -c 100 >/dev/null; echo \${PIPESTATUS[0]}"
		[ "$output" = 141 ]
	done
	for fd in 0 1; do
		run bash -c "zmap-targets 10.0.0.1 --no-blacklist $fd>&-"
		[ "$status" -eq 2 ]
	done
	run script -qec 'zmap-targets --no-blacklist 10.0.0.1' /dev/null
	fails 2 "stdout is a terminal"
	run strace -f -qq -o /dev/null -e inject=write:error=EINTR:when=2+3 \
		zmap-targets --text --no-blacklist -e 1 10.0.0.0/16
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 65536 ]
}

# once: a /8 of IPv4
# bats test_tags=once
@test "targets: a warning without a blacklist, a refusal past a /8" {
	run --separate-stderr zmap-targets --text 10.0.0.1
	[ "$status" -eq 0 ]
	[ "$output" = 10.0.0.1 ]
	[[ $stderr == *"no blacklist"* ]]
	run --separate-stderr zmap-targets --text --no-blacklist 10.0.0.1
	[ -z "$stderr" ]
	run --separate-stderr zmap-targets --text -b /dev/null 10.0.0.1
	[ -z "$stderr" ]
	run --separate-stderr zmap-targets --text --in-order 10.0.0.1
	[ "$status" -eq 0 ]
	[ "$output" = 10.0.0.1 ]
	[[ $stderr == *"no blacklist"* ]]
	run zmap-targets -n 1 10.0.0.0/7
	fails 2 "33554432 addresses and no blacklist"
}

@test "targets: the blacklist that is installed" {
	run zmap-targets --count -b "$ROOT/examples/conf/blacklist.conf"
	[ "$output" = 3702257664 ]
	grep -v '^#' "$ROOT/examples/conf/blacklist.conf" | grep . >entries
	[ "$(wc -l <entries)" -eq 56 ]
	# of IPv6: nothing outside of 2000::/3, and holes inside
	for a in ::1 100::1 2001:1::3 2001:db8::1 2002::1 3fff::1 4000::1 \
		fe80::1 ff02::1; do
		run zmap-targets --count -b "$ROOT/examples/conf/blacklist.conf" $a
		fails 2 "nothing to scan"
	done
	run zmap-targets --count -b "$ROOT/examples/conf/blacklist.conf" \
		2001:200::/32-64 2620:4f:8000::/47-64
	[ "$output" = $((0x100000000 + 0x10000)) ]
	run grep -vE '# .*; RFC [0-9].*; [0-9]{4}-[0-9]{2}$' entries
	[ -z "$output" ]
}

# bats test_tags=slow
@test "targets: memory of large lists" {
	plain "memory of its own"
	kib=$(memory zmap-targets -p 80 -n 1000000 \
		-b "$ROOT/examples/conf/blacklist.conf")
	echo "IANA list: $kib KiB"
	[ "$kib" -le 32768 ]
	# three million entries, 12 bytes each, besides what any scan takes
	head -c 12000000 /dev/urandom | od -An -v -tu1 -w4 |
		sed 's/^ *//; s/  */./g' >list
	kib=$(memory zmap-targets -p 80 --no-blacklist --count -I list)
	echo "3 million addresses: $kib KiB"
	[ "$kib" -le $((3000000 * 12 / 1024 + 4096)) ]
	sed 's/$/:443/' list >pairs
	kib=$(memory zmap-targets --no-blacklist -n 1000 -I pairs)
	echo "3 million pairs: $kib KiB"
	[ "$kib" -le $((3000000 * 12 / 1024 + 4096)) ]
}

# bats test_tags=slow
@test "targets: a blacklist of a million prefixes" {
	"$PYTHON" -c '
import random
r = random.Random(2)
found = []
with open("block", "w") as f:
    for _ in range(1000000):
        n = r.randrange(20, 33)
        a = r.getrandbits(32) >> 32 - n << 32 - n
        found.append((a, a + (1 << 32 - n)))
        f.write(f"{a >> 24}.{a >> 16 & 255}.{a >> 8 & 255}.{a & 255}/{n}\n")
left, at = 1 << 32, 0
for a, b in sorted(found):
    left -= max(0, b - max(a, at))
    at = max(at, b)
print(left)' >want
	zmap-targets --count -b block | diff want -
}

# once: what the manual shows, as it is there
# bats test_tags=once
@test "targets: the examples of the man page run" {
	cd "$ROOT"
	run zmap-targets -p 80 -e 7 --shards 4 --shard 1 --where 198.18.0.9 \
		198.18.0.0/15
	want=$(mandoc -T ascii man/zmap-targets.1 | col -bx |
		sed -n 's/^ *\(198.18.0.9:80: .*\)/\1/p')
	[ "$output" = "$want" ]
	run zmap-targets --text=, -e 7 -p 80,443 --no-blacklist 192.0.2.0/30
	[ "${#lines[@]}" -eq 8 ]
	run bash -c "printf '8.8.8.8\n10.0.0.1\n1.1.1.1 # x\n' |
		zmap-targets --text --in-order \
		-b examples/conf/blacklist.conf -I -"
	[ "$output" = $'8.8.8.8\n1.1.1.1' ]
}

@test "targets: every address of IPv4 but the blacklist, once (long)" {
	[ -n "${ZMAP_LONG:-}" ] || skip "set ZMAP_LONG, or make check-long"
	zmap-targets -p 80 -b "$ROOT/examples/conf/blacklist.conf" |
		targets-coverage "$ROOT/examples/conf/blacklist.conf"
	for s in 0 1 2; do
		zmap-targets -p 80 -e 3 --shards 3 --shard $s \
			-b "$ROOT/examples/conf/blacklist.conf"
	done | targets-coverage "$ROOT/examples/conf/blacklist.conf"
}

# once: networks of 256; a /48 is in the next test
# bats test_tags=once
@test "targets: --polite keeps the targets of a network apart, and is an order like the other" {
	cat >judge.py <<-'P'
		import sys
		# no network has more than two of GAP targets in a row; each target once
		gap, want, last, seen = int(sys.argv[1]), int(sys.argv[2]), {}, set()
		most, window, n = 0, {}, []
		for line in sys.stdin:
		    net = line.rsplit(".", 1)[0]
		    n.append(net)
		    window[net] = window.get(net, 0) + 1
		    if len(n) > gap:
		        window[n[-1 - gap]] -= 1
		    most = max(most, window[net])
		    seen.add(line)
		print(most)
		assert len(n) == len(seen) == want, (len(n), len(seen))
	P
	# odd sizes, several ports, holes in the blacklist, the last block cut
	for scan in "80 10.0.0.0/18 10.0.7.3-10.0.9.200" "80,443,8080 10.1.0.0/20 10.1.3.0/24" \
		"80 10.0.0.0/24 10.0.0.7" "80 10.0.0.9/32 10.9.9.9" "1-300 10.2.0.0/22 10.2.1.77"; do
		# shellcheck disable=SC2086
		set -- $scan
		echo "$3" >block
		order=(zmap-targets -p "$1" -e 11 -b block --polite "$2")
		"${order[@]}" --text >all 2>err
		gap=$(sed -n 's/.*of any \([0-9]*\) targets in a row.*/\1/p' err)
		count=$("${order[@]}" --count 2>/dev/null)
		most=$("$PYTHON" judge.py "$gap" "$count" <all)
		[ "$most" -le 2 ]
		# the same again; another seed is another order
		"${order[@]}" --text 2>/dev/null | cmp - all
		# shards one behind the other are the whole
		for shard in 0 1 2; do
			"${order[@]}" --text --shards 3 --shard $shard 2>/dev/null
		done | cmp - all
		# each place is found
		for line in 1 $((count / 2 + 1)) "$count"; do
			target=$(sed -n "${line}p" all)
			run "${order[@]}" --where "$target"
			[ "$output" = "$target: scanned, position $((line - 1)), shard 0, number $line of it" ]
		done
		# and gone on from
		"${order[@]}" --text --start $((count / 3)) 2>/dev/null |
			cmp - <(tail -n +$((count / 3 + 1)) all)
	done
	# without it, the most is more
	zmap-targets -p 80 -e 11 --no-blacklist 10.0.0.0/18 --text >all 2>/dev/null
	[ "$("$PYTHON" judge.py 64 16384 <all)" -gt 4 ]
	run zmap-targets -p 80 --polite --in-order --text 10.0.0.0/30
	fails 2 '--in-order and --polite are two orders'
}

# once: both families are in it
# bats test_tags=once
@test "targets: --polite is another scan by its id, and holds for IPv6" {
	id() {
		zmap-targets -v 1 -p 80 -e 1 --no-blacklist "$@" 10.0.0.0/22 |
			readstream | sed -n 's/.*"id": "\([0-9a-f]*\)".*/\1/p' | head -n 1
	}
	[ -n "$(id)" ]
	[ "$(id)" != "$(id --polite)" ]
	zmap-targets -p 80 -e 2 --no-blacklist --polite --text 2001:db8::/44-64 >all 2>err
	[ "$(sort -u all | wc -l)" -eq 1048576 ]
	gap=$(sed -n 's/.*of any \([0-9]*\) targets in a row.*/\1/p' err)
	[ "$gap" -eq 16 ]
	cut -d : -f 1-3 all | awk -v gap="$gap" '{ n[$0] += 1; w[NR % gap] = $0
		if (n[$0] > most) most = n[$0]
		if (NR >= gap) n[w[(NR + 1) % gap]] -= 1 } END { print most }' >most
	[ "$(cat most)" -le 2 ]
}
