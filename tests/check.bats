#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap --check wildcard: who is open on every port, against the simulated
# Internet's own function and a SipHash in Python.

# bats file_tags=company
load helper
load tool/answers

# verdicts NETS CLASSES: "address verdict" of all that are open, from the key in
# probes.cbor; a host is asked at 32768 to 60999, at a port that is not scanned.
verdicts() {
	PYTHONPATH=$ROOT/tests/lab:$PYTHONPATH "$PYTHON" - "$@" <<-'END'
		import ipaddress, struct, sys
		import answers as a
		import cbor2, expect, expect6
		header = cbor2.load(open("probes.cbor", "rb"))
		key = getattr(header, "value", header)["key"]
		upto = expect.thresholds(sys.argv[2])
		seed = int(sys.argv[3])
		def class_of(n, port):
		    k = expect.mix(seed ^ expect.mix(6 << 16 | port))
		    k = expect6.roll(n, 6, port, seed) if a.SIX else expect.mix(n ^ k)
		    return expect.behaviour(k, upto, 1)[0]
		for address in ipaddress.ip_network(sys.argv[1]):
		    n = int(address)
		    if class_of(n, 80) != "open":
		        continue
		    words = [n >> 64, n & a.M64] if a.SIX else [n]
		    high = a.siphash128(key, struct.pack(
		        "<%dQ" % (len(words) + 1), *words, 0x636865636b))[1]
		    port = 32768 + high % 28232
		    c = class_of(n, port)
		    print(address, {"open": 1, "closed": 0}.get(c, ""))
	END
}

# checks NAME: by zmap-recv
checks() {
	zmap-out -O diag out.cbor | tail -n 1 | grep -o "\"$1\": [0-9]*" |
		cut -d' ' -f2
}

# checked OPTION...: a scan of 10.0.0.0/22, half of which is open, and a quarter
# closed; verdicts in got
checked() {
	# shellcheck disable=SC2016
	lab --seed 5 --classes open=50,closed=25 "${LAB[@]}" zmap -p 80 -r 5000 \
		-q -v 1 --no-blacklist --seed 3 -c 4 --check wildcard \
		--write-stream probes.cbor -O cbor -o out.cbor "$@" 10.0.0.0/22
	adds_up out.cbor >adds
	zmap-filter success out.cbor | zmap-out -f saddr,wildcard |
		tail -n +2 | tr , ' ' | sort >got
}

@test "check: verdicts are exact, and cost one probe for each that answers" {
	requires_lab
	LAB=()
	checked
	verdicts 10.0.0.0/22 open=50,closed=25 5 | sort >want
	diff want got
	[ "$(grep -c ' 1$' got)" -gt 200 ]
	[ "$(grep -c ' 0$' got)" -gt 80 ]
	[ "$(grep -c ' $' got)" -gt 80 ]
	n=$(wc -l <got)
	zmap-out -O info out.cbor | grep -qx \
		"wildcards $(grep -c ' 1$' got) of $n addresses are open on any port"
	[ "$(checks checks_asked)" = "$n" ]
	[ "$(checks wildcards)" = "$(grep -c ' 1$' got)" ]
	[ "$(checks checks_hurried)" = 0 ]
	[ "$(zmap-out -O diag out.cbor | tail -n 1 |
		grep -o '"packets": [0-9]*')" = "\"packets\": $((1024 + n))" ]
	# an answer that is no success has no verdict
	zmap-filter '!success && wildcard is not null' out.cbor | zmap-out >none
	[ ! -s none ]
}

@test "check: of several ports, an address is asked once" {
	requires_lab
	lab --real --listen 80,81,82 zmap -p 80-82 -r 5000 -q -v 1 --no-blacklist \
		-c 3 --check wildcard -O cbor -o out.cbor 10.0.0.0/26
	adds_up out.cbor >adds
	[ "$(checks checks_asked)" = 64 ]
	[ "$(checks checks_answered)" = 64 ]
	zmap-out -f wildcard --no-header-row out.cbor | sort | uniq -c |
		xargs >got
	[ "$(cat got)" = '192 0' ]
}

