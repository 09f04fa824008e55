#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Formats of zmap-out that are files of other programs: each is read back by
# those programs, hostile bytes included.

# bats file_tags=beside,quick
load helper
bats_require_minimum_version 1.5.0

FIELDS="saddr:ip daddr:ip ttl:uint sport:uint classification:text
	success:bool delta:int data:bytes list:list map:map timestamp:time"
# and those by which hosts are told from repeats
FIELDS_REPEAT="saddr:ip sport:uint classification:text success:bool
	repeat:bool timestamp:time"

# Many records, of all kinds of columns: few values, all different, growing.
setup_many() {
	"$PYTHON" - "$1" <<-'E' | mkstream >many.cbor
		import json, random, sys
		random.seed(4)
		t = 1700000000 * 10**9
		for i in range(int(sys.argv[1])):
		    t += random.randrange(10**6)
		    r = {"saddr": "10.%d.%d.%d" % (i >> 16, i >> 8 & 255, i & 255),
		        "ttl": random.choice([48, 52, 64, 240]),
		        "sport": random.randrange(65536),
		        "classification": random.choice(["synack", "rst"]),
		        "success": random.random() < .5,
		        "delta": random.randrange(-10**9, 10**9),
		        "timestamp": t}
		    if i % 3 == 0:
		        r["data"] = "%08x" % random.randrange(2**32)
		    if i % 7 == 0:
		        del r["ttl"]
		    print(json.dumps(r))
	E
}

node_packages() {
	[ -d "$ROOT/build/npm/node_modules/hyparquet" ] ||
		skip "no npm packages: make npm"
	export NODE_PACKAGES=$ROOT/build/npm/node_modules
}

duckdb() {
	node "$ROOT/tests/tool/npm/duckdb.mjs" "$@"
}

hyparquet() {
	node "$ROOT/tests/tool/npm/hyparquet.mjs" "$@"
}

# --- parquet ---

# Each starts DuckDB once, with all its questions: it takes a while to start.

@test "formats: parquet has typed columns, read by DuckDB" {
	node_packages
	setup_stream
	zmap-out -O parquet -o r.parquet <results.cbor
	run duckdb "SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE SELECT * FROM 'r.parquet')" \
		"SELECT saddr, ttl, sport, classification, success, delta, hex(data), list, map, epoch_us(timestamp) FROM 'r.parquet' LIMIT 2" \
		"SELECT hex(classification), ttl, delta, octet_length(data), list, map FROM 'r.parquet' OFFSET 2" \
		"SELECT decode(key), decode(value) FROM parquet_kv_metadata('r.parquet')"
	[ "${lines[0]}" = '["saddr VARCHAR, daddr VARCHAR, ttl UBIGINT, sport UBIGINT, classification VARCHAR, success BOOLEAN, delta BIGINT, data BLOB, list JSON, map JSON, timestamp TIMESTAMP WITH TIME ZONE"]' ]
	[ "${lines[1]}" = '["10.0.0.1","64","80","synack",true,"-5","00FF","[1,\"x\",null,[true]]","{\"a\":{\"b\":\"c\"}}","1700000000123456"]' ]
	[ "${lines[2]}" = '["10.0.0.2","9","443","rst",false,null,null,null,null,"1700000001000000"]' ]
	# to the last bit and byte; what is not UTF-8 is U+FFFD
	[ "${lines[3]}" = '["612C2262220D0A001B5B316DEFBFBD273C263E5C74C3A4F09F988020","9223372036854775807","-9223372036854775808","0","[\"\\\"\\n\\u0000\"]","{\"k\\\"\\n\":1}"]' ]
	# the facts of the scan and the history
	[[ ${lines[4]} == '["zmap.scan","{'*tcp_synscan* ]]
	[[ ${lines[5]} == '["zmap.history","[['*mkstream* ]]
}

