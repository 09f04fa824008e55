#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Scans that are killed and go on, networks that are left out while one runs,
# and questions that are asked before one begins.  ZMAP_LONG=1: a /12, and a
# soak of a minute.

# bats file_tags=company
load helper
bats_require_minimum_version 1.5.0

# Scans $1 in a lab where all hosts answer, killing all of it, -9, after each
# of the times in $2, and going on at another rate, from $3 to twice that, by
# other numbers of threads.  Leaves the probes in log, the answers in
# found.*, and in runs a line for each: position before and after, probes,
# rate.
crash_and_resume() {
	cat >crash <<-'E'
		set -m
		net=$1 times=$2 slow=$3
		RANDOM=42
		mkdir ckpt
		before=0 sent=0 n=0
		for wait in $times end; do
			n=$((n + 1))
			rate=$((slow + RANDOM * slow / 32768))
			how=--checkpoint
			[ ! -e ckpt/c ] || how=--resume
			[ "$wait" != end ] || rate=30000
			zmap -p 80 --no-blacklist "$how" ckpt/c -r "$rate" \
				-T $((1 + RANDOM % 3)) -c 2 -q -v 1 -o "found.$n" "$net" &
			if [ "$wait" = end ]; then
				wait $!
				echo $? >rc
			else
				sleep "$wait"
				kill -9 -- -$!
				wait
			fi 2>/dev/null
			sleep 0.1
			caught_up
			after=$(sed -n 's/^position //p' ckpt/c)
			was=$sent
			sent=$(wc -l <log)
			echo "$before ${after:-0} $((sent - was)) $rate"
			before=${after:-0}
		done >runs
	E
	lab --classes open=100 --log log --counters counters \
		bash crash "$1" "$2" "$3" 2>/dev/null
	cat runs
}

# What must be true of that: $1 as above.
check_crashes() {
	[ "$(jq .dropped counters)" -eq 0 ]
	[ "$(cat rc)" -eq 0 ]
	grep -q '^done$' ckpt/c
	# all of it, nothing besides, and all that answered was written
	zmap-targets --text --no-blacklist "$1" 2>/dev/null | sort >want
	cut -d, -f2 log | sort -u | cmp - want
	sort -u found.* | cmp - want
	# never is a target said to have been sent that has not; and what was
	# sent in vain is that of two seconds, or a few more while a busy
	# machine comes to it
	awk '$3 < $2 - $1 { print "not sent:", $0; exit 1 }
		$3 - ($2 - $1) > 5 * $4 { print "repeats:", $0; exit 1 }' runs
}

@test "resume: killed at any moment, every target is probed" {
	requires_lab
	if [ -n "${ZMAP_LONG:-}" ]; then
		times=$(for _ in {1..20}; do
			echo "$((RANDOM % 5)).$((RANDOM % 10))"
		done)
		crash_and_resume 10.0.0.0/12 "$times" 15000
		check_crashes 10.0.0.0/12
		[ "$(wc -l <runs)" -eq 21 ]
	else
		crash_and_resume 10.0.0.0/18 '0.3 0.8 3.5 1.5' 700
		check_crashes 10.0.0.0/18
	fi
}

# once: half a minute, of which the family changes nothing
# bats test_tags=once
@test "resume: killed in the cooldown, late answers are asked for again" {
	cat >late <<-'E'
		set -m
		for n in 1 2 3 4 5; do
			rm -rf ckpt
			mkdir ckpt
			how=--checkpoint
			for wait in $n end; do
				zmap -p 80 --no-blacklist $how ckpt/c -r 4000 -c 3 \
					-T $((1 + n % 2)) -q -v 1 -o found.$n.$wait 10.0.0.0/21 &
				if [ "$wait" = end ]; then
					wait $!
					echo "$?" >rc.$n
				else
					# all are sent, and answers are due for two seconds
					soon grep -qs ^sent ckpt/c
					sleep 0.$((2 * n - 1))
					kill -9 -- -$!
					wait
					grep -q ^done ckpt/c && touch early
				fi
				how=--resume
			done
		done 2>/dev/null
	E
	lab --classes late=100 bash late 2>/dev/null
	zmap-targets --text --no-blacklist 10.0.0.0/21 2>/dev/null | sort >want
	for n in 1 2 3 4 5; do
		[ "$(cat rc.$n)" -eq 0 ]
		sort -u found.$n.* | cmp - want
		# the kill did cost something
		[ "$(wc -l <found.$n.$n)" -lt 2048 ]
	done
	[ ! -e early ]
	grep -qx done ckpt/c
	grep -qx 'position 2048' ckpt/c
	run grep -E 'sent|drained' ckpt/c
	[ "$status" -eq 1 ]
}

