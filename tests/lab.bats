#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2317
# The lab itself: that nothing gets out of it, and that what it answers is what
# expect.py says.  The prober here is probe.py, which shares nothing with the
# programs of the project.

bats_require_minimum_version 1.5.0
# once: the simulated Internet of IPv4; IPv6's is in sim6
# bats file_tags=company,once
load helper

MIX=open=10,closed=10,unreachable=5,duplicate=5,lossy=5,forged=10
MIX_ALL=$MIX,late=5,blowback=0.1

# As a prober sees it: probe.py's names for what expect.py knows.
visible() {
	expect.py "$@" | sed 's/,late,/,open,/; s/,lossy,/,open,/' |
		grep -v ',0$' | sort
}

# until_in TEXT FILE: waits for it, ten seconds at most.
until_in() {
	local i

	for ((i = 0; i < 100; i++)); do
		! grep -q "$1" "$2" || return 0
		sleep 0.1
	done
	echo "no '$1' in: $(cat "$2")"
	return 1
}

@test "lab: passes input, output and status through" {
	requires_lab
	run lab sh -c 'cat; echo out; exit 42' <<<in
	[ "$status" = 42 ]
	[ "$output" = $'in\nout' ]
	run -127 lab nosuchcommand
	run lab sh -c 'kill -9 $$'
	[ "$status" = 137 ]
}

@test "lab: misuse ends with 2 and does nothing" {
	for args in '' '--nosuch true' '--prefix 1.2.3 true' '--prefix' \
		'--prefix 10.0.0.0/33 true' '--tun --real true' '--ifb --tun true'; do
		# shellcheck disable=SC2086
		run lab $args
		fails 2 'try lab -h'
	done
	requires_lab
	run lab --classes open=60,closed=60 true
	fails 125 'over 100 percent'
	run lab --classes opne=1 true
	fails 125 'opne: no such class'
}

@test "lab: namespaces of its own, no link but its own, no way out" {
	requires_lab
	for ns in net mnt pid; do
		run lab readlink /proc/self/ns/$ns
		[ "$status" = 0 ]
		[ "$output" != "$(readlink /proc/self/ns/$ns)" ]
	done
	run lab sh -c 'ls /sys/class/net; ip route get 8.8.8.8; $LAB_FAR ip -o link'
	[ "${lines[0]}" = lo ]
	[ "${lines[1]}" = s0 ]
	[[ ${lines[2]} == "8.8.8.8 via 192.0.2.254 dev s0 "* ]]
	[ "$(grep -c '^[0-9]*: ' <<<"$output")" = 2 ]	# far: lo and i0
	# and the far side has no way on
	run lab sh -c '$LAB_FAR ip route get 8.8.8.8'
	[ "$status" != 0 ]
	run lab ip -6 addr
	[ "$output" = "" ]
}

# A stand-in for unshare that does something else with its command.
fake_unshare() {
	mkdir "$T/fake"
	cat >"$T/fake/unshare"
	chmod +x "$T/fake/unshare"
	PATH=$T/fake:$PATH
}

@test "lab: refuses where it is not isolated at all" {
	fake_unshare <<'X'
#!/bin/sh
while :; do case $1 in -*) shift ;; *) exec "$@" ;; esac; done
X
	run lab sh -c 'echo ran'
	fails 125 'refused: not isolated: no process namespace'
	[[ $output != *ran* ]]
}

@test "lab: refuses in the machine's network namespace" {
	requires_lab
	real=$(command -v unshare)
	fake_unshare <<X
#!/bin/bash
args=()
for a; do [ "\$a" = -n ] || args+=("\$a"); done
exec $real "\${args[@]}"
X
	run lab sh -c 'echo ran'
	fails 125 'refused: not isolated: the net namespace is the machine'
	[[ $output != *ran* ]]
}

@test "lab: refuses in the machine's mount namespace" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	requires_lab
	real=$(command -v unshare)
	fake_unshare <<X
#!/bin/bash
args=()
for a; do [ "\$a" = -m ] || [ "\$a" = --mount-proc ] || args+=("\$a"); done
exec $real "\${args[@]}"
X
	run lab sh -c 'echo ran'
	fails 125 'refused: not isolated'
	[[ $output != *ran* ]]
}

