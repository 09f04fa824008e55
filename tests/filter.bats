#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-filter: which records pass, and that they pass as they came.

# bats file_tags=beside,quick
load helper

# The names of the answers are in column n.
FIELDS="n:text saddr:ip ttl:uint sport:uint seqnum:uint classification:text
	success:bool repeat:bool icmp_responder:ip icmp_type:uint
	icmp_code:uint timestamp:time"

# passes EXPRESSION NAME...: exactly these records, in order
passes() {
	local expression=$1 got
	shift
	got=$(zmap-filter "$expression" <results.cbor |
		zmap-out -O text -f n | tr '\n' ' ')
	[ "$got" = "${*:+$* }" ] || {
		echo "${expression:0:200}: got $got, not $*"
		return 1
	}
}

@test "filter: ZMap's grammar and examples" {
	setup_stream
	passes 'success = 1 && repeat = 0' open odd
	passes '(classification = rst && ttl > 10) || classification = synack' \
		open again far
	passes 'success=1&&repeat=0' open odd
	passes 'success = 0 || repeat = 1 && ttl = 64' again closed far icmp
	passes '(success = 0 || repeat = 1) && ttl = 64' again
	passes 'classification != synack' closed far icmp odd
	passes 'ttl >= 64' open again far
	passes 'ttl <= 9' closed odd
	passes 'ttl < 9' odd
	passes 'ttl > 64' far
	passes 'classification = unreach-noroute' icmp
	passes '' open again closed far icmp odd
	passes '  ' open again closed far icmp odd
	# names of the first ZMap, and hyphens
	passes 'response = rst && is_repeat = 0 && saddr-raw != 0' closed far
	passes 'seq = 0' closed
}

@test "filter: numbers of 64 bits, hexadecimal, signs" {
	setup_stream
	passes 'seqnum = 4294967295' open again
	passes 'seqnum >= 0x80000000' open again far
	passes 'seqnum <= 18446744073709551615' open again closed far
	passes 'seqnum > 18446744073709551615'
	passes 'seqnum < 0'
	passes 'seqnum > -1 && ttl < 10' closed
	passes 'saddr_raw = 16777226' open again
	passes 'timestamp_ts = 1700000000 && timestamp_us = 123456' open
	passes 'timestamp_str ~ "^2023-11-14T22:13:20.123"' open
}

# once: IPv6 itself
# bats test_tags=once
@test "filter: addresses of IPv6" {
	local max=ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
	printf '{"saddr":"%s"}\n' 2001:db8::1 2001:db8::ffff fe80::1 :: $max \
		10.0.0.1 192.0.2.1 | mkstream >six.cbor
	printf '# x\n2001:db8::/33, fe80::1\n' >list
	while IFS='|' read -r expression want; do
		got=$(zmap-filter "$expression" <six.cbor | zmap-out |
			xargs)
		[ "$got" = "$want" ] || {
			echo "$expression: $got, not $want"
			return 1
		}
	done <<-E
		saddr = 2001:db8::1|2001:db8::1
		saddr in 2001:DB8::/112|2001:db8::1 2001:db8::ffff
		saddr != 2001:db8::1 && saddr < fe80::|2001:db8::ffff ::
		saddr >= fe80::|fe80::1 $max
		saddr > $max|
		saddr < ::|
		saddr <= ::|::
		saddr in {10.0.0.0/8, fe80::/10, ::}|fe80::1 :: 10.0.0.1
		saddr not in {::/1, ::-fe80::, fe80::2-$max}|fe80::1 10.0.0.1 192.0.2.1
		saddr in @list|2001:db8::1 2001:db8::ffff fe80::1
		saddr = "fe80::1"|fe80::1
		saddr < 11.0.0.0|10.0.0.1
		saddr in 0.0.0.0/0|10.0.0.1 192.0.2.1
		saddr in ::/0 && saddr not in 0::/1|fe80::1 $max
	E
	while IFS='|' read -r expression why; do
		run zmap-filter "$expression" <six.cbor
		fails 2 "$why"
	done <<-'E'
		saddr in 2001:db8::/129|prefix length of '2001:db8::/129' is over 128
		saddr in 2001:db8::/|bad prefix '2001:db8::/'
		saddr = 1:2|'1:2' is no IPv6 address
		ttl = ::1|ttl is a number, and this is an address
		saddr in ::1-10.0.0.1|a range goes from number to number
		saddr in ::2-::1|the range ends before it begins
	E
}

