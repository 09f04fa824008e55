#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-out: every format is read back by those it is for, or by their rules.

# bats file_tags=beside,quick
load helper
bats_require_minimum_version 1.5.0

FIELDS="saddr:ip daddr:ip ttl:uint sport:uint dport:uint seqnum:uint
	acknum:uint window:uint classification:text success:bool repeat:bool
	cooldown:bool delta:int data:bytes list:list map:map icmp_type:uint
	icmp_code:uint timestamp:time"

readout() {
	"$PYTHON" "$ROOT/tests/tool/readout.py" "$@"
}

# --- what is printed at all ---

@test "out: without options, an address a line, or address and port" {
	setup_stream
	[ "$(zmap-out <results.cbor)" = $'10.0.0.1\n10.0.0.2\n10.0.0.3\n10.0.0.4' ]
	setup_stream --ports '[80, 443]'
	[ "$(zmap-out <results.cbor | head -n 1)" = 10.0.0.1,80 ]
	setup_stream --ports '[[80, 90]]'
	[ "$(zmap-out <results.cbor | head -n 1)" = 10.0.0.1,80 ]
	setup_stream --ports '[[80, 80]]'
	[ "$(zmap-out <results.cbor | head -n 1)" = 10.0.0.1 ]
	# as soon as something is asked for, there is a header
	[ "$(zmap-out -O csv <results.cbor | head -n 1)" = saddr ]
	[ "$(zmap-out -f saddr <results.cbor | head -n 1)" = saddr ]
	[ "$(zmap-out -f saddr --no-header-row <results.cbor | head -n 1)" = 10.0.0.1 ]
}