@test "lab: refuses a network namespace that is not fresh" {
	requires_lab
	real=$(command -v unshare)
	fake_unshare <<X
#!/bin/bash
args=()
while [[ \$1 == -* ]]; do args+=("\$1"); shift; done
exec $real "\${args[@]}" sh -c 'ip link add x0 type veth peer y0; exec "\$@"' sh "\$@"
X
	run lab sh -c 'echo ran'
	fails 125 'refused: not isolated: the network namespace is not a fresh one'
	[[ $output != *ran* ]]
}

@test "lab: refuses where namespaces are not permitted" {
	fake_unshare <<'X'
#!/bin/sh
echo "unshare: unshare failed: Operation not permitted" >&2
exit 1
X
	run lab sh -c 'echo ran'
	fails 125 'refused: namespaces of our own are not permitted: unshare'
	[[ $output != *ran* ]]
}

@test "lab: its inner half refuses to be called from outside" {
	run lab --inside 'net:[1],mnt:[1],pid:[1],' apart sh -c 'echo ran'
	fails 125 'refused: not isolated'
	[[ $output != *ran* ]]
}

@test "lab: works as an ordinary user" {
	requires_lab
	chmod 755 "$T" && cd /
	as_user test -x "$ROOT/tests/lab/lab" || skip "$ROOT is private"
	as_user unshare -U -r -n true || skip "no user namespaces"
	run as_user lab --fast --classes "$MIX" probe.py --wait 1 10.9.0.0/22
	[ "$status" = 0 ]
	[[ $output == *"no XDP"* ]]
	sort <<<"$output" | grep ^10 >"$T/got"
	visible --classes "$MIX" 10.9.0.0/22 | diff "$T/got" -
}

@test "lab: a missing program is named, and is no missing permission" {
	unshare -rm true 2>/dev/null || skip "no user namespaces"
	for p in tc nft ethtool; do
		run -127 unshare -rm bash -c "mount --bind /dev/null \$(command -v $p) &&
			exec '$ROOT/tests/lab/lab' true"
		fails 127 "lab: not found: $p; make deps"
	done
	# the tests say so, and fail where everything has been installed
	path=$(tr : '\n' <<<"$PATH" | grep -v libexec | paste -sd:)
	mkdir tests
	ln -s "$ROOT/tests/lab" "$ROOT/tests/helper.bash" tests
	sed 's/^TEST/@test/' >tests/some.bats <<-'E'
		load helper
		TEST "one" { requires_lab; }
		TEST "two" { requires no-such-program; }
	E
	run env -i PATH="$path" bats --tap tests/some.bats
	[[ $output == *"ok 2 two # skip no-such-program: not found"* ]] || {
		echo "$output"
		return 1
	}
	run env -i PATH="$path" CI=true bats --tap tests/some.bats
	[[ $output == *"not ok 2 two"* ]]
	run env -i PATH="$path" unshare -rm bash -c 'mount --bind /dev/null $(command -v tc) &&
		bats --tap tests/some.bats'
	[[ $output == *"ok 1 one # skip lab: not found: tc"* ]]
	run env -i PATH="$path" CI=true unshare -rm bash -c 'mount --bind /dev/null $(command -v tc) &&
		bats --tap tests/some.bats'
	[[ $output == *"not ok 1 one"* ]]
	# a qdisc that there is none of is another matter
	run lab --qdisc nosuch true
	fails 2 "nosuch: no such qdisc"
}

# The first command of the README, as whoever follows it.
@test "lab: demo: as an ordinary user, with the PATH that Debian gives" {
	requires_lab
	as_user unshare -Urn true || skip "no user namespaces"
	pub=$(mktemp -d /tmp/zmap-demo.XXXXXX)
	mkdir -p "$pub/build/tests" "$pub/tests" "$pub/home"
	cp -r "$ROOT/bin" "$pub"
	cp -r "$ROOT/build/tests/lab" "$pub/build/tests"
	cp -r "$ROOT/tests/lab" "$pub/tests"
	chmod -R a+rX "$pub"
	chmod 777 "$pub/home"
	run as_user env -i HOME="$pub/home" TMPDIR="$pub/home" TERM=dumb \
		PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games \
		"$pub/tests/lab/demo"
	rm -rf "$pub"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"agree"* ]]
}

