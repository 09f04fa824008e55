#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Whole scans in the lab: what the README promises, end to end.

# bats file_tags=company
load helper

# expected addresses of a SYN scan, sorted
expected() {
	"$ROOT/tests/lab/expect.py" --addresses "$@" | sort
}

@test "scan: a /16 of the simulated Internet, each answer found once" {
	lab --log sent zmap -p 80 -r 20000 -c 3 -q -o found 10.1.0.0/16
	expected -p 80 10.1.0.0/16 >want
	sort found >got
	diff want got
	# on the far side: every address, once, and none besides
	[ "$(wc -l <sent)" -eq 65536 ]
	[ "$(cut -d, -f2 sent | sort -u | wc -l)" -eq 65536 ]
}

@test "scan: all classes of answer are told apart" {
	lab zmap -p 80 -r 20000 -c 3 -q -f saddr,classification,repeat \
		--output-filter 'repeat = 0' -o found 10.2.0.0/18
	tail -n +2 found | cut -d, -f2 | sort | uniq -c |
		awk '{ print $2, $1 }' >got
	"$ROOT/tests/lab/expect.py" -p 80 10.2.0.0/18 |
		awk -F, '$3 == "closed" { rst++ }
			$3 == "unreachable" { icmp++ }
			$3 ~ /^(open|duplicate|late|blowback|lossy)$/ && $4 { syn++ }
			END { print "icmp", icmp; print "rst", rst
				print "synack", syn }' >want
	diff want got
}

# once: 65,536 of IPv6 are in wire6
# bats test_tags=once
@test "scan: 262144 hosts of the kernel, each exactly once" {
	lab --real --prefix 10.64.0.0/14 zmap -p 80 -r 60000 -c 2 -q \
		-o found 10.64.0.0/14
	[ "$(wc -l <found)" -eq 262144 ]
	[ "$(sort -u found | wc -l)" -eq 262144 ]
}

@test "scan: the same seed gives the same order twice, another does not" {
	for i in 1 2; do
		lab --log "sent$i" zmap -p 80 -e 5 -r 20000 -c 0 -q \
			-o /dev/null 10.3.0.0/20
	done
	lab --log other zmap -p 80 -e 6 -r 20000 -c 0 -q -o /dev/null 10.3.0.0/20
	cut -d, -f2,3 sent1 >a
	cut -d, -f2,3 sent2 >b
	cut -d, -f2,3 other >c
	[ "$(wc -l <a)" -eq 4096 ]
	cmp a b
	run cmp -s a c
	[ "$status" -eq 1 ]
}

# once: 100 scans; some of IPv6 are in wire6
# bats test_tags=once
@test "scan: nothing is sent before the capture is live, 100 times" {
	cat >loop <<-'E'
		for i in $(seq 100); do
			zmap -p 80 -c 0 -q -N 1 -o - 10.77.0.1 || exit
		done
	E
	# -c 0 leaves no time to come late; -N 1 ends at the answer
	sed -i 's/-c 0/-c 1/' loop
	lab --real --prefix 10.77.0.0/24 bash loop >found
	[ "$(grep -c '^10\.77\.0\.1$' found)" -eq 100 ]
}

# once: 13 s, of which the family changes nothing
# bats test_tags=once
@test "scan: nothing is sent for results that no later stage could take" {
	# each in a lab of its own, side by side
	local -A scans=()
	local n=0
	while IFS='|' read -r args status message; do
		eval "args=($args)"
		n=$((n + 1))
		lab --counters "counters.$n" zmap -q -v 1 -p 80 -b /dev/null \
			"${args[@]}" 10.0.0.0/10 >"out.$n" 2>"err.$n" 3>&- &
		scans[$n]="$! $status $message"
	done <<-'E'
		-f nosuch|2|unknown field 'nosuch'
		--output-filter 'nosuch = 1'|2|unknown field 'nosuch'
		-O json -f saddr,nosuch --output-filter 'success = 1'|2|unknown field 'nosuch'
		-O redis --output-args 'redis://127.0.0.1:1/x?retry=0'|1|redis at 127.0.0.1:1
		--stage filter='zmap-filter nosuch=1' --output-filter ''|2|unknown field 'nosuch'
	E
	[ "$n" -eq 5 ]
	for n in "${!scans[@]}"; do
		read -r pid status message <<<"${scans[$n]}"
		rc=0
		wait "$pid" || rc=$?
		[ "$rc" -eq "$status" ] || { cat "err.$n"; return 1; }
		grep -F "$message" "err.$n"
		[ "$(jq .probes "counters.$n")" -eq 0 ]
	done
}

@test "scan: it begins when the last stage is ready, however late" {
	cat >late <<-'E'
		zmap-targets -p 80 -n 100 -e 1 -b /dev/null 10.0.0.0/16 | zmap-send -v 1 |
			zmap-recv -c 1 -v 1 | zmap-filter 'success = 1' |
			(sleep 1; cat /sys/class/net/s0/statistics/tx_packets >sent
			zmap-out >out)
		cat /sys/class/net/s0/statistics/tx_packets
	E
	run lab bash late
	[ "$status" -eq 0 ]
	# but for what the kernel says to its neighbours
	[ "$(cat sent)" -le 20 ]
	[ "$output" -ge 100 ]
	[ -s out ]
}