# once: numbers and texts of IPv4
# bats test_tags=once
@test "out: the guide's fields and its names" {
	setup_stream
	[ "$(zmap-out -f response,saddr,daddr,sport,seq,ack,in_cooldown,is_repeat,timestamp <results.cbor | head -n 2)" = \
'response,saddr,daddr,sport,seq,ack,in_cooldown,is_repeat,timestamp
synack,10.0.0.1,192.0.2.9,80,4294967295,1,0,0,2023-11-14T22:13:20.123+0000' ]
	[ "$(zmap-out -f 'saddr saddr-raw, timestamp-ts timestamp-us' <results.cbor | sed -n 2p)" = \
		10.0.0.1,16777226,1700000000,123456 ]
	[ "$(zmap-out -f '*' <results.cbor | head -n 1)" = \
saddr,saddr_raw,daddr,daddr_raw,ttl,sport,dport,seqnum,acknum,window,\
classification,success,repeat,cooldown,delta,data,list,map,icmp_type,\
icmp_code,timestamp_str,timestamp_ts,timestamp_us ]
	[ "$(TZ=Asia/Tokyo zmap-out -f timestamp_str <results.cbor | sed -n 2p)" = \
		2023-11-15T07:13:20.123+0900 ]
	[ "$(zmap-out -f saddr,blank,blank,sport <results.cbor | sed -n 2p)" = \
		10.0.0.1,,,80 ]
}

@test "out: lists of formats and fields" {
	run zmap-out --list-output-modules
	for f in cbor csv diag html json lzr map redis text xml zgrab2; do
		[[ $output == *"$f "* ]]
	done
	setup_stream
	[ "$(zmap-out --list-output-fields <results.cbor | head -n 3)" = \
'saddr           string: saddr of the answer
saddr_raw          int: the same address, network order integer form
daddr           string: daddr of the answer' ]
	zmap-out --list-output-fields <results.cbor | grep -q '^success           bool: '
	run bash -c 'zmap-out --list-output-modules >/dev/full'
	[ "$status" -eq 1 ]
	run bash -c 'zmap-out --list-output-fields <results.cbor >/dev/full'
	[ "$status" -eq 1 ]
}

# --- formats, read back ---

@test "out: csv comes back whole from Python's csv" {
	setup_stream
	zmap-out -f saddr,classification,data,list,map,delta,seqnum,success \
		<results.cbor >got.csv
	readout csv <got.csv >rows
	"$PYTHON" - <<-'E'
		import json
		rows = [json.loads(l) for l in open("rows")]
		assert rows[0][1] == "classification"
		assert rows[1] == ["10.0.0.1", "synack", "00ff", '[1,"x",null,[true]]',
		    '{"a":{"b":"c"}}', "-5", "4294967295", "1"], rows[1]
		assert rows[2] == ["10.0.0.2", "rst", "", "", "", "", "0", "0"]
		hostile = rows[4]
		assert hostile[1] == "a,\"b\"\r\n\0\x1b[1m\udcff\udcc3'<&>\\t\u00e4\U0001f600 "
		assert hostile[3] == '["\\"\\n\\u0000\ufffd"]', hostile[3]
		assert json.loads(hostile[4]) == {'k"\n': 1}
		assert hostile[5:7] == ["-9223372036854775808", "18446744073709551615"]
		assert len(rows) == 5
	E
	# null is nothing, empty text is not
	echo '{"classification":""}' | mkstream >s
	[ "$(zmap-out --no-header-row -f ttl,classification,ttl <s)" = ',"",' ]
	[ "$(zmap-out --no-header-row -f ttl <s)" = '""' ]
	# a line needs no quotes for what is harmless
	[ "$(zmap-out --no-header-row -f classification,ttl <results.cbor | head -n 1)" = synack,64 ]
}

# once: both families are in the records
# bats test_tags=once
@test "out: json comes back whole from jq and Python" {
	setup_stream
	zmap-out -O json -f '*' <results.cbor >got.json
	jq -e . got.json >/dev/null
	[ "$(jq -s length got.json)" = 4 ]
	readout json <got.json >rows
	"$PYTHON" - <<-'E'
		import json
		rows = [json.loads(l) for l in open("rows")]
		one = rows[0]
		assert list(one)[:4] == ["saddr", "saddr_raw", "daddr", "daddr_raw"]
		assert one["success"] is True and one["repeat"] is False
		assert one["list"] == [1, "x", None, [True]]
		assert one["map"] == {"a": {"b": "c"}}
		assert one["data"] == "00ff" and one["delta"] == -5
		assert "icmp_type" not in one           # null is left out
		h = rows[3]
		assert h["classification"] == \
		    "a,\"b\"\r\n\0\x1b[1m\ufffd\ufffd'<&>\\t\u00e4\U0001f600 "
		assert h["list"] == ['"\n\0\ufffd'] and h["map"] == {'k"\n': 1}
		assert h["seqnum"] == 2**64 - 1 and h["delta"] == -2**63
		assert h["data"] == ""
	E
	# one line each, whatever is in it; no key twice
	[ "$(wc -l <got.json)" = 4 ]
	[ "$(zmap-out -O json -f saddr,ttl,saddr <results.cbor | head -n 1)" = \
		'{"saddr":"10.0.0.1","ttl":64}' ]
	[ "$(zmap-out -O json <results.cbor | tail -n 1)" = '{"saddr":"10.0.0.4"}' ]
}

@test "out: json of any nested value is valid" {
	"$PYTHON" - >s <<-'E'
		import sys
		from mkstream import *
		out = sys.stdout.buffer
		out.write(header(parse_fields("v:map"), {}))
		for item in (b"\xa1\x05\x06", b"\xa1\x20\x80", b"\xa2\x20\x02\xf5\x03",
		    b"\xbf\x41\xff\x9f\xff\xff", b"\xa1\xf6\xf7", b"\xa1\x61a\xfb\x7f\xf0" + b"\0" * 6,
		    b"\xa1\x61a\xfb\x7f\xf8" + b"\0" * 6, b"\xa1\x61a\xfb\x3f\xb9\x99\x99\x99\x99\x99\x9a",
		    b"\xa1\x61a\x3b" + b"\xff" * 8, b"\xa1\x61a\xc1\x1b" + b"\xff" * 8,
		    b"\xa1\x63\xff\xc0\x80\x63\xed\xa0\x80", b"\x81" * 30 + b"\x01"):
		    out.write(b"\x81" + item)
		out.write(end())
	E
	zmap-out -O json -f v <s >got
	readout json <got >/dev/null
	jq -e . got >/dev/null
	[ "$(sed -n 1p got)" = '{"v":{"5":6}}' ]
	[ "$(sed -n 3p got)" = '{"v":{"-1":2,"true":3}}' ]
	[ "$(sed -n 8p got)" = '{"v":{"a":0.1}}' ]
	[ "$(sed -n 9p got)" = '{"v":{"a":-18446744073709551616}}' ]
	[ "$(wc -l <got)" = 12 ]
}

# once: pairs are written another way; IPv6's are in targets6
# bats test_tags=once
@test "out: text is a line for each, in a template or not" {
	setup_stream
	[ "$(zmap-out -O text -f saddr:sport <results.cbor | head -n 1)" = 10.0.0.1:80 ]
	[ "$(zmap-out -O text -f 'http://{saddr}:{sport}/\t{ttl}\\' <results.cbor |
		head -n 1)" = $'http://10.0.0.1:80/\t64\\' ]
	[ "$(zmap-out -O text <results.cbor | head -n 1)" = 10.0.0.1 ]
	[ "$(zmap-out -O text -f classification <results.cbor | tail -n 1)" = \
"a,\"b\"\\r\\n\\x00\\x1b[1m\\xff\\xc3'<&>\\\\tä😀 " ]
	[ "$(zmap-out -O text -f classification,data,list <results.cbor | wc -l)" = 4 ]
	for bad in '' '{saddr' '{}' '::' '{saddr} {nothing}'; do
		run zmap-out -O text -f "$bad" <results.cbor
		[ "$status" -eq 2 ] || { echo "$bad: $status"; return 1; }
	done
}

@test "out: zgrab2 is what zgrab2's reader takes" {
	setup_stream
	zmap-out -O zgrab2 <results.cbor >got
	[ "$(readout zgrab2 <got | head -n 1)" = '["10.0.0.1", "", "", 80]' ]
	[ "$(readout zgrab2 <got | tail -n 1)" = '["10.0.0.4", "", "", ""]' ]
	# what is closed has nothing to say, unless it is asked for
	[ "$(wc -l <got)" = 2 ]
	run --separate-stderr zmap-out -O zgrab2 results.cbor
	[[ $stderr == *'2 records left out: closed, or a repeat; --output-args all'* ]]
	[ "$(zmap-out -O zgrab2 --output-args all <results.cbor | wc -l)" = 4 ]
	[ "$(zmap-out -O zgrab2 --output-args all,tag=x <results.cbor | sed -n 2p)" = 10.0.0.2,,x,80 ]
	zmap-out -O zgrab2 --output-args tag=https <results.cbor >got
	[ "$(head -n 1 got)" = 10.0.0.1,,https,80 ]
	[ "$(readout zgrab2 <got | tail -n 1)" = '["10.0.0.4", "", "https", ""]' ]
	# a scan without ports
	echo '{"saddr":"10.0.0.1"}' | mkstream \
		--fields saddr:ip >s
	[ "$(zmap-out -O zgrab2 <s)" = 10.0.0.1 ]
	for bad in 'tag=a,b' 'tag="x"' https tag; do
		run zmap-out -O zgrab2 --output-args "$bad" <results.cbor
		[ "$status" -eq 2 ]
	done
	run zmap-out -O zgrab2 -f saddr <results.cbor
	fails 2 'fixed'
}

# once: both families are in the records
# bats test_tags=once
@test "out: lzr has its seven keys and no record that would kill it" {
	setup_stream
	run --separate-stderr zmap-out -O lzr <results.cbor
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = '{"saddr":"10.0.0.1","daddr":"192.0.2.9","sport":80,"dport":40000,"seqnum":4294967295,"acknum":1,"window":65535}' ]
	[ "${#lines[@]}" = 2 ]
	[[ $stderr == *'2 records left out: LZR needs seqnum in each'* ]]
	echo "$output" | readout lzr
}

@test "out: lzr is not kept waiting" {
	setup_stream
	size=$(stat -c %s results.cbor)
	run bash -c "(head -c $((size - 200)) results.cbor
		soon [ -s got ] && : >early) | zmap-out -O lzr >got"
	[ -e early ]
	grep -q '"saddr":"10.0.0.1"' got
}

# once: both families are in the records
# bats test_tags=once
@test "out: xml is what importers of nmap's take" {
	setup_stream --scan '{"start": 1700000000000000000}' --ports '[80,[443,445]]'
	zmap-out -O xml <results.cbor >got.xml
	readout xml <got.xml >rows
	[ "$(sed -n 1p rows | jq -c '[.args, .exit, .total, .info.services, .info.numservices]')" = \
		'["mkstream","success",4,"80,443-445","4"]' ]
	[ "$(sed -n 2p rows | jq -c .)" = '{"addr":"10.0.0.1","state":"up","reason":"syn-ack","port":["tcp",80,"open","syn-ack"]}' ]
	[ "$(sed -n 3p rows | jq -c .port)" = '["tcp",80,"closed","reset"]' ]
	[ "$(sed -n 4p rows | jq -c '[.state, .port]')" = '["unknown",["tcp",80,"filtered","host-unreach"]]' ]
	# times are read by people, too
	TZ=UTC zmap-out -O xml <results.cbor |
		grep -qF 'start="1700000000" startstr="Tue Nov 14 22:13:20 2023"'
	# arguments of strangers stay arguments
	setup_stream --other '{"history": [["a\"<&>", "\u0001\udcff\n"], ["b"]]}'
	zmap-out -O xml <results.cbor | readout xml >rows
	[ "$(sed -n 1p rows | jq -r .args)" = $'a"<&> \\x01\\xff\n | b' ]
	# whole, even if the input is not
	head -c -60 results.cbor >cut
	run -1 bash -c 'zmap-out -O xml <cut 2>/dev/null >got.xml'
	[ "$(readout xml <got.xml | head -n 1 | jq -r .exit)" = error ]
	for case in 'udp [53] synack udp open' 'icmp_echoscan [] echoreply null null'; do
		set -- $case
		echo "{\"saddr\":\"10.0.0.1\",\"sport\":53,\"classification\":\"$3\",\"success\":true}" |
			mkstream --scan "{\"probe\":\"$1\"}" --ports "$2" | zmap-out -O xml |
			readout xml | tail -n 1 >row
		[ "$(jq -r '.port[0]' row)" = "$4" ]
		[ "$(jq -r '.port[2]' row)" = "$5" ]
	done
}