@test "lab: signals reach the command, once" {
	requires_lab
	cat >"$T/command" <<'X'
#!/bin/bash
trap 'echo INT $((++n))' INT
trap 'echo TERM; exit 9' TERM
echo up
for ((i = 0; i < 200; i++)); do sleep 0.1; done
X
	chmod +x "$T/command"
	lab "$T/command" >"$T/out" 2>&1 3>&- &
	pid=$!
	until_in up "$T/out"
	kill -INT $pid
	until_in 'INT 1' "$T/out"
	kill -INT $pid
	until_in 'INT 2' "$T/out"
	kill -TERM $pid
	rc=0
	wait $pid || rc=$?
	[ "$rc" = 9 ]
	[ "$(cat "$T/out")" = $'up\nINT 1\nINT 2\nTERM' ]
}

@test "lab: keys reach the command on a terminal" {
	requires_lab
	cat >"$T/command" <<'X'
#!/bin/bash
trap 'echo caught; exit 7' INT
test -t 0 && test -t 2 && echo on a terminal
for ((i = 0; i < 200; i++)); do sleep 0.1; done
X
	chmod +x "$T/command"
	# script(1) gives it a terminal; ^C is typed once it is up, which the
	# head of the typescript, with "terminal" in it, does not tell
	touch "$T/screen"
	rc=0
	{
		until_in "^on a terminal" "$T/screen"
		printf '\003'
		until_in caught "$T/screen"
	} | timeout 30 script -qefc "lab $T/command" "$T/screen" >/dev/null || rc=$?
	[ "$rc" = 7 ]
	[ "$(grep -c caught "$T/screen")" = 1 ]
}

@test "lab: leaves nothing behind when it is killed" {
	requires_lab
	mark=$RANDOM$RANDOM
	lab sh -c "sleep 60.$mark & sleep 61.$mark" 3>&- &
	pid=$!
	for ((i = 0; i < 50; i++)); do
		[ "$(pgrep -fc "^sleep 6[01].$mark")" = 2 ] && break
		sleep 0.1
	done
	kill -KILL $pid
	wait $pid || :
	for ((i = 0; i < 20; i++)); do
		pgrep -f "^sleep 6[01].$mark" || return 0
		sleep 0.1
	done
	return 1
}