# once: both families are in the records
# bats test_tags=once
@test "filter: addresses, prefixes, ranges and sets" {
	setup_stream
	passes 'saddr = 10.0.0.1' open again
	passes 'saddr != "10.0.0.1"' closed far icmp odd
	passes 'saddr in 10.0.0.0/8' open again closed
	passes 'saddr in 10.0.0.0/24' open again
	passes 'saddr not in 10.0.0.0/8' far icmp odd
	passes 'saddr in 0.0.0.0/0' open again closed far icmp odd
	passes 'saddr in 192.0.2.8/32' icmp
	passes 'saddr in 10.0.1.2-192.0.2.7' closed far
	passes 'saddr > 192.0.2.7' icmp odd
	passes 'saddr in {10.0.0.0/24, 192.0.2.8, 192.0.2.9-192.0.2.255}' \
		open again icmp odd
	passes 'sport in {80, 443, 8000-8100}' open again closed far
	passes 'sport not in {80, 443, 8000-8100}' odd
	passes 'sport in 8000-8100' far
	passes 'sport in 80' open again
	passes 'sport in { 65535 , 1 - 79 }' odd
	passes 'classification in {synack, "unreach-noroute"}' open again icmp
	passes 'success in {true}' open again odd
}

@test "filter: sets from files" {
	setup_stream
	printf '# customers\n10.0.0.0/24,192.0.2.9\n\t192.0.2.7  192.0.2.7 # twice\n' >nets
	passes 'saddr in @nets' open again far odd
	passes 'saddr not in @nets' closed icmp
	passes 'saddr in {@nets, 10.0.1.2}' open again closed far odd
	passes '(saddr in @nets)&&ttl=1' odd
	cp nets 'my nets'
	passes 'saddr in @"my nets"' open again far odd
	echo '80 443-444, 8000-8100' >ports
	passes 'sport in @ports' open again closed far
	printf 'rst\n"unreach-noroute"' >classes
	passes 'classification in @classes' closed far icmp
	: >none
	printf '\xef\xbb\xbf%s\n' "$(cat nets)" >marked
	passes 'saddr in @marked' open again far odd
	passes 'saddr in @none'
	passes 'saddr not in @none' open again closed far icmp odd
	printf 'rst\n10.0.0.300\n' >wrong
	run zmap-filter 'saddr in @wrong' <results.cbor
	fails 2 "wrong:2: address '10.0.0.300' has a part over 255"
	run zmap-filter "saddr in @ports" <results.cbor
	fails 2 "ports:1: saddr is an address, and this is a number"
	run zmap-filter "saddr in @/bin/true" <results.cbor
	fails 2 "/bin/true"
}