# Which elements nmap's DTD has where, and the attributes that must be there.
valid_by_nmap() {
	"$PYTHON" - "$1" <<-'E'
	import re, sys, xml.etree.ElementTree as tree
	shape = {  # children, as a pattern of "name "; attributes with their values
	    "nmaprun": ("(scaninfo )*verbose debugging (host )*runstats ",
	        {"scanner": "nmap", "version": ".+", "xmloutputversion": "1.05"}),
	    "scaninfo": ("", {"type": "syn|ack|udp", "protocol": "ip|tcp|udp|sctp",
	        "numservices": r"\d+", "services": "[-0-9,]*"}),
	    "verbose": ("", {"level": r"\d+"}),
	    "debugging": ("", {"level": r"\d+"}),
	    "host": ("status address (ports )?", {}),
	    "status": ("", {"state": "up|down|unknown|skipped", "reason": ".+",
	        "reason_ttl": r"\d+"}),
	    "address": ("", {"addr": ".+", "addrtype": "ipv4|ipv6|mac"}),
	    "ports": ("(port )+", {}),
	    "port": ("state ", {"protocol": "ip|tcp|udp|sctp", "portid": r"\d+"}),
	    "state": ("", {"state": ".+", "reason": ".+", "reason_ttl": r"\d+"}),
	    "runstats": ("finished hosts ", {}),
	    "finished": ("", {"time": r"\d+", "elapsed": r"[\d.]+",
	        "exit": "error|success"}),
	    "hosts": ("", {"up": r"\d+", "down": r"\d+", "total": r"\d+"}),
	}
	more = {"nmaprun": {"args", "start", "startstr"}, "host": {"starttime", "endtime"},
	        "finished": {"timestr"}}
	for e in tree.parse(sys.argv[1]).iter():
	    children, attributes = shape[e.tag]
	    inside = "".join(c.tag + " " for c in e)
	    assert re.fullmatch(children, inside), (e.tag, inside)
	    for name, pattern in attributes.items():
	        assert re.fullmatch(pattern, e.get(name, "")), (e.tag, name, e.attrib)
	    odd = set(e.attrib) - set(attributes) - more.get(e.tag, set())
	    assert not odd, (e.tag, odd)
	E
}

# once: both families are in the records
# bats test_tags=once
@test "out: xml has one host element with all its ports, for readers that keep one" {
	for port in 443 80 22; do
		for host in 192.0.2.2 192.0.2.1 2001:db8::1; do
			echo "{\"saddr\":\"$host\",\"sport\":$port,\"ttl\":${port:0:2},
				\"classification\":\"synack\",\"success\":true,
				\"timestamp\":17000000${port:0:2}000000000}" | tr -d '\n\t'
			echo
		done
	done >lines
	# others of one port: what says most counts, in any order
	cat >>lines <<-'E'
	{"saddr":"192.0.2.1","sport":22,"classification":"rst","success":false}
	{"saddr":"192.0.2.9","sport":80,"icmp_type":3,"icmp_code":1}
	{"saddr":"192.0.2.8","sport":80,"icmp_type":3,"icmp_code":1}
	{"saddr":"192.0.2.8","sport":80,"classification":"rst","success":false}
	E
	mkstream --ports '[22,80,443]' --scan '{"start": 1700000000000000000}' <lines |
		zmap-out -O xml >got.xml
	valid_by_nmap got.xml
	run "$PYTHON" - <<-'E'
	import xml.etree.ElementTree as tree
	root = tree.parse("got.xml")
	scan = {}
	for host in root.iter("host"):   # as python-nmap: the last one stays
	    scan[host.find("address").get("addr")] = [
	        (int(p.get("portid")), p.find("state").get("state"), p.find("state").get("reason_ttl"))
	        for p in host.iter("port")]
	all = [(22, "open", "22"), (80, "open", "80"), (443, "open", "44")]
	want = {"192.0.2.1": all, "192.0.2.2": all, "192.0.2.8": [(80, "closed", "0")],
	        "192.0.2.9": [(80, "filtered", "0")], "2001:db8::1": all}
	assert scan == want, scan
	assert list(scan) == list(want), list(scan)
	hosts = root.find("runstats/hosts").attrib
	assert hosts == {"up": "4", "down": "1", "total": "5"}, hosts
	first = root.find("host").attrib
	assert first == {"starttime": "1700000022", "endtime": "1700000080"}, first
	E
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	# no ports, nothing at all, cut short, a hundred thousand answers
	for p in icmp_echoscan udp; do
		mkstream --scan "{\"probe\":\"$p\"}" --ports '[]' <lines |
			zmap-out -O xml >got.xml
		valid_by_nmap got.xml
	done
	mkstream </dev/null | zmap-out -O xml >got.xml
	valid_by_nmap got.xml
	mkstream <lines | head -c -70 | zmap-out -O xml >got.xml 2>/dev/null || true
	valid_by_nmap got.xml
	[ "$(grep -c '<host ' got.xml)" -gt 2 ]
}

# once: numbers of IPv4
# bats test_tags=once
@test "out: cbor cuts, and keeps what it does not know" {
	setup_stream --other '{"future": [1]}'
	zmap-out -O cbor <results.cbor | readstream >a
	readstream <results.cbor >b
	diff <(grep record a) <(grep record b)
	[ "$(head -n 1 a | jq -c '.[1].future')" = '[1]' ]
	zmap-out -O cbor -f sport,saddr,timestamp_str,saddr-raw <results.cbor >small
	readstream <small >a
	[ "$(head -n 1 a | jq -c '[.[1].fields[] | .name + ":" + .type]')" = \
		'["sport:uint","saddr:ip","timestamp_str:text","saddr_raw:uint"]' ]
	[ "$(sed -n 2p a)" = '["record", {"sport": 80, "saddr": "10.0.0.1", "timestamp_str": "2023-11-14T22:13:20.123+0000", "saddr_raw": 16777226}]' ]
	[ "$(tail -n 1 a | jq -c '[.[1].in, .[1].out, .[1].before.stage]')" = '[4,4,"recv"]' ]
	# and the result is a stream like any other
	[ "$(zmap-filter 'sport = 80' <small | zmap-out -f sport,saddr | wc -l)" = 4 ]
	zmap-out -O cbor -N 2 <results.cbor | readstream >a
	[ "$(grep -c record a)" = 2 ]
	[ "$(tail -n 1 a | jq -r '.[1].status')" = done ]
	# a stream that breaks off stays broken off
	head -c -5 results.cbor >cut
	run bash -c 'zmap-out -O cbor <cut | zmap-out; echo "${PIPESTATUS[@]}"'
	[[ $output == *truncated*'1 1' && $output == *10.0.0.4* ]]
}

