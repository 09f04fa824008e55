#!/usr/bin/env bats
# zmap-recv on a device, in the lab: when it starts, when it stops, and that it
# says what it lost.

load helper

# Runs a script in the lab, with what all of them need.
live() {
	local script=$1
	shift
	cat >live.sh <<-E
		targets() { zmap-targets --no-blacklist -p 80 -e 3 "\$@"; }
		after() { sleep "\$1"; shift; kill "\$1" \$(pgrep -x "\$2"); }
		seconds() {
			local rc at=\${EPOCHREALTIME/./}
			"\$@"
			rc=\$?
			echo \$(((\${EPOCHREALTIME/./} - at) / 1000)) >ms
			return \$rc
		}
		$script
	E
	lab "$@" bash live.sh 3>&-
}

counter() {
	PYTHONPATH=$BATS_TEST_DIRNAME "$PYTHON" -c "import answers as a, sys
print(a.end(sys.argv[1])[sys.argv[2]])" "$@"
}

rows() {
	local file=$1
	shift
	PYTHONPATH=$BATS_TEST_DIRNAME "$PYTHON" -m answers "$@" <"$file"
}

# What was found is what the simulated Internet says, class by class.
truth() {
	local file=$1
	shift
	rows "$file" saddr sport classification repeat | sort >got
	"$ROOT/tests/lab/expect.py" "$@" | awk -F, '
		$3 == "forged" || $3 == "filtered" || $4 == 0 { next }
		{ c = "synack" }
		$3 == "closed" { c = "rst" }
		$3 == "unreachable" { c = "icmp" }
		{ for (i = 0; i < $4; i++)
			print $1, $2, c, i ? "True" : "False" }' | sort >want
	cmp want got || {
		diff want got | head
		return 1
	}
}

@test "recv live: each answer of the simulated Internet, and no other" {
	live 'targets 10.0.0.0/16 | zmap-send -v2 -r 40000 |
		zmap-recv -c 3 >out.cbor'
	truth out.cbor -p 80 10.0.0.0/16
	# what the scanner's own kernel sends is not captured
	[ "$(counter out.cbor protocol)" = 0 ]
}

@test "recv live: several ports, several probes, several addresses" {
	live 'targets -p 80,443,8080 10.1.0.0/18 |
		zmap-send -v2 -r 20000 -P 2 -S 192.0.2.1-192.0.2.5 |
		zmap-recv -c 3 >out.cbor'
	truth out.cbor -p 80,443,8080 -P 2 10.1.0.0/18
}

@test "recv live: a device without Ethernet, and all devices at once" {
	live 'targets 10.2.0.0/20 | zmap-send -v2 -X -r 5000 |
		zmap-recv -c 3 >out.cbor' --tun
	truth out.cbor -p 80 10.2.0.0/20
	live 'targets 10.2.0.0/20 | zmap-send -v2 -r 5000 |
		zmap-recv -i any -c 3 >out.cbor'
	truth out.cbor -p 80 10.2.0.0/20
}

@test "recv live: hostile frames from the wire are what they are in a file" {
	PYTHONPATH=$BATS_TEST_DIRNAME "$PYTHON" -c "
import answers as a
from hostile import hostile
s = a.Scan(source='192.0.2.1', networks=[('10.0.0.0', '10.255.255.255')])
frames = [f for n, f in hostile(a, s, '10.1.2.3') if not n.startswith('QinQ')]
a.pcap('in.pcap', frames, wrap=None)
open('head.cbor', 'wb').write(s.stream(end=False))
whole = s.stream()
open('s.cbor', 'wb').write(whole)
open('end.cbor', 'wb').write(whole[len(s.stream(end=False)):])"
	live '(cat head.cbor; sleep 1; $LAB_FAR '"$PYTHON $BATS_TEST_DIRNAME"'/inject.py \
		in.pcap $LAB_FAR_DEVICE; sleep .2; cat end.cbor) |
		zmap-recv -c 0 >live.cbor'
	zmap-recv --read-pcap in.pcap <s.cbor >file.cbor
	names='saddr ttl classification tcpopt_mss icmp_type repeat'
	rows live.cbor $names >live
	rows file.cbor $names >file
	diff file live
	[ "$(wc -l <live)" -eq 9 ]
}