# once: counts the device's packets; IPv6 has its own
# bats test_tags=once
@test "scan: as many SYNs as asked, all checksums right, blacklist untouched" {
	echo '10.4.1.0/24 # asked to be left out' >black
	lab --capture far.pcap zmap -p 80,443 -b black -P 2 -r 20000 -c 0 -q \
		-o /dev/null 10.4.0.0/22
	tshark -n -r far.pcap -Y 'tcp.flags.syn == 1 && tcp.flags.ack == 0' \
		-o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE \
		-T fields -e ip.dst -e tcp.dstport -e tcp.checksum.status \
		-e ip.checksum.status >syns 2>/dev/null
	[ "$(wc -l <syns)" -eq $((768 * 2 * 2)) ]
	# IPv6 has no checksum of its own
	[ "$(cut -f3,4 syns | sort -u)" = $'1\t'"$([ "${FAMILY:-4}" = 6 ] || echo 1)" ]
	run grep -c '^10\.4\.1\.' syns
	[ "$output" -eq 0 ]
}

# once: counts the device's packets; IPv6 has its own
# bats test_tags=once
@test "scan: with head, silent, over within a second, nothing sent after" {
	cat >cut <<-'E'
		begin=$(date +%s%N)
		zmap -p 80 -b black -r 5000 -q 10.0.0.0/8 2>err | head -n 10 >ten
		took=$((($(date +%s%N) - begin) / 1000000))
		before=$(cat /sys/class/net/s0/statistics/tx_packets)
		sleep 0.5
		after=$(cat /sys/class/net/s0/statistics/tx_packets)
		echo "$took $before $after"
	E
	echo 192.0.2.0/24 >black
	# every host answers: head has its fill at once
	lab --classes open=100 bash cut >out
	read -r took before after <out
	[ "$(wc -l <ten)" -eq 10 ]
	[ "$(grep -vc 'INFO\|where 1 is polite' err)" -eq 0 ]
	[ "$before" = "$after" ]
	[ "$before" -lt 25000 ]
	echo "took $took ms"
}

@test "scan: the pipeline that --print-pipeline prints gives the same" {
	# without hosts that answer a second probe only
	lab --classes open=5,closed=5 bash -c "
		zmap -p 80,81 -e 3 -r 20000 -c 2 -q -o a '10.5.0.0/20'
		zmap -p 80,81 -e 3 -r 20000 -c 2 -q -o b \
			--print-pipeline '10.5.0.0/20' >pasted
		bash pasted"
	[ -s a ]
	diff <(sort a) <(sort b)
}

@test "scan: results kept as CBOR are filtered and printed later" {
	lab zmap -p 80 -r 20000 -c 2 -q -O cbor -o kept 10.6.0.0/20
	zmap-filter 'success = 1 && repeat = 0' <kept |
		zmap-out -f saddr --no-header-row | sort >got
	expected -p 80 10.6.0.0/20 >want
	diff want got
	history=$(zmap-filter 'success = 1' <kept | zmap-out -O diag | head -n 1)
	for stage in zmap-targets zmap-send zmap-recv zmap-out zmap-filter; do
		[[ $history == *"$stage"* ]]
	done
	# the key that would let others forge answers is not kept
	[[ $history != *'"key"'* ]]
}

# once: 13 s, of which the family changes nothing
# bats test_tags=once
@test "scan: kill -9 of each stage ends it in two seconds, and is named" {
	cat >murder <<-'E'
		stage=$1
		zmap -p 80 -r 5000 -q -c 1 -o "found.$stage" 10.0.0.0/8 2>"err.$stage" &
		zmap=$!
		until_sent 6000
		victim=$(pgrep -P "$zmap" -x "zmap-$stage")
		begin=$(date +%s%N)
		kill -9 "$victim"
		wait "$zmap"
		echo "$stage $? $((($(date +%s%N) - begin) / 1000000))"
		sleep 0.2
		pgrep -P "$zmap" || true
	E
	for stage in targets send recv filter out; do
		lab --classes open=20 bash murder "$stage" >>out
	done
	cat out
	while read -r stage rc took; do
		[ "$rc" -eq 1 ]
		[ "$took" -lt 6000 ]	# generous: a busy machine
		grep -q "zmap-$stage" "err.$stage"
		# what had arrived is there: a fifth of 6000
		[ "$stage" = out ] || [ "$(wc -l <"found.$stage")" -gt 500 ]
	done <out
	[ "$(wc -l <out)" -eq 5 ]
}

@test "scan: Ctrl-C keeps what arrived, and waits for late answers" {
	cat >stop <<-'E'
		set -m
		zmap -p 80 -r 2000 -q -c 5 -o found 10.0.0.0/8 &
		until_sent 3000
		kill -INT -- -$!
		wait $!
		echo $?
	E
	lab --log sent --classes open=50,late=50 bash stop >rc
	[ "$(tail -n 1 rc)" -eq 3 ]
	# all hosts answer, some up to two seconds late: none is missing
	diff <(cut -d, -f2 sent | sort) <(sort found)
}