@test "out: diag writes the examples of RFC 8949" {
	# appendix A: item, its notation
	cat >table <<-'E'
		00 0
		17 23
		1818 24
		1903e8 1000
		1b000000e8d4a51000 1000000000000
		1bffffffffffffffff 18446744073709551615
		3bffffffffffffffff -18446744073709551616
		20 -1
		3903e7 -1000
		c249010000000000000000 2(h'010000000000000000')
		f90000 0.0
		f98000 -0.0
		f93c00 1.0
		fb3ff199999999999a 1.1
		f93e00 1.5
		fa47c35000 100000.0
		fb7e37e43c8800759c 1.0e+300
		fbc010666666666666 -4.1
		f97c00 Infinity
		f97e00 NaN
		fbfff0000000000000 -Infinity
		f4 false
		f5 true
		f6 null
		f7 undefined
		c074323031332d30332d32315432303a30343a30305a 0("2013-03-21T20:04:00Z")
		c1fb41d452d9ec200000 1(1363896240.5)
		d818456449455446 24(h'6449455446')
		40 h''
		4401020304 h'01020304'
		60 ""
		6449455446 "IETF"
		62225c "\"\\"
		62c3bc "ü"
		80 []
		83010203 [1, 2, 3]
		8301820203820405 [1, [2, 3], [4, 5]]
		a0 {}
		a201020304 {1: 2, 3: 4}
		a26161016162820203 {"a": 1, "b": [2, 3]}
		9fff [_ ]
		9f018202039f0405ffff [_ 1, [2, 3], [_ 4, 5]]
		bf61610161629f0203ffff {_ "a": 1, "b": [_ 2, 3]}
	E
	"$PYTHON" - >s <<-'E'
		import sys
		from mkstream import *
		out = sys.stdout.buffer
		out.write(header((), {}))
		for line in open("table"):
		    out.write(b"\x81" + bytes.fromhex(line.split()[0]))
		out.write(end())
	E
	zmap-out -O diag <s | sed '1d;$d' >got
	sed 's/^[0-9a-f]* \(.*\)/[\1]/' table | diff - got
	[ "$(zmap-out -O diag <s | tail -n 1)" = \
		'{"event": "end", "stage": "recv", "status": "done"}' ]
	[[ $(zmap-out -O diag <s | head -n 1) == '55799({"zmap": 1, "kind": "results", '* ]]
}

# once: bytes of IPv4
# bats test_tags=once
@test "out: diag shows any kind of stream" {
	zmap-targets -p 80 -e 7 --no-blacklist 192.0.2.0/30 | zmap-out -O diag >got
	grep -q '^\[.*, 80, 66(h'"'"'c00002' got
	run bash -c 'zmap-targets -p 80 --no-blacklist 192.0.2.0/30 | zmap-out'
	fails 2 'stream of targets have no fields; -O diag shows them'
}

# --- the map ---

# at NUMBER: the pixel of a cell in a map of order $ORDER and $SCALE, margin
# $EM
at() {
	readout hilbert "$ORDER" "$1" | {
		read -r x y
		echo $((EM + x * SCALE + SCALE / 2)) $((3 * EM + y * SCALE + SCALE / 2))
	}
}

# once: networks of IPv4; windows are in a test below
# bats test_tags=slow,once
@test "out: map has each /24 where the Hilbert curve has it" {
	# five /24s, and more of one
	# in the middle of their /8: names stand in the corners
	for a in 1.128.3.4 1.128.3.5 100.150.25.12 200.129.255.1 \
		223.127.255.255 128.130.0.1; do
		echo "{\"saddr\":\"$a\",\"success\":true}"
	done | mkstream >s
	zmap-out -O map --output-args cell=24 -o got.png <s
	ORDER=12 SCALE=1 EM=64
	readout png got.png $(at $((0x018003))) $(at $((0x649619))) \
		$(at $((0xc881ff))) $(at $((0xdf7fff))) $(at $((0x808200))) \
		$(at $((0x777777))) 0 0 >colours
	[ "$(sed -n 1p colours)" = "$((4096 + 2 * EM)) $((4096 + 8 * EM))" ]
	# the first has two results, the darkest colour; the next three one
	[ "$(sed -n 2p colours)" = 180670 ]
	[ "$(sed -n 3,5p colours | sort -u)" = fdb040 ]
	[ "$(sed -n 7,8p colours | sort -u)" = ffffff ]
}

# once: networks of IPv4; windows are in a test below
# bats test_tags=once
@test "out: map of a prefix fills the picture, by class" {
	# networks in the header: 10.0.0.0/16 without its last quarter
	"$PYTHON" - >s <<-'E'
		import sys
		from mkstream import *
		fields = parse_fields("saddr:ip classification:text success:bool icmp_type:uint")
		out = sys.stdout.buffer
		out.write(header(fields, {"networks": bytes.fromhex("0a0000000a00bfff"),
		    "probe": "tcp_synscan", "ports": [80]}))
		for n, c, s, i in (0x81, "synack", True, None), (0x82, "rst", False, None), \
		    (0x4080, "icmp", False, 3), (0xbf81, "?", False, None):
		    out.write(record(fields, dict(saddr="10.0.%d.%d" % (n >> 8, n & 255),
		        classification=c, success=s, icmp_type=i)))
		out.write(record(fields, dict(saddr="10.1.0.0")))
		out.write(end())
	E
	run --separate-stderr bash -c 'zmap-out -O map --output-args size=1024,by=class,cell=32,prefix=10.0.0.0/16 <s >got.png'
	[ "$status" -eq 0 ]
	[[ $stderr == *'1 records left out: outside of the map'* ]]
	ORDER=8 SCALE=4 EM=16
	# in the middle of their squares: names stand in the corners
	readout png got.png $(at $((0x81))) $(at $((0x82))) $(at $((0x4080))) \
		$(at $((0xbf81))) $(at $((0xf280))) $(at $((0x1280))) >colours
	cat colours
	[ "$(tail -n +2 colours | tr '\n' ' ')" = \
		'0072b2 e69f00 cc3f97 707070 dcdcdc ffffff ' ]
	for bad in size=300 size=x prefix=1.2.3.4 prefix=1.2.3.0/25 by=foo what \
		cell=33 zoom=3; do
		run zmap-out -O map --output-args "$bad" <s
		[ "$status" -eq 2 ] || { echo "$bad: $status"; return 1; }
	done
	run zmap-out -O map --output-args font=/nowhere <s
	[ "$status" -eq 1 ]
}