@test "formats: parquet with arguments for addresses and times" {
	node_packages
	setup_stream
	zmap-out -O parquet --output-args addresses=int,times=ns -f saddr,timestamp \
		-o i.parquet <results.cbor
	zmap-out -O parquet --output-args addresses=bytes -f saddr -o b.parquet <results.cbor
	run duckdb "SELECT saddr, timestamp IS NULL FROM 'i.parquet'" \
		"SELECT hex(saddr) FROM 'b.parquet'" \
		"SELECT stats_min_value, logical_type FROM parquet_metadata('i.parquet') JOIN parquet_schema('i.parquet') ON name = path_in_schema WHERE name = 'timestamp'"
	[ "${lines[0]}" = '["167772161",false]' ]
	[ "${lines[2]}" = '["3355443204",true]' ]
	[ "${lines[3]}${lines[4]}${lines[5]}" = '["0A000001"]["0A000002"]["C8000004"]' ]
	# DuckDB's own type has microseconds: the file says more
	[[ ${lines[6]} == *20.123456*NANOS* ]]
	for args in addresses=dotted times=s rows=0 rows=-1 rows=1x nonsense; do
		run zmap-out -O parquet --output-args "$args" -o x.parquet <results.cbor
		fails 2 "parquet: $args: "
	done
	run zmap-out -O parquet -f saddr,ttl,saddr -o x.parquet <results.cbor
	fails 2 '-f names saddr twice'
}

# once: bytes of IPv4
# bats test_tags=once
@test "formats: parquet of many row groups has what CSV has, read by two others" {
	node_packages
	setup_many 130000
	zmap-out -O parquet -o m.parquet <many.cbor
	zmap-out -f saddr,ttl,sport,classification,success,delta,data,timestamp_ts,timestamp_us \
		--no-header-row <many.cbor >want.csv
	run duckdb "SELECT count(DISTINCT row_group_id) FROM parquet_metadata('m.parquet')" \
		"SELECT string_agg(DISTINCT encodings ORDER BY encodings) FROM parquet_metadata('m.parquet')" \
		"SELECT min(stats_min_value::bigint), max(stats_max_value::bigint) FROM parquet_metadata('m.parquet') WHERE path_in_schema = 'delta'" \
		"SELECT min(delta), max(delta) FROM 'm.parquet'" \
		"SELECT count(*) FROM 'm.parquet' WHERE saddr = '10.1.0.7'" \
		"COPY (SELECT saddr, ttl, sport, classification, success::int, delta, lower(hex(data)), epoch_us(timestamp) // 1000000, epoch_us(timestamp) % 1000000 FROM 'm.parquet') TO 'got.csv' (HEADER false)"
	[ "${lines[0]}" = '["2"]' ]
	# every encoding that is written
	[[ ${lines[1]} == *DELTA_BINARY_PACKED*DELTA_LENGTH_BYTE_ARRAY*RLE_DICTIONARY* ]]
	# the least and greatest are those of the rows, so that readers may skip
	[ "${lines[2]}" = "${lines[3]}" ]
	[ "${lines[4]}" = '["1"]' ]
	cmp want.csv got.csv
	hyparquet m.parquet >rows
	[ "$(wc -l <rows)" -eq 130000 ]
	"$PYTHON" - <<-'E' >got
		import json
		for line in open("rows"):
		    r = json.loads(line)
		    print(r["saddr"], "" if r["ttl"] is None else r["ttl"], r["sport"],
		        r["classification"], int(r["success"]), r["delta"],
		        r["data"] or "", sep=",")
	E
	cut -d, -f1-7 want.csv | cmp - got
}

