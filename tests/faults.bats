#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Faults, and what is promised when they happen: a message, the right status,
# everything that had arrived, no hang, and counters that add up.  README.md
# beside this file has the whole table; what is tested here is what no other
# test file has.

load helper
bats_require_minimum_version 1.5.0

# A whole scan, each host of which answers once, or not at all.
HOSTS=open=50
write_scan() {
	cat >scan.sh <<-'E'
		# scan.sh TAG ACTION PREFIX [option ...]: does ACTION when some
		# packets are out.  Leaves TAG.cbor, TAG.err, and in TAG.end the
		# status and how many ms after the action it was over.
		tag=$1 action=$2 prefix=$3
		shift 3
		victim() { pgrep -P "$zmap" -x "zmap-$1"; }
		ms() { echo "${EPOCHREALTIME/./}" | sed 's/...$//'; }
		sent() { cat /sys/class/net/s0/statistics/tx_packets; }
		eval "${BEFORE:-}"
		zmap -p 80 -e 1 -c 2 ${LOUD--q} --no-blacklist -O cbor \
			-r "${RATE:-2000}" -o "${OUT:-$tag.cbor}" "$@" \
			"$prefix" 2>"$tag.err" &
		zmap=$!
		for _ in {1..400}; do
			[ "$(sent)" -lt 300 ] || break
			sleep 0.02
		done
		eval "$action"
		at=$(ms)
		wait "$zmap"
		echo "$? $(($(ms) - at))" >"$tag.end"
		eval "${AFTER:-}"
	E
}

# scan TAG ACTION PREFIX [option ...]
scan() {
	timeout 40 lab --classes $HOSTS bash ./scan.sh "$@" 3>&- || {
		echo "scan $1: $?; $(cat "$1.err")"
		return 1
	}
}

# ended TAG STATUS [MS]: with this status, and at most so long after the fault
ended() {
	local rc ms
	read -r rc ms <"$1.end"
	[ "$rc" -eq "$2" ] && [ "$ms" -le "${3:-99999}" ] || {
		echo "$1: status $rc after $ms ms; $(cat "$1.err")"
		return 1
	}
}

# complete TAG PREFIX: each host that answers, once, and counters add up
complete() {
	sums "$1" --done || return 1
	zmap-out -f saddr --no-header-row <"$1.cbor" | sort >"$1.got"
	"$ROOT/tests/lab/expect.py" -p 80 --classes $HOSTS --addresses "$2" |
		sort | diff - "$1.got" >"$1.diff" || {
		echo "$1: $(head -n 5 "$1.diff")"
		return 1
	}
}

# sums TAG: its counters add up, and how many answers there were
sums() {
	adds_up "$1.cbor" "${@:2}" >"$1.n" || {
		echo "$1: $(cat "$1.err")"
		return 1
	}
}

found() {
	cut -d ' ' -f 1 "$1.n"
}

# Each of them at the same time, in a lab of its own; all must succeed.
in_parallel() {
	local f=$1 x failed=0
	local -A pids
	shift
	for x; do
		"$f" "$x" >"$f.$x" 2>&1 3>&- &
		pids[$x]=$!
	done
	for x; do
		wait "${pids[$x]}" || {
			failed=1
			echo "$f $x: $(cat "$f.$x" "$x".{err,end})"
		}
	done
	[ "$failed" = 0 ]
}

STAGES='targets send recv filter out'

# --- signals ---

stopped() {
	scan "$1" "v=\$(victim $1); kill -STOP \$v; sleep 0.8; kill -CONT \$v" \
		10.1.0.0/21 --output-filter 'success = 1' &&
		ended "$1" 0 && complete "$1" 10.1.0.0/21
}

@test "faults: a stage that is stopped and continued loses nothing" {
	write_scan
	in_parallel stopped $STAGES status
}

