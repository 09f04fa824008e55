#!/bin/bash
# How many records a second the stages after zmap-recv take on one core: the
# filter, and each format with five fields, beside what people use today on
# the same answers as text.
#
# The stream has what zmap-recv writes for tcp_synscan, 23 fields: half
# SYN-ACKs, RSTs, a tenth ICMP.  It comes from a file and goes to /dev/null.
set -u
repeat=${BENCH_SMOKE:+300}
repeat=${repeat:-3000}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

/usr/bin/python3 - >answers <<-'E'
	import json, random
	random.seed(1)
	for i in range(1000):
	    a = dict(saddr=".".join(str(random.randrange(256)) for _ in range(4)),
	        daddr="192.0.2.9", ipid=random.randrange(65536), ttl=random.randrange(255),
	        sport=443, dport=random.randrange(32768, 61000), repeat=random.random() < .05,
	        cooldown=False, timestamp=1700000000000000000 + i * 12345678)
	    what = random.random()
	    if what < .5:
	        a.update(seqnum=random.randrange(2**32), acknum=random.randrange(2**32),
	            window=random.randrange(65536), tcpopt_mss=1460, tcpopt_wscale=128,
	            tcpopt_sack_perm=1, classification="synack", success=True)
	    elif what < .9:
	        a.update(seqnum=0, acknum=random.randrange(2**32), window=0,
	            classification="rst", success=False)
	    else:
	        a.update(classification="icmp", success=False, icmp_responder="9.8.7.6",
	            icmp_type=3, icmp_code=1, icmp_unreach_str="host unreachable")
	    print(json.dumps(a))
E
"$BENCH_ROOT/tests/mkstream.py" --repeat "$repeat" <answers >stream
records=$((repeat * 1000))

# speed ROW WHO RECORDS COMMAND: records for each second of processor time
speed() {
	local row=$1 who=$2 n=$3
	shift 3

	TIMEFORMAT='%U %S'
	{ time bash -c "$*" >/dev/null 2>&1; } 2>took
	awk -v row="$row" -v who="$who" -v n="$n" '{ t = $1 + $2
		if (t > 0) printf "%s\t%s\trecords/s\t%.0f\n", row, who, n / t }' took
}

fields=saddr,sport,classification,ttl,success
cat stream >/dev/null
speed 'filter: success and no repeat' zmap-filter $records \
	"zmap-filter 'success = 1 && repeat = 0' <stream"
speed 'filter: prefixes, set, range' zmap-filter $records \
	"zmap-filter '(saddr in {10.0.0.0/8, 100.0.0.0/6} || sport in {80, 440-450}) && ttl not in {64, 128}' <stream"
speed 'filter: regular expression' zmap-filter $records \
	"zmap-filter 'classification ~ \"^syn\"' <stream"
for f in csv json text diag; do
	arg="-f $fields"
	[ $f = diag ] && arg=
	[ $f = text ] && arg='-f saddr:sport'
	speed "print: $f" zmap-out $records "zmap-out -O $f $arg <stream"
done
speed 'print: cbor, five fields' zmap-out $records "zmap-out -O cbor -f $fields <stream"
speed 'print: xml' zmap-out $records "zmap-out -O xml <stream"

# what would be done with ZMap's text: a tenth of it, it takes long
few=$((records / 10))
zmap-out -O json -f '*' -N $few <stream >answers.json
zmap-out -O csv -f '*' -N $few <stream >answers.csv
speed 'filter: success and no repeat' 'jq on JSON' $few \
	"jq -c 'select(.success and (.repeat | not))' answers.json"
speed 'print: csv' "Python's csv" $few "/usr/bin/python3 -c '
import csv, sys
out = csv.writer(sys.stdout)
for r in csv.DictReader(open(\"answers.csv\")):
    out.writerow([r[f] for f in \"$fields\".split(\",\")])'"
speed 'print: json' 'jq on JSON' $few \
	"jq -c '{saddr, sport, classification, ttl, success}' answers.json"