@test "formats: parquet in several files, whole ones whatever happens to the last" {
	node_packages
	setup_many 2500
	zmap-out -O parquet --output-args rows=1000 -o p.parquet <many.cbor
	[ "$(ls -- *.parquet | tr '\n' ' ')" = 'p.2.parquet p.3.parquet p.parquet ' ]
	# not over the files of an earlier scan
	: >q.2.parquet
	run zmap-out -O parquet --output-args rows=1000 -o q.parquet <many.cbor
	fails 2 'q.2.parquet exists'
	rm -f q*.parquet
	run zmap-out -O parquet --output-args rows=1000 <many.cbor
	fails 2 '-o says how they are called'
	# killed in the middle: two parts can be read
	mkfifo in
	zmap-out -O parquet --output-args rows=1000 -o k.parquet <in &
	pid=$!
	exec 9>in
	cat many.cbor >&9
	soon [ -e k.3.parquet ]
	kill -9 "$pid"
	exec 9>&-
	wait "$pid" || true
	run duckdb "SELECT count(*), count(DISTINCT saddr) FROM 'p*.parquet'" \
		"SELECT count(*) FROM 'p.2.parquet'" \
		"SELECT count(*) FROM read_parquet(['k.parquet', 'k.2.parquet'])"
	[ "${lines[*]}" = '["2500","2500"] ["1000"] ["2000"]' ] || { echo "$output"; return 1; }
}

@test "formats: parquet: large numbers and long texts that repeat" {
	node_packages
	# "addlu" and "a" have one place in the table of texts
	for _ in {1..50}; do
		cat <<-'E'
			{"saddr":"10.0.0.1","classification":"addlu"}
			{"saddr":"10.0.0.1","ttl":1099511627777,"delta":-1099511627777,"classification":"a"}
			{"saddr":"10.0.0.1","ttl":9223372036854775813,"delta":-1,"classification":"ab"}
			{"saddr":"10.0.0.1","ttl":3,"delta":4294967296,"classification":"abc"}
			{"saddr":"10.0.0.1","delta":-9223372036854775808,"classification":""}
		E
	done | mkstream >again.cbor
	zmap-out -O parquet -o a.parquet <again.cbor
	run duckdb "SELECT string_agg(DISTINCT ttl::text ORDER BY ttl::text) FROM 'a.parquet'" \
		"SELECT string_agg(DISTINCT delta::text ORDER BY delta::text) FROM 'a.parquet'" \
		"SELECT string_agg(DISTINCT classification ORDER BY classification) FROM 'a.parquet'" \
		"SELECT count(*) FROM 'a.parquet' WHERE ttl = 9223372036854775813" \
		"SELECT min(stats_min_value), max(stats_max_value) FROM parquet_metadata('a.parquet') WHERE path_in_schema = 'classification'" \
		"SELECT stats_min_value, stats_max_value FROM parquet_metadata('a.parquet') WHERE path_in_schema IN ('ttl', 'delta') ORDER BY path_in_schema"
	diff - <(printf '%s\n' "$output") <<-'E'
		["1099511627777,3,9223372036854775813"]
		["-1,-1099511627777,-9223372036854775808,4294967296"]
		[",a,ab,abc,addlu"]
		["50"]
		["","addlu"]
		["-9223372036854775808","4294967296"]
		["3","9223372036854775813"]
	E
	# more of them than a dictionary has room for
	awk 'BEGIN { print "saddr,ttl"
		for (i = 0; i < 100000; i++) print "10.0.0.1," i % 20000 * 7777 }' |
		zmap-in | zmap-out -O parquet -o many.parquet
	[ "$(duckdb "SELECT count(*), count(DISTINCT ttl), sum(ttl)::text FROM 'many.parquet'")" = \
		'["100000","20000","7776611150000"]' ]
}

@test "formats: parquet: of a row that has no place nothing is left" {
	node_packages
	mkstream >odd.cbor <<-'E'
		{"saddr":"10.0.0.1","classification":"x","success":true,"ttl":7,"delta":1}
		{"saddr":"10.0.0.2","classification":"bad","success":true,"ttl":8,"delta":9223372036854775808}
		{"saddr":"10.0.0.3","delta":9223372036854775808}
		{"saddr":"10.0.0.4","classification":"yes","success":false,"ttl":9,"delta":9223372036854775807}
		{"saddr":"10.0.0.5","delta":3}
		{"saddr":"10.0.0.6","success":2,"delta":4}
	E
	run zmap-out -O parquet -f saddr,classification,success,ttl,delta \
		-o odd.parquet <odd.cbor
	[[ $output == *'3 records left out'* ]]
	run duckdb "SELECT string_agg(concat_ws(' ', saddr, classification, success, ttl, delta), ', ' ORDER BY saddr) FROM 'odd.parquet'"
	[ "$output" = '["10.0.0.1 x true 7 1, 10.0.0.4 yes false 9 9223372036854775807, 10.0.0.5 3"]' ]
}