terminated() {
	local prefix=10.2.0.0/21
	case $1 in
	# more than pipes hold: still at work
	targets | send | recv) prefix=10.0.0.0/8 ;;
	esac
	# what is in the pipe behind it goes out first
	[ "$1" != targets ] || RATE=30000
	RATE=$RATE scan "$1" "kill -TERM \$(victim $1)" $prefix \
		--output-filter 'success = 1' || return 1
	case $1 in
	# these stop the scan, and what is on its way still arrives
	targets | send | recv) ended "$1" 3 15000 && sums "$1" ;;
	# the others only pass on, and end when there is nothing more
	*) ended "$1" 0 && complete "$1" $prefix ;;
	esac
}

@test "faults: SIGTERM to one stage ends the scan, or is no matter" {
	write_scan
	in_parallel terminated $STAGES status
}

@test "faults: zmap-status is killed: the scan goes on, and is whole" {
	write_scan
	scan s 'kill -9 $(victim status)' 10.3.0.0/21
	complete s 10.3.0.0/21
	ended s 0
}

# --- the network ---

netfault() {
	case $1 in
	deleted)
		scan "$1" 'ip link del s0' 10.0.0.0/16 && ended "$1" 1 15000 &&
			grep -q '^zmap-send: the interface to send on is gone' "$1.err" &&
			sums "$1" &&
			[ "$(found "$1")" -gt 50 ] ;;
	down)
		scan "$1" 'ip link set s0 down; sleep 0.7; ip link set s0 up
			ip route replace default via $LAB_GATEWAY
			ip neigh replace $LAB_GATEWAY lladdr $LAB_GATEWAY_MAC dev s0' \
			10.5.0.0/21 && ended "$1" 5 &&
			grep -q 'link of s0 is down: waiting' "$1.err" &&
			grep -q 'link went down' "$1.err" && sums "$1" --done &&
			[ "$(found "$1")" -gt 700 ] ;;
	renumbered)
		scan "$1" 'ip addr add 192.0.2.9/24 dev s0
			ip addr del $LAB_SOURCE/24 dev s0' 10.6.0.0/21 &&
			grep -q 'source address was taken' "$1.err" && ended "$1" 5 && sums "$1" --done ;;
	unrouted)
		# the way was found at the start, frames still have their address
		scan "$1" 'ip route del default' 10.7.0.0/21 && ended "$1" 0 &&
			complete "$1" 10.7.0.0/21 ;;
	esac
}

@test "faults: the network changes under a scan" {
	write_scan
	in_parallel netfault deleted down renumbered unrouted
}

@test "faults: sendmmsg sends a part, or nothing: every packet goes in the end" {
	plain "files and system calls of its own"
	zmap-targets -p 80 -e 1 --no-blacklist -n 700 10.0.0.0/8 >in
	lab --counters counters bash -c 'timeout 30 strace -f -qq -o /dev/null \
		-e inject=sendmmsg:error=ENOBUFS:when=2+3 \
		zmap-send -v 1 --io mmsg --batch 16 <in >out; echo $?; sleep 0.2' >rc
	[ "$(cat rc)" -eq 0 ]
	[ "$(jq .probes counters)" -eq 700 ]
	lab --counters counters bash -c 'timeout 30 strace -f -qq -o /dev/null \
		-e inject=sendmmsg:error=EINTR:when=2+3 \
		zmap-send -v 1 --io mmsg --batch 16 <in >out; echo $?; sleep 0.2' >rc
	[ "$(cat rc)" -eq 0 ]
	[ "$(jq .probes counters)" -eq 700 ]
}

# --- streams ---

# Small streams of all kinds, and what each stage makes of them undisturbed.
# feed.py runs a stage on a stream in a lab of its own: all that send are there.
write_samples() {
	zmap-targets -p 80,443 -e 1 --no-blacklist 10.0.0.0/29 10.1.0.0/32 >targets.cbor
	"$PYTHON" -c '
import answers as a
s = a.Scan(networks=[("10.0.0.0", "10.255.255.255")])
a.pcap("in.pcap", [s.synack("10.0.0.%d" % n) for n in range(1, 40)])
open("probes.cbor", "wb").write(s.stream())'
	zmap-recv --read-pcap in.pcap <probes.cbor >results.cbor
}