@test "resume: what did not wait for answers is not settled" {
	cat >unsettled <<-'E'
		zmap -p 80 -r 1000 -c 20 -q -v 1 --checkpoint twice -o f 10.0.0.0/24 &
		soon grep -qs ^sent twice
		kill $!
		sleep 0.6
		kill $!
		wait $!
		# refused: of an older scan that was killed, nothing is known now
		cp twice before
		zmap -p 80 -q --resume twice -o f --output-filter 'nosuch = 1' \
			10.0.0.0/24 2>/dev/null
		cmp twice before && echo same
		zmap -p 80 -r 1000 -c 1 -q -v 1 --checkpoint full -o /dev/full \
			10.0.0.0/24 2>/dev/null
		zmap -p 80 -r 1000 -c 1 -q -v 1 --checkpoint gone 10.0.0.0/21 |
			(head -n 1 >/dev/null)
	E
	[ "$(lab --classes open=100 bash unsettled)" = same ]
	grep -qx 'sent 256' twice
	run grep -x -e done -e 'position 256' twice full gone
	[ "$status" -eq 1 ]
	# and whoever would settle it is gone
	run grep ^sent gone
	[ "$status" -eq 1 ]
}

@test "resume: Ctrl-C and on, each target once, shard and limit are kept" {
	requires_lab
	cat >twice <<-'E'
		set -m
		scan=(zmap -p 80,81 -n 50% --no-blacklist -c 1 -q -v 1 10.0.0.0/20)
		"${scan[@]}" -e 9 --shards 2 --shard 1 --checkpoint c -r 1500 -o a &
		until_sent 800
		kill -INT -- -$!
		wait $!
		echo $?
		"${scan[@]}" --resume c -r 50000 -T 2 -o b
	E
	lab --classes open=100 --log log bash twice >rc
	[ "$(tail -n 1 rc)" -eq 3 ]
	zmap-targets --text=, -p 80,81 -n 50% --no-blacklist -e 9 --shards 2 \
		--shard 1 10.0.0.0/20 2>/dev/null | sort >want
	[ "$(wc -l <want)" -eq 2048 ]
	cut -d, -f2,3 log | sort | cmp - want
	sort a b | cmp - want
	[ -s a ]
	[ -s b ]
}

@test "resume: another scan is refused before anything is sent" {
	requires_lab
	echo 10.0.0.0/26 >black
	printf '10.0.0.0/26\n10.0.3.0/24\n' >grown
	echo 10.0.0.0/27 >shrunk
	cat >other <<-'E'
		first=(zmap -e 1 -n 900 --checkpoint c -q -v 1 -c 0 -o a)
		"${first[@]}" -b black -p 80 -r 300 10.0.0.0/22 &
		until_sent 50
		kill $!
		wait $!
		grep '^position' c
		caught_up
		wc -l <log >sent
		cp c before
		try() {
			zmap --resume c -q -v 1 -c 0 -o b "$@" 2>&1 | sed -n 1p
			echo "status ${PIPESTATUS[0]}"
		}
		try -n 900 -b black -p 80 10.0.0.0/21
		try -n 900 -b black -p 81 10.0.0.0/22
		try -n 901 -b black -p 80 10.0.0.0/22
		try -n 900 -b shrunk -p 80 10.0.0.0/22
		try -n 900 -b black -p 80 -e 2 10.0.0.0/22
		try -n 900 -b black -p 80 -M udp --probe-args text:x 10.0.0.0/22
		try -n 900 -b black -p 80 -P 2 10.0.0.0/22
		try -n 900 -b black -p 80 --start 5 10.0.0.0/22
		"${first[@]}" -b black -p 81 10.0.0.0/22
		caught_up
		cmp c before && cmp sent <(wc -l <log) && echo untouched
		try -n 900 -b grown -p 80 10.0.0.0/22
	E
	lab --log log bash other >got 2>&1
	cat got
	position=$(sed -n '1s/position //p' got)
	[ "$position" -gt 0 ]
	[ "$position" -lt 900 ]
	cat >want <<-E
		zmap-targets: the targets are not those of the checkpoint; give the lists and ports that the scan began with
		status 2
		zmap-targets: the targets are not those of the checkpoint; give the lists and ports that the scan began with
		status 2
		zmap-targets: the options are not those of the checkpoint, or there are too many networks to follow a change of the blacklist
		status 2
		zmap-targets: the blacklist no longer holds all that it held when the scan began
		status 2
		zmap-targets: c: seed or shard are not those given
		status 2
		zmap-send: c: the probe module, its arguments or the number of probes are not those of the checkpoint
		status 1
		zmap-send: c: the probe module, its arguments or the number of probes are not those of the checkpoint
		status 1
		zmap-targets: --resume and --start exclude each other
		status 2
		zmap-targets: the targets are not those of the checkpoint; give the lists and ports that the scan began with
		untouched
		status 0
	E
	sed 1d got | grep -v '^zmap: ' | diff - want
	# the rest, but for what has been added to the blacklist
	cut -d, -f2 log | sort -u >sent
	zmap-targets --text -e 1 -n 900 -b black 10.0.0.0/22 >all
	{
		head -n "$position" all
		tail -n +$((position + 1)) all | grep -v '^10\.0\.3\.'
	} | sort | diff - sent
	# in the order, and by the positions, of the scan as it began
	grep '^position 900$' c
	grep '^done$' c
}