# once: networks of IPv4; windows are in a test below
# bats test_tags=once
@test "out: map by share, with names; repeats are not counted" {
	# 10.0.0.0/16, of which one target in four was probed; of these, all of
	# the first half answered, and one in two of the other
	"$PYTHON" - >s <<-'E'
		import sys
		from mkstream import *
		fields = parse_fields("saddr:ip success:bool repeat:bool")
		out = sys.stdout.buffer
		out.write(header(fields, {"networks": bytes.fromhex("0a0000000a00ffff"),
		    "allowed": 65536, "ports": [80]}))
		for n in list(range(0, 32768, 4)) + list(range(32768, 65536, 8)):
		    out.write(record(fields, dict(saddr="10.0.%d.%d" % (n >> 8, n & 255),
		        success=True, repeat=False)))
		for i in range(5000):
		    out.write(record(fields, dict(saddr="10.0.255.255", repeat=True)))
		send = {"event": "end", "stage": "send", "status": "done", "targets": 16384}
		out.write(end(before=send))
	E
	zmap-out -O map --output-args by=share,size=1024 -o got.png s
	# a cell is a /26, of 16 probes: 32 in a row, of 32 pixels each
	ORDER=5 SCALE=32 EM=16
	readout png got.png $(at $((0x0030))) $(at $((0x02f2))) $(at $((0x03ff))) >colours
	cat colours
	[ "$(sed -n 2p colours)" = 180670 ]
	[ "$(sed -n 4p colours)" = "$(sed -n 3p colours)" ]
	[ "$(sed -n 3p colours)" != 180670 ]
	[ "$(sed -n 3p colours)" != ffffff ]
	# a stream of which no one knows how much was probed
	mkstream <<<'{"saddr":"10.0.0.1"}' >s2
	run zmap-out -O map --output-args by=share,size=256 -o x.png s2
	fails 1 'does not say how many targets were probed'
	# repeats change what is counted, if they are asked for
	zmap-out -O map --output-args cell=24,size=1024 -o no.png s
	zmap-out -O map --output-args cell=24,size=1024,repeats=yes -o yes.png s
	run cmp -s no.png yes.png
	[ "$status" -eq 1 ]
	# names, framed, of a file and of reserved blocks
	printf '# ours\n10.0.64.0/18 lab\n10.0.0.9 host \xff\n192.0.2.0/24 elsewhere\n' >labels
	zmap-out -O map --output-args size=1024,labels=labels -o labels.png s
	zmap-out -O map --output-args size=1024 -o none.png s
	run cmp -s labels.png none.png
	[ "$status" -eq 1 ]
	zmap-out -O map --output-args prefix=0.0.0.0/0,size=512 -o a.png s
	zmap-out -O map --output-args prefix=0.0.0.0/0,size=512,reserved=no -o b.png s
	run cmp -s a.png b.png
	[ "$status" -eq 1 ]
	for bad in '10.0.0.0/33 x:1: no prefix' '10.0.0.0/8:1: a prefix without a name' \
		'lab x:1: no prefix'; do
		printf '%s\n' "${bad%:1*}" >labels
		run zmap-out -O map --output-args labels=labels -o x.png s
		fails 1 "labels:1:${bad##*:1:}"
	done
	run zmap-out -O map --output-args labels=nothere -o x.png s
	fails 1 'nothere: No such file'
	run zmap-out -O map --output-args repeats=maybe -o x.png s
	fails 2 'repeats=maybe: yes or no'
}

# once: networks of IPv4; windows are in a test below
# bats test_tags=once
@test "out: map of few results joins cells, of half a square lies down" {
	echo '{"saddr":"10.0.0.9"}' | mkstream >s
	zmap-out -O map --output-args prefix=10.0.0.0/9,size=1024 <s >got.png
	readout png got.png 0 0 | head -n 1 >size
	[ "$(cat size)" = "$((1024 + 32)) $((512 + 8 * 16))" ]
	# no results and nothing scanned is a picture, too
	mkstream <<<'["event",{"event":"x"}]' | zmap-out -O map --output-args size=256 >got.png
	readout png got.png 0 0
}

# once: IPv6 itself
# bats test_tags=once
@test "out: map of a window of IPv6, by its /64" {
	# of 2001:db8:7::/48, whose last quarter of /64 was not scanned
	"$PYTHON" - >s <<-'E'
		import sys
		from mkstream import *
		fields = parse_fields("saddr:ip classification:text success:bool icmp_type:uint")
		out = sys.stdout.buffer
		net = bytes.fromhex("20010db80007")
		out.write(header(fields, {"family": 6, "networks": net + bytes(10) +
		    net + bytes.fromhex("bfff") + b"\xff" * 8,
		    "probe": "tcp_synscan", "ports": [80]}))
		for n, c, s, i in (0x81, "synack", True, None), (0x82, "rst", False, None), \
		    (0x4080, "icmp", False, 3), (0xbf81, "?", False, None):
		    out.write(record(fields, dict(
		        saddr="2001:db8:7:%x:89ab:cdef:%x:1" % (n, n),
		        classification=c, success=s, icmp_type=i)))
		out.write(record(fields, dict(saddr="2001:db8:8::")))
		out.write(record(fields, dict(saddr="10.0.0.1")))
		out.write(end())
	E
	ORDER=8 SCALE=4 EM=16
	for prefix in '' ,prefix=2001:db8:7::/48 ,prefix=2001:db8:7::/48-64; do
		run --separate-stderr bash -c 'zmap-out -O map --output-args "size=1024,by=class,cell=64$0" <s >got.png' "$prefix"
		[ "$status" -eq 0 ] || { echo "$stderr"; false; }
		[[ $stderr == *'2 records left out'* ]]
		readout png got.png $(at $((0x81))) $(at $((0x82))) \
			$(at $((0x4080))) $(at $((0xbf81))) $(at $((0xf280))) \
			$(at $((0x1280))) >colours
		[ "$(tail -n +2 colours | tr '\n' ' ')" = \
			'0072b2 e69f00 cc3f97 707070 dcdcdc ffffff ' ]
	done
	for bad in prefix=2001:db8::/121 prefix=2001:db8::/32-65 \
		prefix=2001:db8::/32-39 prefix=2001:db8::/x prefix=10.0.0.0/8 \
		prefix=2001:db8:/32 cell=129; do
		run zmap-out -O map --output-args "$bad" <s
		[ "$status" -eq 2 ] || { echo "$bad: $status"; return 1; }
	done
}