# Command of each stage that reads a stream, and which.
readers() {
	cat <<-'E'
		targets zmap-send -v 1 --write-pcap packets
		probes zmap-recv --read-pcap in.pcap
		results zmap-filter success
		results zmap-out -O cbor
		results zmap-out -f saddr,classification
		results zmap-out -O json
	E
}

# once: bytes of IPv4
# bats test_tags=once
@test "faults: stdin cut at every byte: every stage says so, and keeps what is whole" {
	write_samples
	cat >cuts.py <<-'E'
		import subprocess, sys
		from readstream import items

		def whole(data):
		    """Items before the place where a stream breaks off."""
		    n = []
		    try:
		        for what, item in items(data):
		            n.append((what, item))
		    except Exception:
		        pass
		    return n

		def targets(list_):
		    return sum(len(i[2].value) // 4 for w, i in list_ if w == "record")

		for kind, command in (("targets", "zmap-send -v 1 --write-pcap p"),
		                      ("probes", "zmap-recv --read-pcap in.pcap")):
		    data = open(kind + ".cbor", "rb").read()
		    head = None
		    for n in range(len(data)):
		        run = subprocess.run(command.split(), input=data[:n],
		                             capture_output=True, timeout=10)
		        assert run.returncode == 1, (kind, n, run)
		        assert run.stderr.count(b"\n") == 1, (kind, n, run)
		        assert b"truncated" in run.stderr or b"empty" in run.stderr, run
		        got, out = whole(data[:n]), whole(run.stdout)
		        if not got:
		            assert run.stdout == b"", (kind, n, run)
		            continue
		        end = out[-1][1]
		        assert end["event"] == "end" and end["status"] == "failed", end
		        if kind == "targets":
		            assert end["targets"] == targets(got), (n, end)
		        else:
		            assert end["passed"] == 39, (n, end)
	E
	timeout 300 lab "$PYTHON" cuts.py 3>&-
}

@test "faults: a stream of another version is refused by every stage, which says both" {
	write_samples
	for kind in targets probes results; do
		sed 's/\x64zmap\x01/\x64zmap\x07/' <$kind.cbor >$kind.other
	done
	cat >versions <<-'E'
		while read -r kind command; do
			eval "$command" <$kind.other 2>err >out
			echo "$? $(stat -c %s out) $(cut -d: -f2- err)"
		done
	E
	readers | lab bash versions >got 3>&-
	cat got
	[ "$(wc -l <got)" -eq 6 ]
	[ "$(sort -u got)" = \
		'1 0  stdin: stream version 7, this program reads version 1' ]
}

# Streams of two runs: keys and times differ in what zmap-send writes.
same() {
	case $3 in
	*zmap-send*)
		for f in "$1" "$2"; do
			readstream <"$f" | tail -n 1 >"$f.end"
		done
		cmp "$1.end" "$2.end" ;;
	*) cmp "$1" "$2" ;;
	esac
}

@test "faults: calls that are interrupted: the same bytes come out" {
	plain "files and system calls of its own"
	write_samples
	cat >calls <<-'E'
		n=0
		while read -r kind command; do
			n=$((n + 1))
			eval "$command" <$kind.cbor >want.$n
			: >got.$n
			timeout 20 strace -f -qq -o trace.$n -P $PWD/$kind.cbor \
				-P $PWD/got.$n -e inject=all:error=EINTR:when=1+2 \
				-e trace=read,write,pread64,pwrite64,writev \
				sh -c "exec $command" <$kind.cbor >got.$n || exit
		done
	E
	readers | lab bash calls 3>&-
	n=0
	while read -r _ command; do
		n=$((n + 1))
		grep -q 'EINTR.*INJECTED' trace.$n
		same want.$n got.$n "$command"
	done < <(readers)
}