# once: both families in one stream
# bats test_tags=once
@test "formats: parquet: an address of IPv6 is no number" {
	node_packages
	printf '{"saddr":"2001:db8::1"}\n{"saddr":"10.0.0.1"}\n' | mkstream >two.cbor
	run zmap-out -O parquet --output-args addresses=int -f saddr \
		-o int.parquet <two.cbor
	[[ $output == *'1 records left out'* ]]
	[ "$(duckdb "SELECT saddr FROM 'int.parquet'")" = '["167772161"]' ]
}

@test "formats: parquet: how the files after the first are called" {
	setup_many 1100
	mkdir d.x
	while read -r first second; do
		zmap-out -O parquet --output-args rows=1000 -o "$first" <many.cbor
		[ -s "$second" ] || { echo "$first:"; ls -A . d.x; return 1; }
	done <<-'E'
		a.b.parquet a.b.2.parquet
		plain plain.2
		.hidden .hidden.2
		d.x/plain d.x/plain.2
		d.x/.hidden d.x/.hidden.2
		./d.x/c.parquet d.x/c.2.parquet
	E
}

@test "formats: parquet of a stream that is cut, of none, of other types" {
	node_packages
	setup_many 1000
	size=$(stat -c %s many.cbor)
	head -c $((size / 2)) many.cbor >cut.cbor
	run zmap-out -O parquet -o c.parquet <cut.cbor
	fails 1 truncated
	n=$(zmap-out <cut.cbor 2>/dev/null | wc -l)
	[ "$n" -gt 100 ]
	mkstream </dev/null >none.cbor
	zmap-out -O parquet -o n.parquet <none.cbor
	# a later segment whose field has another type: left out, and said
	"$PYTHON" "$ROOT/tests/tool/mkstream.py" --fields "saddr:ip ttl:text" >other.cbor <<-'E'
		{"saddr":"10.9.9.9","ttl":"many"}
	E
	cat many.cbor other.cbor >both.cbor
	run zmap-out -O parquet -f saddr,ttl -o t.parquet <both.cbor
	[[ $output == *"1 records left out: a value of ttl has another type"* ]]
	[ "$(duckdb "SELECT count(*) FROM 'c.parquet'" "SELECT count(*) FROM 'n.parquet'" \
		"SELECT count(*) FROM 't.parquet'" | tr '\n' ' ')" = "[\"$n\"] [\"0\"] [\"1000\"] " ]
	run zmap-out -O parquet -o /dev/full <many.cbor
	fails 1 'No space left'
}

# --- sqlite ---

@test "formats: sqlite has typed columns, and many scans in one file" {
	setup_stream
	zmap-out -O sqlite -o r.db <results.cbor
	run sqlite3 r.db "SELECT saddr, ttl, typeof(ttl), classification, success, delta, hex(data), list, map, timestamp FROM results LIMIT 2"
	[ "${lines[0]}" = '10.0.0.1|64|integer|synack|1|-5|00FF|[1,"x",null,[true]]|{"a":{"b":"c"}}|2023-11-14 22:13:20.123456' ]
	[ "${lines[1]}" = '10.0.0.2|9|integer|rst|0|||||2023-11-14 22:13:21.000000' ]
	run "$PYTHON" - <<-'E'
		import sqlite3
		for r in sqlite3.connect("r.db").execute("SELECT classification, ttl, delta, data, list FROM results WHERE saddr='200.0.0.4'"):
		    print(ascii(r))
	E
	[ "$output" = "('a,\"b\"\\r\\n\\x00\\x1b[1m\\ufffd\\'<&>\\\\t\\xe4\\U0001f600 ', 9223372036854775807, -9223372036854775808, b'', '[\"\\\\\"\\\\n\\\\u0000\"]')" ]
	# another scan, with a column that the table lacks
	mkstream --fields "saddr:ip extra:text" >more.cbor <<-'E'
		{"saddr":"10.0.0.9","extra":"new"}
	E
	zmap-out -O sqlite -o r.db <more.cbor
	[ "$(sqlite3 r.db 'SELECT scan, probe, status, json_valid(facts), json_valid(history) FROM scans' | tr '\n' ' ')" = \
		'1|tcp_synscan|done|1|1 2|tcp_synscan|done|1|1 ' ]
	[ "$(sqlite3 r.db 'SELECT scan, count(*), max(extra) FROM results GROUP BY 1' | tr '\n' ' ')" = '1|3| 2|1|new ' ]
}