@test "resume: the checkpoint of another shard is left alone" {
	requires_lab
	cat >shards <<-'E'
		for shard in 0 1; do
			zmap-targets -e 1 --shards 2 --shard $shard -p 80 \
				--no-blacklist 10.0.0.0/22 |
				zmap-send -v 1 -r 500 --checkpoint c --max-runtime 0.2 >out
			echo "${PIPESTATUS[1]}"
			cp -n c before
		done
		cmp c before && echo untouched
	E
	run lab bash shards
	echo "$output"
	[[ $output == *"c: belongs to an unfinished scan"* ]]
	[ "${lines[-2]}" = 1 ]
	[ "${lines[-1]}" = untouched ]
}

# once: seconds of waiting, whatever the family
# bats test_tags=once
@test "resume: two scans are kept from one checkpoint" {
	requires_lab
	cat >two <<-'E'
		scan() {
			zmap -p 80 -e 1 --no-blacklist -q -v "$2" -r 100 -c "$3" \
				--checkpoint c -o "$1" 10.0.0.0/22
		}
		scan a 1 3 &
		soon grep -qs '^position [1-9]' c
		first=$(pgrep -P $! -x zmap || echo $!)
		# a stage by itself, on what a scan is at work with
		zmap-targets -p 80 -e 1 --no-blacklist 10.0.0.0/22 2>/dev/null |
			zmap-send -r 100 --checkpoint c 2>said >/dev/null
		echo "stage: $?"
		grep -v 'will send by\|is polite' said | sed 's/pid [0-9]*)/pid of its sender)/'
		scan b 3 0 2>said
		echo "second: $?"
		ls b 2>/dev/null
		sed "s/pid $first)/pid of the first)/" said
		# one that stops is waited for, also when there is no zmap-send
		soon grep -q ^drained c
		scan b 3 3 2>&1 | sed 's/.*INFO. //'
		echo "in its cooldown: ${PIPESTATUS[0]}"
		ls b 2>/dev/null
		# and nothing is written: a dry run may look at it
		zmap -p 80 -e 1 --no-blacklist -d --checkpoint c 10.0.0.0/22 >/dev/null 2>&1
		echo "dry: $?"
		wait
		ls c*
		# killed, and at once again
		rm c
		setsid zmap -p 80 -e 1 --no-blacklist -q -v 1 -r 100 -c 1 \
			--checkpoint c -o d 10.0.0.0/23 &
		soon grep -qs '^position [1-9]' c
		kill -9 $!
		zmap -p 80 -e 1 --no-blacklist -q -v 0 -r 10000 -c 1 \
			--checkpoint c -o d 10.0.0.0/23
		echo "again: $?"
		ls c*
		# where there is one that cannot be had
		ln -s /etc/passwd c.lock
		scan b 3 0 2>&1
		echo "link: $?"
	E
	lab --classes open=100 bash two >got
	diff - <(grep -v Killed got) <<-'E'
		stage: 3
		zmap-send: c: another scan is at work with this checkpoint (pid of its sender); wait for it, or name another file
		second: 3
		zmap: c: another scan is at work with this checkpoint: waiting up to 2 s for its end
		zmap: c: another scan is at work with this checkpoint (pid of the first); wait for it, or name another file
		zmap: c: another scan is at work with this checkpoint: waiting up to 5 s for its end
		zmap: c: this scan is done: nothing is sent, and results stay as they are; to scan again, remove the file or give another --seed
		in its cooldown: 0
		dry: 0
		c
		again: 0
		c
		zmap: c.lock: Too many levels of symbolic links; remove it if no scan is at work with c
		link: 1
	E
}