@test "faults: stdout that takes a few bytes at a time, and does not wait" {
	write_samples
	cat >slowly.py <<-'E'
		import fcntl, os, subprocess, sys, time
		for n, line in enumerate(sys.stdin, 1):
		    kind, command = line.split(maxsplit=1)
		    stdin = b"".join([open(kind + ".cbor", "rb").read()]
		                     * (20 if kind == "results" else 1))
		    open("in", "wb").write(stdin)
		    want = subprocess.run(command, shell=True, check=True,
		                          stdin=open("in"), capture_output=True)
		    open("want.%d" % n, "wb").write(want.stdout)
		    r, w = os.pipe()
		    fcntl.fcntl(w, 1031, 4096)		# F_SETPIPE_SZ
		    os.set_blocking(w, False)
		    run = subprocess.Popen("exec " + command, shell=True,
		                           stdin=open("in"), stdout=w)
		    os.close(w)
		    out = b""
		    while True:
		        time.sleep(0.001)
		        got = os.read(r, 700)
		        if not got:
		            break
		        out += got
		    open("got.%d" % n, "wb").write(out)
		    assert run.wait() == 0, command
	E
	readers | timeout 60 lab "$PYTHON" slowly.py 3>&-
	n=0
	while read -r _ command; do
		n=$((n + 1))
		same want.$n got.$n "$command"
	done < <(readers)
}

# --- disks, files, memory, descriptors ---

# once: the size of what is written over IPv4
# bats test_tags=once
@test "faults: a disk that fills up in the middle of a scan ends it, status 1" {
	write_scan
	mkdir small
	BEFORE='mount -t tmpfs -o size=16k none small' OUT=small/o \
		AFTER='cp small/o full.cbor' scan full : 10.0.0.0/8
	ended full 1 3000
	# once: zmap does not say once more who failed
	[ "$(grep -c 'zmap-out' full.err)" -eq 1 ]
	grep -q '^zmap-out: small/o: No space left on device' full.err
	# whole records, up to where there was no room
	run --separate-stderr zmap-out -f saddr --no-header-row <full.cbor
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -gt 150 ]
}

@test "faults: a limit on the size of files is an error, not a signal" {
	write_samples
	for _ in {1..50}; do cat results.cbor; done >many
	for f in csv json cbor; do
		run prlimit --fsize=4096 zmap-out -O $f -o limited <many
		fails 1 'zmap-out: limited: File too large'
		[ "$(stat -c %s limited)" -eq 4096 ]
	done
}

# once: what replays the answers has IPv4's
# bats test_tags=once
@test "faults: a spill file without room: what is lost is counted, status 5" {
	mkdir spill
	cat >spill.sh <<-'E'
		mount -t tmpfs -o size=256k none spill
		zmap-targets --no-blacklist -p 80 -n 4 10.0.0.0/8 |
			zmap-send -v 0 | (replay -n 60000 -r 60000 10.0.0.0/8; touch over) |
			zmap-recv -c 1 --queue-size 1M --spill-directory spill \
				2>err | {
				begin_reading
				for _ in {1..200}; do
					[ ! -e over ] || break
					sleep 0.1
				done
				sleep 0.3
				cat
			} >spill.cbor
		echo "${PIPESTATUS[3]}"
	E
	timeout 60 lab bash spill.sh >rc 3>&-
	cat rc err
	[ "$(cat rc)" -eq 5 ]
	grep -q 'answers were dropped because their reader is too slow' err
	sums spill
	# a megabyte of the queue alone holds some 8000
	[ "$(found spill)" -gt 5000 ]
}