@test "out: map of a window of IPv6 by share" {
	# two addresses in each /64 of 2001:db8:7::/49, of which half was probed:
	# all in the first half of the /64 answered, of the others half
	"$PYTHON" - >s <<-'E'
		import sys
		from mkstream import *
		fields = parse_fields("saddr:ip success:bool repeat:bool")
		out = sys.stdout.buffer
		net = bytes.fromhex("20010db80007")
		out.write(header(fields, {"family": 6, "allowed": 65536, "ports": [80],
		    "networks": net + bytes(10) + net + b"\x7f" + b"\xff" * 9}))
		for n in list(range(16384)) + list(range(16384, 32768, 2)):
		    out.write(record(fields, dict(saddr="2001:db8:7:%x::1" % n,
		        success=True, repeat=False)))
		send = {"event": "end", "stage": "send", "status": "done", "targets": 32768}
		out.write(end(before=send))
	E
	zmap-out -O map --output-args \
		by=share,size=1024,prefix=2001:db8:7::/48-64 -o got.png s
	ORDER=6 SCALE=16 EM=16
	# a cell is a /60, of 16 probes
	readout png got.png $(at $((0x0030))) $(at $((0x03ff))) \
		$(at $((0x0602))) $(at $((0x0aaa))) >colours
	cat colours
	[ "$(sed -n 2p colours)" = 180670 ]
	[ "$(sed -n 3p colours)" = 180670 ]
	[ "$(sed -n 4p colours)" != 180670 ]
	[ "$(sed -n 4p colours)" != ffffff ]
	[ "$(sed -n 5p colours)" = dcdcdc ]
	echo '{"saddr":"2001:db8::"}' | mkstream --scan '{"family": 6}' >s
	run zmap-out -O map --output-args by=share -o x.png s
	fails 1 'does not say how many addresses of which networks were scanned'
}

@test "out: maps of all sorts of prefixes of IPv6" {
	local p
	for p in ::/0 2000::/3 2001:db8::/29-61 2001:db8::/32-40 2001:db8::/63 \
		2001:db8::/64 2001:db8::/64-72 2001:db8::/120; do
		echo '{"saddr":"2001:db8::"}' |
			mkstream --scan '{"family": 6}' |
			zmap-out -O map --output-args "size=256,prefix=$p" >got.png
		readout png got.png 0 0
	done
	# where nothing is known of the scan
	echo '{"saddr":"2001:db8::"}' | mkstream --scan '{"family": 6}' |
		zmap-out -O map --output-args size=256 >got.png
	readout png got.png 0 0
}

# --- Redis ---

# A server of this test alone, on a socket in its directory, that keeps what
# it acknowledged.
redis_start() {
	redis-server - >>redis.log 2>&1 3>&- <<-E &
		port 0
		unixsocket $T/redis.sock
		unixsocketperm 777
		dir $T
		appendonly yes
		appendfsync always
		databases 32
		save ""
	E
	REDIS=$!
	for _ in {1..100}; do
		redis ping 2>/dev/null | grep -q PONG && return
		sleep 0.05
	done
	cat redis.log
	return 1
}

redis() {
	redis-cli -s "$T/redis.sock" "$@"
}

redis_stop() {
	[ -z "${REDIS:-}" ] || { kill -9 "$REDIS"; wait "$REDIS"; } 2>/dev/null || true
	REDIS=
}

teardown() {
	redis_stop
}

# once: both families are in the records
# bats test_tags=once
@test "out: redis gets packed addresses, CSV and JSON" {
	setup_stream
	redis_start
	zmap-out -O redis --output-args "local://$T/redis.sock/hits" <results.cbor
	[ "$(redis --no-raw lrange hits 0 -1)" = \
'1) "\n\x00\x00\x01"
2) "\n\x00\x00\x02"
3) "\n\x00\x00\x03"
4) "\n\x00\x00\x04"' ]
	# 16 bytes of IPv6, the server says so
	printf '{"saddr":"2001:db8::%s"}\n' 1 ff00:5 |
		mkstream --scan '{"family": 6}' |
		zmap-out -O redis --output-args "local://$T/redis.sock/six"
	[ "$(redis --no-raw lrange six 0 -1)" = \
'1) " \x01\r\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
2) " \x01\r\xb8\x00\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x05"' ]
	zmap-out -O redis -f saddr,classification --output-args \
		"local://$T/redis.sock/my%2flist?format=csv&db=1" <results.cbor
	redis -n 1 lindex my/list 3 >got
	printf '%s\n' '10.0.0.4,"a,""b""' >want
	head -n 1 got | tr -d '\r' | diff want -
	redis -n 1 lrange my/list 0 2 | diff <(printf '10.0.0.%s\n' 1,synack 2,rst 3,icmp) -
	zmap-out -O redis -f saddr,list,data --output-args \
		"local://$T/redis.sock/j?format=json" <results.cbor
	[ "$(redis lindex j 0)" = '{"saddr":"10.0.0.1","list":[1,"x",null,[true]],"data":"00ff"}' ]
	[ "$(redis lindex j 3 | jq -r .data)" = '' ]
	redis_stop
}

@test "out: redis errors are errors" {
	setup_stream
	for bad in "redis://127.0.0.1:1" "http://x/y" "redis:///" \
		"local:///list" "local://$T/s/l?format=xml" "local://$T/s/l?what=1" \
		"redis://user@h/l" "local://$T/s/l?db=x"; do
		run zmap-out -O redis --output-args "$bad" <results.cbor
		[ "$status" -eq 2 ] || { echo "$bad: $status $output"; return 1; }
	done
	run zmap-out -O redis <results.cbor
	fails 2 'redis://host:port/list'
	run zmap-out -O redis -o file --output-args "local://$T/s/l" <results.cbor
	[ "$status" -eq 2 ]
	run zmap-out -O redis -f ttl --output-args "local://$T/s/l" <results.cbor
	[ "$status" -eq 2 ]
	run zmap-out -O redis --output-args "local://$T/s/l" <results.cbor
	fails 1 'No such file'
	redis_start
	redis set word x
	run zmap-out -O redis --output-args "local://$T/redis.sock/word" <results.cbor
	fails 1 'WRONGTYPE'
	[[ $output == *'4 results were not acknowledged'* ]]
	# what cannot be pushed is counted; the rest is
	echo '{"ttl":5}' | mkstream >none
	cat none results.cbor >two
	run zmap-out -O redis --output-args "local://$T/redis.sock/l" <two
	[ "$status" -eq 0 ]
	[[ $output == *'1 records left out'* ]]
	[ "$(redis llen l)" = 4 ]
	# gone, and not coming back
	run timeout 20 bash -c "(cat results.cbor; sleep 1; kill -9 $REDIS
		cat results.cbor) | zmap-out -O redis --output-args \
		'local://$T/redis.sock/l?retry=1'" 3>&-
	fails 1 '4 results were not acknowledged'
	redis_stop
}

