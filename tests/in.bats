#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-in: what zmap-out and other programs print becomes a stream again.

# bats file_tags=beside,quick
load helper
bats_require_minimum_version 1.5.0

# of each type, under names that a receiver or a module knows
FIELDS="saddr:ip daddr:ip ttl:uint sport:uint classification:text success:bool
	poll:int data:bytes dns_answers:list repeat:bool timestamp:time"

setup_text() {
	mkstream <<-'E' >results.cbor
	{"saddr":"10.0.0.1","daddr":"192.0.2.9","ttl":64,"sport":80,"classification":"synack","success":true,"poll":-5,"data":"00ff","dns_answers":[1,"x",null,[true,-2.5],{"a":{}}],"repeat":false,"timestamp":1700000000123456000}
	{"saddr":"2001:db8::1","daddr":"192.0.2.9","ttl":0,"sport":443,"classification":"rst","success":false,"dns_answers":[],"timestamp":1700000001000000000}
	{"saddr":"200.0.0.4","classification":"a,\"b\"\r\n\u0000\u001b[1m'<&>\\t\u00e4\ud83d\ude00 ","data":"","dns_answers":["\"\n\u0000"],"ttl":18446744073709551615,"poll":-9223372036854775808}
	{"saddr":"200.0.0.5","classification":""}
	E
}

# back FORMAT FIELDS: there and back again; the text and the records are the same
back() {
	zmap-out -O "$1" -f "$2" <results.cbor >there
	zmap-in there >back.cbor
	zmap-out -O "$1" -f "$2" <back.cbor | cmp there -
}

# records of a stream, as Python sees them
seen() {
	readstream --records <"$1" | jq -cS 'with_entries(select(.value != null))'
}