@test "formats: sqlite with arguments, and mistakes" {
	setup_stream
	zmap-out -O sqlite --output-args table=week,addresses=int,times=ns -o r.db <results.cbor
	[ "$(sqlite3 r.db 'SELECT saddr, timestamp FROM week LIMIT 1')" = '167772161|1700000000123456789' ]
	run zmap-out -O sqlite <results.cbor
	fails 2 '-o names its file'
	run zmap-out -O sqlite --output-args table=scans -o r.db <results.cbor
	fails 2 'sqlite: table=scans: a name'
	echo "this is no database, but a text of some length" >text
	cp text before
	run zmap-out -O sqlite -o text <results.cbor
	fails 1 'text: '
	cmp text before
	run zmap-out -O sqlite -o /nonexistent/r.db <results.cbor
	[ "$status" -ne 0 ]
	[[ $output == *nonexistent* ]]
	# a scan that is refused leaves no row
	run zmap-out -O sqlite -o r.db </dev/null
	[ "$status" -eq 1 ]
	[ "$(sqlite3 r.db 'SELECT count(*) FROM scans')" = 1 ]
}

# once: of both families
# bats test_tags=once
@test "formats: sqlite: what has no place in a column is left out, and said" {
	mkstream --fields "saddr:ip ttl:uint" >big.cbor <<-'E'
		{"saddr":"10.0.0.1","ttl":9223372036854775808}
		{"saddr":"10.0.0.2","ttl":9223372036854775807}
		{"saddr":"2001:db8::1","ttl":1}
	E
	run zmap-out -O sqlite -o big.db <big.cbor
	[[ $output == *'a value of ttl has no place in its column'* ]]
	[[ $output == *'1 records left out'* ]]
	[ "$(sqlite3 big.db 'SELECT saddr, ttl FROM results' | tr '\n' ' ')" = \
		'10.0.0.2|9223372036854775807 2001:db8::1|1 ' ]
	run zmap-out -O sqlite --output-args addresses=int -f saddr -o int.db <big.cbor
	[[ $output == *'a value of saddr has no place in its column'* ]]
	[ "$(sqlite3 int.db 'SELECT saddr FROM results' | tr '\n' ' ')" = '167772161 167772162 ' ]
}

@test "formats: sqlite waits for another program that has the file locked" {
	mkstream --fields "saddr:ip" <<<'{"saddr":"10.0.0.1"}' >one.cbor
	zmap-out -O sqlite -o r.db <one.cbor
	"$PYTHON" - <<-'E' 3>&- &
		import os, sqlite3, time
		db = sqlite3.connect("r.db", isolation_level=None)
		db.execute("BEGIN EXCLUSIVE")
		open("locked", "w")
		time.sleep(1)
		db.execute("COMMIT")
	E
	soon [ -e locked ]
	zmap-out -O sqlite -o r.db <one.cbor
	wait $!
	[ "$(sqlite3 r.db 'SELECT count(*) FROM results')" = 2 ]
}

@test "formats: sqlite of a stream that is cut says so and keeps what came" {
	setup_many 5000
	head -c $(($(stat -c %s many.cbor) / 2)) many.cbor >cut.cbor
	n=$(zmap-out <cut.cbor 2>/dev/null | wc -l)
	run zmap-out -O sqlite -o r.db <cut.cbor
	fails 1 truncated
	[ "$(sqlite3 r.db 'SELECT status FROM scans; SELECT count(*) FROM results' | tr '\n' ' ')" = "failed $n " ]
}