@test "lab: simnet: answers as expect.py says, each class (TCP)" {
	requires_lab
	lab --classes "$MIX_ALL" --counters "$T/c" \
		probe.py --wait 2.2 10.5.0.0/20 >"$T/got"
	visible --classes "$MIX_ALL" 10.5.0.0/20 | diff <(sort "$T/got") -
	[ "$(wc -l <"$T/got")" -gt 1000 ]
	# and what it counted itself
	expect.py --summary --classes "$MIX_ALL" 10.5.0.0/20 | cut -d, -f1,2 |
		diff <(jq -r '.tcp | to_entries[] | "\(.key),\(.value)"' "$T/c") -
	expect.py --summary --classes "$MIX_ALL" --only open,closed,duplicate,blowback 10.5.0.0/20 |
		cut -d, -f1,3 | sort | diff <(jq -r '.answers | to_entries[] |
		select(.key | IN("open", "closed", "duplicate", "blowback")) |
		"\(.key),\(.value)"' "$T/c" | sort) -
	[ "$(jq -c '[.probes, .dropped, .unsent, .unqueued, .bad_ip]' "$T/c")" = '[4096,0,0,0,0]' ]
}

@test "lab: simnet: the same by XDP, by a tun device, and to several probes" {
	requires_lab
	for args in --fast --tun; do
		requires_lab "$args"
		lab "$args" --seed 7 --classes "$MIX" --counters "$T/c" \
			probe.py -P 3 -p 443 --wait 1 10.5.0.0/20 >"$T/got"
		visible -P 3 -p 443 --seed 7 --classes "$MIX" 10.5.0.0/20 |
			diff <(sort "$T/got") -
		[ "$(jq .probes "$T/c")" = 12288 ]
	done
}

PLACES=all=10,most=10,half=20,cluster=10,wildcard=3

@test "lab: simnet: places where more is open, also by XDP" {
	requires_lab
	world=(--seed 7 --classes open=4,closed=20 --places "$PLACES")
	for port in 80 5000; do
		expect.py -p $port "${world[@]}" 10.5.0.0/20 | sort >"$T/want"
		for args in --sim --fast; do
			lab "$args" "${world[@]}" probe.py -p $port --wait 1 \
				10.5.0.0/20 >"$T/got"
			sort "$T/got" | diff - "$T/want"
		done
	done
	# each of them is there, and hosts that are open everywhere
	PYTHONPATH=$ROOT/tests/lab "$PYTHON" - "$PLACES" <<-'END'
		import sys, expect
		p = expect.Places(sys.argv[1], 7)
		kinds = [p.place(0x0a050000 | i << 8) for i in range(16)]
		assert set(kinds) == set(expect.MEMBERS), kinds
	END
	run lab --places al=1 true
	fails 125 'al: no such place'
	run lab --places all=60,half=60 true
	fails 125 'places: over 100 percent'
}

@test "lab: simnet: who acknowledges data, and is open on other ports" {
	requires_lab
	world=(--seed 7 --classes open=4,closed=20 --places "$PLACES")
	lab "${world[@]}" zmap -q -v 1 -p 80 -r 5000 -c 2 --no-blacklist \
		--output-filter 'success && !repeat' --no-header-row \
		-f saddr,sport,dport,seqnum,acknum -O csv -o hosts 10.5.0.0/22
	lab "${world[@]}" "$ROOT/tests/tool/lzr.py" <hosts | sort >got
	PYTHONPATH=$ROOT/tests/lab "$PYTHON" - "$PLACES" <<-'END' | sort >want
		import ipaddress, sys, expect
		p = expect.Places(sys.argv[1], 7)
		for line in open("hosts"):
		    text = line.split(",")[0]
		    a = int(ipaddress.ip_address(text))
		    print(text, int(p.acknowledges(a)), "fake" if p.fake(a) else "")
	END
	# of those that are no fakes, further ports are open by their class
	join -t, got <(tr ' ' , <want) >both
	[ "$(wc -l <both)" = "$(wc -l <hosts)" ]
	awk -F, '$2 != $4 || ($5 == "fake" && $3 != 3) ||
		($5 == "" && $3 == 3)' both >wrong
	diff wrong /dev/null
	[ "$(cut -d, -f2 both | sort -u | xargs)" = '0 1' ]
}

@test "lab: simnet: what was sent before the end is counted" {
	requires_lab
	# it comes to look only when it is told to end
	lab --counters "$T/c" sh -c 'kill -STOP "$LAB_SIM_PID"
		flood -m -n 5000 10.0.0.0; kill -CONT "$LAB_SIM_PID"'
	[ "$(jq '.probes + .dropped' "$T/c")" = 5000 ]
	[ "$(jq .probes "$T/c")" -gt 4000 ]
}

@test "lab: simnet: what XDP answers is a whole SYN-ACK" {
	requires_lab
	[ "$(id -u)" = 0 ] || skip "XDP programs need root"
	lab --fast --classes open=50,closed=50 --counters "$T/c" bash -c "
		tcpdump -i s0 -Q in -B 65536 -w '$T/near.pcap' tcp 2>/dev/null &
		sleep 1
		probe.py --wait 1 10.5.0.0/22 >'$T/got'
		kill -INT %1; wait"
	jq -e '.fast and .answers.open > 400' "$T/c"
	visible --classes open=50,closed=50 10.5.0.0/22 |
		diff <(sort "$T/got") -
	tshark -r "$T/near.pcap" -o tcp.check_checksum:TRUE \
		-o ip.check_checksum:TRUE -T fields -e tcp.checksum.status \
		-e ip.checksum.status -e tcp.flags 2>/dev/null |
		sort | uniq -c >"$T/kinds"
	cat "$T/kinds"
	[ "$(awk '{ print $2, $3, $4 }' "$T/kinds")" = "$(printf '%s\n' \
		'1 1 0x0012' '1 1 0x0014')" ]
}

@test "lab: simnet: UDP and ICMP echo by the same function" {
	requires_lab
	for proto in udp icmp; do
		lab --classes "$MIX" probe.py --proto "$proto" -p 53 --wait 1 \
			10.5.0.0/20 | sort >"$T/got"
		visible --proto "$proto" -p 53 --classes "$MIX" 10.5.0.0/20 |
			sed 's/,closed,/,unreachable,/' | sort | diff "$T/got" -
	done
}

@test "lab: simnet: other seeds and ports are other Internets" {
	for args in '--seed 2' '-p 81' '--proto udp' '--seed 1'; do
		# shellcheck disable=SC2086
		expect.py --addresses $args 10.0.0.0/16 | md5sum
	done >"$T/sums"
	[ "$(sort -u "$T/sums" | wc -l)" = 4 ]
	# the default of lab and of expect.py is the same
	[ "$(lab sh -c 'expect.py --addresses 10.0.0.0/16' | md5sum)" = "$(tail -n 1 "$T/sums")" ]
}

@test "lab: simnet: outside of its prefixes nobody answers, and it is counted" {
	requires_lab
	run lab --prefix 10.0.0.0/24 --prefix 10.0.2.0/24 --classes open=100 \
		--counters "$T/c" probe.py --wait 1 10.0.0.0/22
	[ "${#lines[@]}" = 512 ]
	[ "$(jq -c '[.probes, .outside]' "$T/c")" = '[512,512]' ]
	run lab --prefix 0.0.0.0/0 --classes open=100 probe.py --wait 1 8.8.8.0/24
	[ "${#lines[@]}" = 256 ]
}

@test "lab: simnet: does not answer what is broken" {
	requires_lab
	run lab --classes open=100 --counters "$T/c" \
		probe.py --corrupt --wait 1 10.0.0.0/24
	[ "$output" = "" ]
	[ "$(jq -c '[.probes, .bad_checksum]' "$T/c")" = '[0,256]' ]
}

@test "lab: simnet: loses what it is told to lose" {
	requires_lab
	lab --classes open=100 --loss 25 --counters "$T/c" \
		probe.py --wait 1 10.0.0.0/20 >"$T/got"
	lost=$(jq .lost "$T/c")
	[ "$lost" -gt 900 ]
	[ "$lost" -lt 1150 ]
	[ "$(wc -l <"$T/got")" = $((4096 - lost)) ]
}

@test "lab: simnet: log and capture hold every probe" {
	requires_lab
	lab --classes "$MIX" --log "$T/log" --capture "$T/far.pcap" \
		probe.py --wait 1 10.0.0.0/22 >/dev/null
	cut -d, -f2 "$T/log" >"$T/addresses"
	$PYTHON -c 'import ipaddress
for a in ipaddress.ip_network("10.0.0.0/22"): print(a)' | diff - "$T/addresses"
	tshark -r "$T/far.pcap" -Y 'tcp.flags.syn == 1' \
		-o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE \
		-T fields -e ip.dst -e tcp.checksum.status -e ip.checksum.status \
		2>/dev/null >"$T/seen"
	awk '{ print $1 }' "$T/seen" | diff - "$T/addresses"
	[ "$(awk '{ print $2, $3 }' "$T/seen" | sort -u)" = "1 1" ]
}

@test "lab: real hosts: open, closed, UDP and echo, for every address" {
	requires_lab
	lab --real --listen 80,443 --capture "$T/far.pcap" \
		probe.py -p 443 --wait 1 10.0.0.0/20 >"$T/got"
	[ "$(grep -c ',443,open,1$' "$T/got")" = 4096 ]
	[ "$(tshark -r "$T/far.pcap" -Y 'tcp.flags.syn == 1' 2>/dev/null | wc -l)" = 4096 ]
	lab --real probe.py -p 81 --wait 1 10.0.0.0/20 >"$T/got"
	[ "$(grep -c ',81,closed,1$' "$T/got")" = 4096 ]
	lab --real probe.py --proto icmp --wait 1 10.0.0.0/20 >"$T/got"
	[ "$(grep -c ',0,open,1$' "$T/got")" = 4096 ]
	lab --real probe.py --proto udp -p 80 --wait 1 10.0.0.0/20 >"$T/got"
	[ "$(grep -c ',80,open,1$' "$T/got")" = 4096 ]
	lab --real probe.py --proto udp -p 81 --wait 1 10.0.0.0/20 >"$T/got"
	[ "$(grep -c ',81,unreachable,1$' "$T/got")" = 4096 ]
	# they also talk
	run lab --real timeout 20 bash -c 'exec 3<>/dev/tcp/10.1.2.3/80; cat <&3'
	[ "$output" = $'lab 80\r' ]
}

@test "lab: two routes, two devices, all answer" {
	requires_lab
	run lab --two-routes sh -c 'for a in 10.0.0.1 10.128.0.1 11.0.0.1; do
		ip -o route get $a; done; ip route | grep -c default'
	[[ ${lines[0]} == *" dev s0 "* ]]
	[[ ${lines[1]} == *" dev s1 "* ]]
	[[ ${lines[2]} == *" dev s0 "* ]]
	[ "${lines[3]}" = 2 ]
	run lab --two-routes --real timeout 20 bash -c \
		'for a in 10.1.1.1 10.200.1.1; do cat </dev/tcp/$a/80; done'
	[ "$output" = $'lab 80\r\nlab 80\r' ]
}

@test "lab: neighbours are pinned, asked for, or silent" {
	requires_lab
	ask='ip neigh show dev s0; timeout 1 bash -c "cat </dev/tcp/10.1.1.1/80" 2>/dev/null; ip neigh show dev s0'
	run lab --real sh -c "$ask"
	[[ ${lines[0]} == "192.0.2.254 lladdr 02:00:00:00:00:02 PERMANENT"* ]]
	run lab --real --no-neighbour sh -c "$ask"
	[ "${lines[0]}" = $'lab 80\r' ]
	[[ ${lines[1]} == "192.0.2.254 lladdr 02:00:00:00:00:02 REACHABLE"* ]]
	run lab --real --no-gateway-answer sh -c "$ask"
	[[ ${lines[0]} == "192.0.2.254 INCOMPLETE"* ]]
	run lab --no-route ip route get 10.1.1.1
	[ "$status" != 0 ]
}

@test "lab: the scanner's kernel keeps quiet unless it may answer" {
	requires_lab
	lab --classes open=100 --counters "$T/c" probe.py --wait 1 10.0.0.0/24 >/dev/null
	[ "$(jq .resets "$T/c")" = 0 ]
	lab --allow-rst --classes open=100 --counters "$T/c" probe.py --wait 1 10.0.0.0/24 >/dev/null
	[ "$(jq .resets "$T/c")" = 256 ]
}

@test "lab: a device that swallows everything" {
	requires_lab
	run lab --ifb sh -c 'flood -m -n 1000 10.0.0.0 && ip -s link show s0'
	[ "$status" = 0 ]
	[[ $output == *"1000 SYNs by sendmmsg"* ]]
	# the same frame again and again, and they do arrive
	lab --classes open=0 --counters "$T/c" flood -c -n 1000 10.0.0.9
	[ "$(jq .probes "$T/c")" = 1000 ]
}

@test "lab: a command as another user" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	requires_lab
	cd /
	run lab --user nobody sh -c 'id -un; grep CapEff /proc/self/status'
	[ "${lines[0]}" = nobody ]
	[[ ${lines[1]} == *0000000000000000 ]]
}