# once: both families are in the records
# bats test_tags=once
@test "in: CSV comes back with every type, byte for byte" {
	setup_text
	back csv '*'
	# nothing and empty bytes look alike in CSV
	diff <(seen results.cbor | jq -c 'select(.data == "").data = null |
		with_entries(select(.value != null))') <(seen back.cbor)
	for f in saddr saddr_raw timestamp_str,saddr timestamp-ts,timestamp-us,saddr \
		response,saddr,is-repeat,blank,blank,timestamp poll,data ttl; do
		back csv "$f" || { echo "$f"; return 1; }
	done
	zmap-out -f saddr_raw <results.cbor | zmap-in | zmap-out -f saddr >got
	[ "$(sed -n 2p got)" = 10.0.0.1 ]
	zmap-out -f timestamp_ts,timestamp_us <results.cbor | zmap-in |
		readstream --records >got
	[ "$(head -n 1 got)" = '{"timestamp": 1700000000123456000}' ]
	# a time by its text, in any zone
	TZ=Asia/Tokyo zmap-out -f timestamp <results.cbor | zmap-in |
		readstream --records >got
	[ "$(head -n 1 got)" = '{"timestamp": 1700000000123000000}' ]
}

@test "in: JSON comes back with every type" {
	setup_text
	back json '*'
	diff <(seen results.cbor) <(seen back.cbor)
	back json saddr,timestamp
	# as jq prints it, over many lines
	jq . <there | zmap-in | zmap-out -O json -f saddr,timestamp | cmp there -
	[ "$(zmap-out -O diag back.cbor | head -n 1 | grep -o zmap-in)" = zmap-in ]
}

@test "in: what is not UTF-8, of 64 KiB and of a megabyte goes through CSV" {
	"$PYTHON" -c '
import json, random
random.seed(5)
for n in 0, 1, 65535, 65536, 65537, 900000:
    raw = bytes(random.choice(b"\0\n\r\",; \xff\x80a") for _ in range(n))
    print(json.dumps({"saddr": "10.0.0.1",
        "classification": raw.decode("utf-8", "surrogateescape"),
        "data": raw[:60000].hex()}))' | mkstream >results.cbor
	back csv saddr,classification,data
	# in small pieces, too
	"$PYTHON" -c '
import sys, os
data = open("there", "rb").read()[:300000]
data = data[:data.rindex(b"\n10.0.0.1") + 1]
for i in range(0, len(data), 997):
    os.write(1, data[i:i + 997])' >pieces
	cat pieces | zmap-in | zmap-out -O csv -f saddr,classification,data |
		cmp - pieces
	# more than a record has room for
	"$PYTHON" -c 'print("classification\nok\n" + "x" * 1100000)' >big
	run bash -c 'zmap-in big | zmap-out -f classification --no-header-row'
	fails 1 'zmap-in: big:3: a record of over a megabyte'
	[[ $output == *ok* ]]
	"$PYTHON" -c 'print("classification\n\"" + "x" * 9000000)' >big
	run in_memory 200000000 timeout 20 zmap-in big
	[ "$status" -eq 1 ]
	"$PYTHON" -c 'print("{\"a\":\"" + "x" * 9000000)' >big
	run in_memory 200000000 timeout 20 zmap-in big
	[ "$status" -eq 1 ]
}

# once: both families are in the records
# bats test_tags=once
@test "in: awk, jq and perl in the middle" {
	setup_text
	zmap-out -f saddr,sport <results.cbor |
		awk -F, -v OFS=, 'NR == 1 { $3 = "port2:uint" } NR > 1 { $3 = $2 * 2 } 1' |
		zmap-in | zmap-filter 'port2 > 800' | zmap-out -O json -f saddr,port2 >got
	[ "$(cat got)" = '{"saddr":"2001:db8::1","port2":886}' ]
	zmap-out -O json -f saddr,ttl <results.cbor | jq -c '.hops = 64 - .ttl' |
		head -n 2 | zmap-in | zmap-filter 'hops = 0' | zmap-out -f hops >got
	[ "$(cat got)" = $'hops\n0' ]
	zmap-out -f saddr <results.cbor | perl -pe 's/^10\./11./' | zmap-in | zmap-out >got
	[ "$(head -n 1 got)" = 11.0.0.1 ]
	# numbers as awk prints large ones
	[ "$(printf 'ttl\n1e+06\n' | zmap-in | zmap-out -f ttl | tail -n 1)" = 1000000 ]
}

@test "in: names and types" {
	printf 'saddr,score:uint,who,at:time\n10.0.0.1,7,"a ""b""",2026-11-28 20:15:00.5\n\n1.2.3.4,,x,\r\n' >t
	zmap-in t | zmap-out -O json -f saddr,score,who,at >got
	printf '%s\n' '{"saddr":"10.0.0.1","score":7,"who":"a \"b\"","at":1795896900500000000}' \
		'{"saddr":"1.2.3.4","who":"x"}' | diff - got
	# -f chooses, orders and types
	zmap-in -f who,score:text <t | readstream >got
	[ "$(head -n 1 got | jq -c '[.[1].fields[] | .name, .type]')" = '["who","text","score","text"]' ]
	zmap-in -f 'who *' <t | readstream | head -n 1 |
		jq -c '[.[1].fields[].name]' >got
	[ "$(cat got)" = '["who","saddr","score","at"]' ]
	[ "$(printf '1.2.3.4,80\n' | zmap-in --no-header-row -f saddr,sport |
		zmap-out -f sport,saddr --no-header-row)" = 80,1.2.3.4 ]
	# what no one knows is of the type of its values, in JSON
	printf '%s\n' '{"n":1,"b":true,"l":[1],"m":{},"t":"x","f":1.5,"i":1,"x":null}' \
		'{"i":-1,"x":"y","f":2}' | zmap-in | readstream >got
	[ "$(head -n 1 got | jq -r '[.[1].fields[] | .name + ":" + .type] | join(" ")')" = \
		'n:uint b:bool l:list m:map t:text f:text i:int x:text' ]
	# with the names of the first ZMap
	printf 'response,is-repeat,seq\nrst,1,5\n' | zmap-in |
		zmap-out -f classification,repeat,seq --no-header-row >got
	[ "$(cat got)" = rst,1,5 ]
}

@test "in: a new name in later JSON begins a new segment" {
	{ for i in {1..400}; do echo "{\"saddr\":\"10.0.0.1\",\"n\":$i}"; done
	echo '{"saddr":"10.0.0.2","late":7}'
	echo '{"saddr":"10.0.0.3","n":1.5}'; } >t
	zmap-in t >s
	[ "$(readstream <s | jq -c 'select(.[0] == "header")' | wc -l)" = 3 ] ||
		{ readstream <s | cut -c1-200 | sort | uniq -c; return 1; }
	zmap-out -O json -f 'saddr,n,late?' <s | tail -n 3 >got
	printf '%s\n' '{"saddr":"10.0.0.1","n":400}' '{"saddr":"10.0.0.2","late":7}' \
		'{"saddr":"10.0.0.3","n":"1.5"}' | diff - got
	# with -f there is one; other keys are left out
	zmap-in -f saddr,n:text t | readstream | jq -c .[0] | sort | uniq -c >got
	grep -q '^ *1 "header"' got
	# not more of them than there can be fields
	"$PYTHON" -c '
for i in range(1000):
    print("{\"a%d\":1}" % i)' >t
	run bash -c 'zmap-in t | zmap-out -O cbor >/dev/null'
	fails 1 "field 'a256' is more fields than a stream has"
}

@test "in: objects do not wait for ever for others" {
	mkfifo t
	zmap-in -O json t | zmap-out --no-header-row -f saddr >got 3>&- &
	exec 4>t
	echo '{"saddr":"10.0.0.1"}' >&4
	soon grep -q 10.0.0.1 got
	echo '{"saddr":"10.0.0.2"}' >&4
	soon grep -q 10.0.0.2 got
	exec 4>&-
	wait
	# nor does a reader that has gone
	mkfifo u
	zmap-in u 2>err >/dev/full 3>&- &
	exec 4>u
	printf 'saddr\n1.2.3.4\n' >&4
	run wait $!
	exec 4>&-
	grep -q 'No space left' err
	run timeout 10 bash -c 'yes "{\"saddr\":\"1.2.3.4\"}" | zmap-in | zmap-out -N 3 -O csv'
	[ "${#lines[@]}" = 4 ]
}

@test "in: files, one after the other" {
	printf 'saddr\n1.1.1.1\n' >a
	printf '{"saddr":"2.2.2.2"}' >b
	printf '\xef\xbb\xbfsaddr,ttl\r\n3.3.3.3,4\r\n' >c
	[ "$(zmap-in a b - c <a | zmap-out | tr '\n' ' ')" = '1.1.1.1 2.2.2.2 1.1.1.1 3.3.3.3 ' ]
	run zmap-in a nothere
	fails 1 'zmap-in: nothere: No such file'
	# nothing at all is a scan without results
	: >empty
	[ "$(zmap-in empty | zmap-out -O csv -f saddr,timestamp)" = saddr,timestamp ]
	zmap-in empty | zmap-out
}

@test "in: zones of times, and empty bytes that are no null" {
	printf 'saddr,timestamp\n1.1.1.1,%s\n1.1.1.1,%s\n1.1.1.1,%s\n' \
		2026-01-01T05:30:00.5+05:30 2025-12-31T20:15:00.5-0345 \
		2026-01-01T00:00:00.5Z | zmap-in |
		zmap-out -O csv --no-header-row -f timestamp | uniq -c >times
	[ "$(wc -l <times)" -eq 1 ]
	printf 'saddr,data\n1.1.1.1,00cD\n1.1.1.1,00Cd\n' | zmap-in |
		zmap-out --no-header-row -f data | uniq -c | grep -q ' 2 00cd$'
	printf '{"saddr":"1.1.1.1","list":[-1,0,-9223372036854775808,18446744073709551615]}' |
		zmap-in | zmap-out -O json -f list | grep -qF \
		'[-1,0,-9223372036854775808,18446744073709551615]'
	printf 'saddr,data\n1.1.1.1,""\n1.1.1.2,\n' | zmap-in |
		zmap-out -O json -f data | jq -c .data | xargs -d '\n' >data
	[ "$(cat data)" = '"" null' ]
}

@test "in: blank lines are no rows, an empty cell in quotes is one" {
	# in pieces, the first of which ends with blank lines
	{
		printf 'saddr,ttl\n1.1.1.1,1\n\n\n'
		sleep 0.3
		printf '1.1.1.2,2\n'
	} | timeout 20 zmap-in | zmap-out -f saddr,ttl --no-header-row >got
	printf '\r\nsaddr,ttl\r\n\r\n1.1.1.1,1\r\n\r\n\r\n1.1.1.2,2\r\n\r\n' |
		timeout 20 zmap-in |
		zmap-out -f saddr,ttl --no-header-row >>got
	printf '1.1.1.1,1\n1.1.1.2,2\n%.0s' 1 2 | diff - got
	for end in '\n' '\r\n'; do
		printf "classification$end\"\"$end$end\"\"\"\"${end}x$end" | zmap-in |
			zmap-out -O json -f classification | jq -c .classification >got
		printf '%s\n' '""' '"\""' '"x"' | diff - got
	done
}

@test "in: what is wrong, by file and line" {
	bad() {
		printf "$1" >t
		run bash -c "zmap-in ${3:-} t | zmap-out -O csv -f saddr"
		fails 1 "zmap-in: t:$2"
	}
	bad 'saddr,ttl\n1.1.1.1,5\n1.1.1.2,x\n' "3: ttl 'x' is no whole number"
	# what stood before it is there
	[[ $output == *1.1.1.1* && $output != *1.1.1.2* ]]
	bad 'saddr,ttl\n"1.1.1.1",5,6\n' '2: 3 cells, where there are 2 columns'
	bad 'saddr\n1.1.1.1\n\n\n"1.1' '5: a quote that is never closed'
	# that is where it was opened
	bad 'saddr,classification\n1.1.1.1,"a\nb\nc' '2: a quote that is never closed'
	bad 'saddr\n"1.1.1.1"x\n' '2: text behind a closing quote'
	bad 'saddr\n1.1.1.1\r1\n' '2: a carriage return that ends no line'
	bad 'saddr\n300.1.1.1\n' "2: saddr '300.1.1.1' is no address"
	bad 'saddr,data\n1.1.1.1,abc\n' "2: data 'abc' is no bytes"
	bad 'saddr,success\n1.1.1.1,maybe\n' "2: success 'maybe' is no truth value"
	bad 'saddr,timestamp\n1.1.1.1,yesterday\n' "2: timestamp 'yesterday' is no time"
	for zone in +1 +013 +0:100 +01:000 +01:0 01:00 +01:00Z z1; do
		bad "saddr,timestamp\n1.1.1.1,2026-01-01T00:00:00$zone\n" \
			"2: timestamp '2026-01-01T00:00:00$zone' is no time"
	done
	bad 'saddr,poll\n1.1.1.1,-9223372036854775809\n' "2: poll '-92"
	bad 'saddr,dns_answers\n1.1.1.1,[1\n' "2: dns_answers '[1' is no JSON"
	bad 'saddr,ttl\n1.1.1.1,"\x1b[1m"\n' "2: ttl '\\x1b[1m' is no"
	bad '1.1.1.1\n' "1: '1.1.1.1' is no name of a field"
	bad 'saddr,saddr\n' "1: field 'saddr' is there twice"
	bad 'saddr,a:real\n' "1: 'real' is no type"
	bad 'saddr\n' "1: there is no column 'ttl'" '-f saddr,ttl'
	bad 'saddr\n' '1: without a row of names' --no-header-row
	bad '{"saddr":"1.1.1.1"}\n[{"saddr":"1.1.1.2"}]' '2: an array'
	[[ $output == *1.1.1.1* && $output != *1.1.1.2* ]]
	bad '{"saddr":"1.1.1.1"}\n{"saddr":' '2: the file ends within an object'
	bad '{"saddr":"1.1.1.1"}\n\n{"saddr":x}' '3: '
	bad '{"saddr":"1.1.1.1"}\n{"ttl":18446744073709551616}' '2: a number of more than 64 bits'
	for text in '\xff' '\xc3' 'x\xa4' '\xed\xa0\x80' '\xf0\x9f\x98'; do
		bad "{\"saddr\":\"1.1.1.1\"}\n{\"a\":\"$text\"}" '2: text that is not UTF-8'
	done
	bad '{"saddr":"1.1.1.1","a":[-9223372036854775809]}' '1: a number of more than 64 bits'
	bad '{"saddr":"1.1.1.1","ttl":-1}' "1: ttl '-1' is no whole number"
	bad '{"saddr":"1.1.1.1","a b":1}' "1: 'a b' is no name of a field"
	bad '\xd9\xd9\xf7\xa1' '1: a stream already'
	"$PYTHON" -c 'print("{\"a\":" + "[" * 100000)' >t
	run zmap-in t
	fails 1 'zmap-in: t:1: '
	run zmap-in -f 'a:b' t
	fails 2 "zmap-in: -f: 'b' is no type"
	run zmap-in -O xml t
	fails 2 'csv or json'
	# what follows learns that it is not all
	printf 'saddr\n1.1.1.1\nx\n' >t
	run bash -c 'zmap-in t 2>/dev/null | zmap-out'
	[ "$status" -eq 1 ]
}

# once: what the manual shows, as it is there
# bats test_tags=once
@test "in: the examples of the man page run" {
	for i in {1..20}; do
		echo "{\"saddr\":\"192.0.2.$i\",\"sport\":80,\"ttl\":$((i + 40)),\"classification\":\"synack\"}"
	done | mkstream >results.cbor
	printf '192.0.2.1\n192.0.2.2\n' >addresses.txt
	examples zmap-in.1 >list
	[ "$(wc -l <list)" = 4 ]
	while IFS= read -r line; do
		pipe "$(printf '%b' "$line")" || return
		[ "$status" -eq 0 ] || { echo "$line: $output"; return 1; }
	done <list
	[ -s tenth.cbor ]
	[ -s addresses.parquet ]
}

@test "in: status lines count" {
	printf 'saddr\n1.1.1.1\n1.1.1.2\n' >t
	zmap-in --status-fd 9 t 9>lines | zmap-out >/dev/null
	[ "$(tail -n 1 lines | jq -c '[.stage, .in, .out, .final, .outcome]')" = '["in",2,2,true,"done"]' ]
}

@test "in: a name of a field that is as long as one can be" {
	name=$(printf 'a%.0s' {1..63})
	printf '%s\n7\n' "$name" | zmap-in -O csv | zmap-out -O csv -f '*' >out
	printf '%s\n7\n' "$name" | cmp - out
	run zmap-in -O csv <<<"${name}a"
	fails 1 'is no name of a field'
}