@test "filter: a list of 200 000 prefixes" {
	setup_stream
	"$PYTHON" -c 'for i in range(200000):
		print("%d.%d.%d.0/25" % (11 + i // 65536, i // 256 % 256, i % 256))
print("10.0.1.2/31")' >nets
	passes 'saddr in @nets' closed
}

@test "filter: text, quotes and regular expressions" {
	setup_stream
	passes "classification = 'synack'" open again
	passes 'classification = "a \"b\"\n\x00\xff'"'c'"'\\"' odd
	passes "classification = 'a \"b\"\n\x00\xff\'c\'\\\\'" odd
	passes 'classification ~ ^syn'
	passes 'classification ~ "^syn"' open again
	passes 'classification ~ ack' open again
	passes 'classification ~ "^(rst|synack)$"' open again closed far
	passes 'classification !~ "^(rst|synack)$"' icmp odd
	# bytes past a zero byte, bad UTF-8, and a literal backslash
	passes "classification ~ '\xff'" odd
	passes 'classification ~ "c.\\$"'
	passes "classification ~ \"c'[\\\\]\$\"" odd
} 2>/dev/null

@test "filter: null matches nothing, negated or not" {
	setup_stream
	passes 'icmp_type = 3' icmp
	passes 'icmp_type != 3'
	passes '!(icmp_type = 3)'
	passes 'icmp_type = 0'
	passes 'icmp_type not in {3}'
	passes 'icmp_responder != 1.2.3.4' icmp
	passes '!(icmp_responder = 1.2.3.4)' icmp
	passes 'icmp_type is null' open again closed far odd
	passes 'icmp_type is not null' icmp
	passes '!(icmp_type is null)' icmp
	# unknown is neither: only what does not depend on it counts
	passes 'icmp_type = 3 || ttl = 1' icmp odd
	passes '!(icmp_type = 3 && ttl = 1)' open again closed far icmp
	passes '!(icmp_type = 3 || ttl = 1)'
	passes 'timestamp_str = x || timestamp_ts != 5' open
}

@test "filter: not, nesting, and truth alone" {
	setup_stream
	passes 'success' open again odd
	passes '!success' closed far icmp
	passes '!!success && !repeat' open odd
	passes '!(success && !repeat)' again closed far icmp
	passes 'success = true && repeat = false' open odd
	deep=$(printf '(%.0s' {1..100})ttl=1$(printf ')%.0s' {1..100})
	passes "$deep" odd
	run zmap-filter "($deep)" <results.cbor
	fails 2 'nested deeper than 100'
	# a long chain is no depth
	passes "ttl=1$(printf '||ttl=9%.0s' {1..10000})" closed odd
}

@test "filter: bad expressions, each with its message" {
	echo '10.0.0.1000' >list
	: | mkstream --fields "saddr:ip ttl:uint
		sport:uint classification:text success:bool repeat:bool
		icmp_type:uint dns_answers:list" >s
	golden=$ROOT/tests/golden/filter-errors.txt
	[ "$(grep -c '^--- ' "$golden")" -ge 60 ]
	grep '^--- ' "$golden" | while IFS= read -r line; do
		echo "$line"
		status=0
		zmap-filter "${line#--- }" <s 2>&1 >/dev/null || status=$?
		[ "$status" = 2 ] || echo "status $status"
	done >got
	diff "$golden" got
}

@test "filter: errors of long, wide and many-lined expressions" {
	setup_stream
	long="ttl = 1$(printf ' || ttl = 1%.0s' {1..50}) || x = 5 || ttl = 2"
	run zmap-filter "$long" <results.cbor
	fails 2 "unknown field 'x'"
	# the place is on the screen
	[[ ${lines[1]} == *"|| x = 5 ||"* ]]
	before=${lines[2]%%^*}
	[ "${lines[1]:${#before}:1}" = x ]
	[ ${#lines[1]} -lt 80 ]
	run zmap-filter $'ttl = 1 ||\n\tfoo = 2' <results.cbor
	[ "${lines[1]}" = ' foo = 2' ]
	[ "${lines[2]}" = ' ^^^' ]
	run zmap-filter $'ttl = \x1b[31m5' <results.cbor
	fails 2 'unexpected byte 0x1b'
	[[ $output != *$'\x1b'* ]]
	run zmap-filter "$(printf 'a%.0s' {1..3000}) = 5" <results.cbor
	fails 2 'unknown field'
}

@test "filter: regular expressions that would take all memory, or the stack" {
	plain "memory of its own"
	setup_stream
	while IFS='|' read -r e message; do
		run bash -c "ulimit -v 400000; exec timeout 20 zmap-filter \"\$1\" \
			<results.cbor 2>&1 | cut -c1-200" - "n ~ '$e'"
		[[ $output == *"bad regular expression: $message"* ]] || {
			echo "${e:0:40}: $output"
			return 1
		}
	done <<-E
		a$(printf '+%.0s' {1..40})|a repetition of a repetition
		^.+++++*+++++3+++++|a repetition of a repetition
		(ab?)*{2}|a repetition of a repetition
		$(printf '(%.0s' {1..9})a$(printf '+)%.0s' {1..9})$(printf '%.0s+' {1..2})|a repetition of a repetition
		$(printf '(%.0s' {1..20})a$(printf '+)%.0s' {1..20})|too large with its repetitions
		a{88\\\\,9999}|too large with its repetitions
		(((a{9}){9}){9}){9}|too large with its repetitions
		(((a{99}){99}){99}){99}|too large with its repetitions
		((((((((a{2,}){2,}){2,}){2,}){2,}){2,}){2,}){2,}){2,}|too large with its repetitions
		([[:digit:]]x]{64}){64}|too large with its repetitions
		$(printf 'a?%.0s' {1..9999})|too large with its repetitions
		$(printf '(%.0s' {1..30000})a|nested too deep
		(a*)\\1|it has back references
	E
	run zmap-filter "n ~ '$(printf 'a|%.0s' {1..9999})b'" <results.cbor
	fails 2 "too large with its repetitions"
	# what only looks like it
	passes 'n ~ "^[]+{}()9\\]*[^]a]+x$|^op{1}e[[:alpha:]]{1,2}$"' open
	passes "n ~ '^$(printf '(%.0s' {1..99})open$(printf ')%.0s' {1..99})$'" open
	passes 'n ~ "^(o|p|e|n){4}$|^a{,3}\\+{3000}$"' open
}

# bats test_tags=slow
@test "filter: all is checked before the first record" {
	setup_stream
	# the header alone, then a pipe that stays open
	end=$("$PYTHON" - <<-'E'
		data = open("results.cbor", "rb").read()
		print(data.index(b"\x8c\x64open"))
	E
	)
	run timeout 15 bash -c "(head -c $end results.cbor; sleep 20) |
		{ zmap-filter 'nothing = 5'; echo status \$?; kill \$PPID; }" 3>&-
	[[ $output == *"status 2"* ]] || { echo "$output"; false; }
	# syntax does not even need the header
	run timeout 15 bash -c "sleep 20 |
		{ zmap-filter 'ttl ='; echo status \$?; kill \$PPID; }" 3>&-
	[[ $output == *"status 2"* ]]
} 2>/dev/null

@test "filter: what passes, passes byte for byte" {
	"$PYTHON" - >odd.cbor <<-'E'
		import sys
		from mkstream import *
		fields = parse_fields("ttl:uint data:bytes more:map")
		out = sys.stdout.buffer
		out.write(header(fields, {"id": "x", "unknown": [1, {"a": 2}]},
		    future={"deep": [1, 2, {"x": b"\0"}]}))
		# numbers longer than they need be, indefinite arrays and maps, tags,
		# floats, more and fewer values than fields
		records = [b"\x83\x18\x05\x41x\xa0", b"\x83\x19\x00\x05\x40\xa0",
		    b"\x9f\x1b\0\0\0\0\0\0\0\x05\x43abc\xbf\x61a\x9f\xff\xff\xff",
		    b"\x83\xd8\x2a\x05\xf7\xf6", b"\x81\x05",
		    b"\x85\x05\x40\xa1\x05\x06\xfb\x3f\xf0\0\0\0\0\0\0\xf9\x3c\x00"]
		events = [encode({"event": "unheard-of", "x": [1, 2]}),
		    b"\xbf\x65event\x64note\x61y\xf7\xff"]
		out.write(b"".join(records[:3]) + events[0] + b"\x81\x06" +
		    b"".join(records[3:]) + events[1] + end("done", passed=7))
		open("want", "wb").write(b"".join(records[:3]) + events[0] +
		    b"".join(records[3:]) + events[1])
	E
	zmap-filter 'ttl = 5' <odd.cbor >out.cbor
	"$PYTHON" - <<-'E'
		out = open("out.cbor", "rb").read()
		want = open("want", "rb").read()
		assert want in out, (out, want)
	E
	readstream <odd.cbor >before
	readstream <out.cbor >after
	# the header is the same but for one more command
	jq -c 'select(.[0]=="header")[1] | del(.history)' before >a
	jq -c 'select(.[0]=="header")[1] | del(.history)' after >b
	jq -S . a >a1 && jq -S . b >b1 && diff a1 b1
	[ "$(jq -c 'select(.[0]=="header")[1].history' after)" = \
		'[["mkstream"],["zmap-filter","ttl = 5"]]' ]
	# the end holds the one before, and counters that add up
	[ "$(tail -n 1 after | jq -c '.[1] | [.stage, .status, .in, .out, .filtered, .before.stage, .before.passed]')" = \
		'["filter","done",7,6,1,"recv",7]' ]
}

@test "filter: hostile values are no match and no harm" {
	"$PYTHON" - >odd.cbor <<-'E'
		import sys
		from mkstream import *
		fields = parse_fields("saddr:ip ttl:uint name:text data:bytes ok:bool")
		out = sys.stdout.buffer
		out.write(header(fields, {}))
		for wrong in (None, 5, -5, "x", b"", b"abc", True, 1.5, [1], {}, -2**63):
		    out.write(encode([wrong] * 5))
		out.write(b"\x80" + b"\x85" + b"\xf7" * 5 + b"\x85" + b"\xc2\x41\x05" * 5)
		out.write(end())
	E
	for e in 'saddr = 1.2.3.4' 'saddr in 0.0.0.0/0' 'ttl >= 0' 'name ~ ""' \
		'data ~ ""' 'data = x' 'ok' '!ok' 'name in {x, y}' \
		'saddr_raw >= 0' 'ttl < 0' 'name != x'; do
		zmap-filter "$e" <odd.cbor | zmap-out -O diag >/dev/null
		zmap-filter "!($e)" <odd.cbor | zmap-out -O diag >/dev/null
	done
	[ "$(zmap-filter 'ttl >= 0' <odd.cbor | zmap-out -O text -f ttl |
		tr '\n' ' ')" = '5 1 ' ]
}

# bats test_tags=slow
@test "filter: a few thousand random expressions agree with a naive evaluator" {
	run "$PYTHON" "$ROOT/tests/tool/filter-property.py" 3000 150 "$RANDOM"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *", 0 wrong" ]]
}

@test "filter: two streams after each other are a stream" {
	setup_stream
	cat results.cbor results.cbor >two.cbor
	[ "$(zmap-filter success <two.cbor | zmap-out -f n | tr '\n' ' ')" = \
		'n open again odd open again odd ' ]
	# fields are looked up in each
	echo '{"success":true,"n":"other"}' | mkstream \
		--fields 'success:bool n:text' >other.cbor
	[ "$(cat results.cbor other.cbor | zmap-filter success |
		zmap-out -f n | tr '\n' ' ')" = 'n open again odd other ' ]
	run bash -c 'cat results.cbor other.cbor | zmap-filter "ttl = 1" |
		zmap-out -f n; echo "${PIPESTATUS[@]}"'
	[[ $output == *odd* && $output == *"unknown field 'ttl'"* &&
		$output == *"0 2 2" ]] || { echo "$output"; false; }
}

@test "filter: what earlier stages said decides the status" {
	for s in done:0 failed:1 misused:2 interrupted:3 stopped:4 incomplete:5; do
		echo '{"ttl":5}' | mkstream \
			--fields ttl:uint --status "${s%:*}" >s
		status=0
		zmap-filter 'ttl = 5' <s >out || status=$?
		[ "$status" = "${s#*:}" ]
		[ "$(readstream <out | tail -n 1 |
			jq -r '.[1].status')" = "${s%:*}" ]
	done
}

@test "filter: bad input, full disk, reader gone" {
	setup_stream
	run zmap-filter success </dev/null
	fails 1 'empty'
	run bash -c 'echo hello | zmap-filter success'
	fails 1 'not a zmap stream'
	head -c -1 results.cbor >cut
	run bash -c 'zmap-filter success <cut | zmap-out -f n 2>/dev/null'
	[[ $output == *truncated* && $output == *odd* ]]
	run bash -c 'zmap-filter success <cut >/dev/null'
	fails 1 'truncated'
	run bash -c 'zmap-filter "" <results.cbor >/dev/full'
	fails 1 'No space left on device'
	mkstream --fields ttl:uint --repeat 300000 \
		<<<'{"ttl":5}' >big.cbor
	run bash -c 'zmap-filter "ttl = 5" <big.cbor | head -c 1000 >/dev/null
		echo "${PIPESTATUS[0]}"'
	[ "$output" = 141 ]
	run bash -c 'zmap-filter "ttl = 5" <big.cbor >/dev/full'
	fails 1 'No space left on device'
	run zmap-filter success success
	fails 1 'success: No such file'
	run zmap-filter
	[ "$status" -eq 2 ]
	run zmap-filter --status-fd x success
	[ "$status" -eq 2 ]
}

@test "filter: a record is passed on before the next one comes" {
	setup_stream
	size=$(stat -c %s results.cbor)
	# all but the end, then nothing until there is a record
	run bash -c "(head -c $((size - 20)) results.cbor
		soon [ -s got ] && : >early) | zmap-filter success >got"
	fails 1 'truncated'
	[ -e early ]
}

@test "filter: status lines add up" {
	setup_stream
	zmap-filter --status-fd 3 success <results.cbor 3>lines >/dev/null
	[ "$(tail -n 1 lines | jq -c '[.stage, .in, .out, .filtered, .final]')" = \
		'["filter",6,3,3,true]' ]
}

@test "filter: the examples of the man page run" {
	setup_stream
	cp results.cbor shard0.cbor
	cp results.cbor shard1.cbor
	echo 10.0.0.0/24 >customers.txt
	echo 192.0.2.0/24 >aliased-prefixes.txt
	: >non-aliased-prefixes.txt
	examples zmap-filter.1 >list
	[ "$(wc -l <list)" -ge 4 ]
	while IFS= read -r e; do
		run bash -o pipefail -c "$(printf '%b' "$e")"
		[ "$status" -eq 0 ] && [ -n "$output" ] ||
			{ echo "$e: $status $output"; return 1; }
	done <list
}