# once: limits, whatever the family
# bats test_tags=once
@test "faults: too little memory, too few descriptors: said, no signal, no orphan" {
	plain "memory of its own"
	write_samples
	cat >limits <<-'E'
		one() {
			what=$1
			shift
			timeout 10 "$@" >out 2>err
			echo "$? $(grep -c . err) $what $*"
		}
		while read -r kind command; do
			for mb in 6 8 12 20 32; do
				one $kind prlimit --as=${mb}000000 \
					sh -c "exec $command" <$kind.cbor
			done
			for n in 4 5 6 8; do
				one $kind prlimit --nofile=$n \
					sh -c "exec $command" <$kind.cbor
			done
		done
		for n in 8 12; do
			one none prlimit --nofile=$n zmap -q -p 80 --no-blacklist \
				-c 0 -o /dev/null 10.0.0.0/28
		done
		sleep 0.1
		pgrep -x 'zmap.*' && echo "9 0 orphans"
		cat /sys/class/net/s0/statistics/tx_packets >sent
	E
	readers >list
	echo 'targets zmap-targets --no-blacklist --text 10.0.0.0/28' >>list
	lab bash limits <list >got 3>&- || true
	# done, or failed with a reason; 127 is ld.so, which has no room either
	awk '$1 == 0 || (($1 == 1 || $1 == 127) && $2 > 0) { ok++; next }
		{ print; bad = 1 } END { exit bad || ok < 60 }' got
	[ "$(grep -c '^0 ' got)" -ge 10 ]
	[ "$(grep -c '^1 ' got)" -ge 10 ]
	grep -q '^1 .* zmap -q' got
}

@test "faults: descriptors 0 to 2 closed, one and all: refused" {
	for p in targets send recv filter out status; do
		for closed in '0<&-' '1>&-' '2>&-' '0<&- 1>&-' '0<&- 1>&- 2>&-'; do
			run bash -c "exec zmap-$p 5 $closed"
			[ "$status" -eq 2 ] || {
				echo "zmap-$p $closed: $status"
				return 1
			}
		done
	done </dev/null
}

# once: counts the device's packets; IPv6 has its own
# bats test_tags=once
@test "faults: lists and configuration that cannot be read: status 2, nothing sent" {
	mkdir dir
	echo 10.0.0.0/24 >closed
	chmod 0 closed
	printf '\0\377\n' >garbage
	cat >unreadable <<-'E'
		for f in missing dir closed garbage; do
			for o in -C -b -w -I; do
				timeout 10 setpriv --bounding-set=-dac_override,-dac_read_search \
					--inh-caps=-dac_override,-dac_read_search \
					zmap -q -p 80 -c 0 $o $f 10.0.0.0/28 2>err >/dev/null
				echo "$? $o $f $(grep -c $f err)"
			done
		done
		cat /sys/class/net/s0/statistics/tx_packets >sent
	E
	timeout 60 lab bash unreadable >got 3>&-
	cat got
	[ "$(wc -l <got)" -eq 16 ]
	[ "$(grep -c '^2 .* 1$' got)" -eq 16 ]
	[ "$(cat sent)" -eq 0 ]
}

# --- status, clocks ---

@test "faults: nobody reads the status lines, or no longer: no stage minds" {
	write_samples
	cat >deaf.py <<-'E'
		import os, subprocess, sys
		for line in sys.stdin:
		    kind, command = line.split(maxsplit=1)
		    r, w = os.pipe()
		    os.close(r)
		    run = subprocess.run(
		        "exec " + command.strip() + " --status-fd %d" % w, shell=True,
		        stdin=open(kind + ".cbor"), stdout=subprocess.DEVNULL,
		        pass_fds=[w], timeout=10)
		    os.close(w)
		    assert run.returncode == 0, (command, run)
		    # and one that is full
		    r, w = os.pipe()
		    os.set_blocking(w, False)
		    try:
		        while True:
		            os.write(w, b"x" * 512)
		    except BlockingIOError:
		        os.set_blocking(w, True)
		    run = subprocess.run(
		        "exec " + command.strip() + " --status-fd %d" % w, shell=True,
		        stdin=open(kind + ".cbor"), stdout=subprocess.DEVNULL,
		        pass_fds=[w], timeout=10)
		    assert run.returncode == 0, (command, run)
	E
	readers | timeout 60 lab "$PYTHON" deaf.py 3>&-
}