@test "recv live: an idle link ends on time" {
	live 'targets 10.255.0.0/32 | zmap-send -v2 | seconds zmap-recv -c 2 >out.cbor'
	[ "$(cat ms)" -ge 2000 ]
	[ "$(cat ms)" -lt 2600 ]
}

@test "recv live: no reader, no answers: everything ends, silently" {
	live 'targets 10.3.0.0/30 | (zmap-send -v2 -r 1; echo $? >send) |
		(seconds zmap-recv; echo) 2>err | sleep 0.5' --classes open=0
	[ "$(cat send)" -eq 141 ]
	[ ! -s err ]
}

@test "recv live: SIGTERM goes through the cooldown, a second one ends it" {
	live 'after 1 -TERM zmap-recv &
		targets 10.0.0.0/16 | zmap-send -v2 -r 2000 |
		seconds zmap-recv -v2 -c 2 >out.cbor; echo ${PIPESTATUS[*]}' >status
	[ "$(cat status)" = "0 141 3" ]
	[ "$(cat ms)" -ge 3000 ]
	[ "$(cat ms)" -lt 5000 ]
	[ "$(counter out.cbor status)" = interrupted ]
	[ "$(rows out.cbor saddr | wc -l)" -eq "$(counter out.cbor valid)" ]
	live '(after 1 -TERM zmap-recv; after .3 -INT zmap-recv) &
		targets 10.0.0.0/16 | zmap-send -v2 -r 2000 |
		seconds zmap-recv -v2 -c 20 >out.cbor; echo ${PIPESTATUS[*]}' >status
	[ "$(cat status)" = "0 141 3" ]
	[ "$(cat ms)" -lt 2000 ]
	[ "$(counter out.cbor status)" = interrupted ]
}

@test "recv live: Ctrl-C for all: the sender's end is there, status 3" {
	live '(sleep 1; kill -INT $(pgrep -x "zmap-(send|targets|recv)")) &
		targets 10.0.0.0/16 | zmap-send -v2 -r 2000 |
		zmap-recv -v2 -c 1 >out.cbor; echo ${PIPESTATUS[*]}' >status
	[ "$(cat status)" = "0 3 3" ]
	[ "$(counter out.cbor before | grep -c "'stage': 'send'")" = 1 ]
}

@test "recv live: a sender that is killed: what arrived is kept, status 1" {
	live 'after 1 -KILL zmap-send &
		targets 10.0.0.0/16 | zmap-send -v2 -r 2000 |
		seconds zmap-recv -c 8 2>err >out.cbor; echo ${PIPESTATUS[*]}' >status
	[ "$(cat status)" = "0 137 1" ]
	grep -q '^zmap-recv: stdin: truncated' err
	[ "$(cat ms)" -lt 2500 ]
	[ "$(rows out.cbor saddr | wc -l)" -gt 100 ]
	[ "$(counter out.cbor status)" = failed ]
}

@test "recv live: --min-hitrate stops a scan that finds nothing, status 4" {
	live 'targets 10.4.0.0/16 | zmap-send -v2 -r 1000 |
		seconds zmap-recv -c 0 --min-hitrate 50 2>err >out.cbor
		echo ${PIPESTATUS[*]}' >status
	[ "$(cat status)" = "0 141 4" ]
	[ "$(cat ms)" -lt 12000 ]
	grep -q 'below --min-hitrate=50' err
	[ "$(counter out.cbor status)" = stopped ]
}