@test "resume: a file that is no checkpoint is left alone" {
	requires_lab
	cat >files <<-'E'
		try() {
			zmap-targets -p 80 -e 1 --no-blacklist 10.0.0.0/28 |
				zmap-send -v 1 --checkpoint "$1" >out
			echo "${PIPESTATUS[1]}"
		}
		echo precious >results
		mkfifo pipe
		: >empty
		try results
		try pipe
		try .
		try empty
		try empty
	E
	lab bash files >got 2>&1
	cat >want <<-'E'
		zmap-send: results: not a checkpoint
		1
		zmap-send: pipe: not a regular file
		1
		zmap-send: .: not a regular file
		1
		0
		0
	E
	diff got want
	[ "$(cat results)" = precious ]
}

# once: what the file says, whatever the family
# bats test_tags=once
@test "resume: checkpoints of other versions, and of shards that are none" {
	targets --shards 3 --shard 2 10.0.0.0/24 |
		zmap-send -v 1 -X --write-pcap p -t 0 --checkpoint c >out
	zmap-targets --no-blacklist --text --resume c -p 80 10.0.0.0/24 >all
	[ "$(wc -l <all)" -gt 0 ]
	while IFS='|' read -r change message; do
		sed "$change" c >bad
		run zmap-targets --no-blacklist --text --resume bad -p 80 10.0.0.0/24
		fails 2 "$message"
	done <<-'E'
		1s/1$/0/|bad: checkpoint of version 0; this program reads version 1
		1s/1$/2/|bad: checkpoint of version 2; this program reads version 1
		1s/1$/1x/|bad: checkpoint of version 1x; this program reads version 1
		1s/ 1$//|bad: not a checkpoint
		s/^shard .*/shard 3/|bad: there is no shard 3 of 3
		s/^shard .*/shard 4/|bad: there is no shard 4 of 3
		s/^shards .*/shards 0/|bad: there is no shard 2 of 0
		s/^shards .*/shards 2/|bad: there is no shard 2 of 2
		s/^seed .*/seed -1/|bad:5: bad seed
		/^seed/d|bad: the checkpoint is cut short
		/^end$/d|bad: the checkpoint is cut short
	E
}

@test "resume: a checkpoint that is done may be that of another shard" {
	send() {
		targets --shards 3 --shard "$1" 10.0.0.0/24 |
			zmap-send -v 1 -X --write-pcap p --checkpoint c >out
	}
	send 2
	grep -qx drained c
	run send 1
	[ "$status" -ne 0 ]
	sed -i 's/^drained$/done/' c
	send 1
	grep -qx 'shard 1' c
}

# once: a clock's time, whatever the family
# bats test_tags=once
@test "resume: a checkpoint lags as long as answers may take" {
	targets 10.0.0.0/16 >in
	begin=$(date +%s%N)
	timeout 60 zmap-send -v 1 -X --write-pcap p -r 1000 --checkpoint c \
		--checkpoint-lag 4 <in >out 3>&- &
	soon grep -qs '^position [1-9]' c
	[ $(($(date +%s%N) - begin)) -ge 4000000000 ]
	kill -INT $!
	wait $! || true
	# and ends where it was 4 s ago
	position=$(sed -n 's/^position //p' c)
	sent=$(sed -n 's/^sent //p' c)
	[ $((sent - position)) -ge 3000 ]
}