stepped() {
	local by=86400
	[ "$1" = forth ] || by=-86400
	LOUD='' BEFORE="export LD_PRELOAD=$T/clock.so CLOCK_BY=$by
		export CLOCK_AT=\$(awk '{ print int(\$1 * 1000) + 1300 }' /proc/uptime)" \
		scan "$1" : 10.9.0.0/21 || return 1
	ended "$1" 0 9000 && complete "$1" 10.9.0.0/21 || return 1
	# the day is another one, but no second of the scan
	grep -qE '^ *0:0[1-9].*100%' "$1.err" || { cat "$1.err"; return 1; }
	awk '/^[ 0-9:]+[0-9]%/ { n++; if ($1 !~ /^0:0[0-9]$/) exit 1 }
		END { exit n == 0 }' "$1.err"
}

@test "faults: the clock is set back and forth by a day: no matter" {
	plain "files and system calls of its own"
	write_scan
	cc -shared -fPIC -o clock.so "$ROOT/tests/tool/preload/clock.c" -ldl
	in_parallel stepped forth back
}

# --- between the programs ---

@test "faults: a program that copies between send and recv: what is missed is said" {
	cat >between <<-'E'
		targets() { zmap-targets --no-blacklist -p 80 10.0.0.0/24; }
		targets | zmap-send -v 0 -r 1000 | tee copy |
			(sleep 0.2; zmap-recv -c 0.5 -v 0) >copied.cbor 2>err
		echo "${PIPESTATUS[3]}"
		# that is how to do it
		targets | zmap-send -v 0 -r 1000 |
			(sleep 0.2; zmap-recv -c 0.5 -v 0 --write-stream copy) \
			>straight.cbor
		echo "${PIPESTATUS[2]}"
	E
	timeout 60 lab --classes open=100 bash between >rc 3>&-
	[ "$(tr '\n' ' ' <rc)" = '5 0 ' ]
	grep -qE '^zmap-recv: results are incomplete: zmap-send began [0-9]+\.[0-9]' err
	sums copied
	[ "$(found copied)" -lt 256 ]
	sums straight
	[ "$(found straight)" -eq 256 ]
	zmap-out -O diag <copy | grep -q '"begin"'
}

@test "faults: a name server that does not answer, or a resolver that dies" {
	printf 'nameserver 10.0.0.1\noptions timeout:20\n' >resolv
	cat >names <<-'E'
		mount --bind resolv /etc/resolv.conf
		mkfifo in
		zmap-targets --in-order --text --no-blacklist -I - <in >out 2>err &
		pid=$!
		exec 9>in
		printf '10.1.1.1\nsilent.test\n' >&9
		for _ in {1..100}; do [ -s out ] && break; sleep 0.05; done
		at=${EPOCHREALTIME/./}
		kill -TERM $pid
		wait $pid
		echo "$? $(((${EPOCHREALTIME/./} - at) / 1000000)) $(cat out)"
		zmap-targets --in-order --text --no-blacklist -I - <in >out 2>err &
		pid=$!
		exec 9>in
		for _ in {1..100}; do
			child=$(pgrep -P $pid -x zmap-resolver) && break
			sleep 0.05
		done
		kill -9 $child
		printf '10.1.1.1\nsilent.test\n' >&9
		wait $pid
		echo "$? $(cat out) $(cat err)"
	E
	timeout 60 lab --classes open=0 bash names >got 3>&-
	cat got
	[ "$(sed -n 1p got)" = '3 0 10.1.1.1' ]
	[[ $(sed -n 2p got) == '2 10.1.1.1 '*'cannot resolve silent.test: the process that resolves names is gone' ]]
}

# --- rights ---