@test "formats: sqlite shows rows while the scan goes on, and takes two writers" {
	setup_many 2000
	mkfifo in
	zmap-out -O sqlite -o r.db <in &
	pid=$!
	exec 9>in
	head -c 40000 many.cbor >&9
	rows() { [ "$(sqlite3 r.db 'SELECT count(*) FROM results' 2>/dev/null)" -gt "$1" ]; }
	soon rows 100
	zmap-out -O sqlite -o r.db <many.cbor
	tail -c +40001 many.cbor >&9
	exec 9>&-
	wait "$pid"
	[ "$(sqlite3 r.db 'SELECT scan, count(*) FROM results GROUP BY 1' | tr '\n' ' ')" = '1|2000 2|2000 ' ]
}

# --- intelmq, info ---

@test "formats: intelmq has an event for each open port, in its keys" {
	setup_stream
	zmap-out -O intelmq <results.cbor >events 2>err
	# the record without success is one, that with success false is none
	[ "$(jq -c 'keys_unsorted' events | head -n 1)" = '["feed.name","classification.taxonomy","classification.type","classification.identifier","time.source","time.observation","source.ip","source.port","protocol.transport","extra.classification","extra.ttl"]' ]
	[ "$(head -n 1 events | jq -r '.["feed.name"], .["classification.taxonomy"], .["classification.type"], .["classification.identifier"], .["time.source"], .["source.ip"], .["source.port"], .["protocol.transport"]' | tr '\n' ' ')" = \
		'zmap vulnerable potentially-unwanted-accessible open-tcp-80 2023-11-14T22:13:20+00:00 10.0.0.1 80 tcp ' ]
	[ "$(jq -r '.["source.ip"]' events | tr '\n' ' ')" = '10.0.0.1 200.0.0.4 ' ]
	grep -q '1 records left out: only a success that is no repeat is an event' err
	[ "$(zmap-out -O intelmq --output-args 'feed=our "scan",identifier=open-http,type=other,taxonomy=other' <results.cbor 2>/dev/null |
		head -n 1 | jq -r '.["feed.name"], .["classification.identifier"], .["classification.type"], .["classification.taxonomy"]' | tr '\n' ,)" = \
		'our "scan",open-http,other,other,' ]
	for args in feed= colour=red feed; do
		run zmap-out -O intelmq --output-args "$args" <results.cbor
		fails 2 "intelmq: $args: "
	done
}