@test "out: redis passwords and TCP" {
	setup_stream
	[ "$(id -u)" = 0 ] || unshare -rn true 2>/dev/null || skip 'no namespaces'
	cat >inside <<-E
		ip link set lo up
		redis-server --port 6390 --bind 127.0.0.1 --save "" --requirepass 's e/c' >log 2>&1 &
		pid=\$!
		for i in {1..100}; do
			redis-cli -p 6390 ping 2>/dev/null | grep -q . && break; sleep 0.05
		done
		export REDISCLI_AUTH='s e/c'
		zmap-out -O redis --output-args redis://127.0.0.1:6390/a <results.cbor
		echo \$?
		unset REDISCLI_AUTH
		zmap-out -O redis --output-args redis://:s%20e%2fc@localhost:6390/a <results.cbor
		echo \$?
		zmap-out -O redis --output-args redis://:wrong@127.0.0.1:6390/a <results.cbor
		echo \$?
		zmap-out -O redis --output-args redis://127.0.0.1:6390/a <results.cbor
		echo \$?
		redis-cli --no-auth-warning -a 's e/c' -p 6390 llen a
		kill \$pid
	E
	run unshare -r -n bash inside 3>&-
	[[ $output == *$'0\n0\n'*WRONGPASS*$'\n1\n'*NOAUTH*$'\n1\n8' ]] ||
		{ echo "$output"; false; }
}

@test "out: redis bears a server that takes nothing for so long, and no longer" {
	setup_stream
	redis_start
	# lets everybody in and answers PING, but is read-only
	redis replicaof 127.0.0.1 1
	run timeout -s KILL 30 zmap-out -O redis --output-args \
		"local://$T/redis.sock/l?retry=1" <results.cbor
	fails 1 'READONLY'
	fails 1 '4 results were not acknowledged'
	# tried now and then, not as fast as it goes
	n=$(redis info stats | tr -d '\r' | sed -n 's/^total_connections_received://p')
	[ "$n" -gt 2 ]
	[ "$n" -lt 60 ]
	run timeout -s KILL 30 zmap-out -O redis --output-args \
		"local://$T/redis.sock/l?retry=0" <results.cbor
	fails 1 'READONLY'
	# one that may be written to again has all
	redis config resetstat
	timeout -s KILL 60 zmap-out -O redis --output-args \
		"local://$T/redis.sock/l?retry=30" <results.cbor 2>err 3>&- &
	out=$!
	soon eval 'redis info commandstats | grep -q "rpush.*rejected_calls=[1-9]"'
	redis replicaof no one
	wait "$out" || { cat err; return 1; }
	[ "$(redis llen l)" = 4 ]
	redis_stop
}

@test "out: redis is looked for at each address of a name" {
	setup_stream
	[ "$(id -u)" = 0 ] || unshare -rn true 2>/dev/null || skip 'no namespaces'
	printf '%s\n' '::1 both' '127.0.0.1 both' >hosts
	cat >inside <<-E
		ip link set lo up
		mount --bind hosts /etc/hosts
		[[ \$(getent ahosts both | head -n 1) == ::1* ]] || exit 77
		redis-server --port 6390 --bind 127.0.0.1 --save "" >log 2>&1 &
		pid=\$!
		soon eval 'redis-cli -p 6390 ping 2>/dev/null | grep -q PONG'
		zmap-out -O redis --output-args redis://both:6390/a <results.cbor
		echo \$?
		zmap-out -O redis --output-args redis://both:1/a <results.cbor
		echo \$?
		redis-cli -p 6390 llen a
		kill \$pid
	E
	run unshare -r -n -m bash inside 3>&-
	[ "$status" -ne 77 ] || skip 'names are not looked up in /etc/hosts'
	[ "$output" = $'0\nzmap-out: redis at both:1: Connection refused\n1\n4' ] ||
		{ echo "$output"; false; }
}

# bats test_tags=slow
@test "out: redis loses nothing when connections break or the server dies" {
	redis_start
	"$PYTHON" - >many.cbor <<-'E'
		import sys
		from mkstream import *
		f = parse_fields("saddr:ip")
		out = sys.stdout.buffer
		out.write(header(f, {}))
		for n in range(200000):
		    out.write(b"\x81\x44" + (0x0a000000 + n).to_bytes(4, "big"))
		out.write(end())
	E
	# slowly enough to be disturbed: 40 pieces with pauses
	cat >feed.py <<-'E'
		import sys, time
		data = open("many.cbor", "rb").read()
		step = len(data) // 40 + 1
		for i in range(0, len(data), step):
		    sys.stdout.buffer.write(data[i:i + step])
		    sys.stdout.buffer.flush()
		    time.sleep(0.05)
	E
	"$PYTHON" feed.py | zmap-out -O redis --output-args \
		"local://$T/redis.sock/l?retry=10&db=31" 2>err &
	out=$!
	for _ in {1..12}; do
		sleep 0.05
		redis client kill type normal skipme yes >/dev/null
	done
	kill -9 "$REDIS"; wait "$REDIS" 2>/dev/null || true
	sleep 0.3
	rm -f redis.sock
	redis_start
	for _ in {1..5}; do
		sleep 0.05
		redis client kill type normal skipme yes >/dev/null
	done
	wait "$out" || { cat err; return 1; }
	# each at least once
	redis -n 31 eval 'local seen, n = {}, 0
		for _, v in ipairs(redis.call("lrange", "l", 0, -1)) do
			if not seen[v] then seen[v] = true; n = n + 1 end
		end return n' 0 >n
	[ "$(cat n)" = 200000 ] || { cat n; redis -n 31 llen l; return 1; }
	redis_stop
}

# --- ends ---

@test "out: -N prints so many and ends at once, with what feeds it" {
	setup_stream
	[ "$(zmap-out -N 2 <results.cbor | wc -l)" = 2 ]
	[ "$(zmap-out -N 0 <results.cbor | wc -l)" = 4 ]
	[ "$(zmap-out -N 3 -f saddr <results.cbor | wc -l)" = 4 ]
	run timeout 15 bash -c "(cat results.cbor; sleep 20; echo alive >&2) |
		{ zmap-out -N 4; echo status \$?; kill \$PPID; }" 3>&-
	[[ $output == *10.0.0.4*'status 0'* && $output != *alive* ]]
	# a feeder that goes on writing is stopped by it
	mkstream --repeat 200000 <<<'{"saddr":"1.2.3.4"}' >big
	run bash -c 'cat big big | zmap-filter "" | zmap-out -N 10 | wc -l
		echo "${PIPESTATUS[@]}"'
	[ "${lines[0]}" = 10 ]
	[[ ${lines[1]} == '141 141 0 0' ]]
	for bad in -1 x 1e-3 2.5 ''; do
		run zmap-out -N "$bad" <results.cbor
		[ "$status" -eq 2 ]
	done
}