@test "check: an answer that comes again counts once, and no port is one scanned" {
	requires_lab
	LAB=(--classes open=30,closed=20,duplicate=40)
	checked
	sort -u got >each
	[ "$(checks checks_asked)" = "$(wc -l <each)" ]
	[ "$(checks checks_answered)" = "$(grep -c ' [01]$' each)" ]
	[ "$(checks wildcards)" = "$(grep -c ' 1$' each)" ]
	# all ports that an address could be asked at are scanned
	lab --classes open=100 zmap -p 80,32768-60999 -r 20000 -q -v 1 -c 2 \
		--no-blacklist --check wildcard -O cbor -o out.cbor 10.0.0.0/31
	[ "$(checks checks_asked)" = 0 ]
}

@test "check: hosts of IPv6" {
	requires_lab --six 2001:db8::/64
	printf '2001:db8::%x\n' {1..40} >list
	lab --real --six 2001:db8::/64 --listen 80 zmap -p 80 -I list -r 5000 -q \
		-v 1 --no-blacklist -c 3 --check wildcard -O cbor -o out.cbor
	[ "$(checks checks_asked)" = 40 ]
	zmap-out -f wildcard --no-header-row out.cbor | sort | uniq -c |
		xargs >got
	[ "$(cat got)" = '40 0' ]
}

@test "check: what is lost is null, after its time and not before" {
	requires_lab
	LAB=(--loss 20)
	checked --check-wait 0.5
	verdicts 10.0.0.0/22 open=50,closed=25 5 | sort >want
	# of those that are known, none is wrong
	join want got | awk 'NF == 3 && $2 != $3' >wrong
	[ ! -s wrong ]
	# and most are known: a probe and its answer can be lost
	known=$(grep -c ' [01]$' got)
	all=$(comm -12 <(cut -d' ' -f1 got) <(grep ' [01]$' want | cut -d' ' -f1) |
		wc -l)
	[ $((known * 100)) -gt $((all * 60)) ]
	[ "$known" -lt "$all" ]
}

# names: on the far side, name servers that answer each question twice: with the
# same address at 10.0.0.1, with two at 10.0.0.2, and once at 10.0.0.3
names() {
	"$PYTHON" - <<-'END'
		import select, socket
		def answer(question, last):
		    return question[:2] + b"\x81\x80" + question[4:6] + b"\0\1\0\0\0\0" + \
		        question[12:] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2" + bytes([last])
		says = {}
		for host, lasts in ("10.0.0.1", (7, 7)), ("10.0.0.2", (7, 8)), ("10.0.0.3", (7,)):
		    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    s.bind((host, 53))
		    says[s] = lasts
		open("ready", "w").close()
		while True:
		    for s in select.select(list(says), [], [])[0]:
		        question, who = s.recvfrom(512)
		        for last in says[s]:
		            s.sendto(answer(question, last), who)
	END
}

# once: a name server on a socket of IPv4
# bats test_tags=once
@test "check: injected: of name servers, those with two answers to a question" {
	requires_lab
	export -f names
	# shellcheck disable=SC2016
	lab --real --listen 80 bash -c '
		$LAB_FAR bash -c names & server=$!
		soon test -e ready
		zmap -M dns --probe-args A,example.com -p 53 -q -v 1 -r 100 -c 2 \
			--no-blacklist --check injected --check-wait 1 -O cbor \
			-o out.cbor 10.0.0.0/29
		kill $server'
	adds_up out.cbor >adds
	zmap-filter success out.cbor | zmap-out -f saddr,answers,injected \
		--no-header-row | sort -u >got
	diff - got <<-'END'
		10.0.0.1,1,0
		10.0.0.2,2,1
		10.0.0.3,1,0
	END
	[ "$(zmap-filter success out.cbor | zmap-out | wc -l)" = 5 ]
	zmap-out -O diag out.cbor | tail -n 1 | grep -q '"injected": 1[,}]'
}

@test "check: what cannot be, in a sentence" {
	targets 10.0.0.0/28 | timeout 20 zmap-send -X --write-pcap sent >probes || true
	run bash -c 'zmap-recv --check wildcard <probes | cat'
	[[ $output == *'--check asks by the way back to zmap-send: give both --back, or use zmap'* ]]
	run zmap --check nosuch -p 80 10.0.0.1
	fails 2 'wildcard'
	requires_lab
	run lab zmap -M icmp_echoscan --check wildcard -q 10.0.0.1
	fails 2 '--check of icmp_echoscan: wildcard: its probes have no ports'
	zmap-recv --list-output-fields --check wildcard | grep -q '^wildcard '
	run grep -q '^wildcard ' < <(zmap-recv --list-output-fields)
	[ "$status" -eq 1 ]
}