@test "faults: every stage of a scan runs without rights, under seccomp" {
	plain "files and system calls of its own"
	write_scan
	LOUD='' scan r 'for s in targets send recv filter out status; do
			for t in /proc/$(victim $s)/task/*/status; do
				echo $s $(awk "/^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):/ {
					print \$2 }" $t)
			done
		done | sort -u >rights; kill $zmap' 10.0.0.0/8 \
		--output-filter 'success = 1'
	cat rights
	z=0000000000000000
	[ "$(cat rights)" = "$(for s in filter out recv send status targets; do
		echo "$s $z $z $z $z 1 2"; done)" ]
}

@test "faults: zmap-targets reads lists without rights, names come from elsewhere" {
	plain "files and system calls of its own"
	mkfifo in
	for o in --in-order -v3; do
		zmap-targets --text --no-blacklist -e 1 $o -I - <in >out 3>&- &
		pid=$!
		exec 9>in
		for _ in {1..100}; do
			child=$(pgrep -P $pid -x zmap-resolver) &&
				grep -q '^Seccomp:.2' /proc/$pid/status && break
			sleep 0.05
		done
		grep -q '^NoNewPrivs:.1' /proc/$pid/status
		grep -q '^Seccomp:.2' /proc/$pid/status
		grep -q '^CapEff:.0*$' /proc/$child/status
		# who has no CAP_SETPCAP cannot make the bounding set smaller
		[ "$(id -u)" -ne 0 ] ||
			grep -q '^CapBnd:.0*$' /proc/$child/status
		grep -q '^NoNewPrivs:.1' /proc/$child/status
		# it has nothing of ours open
		[ "$(id -u)" -ne 0 ] ||
			[ "$(readlink /proc/$child/fd/* | sort -u | grep -vc '^socket:')" -eq 1 ]
		echo localhost >&9
		exec 9>&-
		wait $pid
		[ "$(cat out)" = 127.0.0.1 ]
		[ ! -e /proc/$child/exe ]
	done
}

# once: a module that knows IPv4 alone
# bats test_tags=once
@test "faults: inside zmap-send: no file, socket, program or other process" {
	plain "files and system calls of its own"
	cc -shared -fPIC -D_GNU_SOURCE -I"$ROOT/lib" -I"$ROOT" \
		-o intruder.so "$BATS_TEST_DIRNAME/modules/intruder.c"
	zmap-targets -p 80 --no-blacklist 10.0.0.1 >in
	cat >inside <<-'E'
		for what in open create connect packet execute fork ptrace; do
			for io in '--io mmsg' "--write-pcap $what"; do
				timeout 10 zmap-send -v 0 -M ./intruder.so \
					--probe-args send:$what $io <in >out 2>err
				echo "$? $what"
				cat err >&2
			done
		done
	E
	timeout 60 lab bash inside >got 3>&-
	diff - got <<-E
		$(for what in open create connect packet execute fork ptrace; do
			rc=159
			case $what in open | create) rc=0 ;; esac
			printf '%s\n' "$rc $what" "$rc $what"
		done)
	E
	[ "$(tail -c 1 open)" = R ]
	[ "$(tail -c 1 create)" = R ]
	[ ! -e created ]
}

# --- the table ---

@test "faults: each test that README.md names exists, each one here is named" {
	awk -F ' *[|] *' '!/^[|]/ { ours = 0 }
		ours && $4 !~ /^(---)?$/ { print $4 }
		/^[|] fault [|]/ { ours = 1 }' "$ROOT/tests/README.md" |
		sort -u >named
	[ "$(wc -l <named)" -gt 40 ]
	sed -n 's/^@test "\(.*\)" {$/\1/p' "$ROOT"/tests/*.bats | sort >exist
	[ -z "$(comm -23 named exist)" ] || {
		comm -23 named exist
		return 1
	}
	grep '^faults: ' exist | grep -v '^faults: each test' |
		diff - <(grep '^faults: ' named)
}