@test "resume: killed while it writes the checkpoint, the file is whole" {
	requires_lab
	plain "files and system calls of its own"
	cat >torn <<-'E'
		mkdir d
		file=$PWD/d/c
		zmap-targets -p 80 -e 1 --no-blacklist 10.0.0.0/26 >in
		send() {
			strace -y -qq -o trace -e trace=openat,write,fsync,rename \
				"$@" zmap-send -v 1 -r 100000 \
				--checkpoint "$file" <in >out
		}
		send
		# which of its calls have to do with the file
		awk -F'(' -v dir="$PWD/d" '{ n[$1]++ }
			index($0, dir) { print $1 ":" n[$1] }' trace | sort >calls
		while read -r at; do
			rm -f d/*
			send -e inject="${at%:*}:signal=KILL:when=${at#*:}"
			rc=$?
			if [ -e "$file" ]; then
				left=$(zmap-targets --resume "$file" -p 80 --no-blacklist \
					--count 10.0.0.0/26)
			else
				left=none
			fi
			echo "${at%:*} $rc $left"
		done <calls
	E
	lab bash torn >got 2>err
	cat got
	# killed before each call of the two times that it is written; then
	# there is no file, or one by which all answers are found
	cat >want <<-'E'
		fsync 137 none
		fsync 137 64
		fsync 137 64
		fsync 137 64
		openat 137 none
		openat 137 none
		openat 137 none
		openat 137 none
		openat 137 none
		openat 137 64
		openat 137 64
		openat 137 64
		rename 137 none
		rename 137 64
		write 137 none
		write 137 64
	E
	diff want got
}

# --- networks that are left out from now on ---

# once: words count addresses of IPv4, ranges of IPv6
# bats test_tags=once
@test "resume: exclude: a list that changes in any way is read again" {
	requires_lab
	cat >live <<-'E'
		# says TEXT TIMES [FILE]
		says() {
			for i in $(seq 200); do
				[ "$(grep -ac "$1" "${3:-err}")" -ge "$2" ] && return
				sleep 0.1
			done
			echo "never said: $1"
			exit 1
		}
		echo 10.0.0.0/32 >list
		zmap-send -v 3 -r 250 --exclude list <in >out 2>err &
		# before that it reads the list a second time, silently
		says ready 1 out
		# in place
		echo 10.0.0.0/31 >list
		says 'leaving out 2 addresses' 1
		# as editors do
		mv list list~
		echo 10.0.0.0/30 >list
		says 'leaving out 4 addresses' 1
		# another file takes its place, with the times of that of before
		echo 10.0.0.0/29 >new
		touch -r list new
		mv new list
		says 'leaving out 8 addresses' 1
		# told to, though nothing has changed
		kill -HUP $!
		says 'leaving out 8 addresses' 2
		# a bad line, and half a line
		echo 10.0.0.0/33 >>list
		says 'list:2: prefix length 33 is over 32; leaving out the other' 1
		# it goes, and comes back
		rm list
		says 'list: No such file or directory; leaving out' 1
		sleep 0.6
		echo 10.0.0.0/19 >list
		says 'leaving out 8192 addresses' 1
		caught_up
		wc -l <log >mark
		sleep 1
		kill -TERM $!
		wait $!
	E
	zmap-targets -p 80 -e 1 --no-blacklist 10.0.0.0/18 >in
	run lab --log log --counters counters bash live
	cat err
	echo "$output"
	[ "$status" -eq 3 ]
	[ "$(grep -c 'No such file' err)" -eq 1 ]
	# a packet or two may have been under way when it was said
	tail -n +$(($(cat mark) + 3)) log | cut -d, -f2 |
		awk -F. '$3 < 32 { n++ } END { exit n > 0 }'
	# and it adds up
	readstream <out | tail -n 1 | jq -e '.[1] |
		.in == .targets + .excluded + .refused + .failed + .left and .excluded > 0'
}

@test "resume: exclude: what it left out is in the summary" {
	requires_lab
	echo 10.0.0.0/28 >list
	lab --counters counters zmap -p 80 --no-blacklist --exclude list -g -q -c 0 \
		-m meta -o a 10.0.0.0/24 2>err
	cat err meta
	grep -q '^exc	excluded *	*16$' err
	[ "$(jq .targets_excluded meta)" -eq 16 ]
}

@test "resume: exclude: lists that cannot be, and dry runs" {
	requires_lab
	cat >refused <<-'E'
		try() {
			zmap-targets -p 80 -e 1 --no-blacklist 10.0.0.0/28 |
				zmap-send -v 1 --exclude "$1" >out
			echo "${PIPESTATUS[1]}"
		}
		mkfifo pipe
		echo 10.0.0.1:80 >ports
		(echo 10.0.0.1 >pipe) &
		try pipe
		try ports
		try none
	E
	lab bash refused >got 2>&1
	cat >want <<-'E'
		zmap-send: pipe: not a regular file
		1
		zmap-send: ports:1: an address is left out on all ports
		1
		zmap-send: none: No such file or directory
		1
	E
	diff want got
	echo 10.0.0.0/28 >list
	zmap --fast-dryrun -p 80 --no-blacklist --exclude list 10.0.0.0/27 >bytes
	[ "${FAMILY:-4}" = 6 ] && size=18 || size=6 # an address and a port
	[ "$(wc -c <bytes)" -eq $((16 * size)) ]
}

# --- questions ---

# once: networks of 256 addresses; IPv6's are in it
# bats test_tags=once
@test "resume: guard: a rate that is much for the target space is warned of" {
	requires_lab
	cat >rates <<-'E'
		scan() {
			zmap -p 80 --no-blacklist -q -c 0 -o /dev/null "$@" 2>&1 |
				grep 'to each network' || echo quiet
		}
		scan -t 0.1 -r 5 11.0.0.0/24
		scan -t 0.1 -r 40 11.0.0.0/19
		scan -t 0.1 -r 2000 11.0.0.0/16
		# as fast as it can, which is known not to be polite for long
		scan -t 0.1 11.0.0.0/8
		scan -t 0.1 -r 250 11.0.0.0/16
		# private networks, and what is over at once
		scan -t 0.1 -r 2000 10.0.0.0/16
		scan -r 1000 11.0.0.0/24
		# of each of these networks only a part, or one address
		scan -t 0.1 -r 0.9 11.0.0.1 11.0.0.128/25
		for i in {0..199}; do echo 11.0.$i.7; done >list
		scan -t 0.1 -r 15 -w list
	E
	lab bash rates >got
	cat got
	# of IPv6, a network is a /48
	cat >rates6 <<-'E'
		zmap -p 80 --no-blacklist -q -c 0 -t 0.1 -r 40 -o /dev/null \
			2001:db8::/43-64 2>&1 | grep 'to each /48'
	E
	run lab --real --six 2001:db8::/32 -- bash rates6
	[ "$status" = 77 ] ||
		[[ $output == *"(there are 32), where 1 is polite: lower -r to 32"* ]]
	[ "$(tail -n 5 got)" = "$(printf 'quiet\n%.0s' 1 2 3 4 5)" ]
	sed -n 1p got | grep -F 'about 5 probes a second to each network of 256 addresses (there are 1), where 1 is polite: lower -r to 1'
	sed -n 2p got | grep -F 'about 1.2 probes a second to each network of 256 addresses (there are 32), where 1 is polite: lower -r to 32'
	sed -n 3p got | grep -F 'about 7.8 probes a second to each network of 256 addresses (there are 256), where 1 is polite: lower -r to 250'
	sed -n 4p got | grep -F 'no rate is given, so probes leave as fast as they can; one a second to each network of 256 addresses is polite, which is -r 65000'
}

@test "resume: guard: more than a /8 by one who cannot be found is asked about" {
	requires_lab
	cat >nameless <<-'E'
		zmap -p 80 --no-blacklist -q -v 1 -c 0 -t 0.1 -r 10 -o found "$@" 11.0.0.0/8 12.0.0.0/32 2>&1
		echo $?
	E
	run lab bash nameless
	[[ $output == *'16777217 targets, and their owners cannot find out who probes them: give --contact'*$'\n'1 ]]
	for way in --anonymous '--contact mailto:a@example.net' \
		'--attribution https://example.net/' '-n 16777216'; do
		# shellcheck disable=SC2086
		run lab bash nameless $way
		[ "$output" = 0 ]
	done
}

@test "resume: guard: source addresses that are not ours are warned of" {
	requires_lab
	cat >sources <<-'E'
		for s in 192.0.2.1 192.0.2.9 192.0.2.1-192.0.2.4; do
			zmap -p 80 --no-blacklist -q -c 0 -o /dev/null -S $s \
				10.0.0.1 2>&1 | grep 'source address' || echo quiet
		done
	E
	lab bash sources >got
	cat got
	[ "$(wc -l <got)" -eq 3 ]
	sed -n 1p got | grep quiet
	sed -n 2p got | grep -F '192.0.2.9'
	sed -n 3p got | grep -F '192.0.2.2'
}

@test "resume: guard: more than a /8 without any blacklist is asked about" {
	requires_lab
	cat >wide <<-'E'
		for net in 10.0.0.0/7 ''; do
			zmap -p 80 -r 10 -q -o /dev/null $net 2>&1
			echo "${PIPESTATUS[0]}"
		done
		zmap -p 80 -q -c 0 -n 2 -o /dev/null 10.0.0.0/8 2>&1 | sed 's/.*: no/no/'
		zmap -p 80 -q -c 0 -n 2 -o /dev/null --no-blacklist 10.0.0.0/7 2>&1
		echo 10.0.0.1 >black
		zmap -p 80 -q -c 0 -n 2 -o /dev/null -b black 10.0.0.0/7 2>&1
	E
	lab --counters counters bash wide >got
	cat got
	[ "$(grep -c 'addresses and no blacklist: give one by --blacklist-file, or say --no-blacklist' got)" -eq 2 ]
	[ "$(grep -c '^2$' got)" -eq 2 ]
	[ "$(grep -c '^no blacklist: networks that are reserved' got)" -eq 1 ]
	[ "$(jq '.probes + .outside' counters)" -eq 6 ]
}

@test "resume: soak: a minute of faults (long)" {
	requires_lab
	[ -n "${ZMAP_LONG:-}" ] || skip "set ZMAP_LONG, or make check-long"
	"$ROOT/tests/soak" -e 7 1m
}

# --- one command for start and requeue ---

# Scans in the lab by the same command line, killed and stopped in between:
# requeue FORMAT NAME OPTION...
requeue() {
	cat >again <<-'E'
		set -m
		format=$1 file=$2
		shift 2
		scan=(zmap -p 80 --no-blacklist -e weekly --checkpoint ckpt -c 1 -q
			-O "$format" -o "$file" "$@" 10.0.0.0/22)
		"${scan[@]}" -v 0 -r 100 &
		soon grep -qs '^position [1-9]' ckpt
		kill -9 -- -$!
		wait $! 2>/dev/null
		! [ -e torn ] || printf '10.9' >>"$file"
		"${scan[@]}" -v 0 -r 100 &
		was=$(sed -n 's/^position //p' ckpt)
		soon eval '[ "$(sed -n "s/^position //p" ckpt)" -gt '"$was"' ]'
		kill $!
		wait $!
		echo "stopped: $?"
		"${scan[@]}" -r 20000 2>err
		echo "went on: $?"
		grep -q 'ckpt: going on where this scan stopped' err && echo said
		sha256sum found* >before
		caught_up
		wc -l <log >sent
		"${scan[@]}" 2>err
		echo "done: $?"
		grep -q 'ckpt: this scan is done: nothing is sent' err && echo said
		sha256sum -c --quiet before && echo kept
		caught_up
		wc -l <log | cmp - sent && echo 'nothing sent'
	E
	lab --classes open=100 --log log bash again "$@" 2>/dev/null >got
	printf '%s\n' 'stopped: 3' 'went on: 0' said 'done: 0' said kept \
		'nothing sent' | diff - got
	zmap-targets --text --no-blacklist 10.0.0.0/22 2>/dev/null | sort >want
}

# once: addresses in a regular expression
# bats test_tags=once
@test "resume: one command begins, goes on and is done: lines are appended" {
	requires_lab
	touch torn
	requeue csv found.csv -f saddr,classification
	[ "$(grep -c saddr found.csv)" -eq 1 ]
	[ "$(head -n 1 found.csv)" = saddr,classification ]
	grep -vx '[0-9.]*,synack' found.csv | diff - <(echo saddr,classification)
	sed 1d found.csv | cut -d, -f1 | sort -u | diff - want
	# twice is what was asked again after the crash: two seconds of probes,
	# or a little more where the machine was busy
	[ "$(wc -l <found.csv)" -le $((1025 + 900)) ]
}

@test "resume: one command: streams are appended, each segment with its end" {
	requires_lab
	touch torn
	requeue cbor found.cbor
	# whole, but its first segments say that they were interrupted
	run --separate-stderr zmap-out -f saddr found.cbor
	[ "$status" -eq 3 ]
	sed 1d <<<"$output" | sort -u | diff - want
	# what is no stream, is not cut
	echo text >precious
	run zmap-out --append -O cbor -o precious found.cbor
	fails 2 'precious: not a zmap stream'
	[ "$(cat precious)" = text ]
}

# once: addresses in a regular expression
# bats test_tags=once
@test "resume: one command: what cannot be appended is numbered" {
	requires_lab
	requeue xml found.xml
	[ -s found.2.xml ]
	[ -s found.3.xml ]
	[ ! -e found.4.xml ]
	grep -ho 'addr="10[0-9.]*"' found*.xml | cut -d'"' -f2 | sort -u >got
	# the first was killed, and its document never written
	[ "$(wc -l <got)" -ge 1 ]
	[ -z "$(grep -L '</nmaprun>' found.2.xml found.3.xml)" ]
}

@test "resume: a finished scan of other targets, seed or probe is no reason" {
	cat >others <<-'E'
		scan() {
			printf '%s : ' "$*"
			zmap --no-blacklist --checkpoint c -c 0 -q "$@" 2>&1 |
				grep -c 'this scan is done'
		}
		scan -p 80 -e 1 10.0.0.0/28
		scan -p 80 -e 1 10.0.0.0/28
		# the seed is the file's
		scan -p 80 10.0.0.0/28
		scan -p 80 -e 2 10.0.0.0/28
		scan -p 81 -e 2 10.0.0.0/28
		scan -p 81 -e 2 10.0.0.0/27
		scan -p 81 -e 2 -P 2 10.0.0.0/27
		scan -p 81 -e 2 -P 2 10.0.0.0/27
		# a list on stdin can be read but once: the file is believed
		echo 10.0.0.0/27 | scan -p 81 -e 2 -P 2 -
	E
	lab --classes open=100 bash others >got
	diff - got <<-'E'
		-p 80 -e 1 10.0.0.0/28 : 0
		-p 80 -e 1 10.0.0.0/28 : 1
		-p 80 10.0.0.0/28 : 1
		-p 80 -e 2 10.0.0.0/28 : 0
		-p 81 -e 2 10.0.0.0/28 : 0
		-p 81 -e 2 10.0.0.0/27 : 0
		-p 81 -e 2 -P 2 10.0.0.0/27 : 0
		-p 81 -e 2 -P 2 10.0.0.0/27 : 1
		-p 81 -e 2 -P 2 - : 1
	E
}

@test "resume: --append: the columns must be those of the file" {
	cat >two <<-'E'
		zmap -p 80 --no-blacklist -e 1 -c 1 -q -v 0 -O cbor -o found.cbor 10.0.0.0/28
	E
	lab --classes open=100 bash two
	zmap-out -O csv -f saddr,sport -o r.csv found.cbor
	zmap-out -O csv -f saddr,sport --append -o r.csv found.cbor
	[ "$(wc -l <r.csv)" -eq 33 ]
	cp r.csv before
	run zmap-out -O csv -f saddr --append -o r.csv found.cbor
	fails 2 'r.csv: holds other columns: append the same, or write to another file; r.csv is left as it was'
	cmp r.csv before
	# to nothing, and to what is not there
	: >empty.csv
	for f in empty.csv new.csv; do
		zmap-out -O csv -f saddr --append -o "$f" found.cbor
		[ "$(wc -l <"$f")" -eq 17 ]
	done
}

@test "resume: SIGTERM: all is kept, in the cooldown and two seconds" {
	requires_lab
	cat >term <<-'E'
		zmap -p 80 --no-blacklist -r 2000 --checkpoint c -q -v 0 -o found \
			10.0.0.0/16 &
		until_sent 1000
		begin=$(date +%s%N)
		kill $!
		wait $!
		echo $? $((($(date +%s%N) - begin) / 1000000)) >rc
	E
	lab --classes open=100 --log log bash term
	read -r status ms <rc
	[ "$status" -eq 3 ]
	# 8 s of cooldown; what a busy machine adds is not the promise
	[ "$ms" -ge 8000 ]
	[ "$ms" -lt 20000 ]
	cut -d, -f2 log | sort | diff - <(sort found)
}