@test "formats: info says what a file holds, and whether it is whole" {
	mkstream --fields "$FIELDS_REPEAT" --ports '[80, 443]' >a.cbor <<-'E'
		{"saddr":"10.0.0.1","sport":80,"classification":"synack","success":true,"repeat":false,"timestamp":1700000000000000000}
		{"saddr":"10.0.0.1","sport":80,"classification":"synack","success":true,"repeat":true,"timestamp":1700000003000000000}
		{"saddr":"10.0.0.2","sport":443,"classification":"rst","success":false,"repeat":false,"timestamp":1700000001000000000}
		{"saddr":"10.0.0.3","sport":443,"classification":"\u001b[1m","success":false,"repeat":false,"timestamp":1700000002000000000}
	E
	zmap-out -O info <a.cbor >got
	cat >want <<-'E'
		stream    results of tcp_synscan, ports [80,443]
		records   4: 1 successes for the first time, 1 repeats
		classes   synack 2, rst 1, \x1b[1m 1
		ports     80: 2, 443: 2
		answers   from 2023-11-14 22:13:20 +0000 to 2023-11-14 22:13:23 +0000
		status    done
	E
	grep -E '^(stream|records|classes|ports|answers|status)' got | diff want -
	grep -q '^commands  mkstream' got
	# a part of a file, two files, no file
	head -c $(($(stat -c %s a.cbor) - 30)) a.cbor >cut.cbor
	run zmap-out -O info <cut.cbor
	fails 1 'status    cut short: the stream has no end'
	[ "$(cat a.cbor a.cbor | zmap-out -O info | grep -c '^status    done')" = 2 ]
	run zmap-out -O info </dev/null
	[ "$status" -eq 1 ]
	# any kind of stream, and a scan with all that it says of itself
	zmap-targets -p 80 --no-blacklist 10.0.0.0/24 | zmap-out -O info | grep -q '^stream    targets, ports \[80\]'
}

@test "formats: info of a scan has what was probed and what was lost" {
	requires_lab
	lab zmap -p 80 -q -c 1 --no-blacklist -O cbor -o scan.cbor 10.0.0.0/24
	zmap-out -O info <scan.cbor >got
	grep -qx 'probed    256 of 256 targets, 256 packets' got
	grep -qx 'lost      nothing that is known' got
	grep -q '^scan      [0-9a-f]*, by s0$' got
	grep -qE '^commands  zmap-targets .* \| zmap-send.* \| zmap-recv.* \| zmap-out' got
	[ "$(sed -n 's/^records   \([0-9,]*\).*/\1/p' got | tr -d ,)" = "$(zmap-out <scan.cbor | wc -l)" ]
}

# --- examples/python ---

# once: types of IPv4, and IPv6
# bats test_tags=once
@test "formats: python reads a stream with its types, and writes one" {
	export PYTHONPATH=$ROOT/examples/python
	setup_stream
	cat >read.py <<-'E'
		import sys, zmapstream
		reader = zmapstream.Reader(sys.stdin.buffer)
		for r in reader:
		    print(repr(r["saddr"]), r["timestamp"], getattr(r["timestamp"], "ns", None),
		        r["data"], r["success"], r["list"])
		print(reader.ended, reader.scan["probe"], reader.fields["saddr"])
	E
	"$PYTHON" read.py <results.cbor >got
	[ "$(head -n 1 got)" = "IPv4Address('10.0.0.1') 2023-11-14 22:13:20.123456+00:00 1700000000123456789 b'\\x00\\xff' True [1, 'x', None, [True]]" ]
	[ "$(tail -n 1 got)" = 'True tcp_synscan ip' ]
	# a stage that adds a field; times keep their nanoseconds
	cat >add.py <<-'E'
		import sys, zmapstream
		reader = zmapstream.Reader(sys.stdin.buffer)
		with zmapstream.Writer(sys.stdout.buffer, like=reader, fields={"twice": "uint"}) as w:
		    for r in reader:
		        w.write({**r, "twice": 2 * r["sport"] if r["sport"] else None})
	E
	"$PYTHON" add.py <results.cbor >added.cbor
	[ "$(zmap-out -f saddr,twice <added.cbor | tr '\n' ' ')" = 'saddr,twice 10.0.0.1,160 10.0.0.2,886 200.0.0.4, ' ]
	"$PYTHON" -c 'import sys, zmapstream as z; w = z.Writer(sys.stdout.buffer, fields={"saddr": "ip", "t": "time"}); w.write({"saddr": "10.9.9.9"}); w.close()' |
		zmap-out -f saddr,t_ts | grep -qx 10.9.9.9,
	# what is cut is said, after what was whole
	head -c -5 results.cbor >cut
	run "$PYTHON" "$ROOT/examples/python/zmapstream.py" <cut
	fails 1 'zmapstream: the stream is cut'
	[ "$(grep -c saddr <<<"$output")" = 3 ]
	run "$PYTHON" "$ROOT/examples/python/zmapstream.py" </dev/null
	fails 1 'has no end'
	run bash -c 'echo hello | "$PYTHON" "$ROOT/examples/python/zmapstream.py"'
	[ "$status" -eq 1 ]
	# a field that no one has named is no silence
	run "$PYTHON" -c 'import sys, zmapstream; zmapstream.Writer(sys.stdout.buffer, fields={"saddr": "ip"}).write({"sadr": 1})'
	[[ $output == *"no field sadr"* ]]
}