# once: 20 s, in every format, whatever the family
# bats test_tags=slow,once
@test "out: a full disk is status 1 in every format" {
	setup_stream
	for f in cbor csv diag json lzr map text xml zgrab2; do
		run bash -c "zmap-out -O $f <results.cbor 2>&1 >/dev/full"
		fails 1 'stdout: No space left on device'
		run bash -c "zmap-out -O $f -o /dev/full <results.cbor 2>&1"
		fails 1 '/dev/full: No space left on device'
	done
	# and told while there is more to come, not at its end
	mkstream --repeat 20000 <<<'{"saddr":"1.2.3.4"}' >big
	run timeout 15 bash -c '(cat big; sleep 20) | { zmap-out >/dev/full; kill $PPID; }' 3>&-
	[[ $output == *'No space left on device'* ]]
	run zmap-out -o /nowhere/file <results.cbor
	fails 1 '/nowhere/file: No such file'
	run zmap-out -o "$T" <results.cbor
	fails 1 'Is a directory'
}

@test "out: files are written whole, and emptied first" {
	setup_stream
	seq 100000 >file
	zmap-out -o file <results.cbor
	[ "$(wc -l <file)" = 4 ]
	[ "$(zmap-out -o - <results.cbor | wc -l)" = 4 ]
	# nothing else appears
	run zmap-out -o file <results.cbor
	[ -z "$output" ]
}

# once: 20 s, in every format, whatever the family
# bats test_tags=once
@test "out: a reader that goes is no news" {
	mkstream --repeat 300000 <<<'{"saddr":"1.2.3.4"}' >big
	# XML has one element for a host, however often it answers
	for ((i = 0; i < 4000; i++)); do
		echo "{\"saddr\":\"10.0.$((i / 256)).$((i % 256))\"}"
	done | mkstream >hosts
	for f in csv json text diag xml; do
		[ "$f" != xml ] || mv hosts big
		run bash -c "zmap-out -O $f <big | head -n 1 >/dev/null; echo \${PIPESTATUS[0]}"
		[ "$output" = 141 ] || { echo "$f: $output"; return 1; }
	done
}

@test "out: what was cut short is printed, and said" {
	setup_stream
	head -c -3 results.cbor >cut
	for f in csv json text diag lzr zgrab2; do
		run bash -c "zmap-out -O $f <cut 2>err"
		[ "$status" -eq 1 ]
		[[ $output == *10.0.0.1* || $output == *0a000001* ]]
		grep -q truncated err
	done
	run zmap-out </dev/null
	fails 1 'empty'
	run bash -c 'echo hello | zmap-out'
	fails 1 'not a zmap stream'
}

@test "out: what earlier stages said decides the status" {
	for s in done:0 failed:1 misused:2 interrupted:3 stopped:4 incomplete:5; do
		setup_stream --status "${s%:*}"
		status=0
		[ "$(zmap-out <results.cbor | wc -l)" = 4 ]
		zmap-out <results.cbor >/dev/null || status=$?
		[ "$status" = "${s#*:}" ]
	done
	# the worst of several segments
	setup_stream --status incomplete
	cp results.cbor a
	setup_stream --status interrupted
	status=0
	cat a results.cbor a | zmap-out >/dev/null || status=$?
	[ "$status" = 3 ]
}

@test "out: two streams after each other print as one" {
	setup_stream
	cat results.cbor results.cbor >two
	[ "$(zmap-filter success <two | zmap-out -f saddr,sport | tr '\n' ' ')" = \
		'saddr,sport 10.0.0.1,80 10.0.0.1,80 ' ]
	zmap-out -O xml <two | readout xml | sed -n 1p | jq -e '.total == 4'
	echo '{"ttl":5,"saddr":"1.2.3.4"}' | mkstream \
		--fields 'ttl:uint saddr:ip' >other
	run --separate-stderr bash -c 'cat results.cbor other | zmap-out -f saddr,sport,ttl'
	[ "$status" -eq 0 ]
	[[ $output == *1.2.3.4,,5 && $stderr == *"no field 'sport'"* ]]
}

@test "out: wrong fields, formats and arguments" {
	setup_stream
	run zmap-out -f saddr,nothing <results.cbor
	fails 2 "unknown field 'nothing'"
	[[ $output == *'fields: saddr saddr_raw'* ]]
	run zmap-out -f saddr,,ttl <results.cbor
	fails 2 'empty'
	run zmap-out -f '' <results.cbor
	[ "$status" -eq 2 ]
	run zmap-out -O nothing <results.cbor
	fails 2 "unknown output format 'nothing'"
	for f in lzr xml diag map zgrab2; do
		run zmap-out -O $f -f saddr <results.cbor
		fails 2 'takes no -f'
	done
	run zmap-out something <results.cbor
	fails 1 'zmap-out: something: No such file or directory'
}

@test "out: files that are named are read one after the other" {
	setup_stream
	zmap-out <results.cbor >one
	cat one one one >three
	zmap-out results.cbor - results.cbor <results.cbor | diff three -
	zmap-filter '' results.cbor results.cbor | zmap-out - |
		diff <(cat one one) -
	# what is wrong with one is said with its name, after what came before it
	head -c 100 results.cbor >cut
	run --separate-stderr zmap-out results.cbor cut results.cbor
	fails 1 ''
	[[ $stderr == "zmap-out: cut: truncated: "* ]]
	[[ $output == "$(cat one)"* ]]
	echo text >text
	run --separate-stderr zmap-filter '' results.cbor text
	fails 1 ''
	[[ $stderr == "zmap-filter: text: not a zmap stream but text: "* ]]
	# the first that is missing ends it before anything is read
	run --separate-stderr zmap-out results.cbor nothing
	fails 1 ''
	[ -z "$output" ]
}

@test "out: binary is not for terminals" {
	setup_stream
	for f in cbor map; do
		run script -qec "zmap-out -O $f <results.cbor" /dev/null
		[ "$status" -eq 2 ]
		[[ $output == *'stdout is a terminal'* ]]
	done
	run script -qec 'zmap-out -O csv <results.cbor' /dev/null
	[ "$status" -eq 0 ]
	run script -qec 'zmap-out' /dev/null
	[ "$status" -eq 2 ]
	[[ $output == *'stdin is a terminal'* ]]
}

@test "out: memory does not grow with the stream" {
	plain "memory of its own"
	mkstream --repeat 400000 <<<'{"saddr":"1.2.3.4","classification":"synack"}' >big
	for f in csv json diag; do
		/usr/bin/time -f %M zmap-out -O $f <big 2>kilobytes >/dev/null
		[ "$(cat kilobytes)" -lt 30000 ]
	done
}

@test "out: status lines add up" {
	setup_stream
	zmap-out --status-fd 3 -O lzr <results.cbor 3>lines >/dev/null 2>&1
	[ "$(tail -n 1 lines | jq -c '[.stage, .in, .out, .filtered, .final]')" = \
		'["out",4,2,2,true]' ]
}

@test "out: the examples of the man page run" {
	setup_stream
	examples zmap-out.1 >list
	[ "$(wc -l <list)" -ge 5 ]
	while IFS= read -r e; do
		run bash -o pipefail -c "$(printf '%b' "$e")"
		[ "$status" -eq 0 ] || { echo "$e: $status $output"; return 1; }
	done <list
	[ -s map.png ]
	[ -s output.csv ]
	[ -s small.cbor ]
}