@test "lab: replay: answers for hosts never probed, and zmap-recv believes them" {
	requires_lab
	run lab --fast bash -o pipefail -c 'zmap-targets -p 80 -n 1 10.0.0.0/8 -b /dev/null |
		zmap-send -v 0 | replay -n 20000 -r 20000 10.0.0.0/8 | zmap-recv -c 1 |
		zmap-out -O csv -f saddr --no-header-row | sort -u | wc -l'
	[ "$status" = 0 ]
	found=${lines[${#lines[@]} - 1]}
	[ "$found" = 20000 ] || [ "$found" = 20001 ]	# and the one probed
}

@test "lab: replay: the same by live frames, of two processes" {
	requires_lab
	[ "$(id -u)" -eq 0 ] || skip "not root"
	[ "$(nproc)" -gt 1 ] || skip "one processor"
	run lab --queues 2 bash -o pipefail -c 'zmap-targets -p 80 -n 1 10.0.0.0/8 -b /dev/null |
		zmap-send -v 0 | replay -l -j 2 -n 20000 -r 20000 10.0.0.0/8 |
		zmap-recv -c 1 --buffer-size 64M |
		zmap-out -O csv -f saddr --no-header-row | sort -u | wc -l'
	[[ ${lines[0]} != *"BPF program"* ]] || skip "${lines[0]}"
	[ "$status" = 0 ]
	found=${lines[${#lines[@]} - 1]}
	[ "$found" = 20000 ] || [ "$found" = 20001 ]	# and the one probed
}

@test "lab: demo: what is scanned and what is computed agree" {
	requires_lab
	run demo
	[ "$status" = 0 ]
	[[ $output == *"They agree"* ]]
	[[ $output == *"hosts that differ                          0         0"* ]]
}