@test "recv live: what the kernel drops is counted and told, status 5" {
	live '(after 1 -STOP zmap-recv; after 2 -CONT zmap-recv) &
		targets 10.5.0.0/16 | zmap-send -v2 -r 50000 |
		zmap-recv -c 2 --buffer-size 512K 2>err >out.cbor
		echo ${PIPESTATUS[*]}' >status
	[ "$(cat status)" = "0 0 5" ]
	drops=$(counter out.cbor kernel_drops)
	[ "$drops" -gt 100 ]
	grep -q "^zmap-recv: results are incomplete: the kernel dropped $drops" err
	[ "$(counter out.cbor captured)" -eq \
		$(($(counter out.cbor received) + drops)) ]
	[ "$(counter out.cbor status)" = incomplete ]
	# the same with the buffer that is the default: nothing is lost
	live '(after 1 -STOP zmap-recv; after 2 -CONT zmap-recv) &
		targets 10.5.0.0/16 | zmap-send -v2 -r 50000 |
		zmap-recv -c 3 >out.cbor'
	truth out.cbor -p 80 10.5.0.0/16
}

@test "recv live: a link that goes down and up again, status 5" {
	live '(sleep 1; $LAB_FAR ip link set i0 down; sleep 1.5
		$LAB_FAR ip link set i0 up) &
		targets 10.6.0.0/20 | zmap-send -v1 -r 1500 |
		zmap-recv -c 2 2>err >out.cbor; echo ${PIPESTATUS[*]}' >status
	[ "$(cat status)" = "0 0 5" ]
	grep -q 'the link is down' err
	grep -q 'the link is up again' err
	[ "$(counter out.cbor link_downs)" = 1 ]
	# the sender waits, so nearly all are found
	[ "$(rows out.cbor saddr | wc -l)" -gt 500 ]
}

@test "recv live: a device that disappears: what arrived is kept, status 1" {
	live '(sleep 1; ip link del s0) &
		targets 10.6.0.0/20 | zmap-send -v1 -r 1500 |
		seconds zmap-recv -c 2 2>err >out.cbor
		echo ${PIPESTATUS[2]}' >status
	[ "$(cat status)" = 1 ]
	grep -qi 'disappeared' err
	[ "$(cat ms)" -lt 3000 ]
	[ "$(rows out.cbor saddr | wc -l)" -gt 100 ]
}

@test "recv live: --write-pcap, and the same results from it later" {
	live 'targets 10.7.0.0/18 | zmap-send -v2 -r 20000 |
		zmap-recv -c 3 --write-pcap kept.pcap \
		--write-stream probes.cbor >out.cbor
		stat -c %a probes.cbor' >mode
	[ "$(cat mode)" = 600 ]
	zmap-recv --read-pcap kept.pcap <probes.cbor >again.cbor
	names='saddr sport classification acknum ttl repeat timestamp'
	rows out.cbor $names >1
	rows again.cbor $names >2
	cmp 1 2
	truth again.cbor -p 80 10.7.0.0/18
	# no frame of our own, and all of them answers to our ports
	[ "$(tshark -n -r kept.pcap -Y '!icmp && ip.src == 192.0.2.1' 2>/dev/null |
		wc -l)" -eq 0 ]
}

@test "recv live: from a file that grows, as on another host" {
	# nobody waits for the capture here, so the first probes come late
	live ': >stream
		(tail -c +1 -f stream & echo $! >tail; wait) 2>/dev/null |
		zmap-recv -v2 -c 3 >out.cbor &
		targets 10.8.0.0/20 | zmap-send -v2 -r 4000 >stream
		wait %1 || true
		kill $(cat tail) 2>/dev/null || true' || true
	found=$(rows out.cbor saddr | sort -u | wc -l)
	all=$("$ROOT/tests/lab/expect.py" -p 80 10.8.0.0/20 |
		awk -F, '$4 != 0' | wc -l)
	[ "$found" -gt $((all * 9 / 10)) ] && [ "$found" -le "$all" ]
}

@test "recv live: no interface, no such interface, no permission" {
	targets=(zmap-targets --no-blacklist -p 80 10.0.0.0/30)
	live 'targets 10.0.0.0/30 | zmap-send -v2 | zmap-recv -i nosuch0
		echo ${PIPESTATUS[2]}' >status 2>err
	[ "$(cat status)" = 1 ]
	grep -q '^zmap-recv: nosuch0: ' err
}
