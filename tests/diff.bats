#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-diff: what appeared, went and changed, against the same in Python.

# bats file_tags=beside,quick
load helper

FIELDS="saddr:ip sport:uint ttl:uint classification:text success:bool
	repeat:bool"

# files: old.cbor and new.cbor, of a few targets
files() {
	mkstream >old.cbor <<-'END'
		{"saddr":"10.0.0.1","sport":80,"ttl":64,"classification":"synack","success":true}
		{"saddr":"10.0.0.2","sport":80,"ttl":64,"classification":"synack","success":true}
		{"saddr":"10.0.0.3","sport":80,"ttl":64,"classification":"rst","success":false}
		{"saddr":"10.0.0.3","sport":81,"ttl":64,"classification":"rst","success":false}
	END
	mkstream >new.cbor <<-'END'
		{"saddr":"10.0.0.9","sport":80,"ttl":7,"classification":"synack","success":true}
		{"saddr":"10.0.0.1","sport":80,"ttl":64,"classification":"synack","success":true}
		{"saddr":"10.0.0.3","sport":80,"ttl":63,"classification":"rst","success":false}
		{"saddr":"10.0.0.3","sport":80,"ttl":62,"classification":"synack","success":true}
		{"saddr":"10.0.0.3","sport":81,"ttl":63,"classification":"rst","success":false}
	END
}

# differs OPTION... -- FIELDS LINE...: exactly these lines come out
differs() {
	local options=() fields

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	fields=$2
	shift 2
	zmap-diff "${options[@]}" old.cbor new.cbor >diff.cbor
	zmap-out -f "$fields" <diff.cbor | tail -n +2 >got
	printf '%s\n' "$@" | diff - got
}

@test "diff: what appeared, went and changed, in the order of targets" {
	files
	differs -- change,changed,saddr,sport,classification,old_classification \
		'went,,10.0.0.2,80,synack,synack' \
		'changed,"classification,success",10.0.0.3,80,synack,rst' \
		'appeared,,10.0.0.9,80,synack,'
	differs --compare ttl -- change,saddr,sport,ttl,old_ttl \
		went,10.0.0.2,80,64,64 changed,10.0.0.3,80,62,64 \
		changed,10.0.0.3,81,63,64 appeared,10.0.0.9,80,7,
	differs --compare '' -- change,saddr went,10.0.0.2 appeared,10.0.0.9
	differs -k saddr -- change,saddr,sport \
		went,10.0.0.2,80 changed,10.0.0.3,80 appeared,10.0.0.9,80
	differs -k saddr,sport,classification -- change,saddr,classification \
		went,10.0.0.2,synack \
		appeared,10.0.0.3,synack appeared,10.0.0.9,synack
	# the two ways round
	cp old.cbor x; cp new.cbor old.cbor; cp x new.cbor
	differs -- change,saddr appeared,10.0.0.2 changed,10.0.0.3 went,10.0.0.9
	cp new.cbor old.cbor
	zmap-diff old.cbor new.cbor | zmap-out >got
	[ ! -s got ]
}

@test "diff: a stream of results, for all that reads one" {
	files
	zmap-diff old.cbor new.cbor >diff.cbor
	readstream <diff.cbor >items
	"$PYTHON" - <<-'END'
		import json
		items = [json.loads(line) for line in open("items")]
		head, end = items[0][1], items[-1][1]
		assert head["kind"] == "results", head
		assert head["history"][-1][0].endswith("zmap-diff"), head
		assert end["stage"] == "diff" and end["status"] == "done", end
		assert (end["old"], end["new"], end["same"]) == (4, 5, 2), end
		assert (end["appeared"], end["went"], end["changed"]) == (1, 1, 1)
	END
	zmap-out -O info diff.cbor >info
	grep -qx 'changes   appeared 1, went 1, changed 1, same 2' info
	zmap-filter 'change = went' <diff.cbor | zmap-out -f saddr >got
	[ "$(tail -n 1 got)" = 10.0.0.2 ]
	zmap-diff <(cat old.cbor) - <new.cbor | cmp <(readstream --records <diff.cbor) \
		<(readstream --records)
	run bash -c "zmap-diff old.cbor new.cbor >/dev/full"
	fails 1 'stdout: No space left on device'
}

@test "diff: what memory does not hold goes through a file, and comes out the same" {
	"$PYTHON" - <<-'END'
		import json, random
		r = random.Random(5)
		def write(name):
		    seen, f = {}, open(name, "w")
		    for _ in range(8000):
		        v6 = r.random() < .2
		        a = ("2001:db8::%x" % r.randrange(1, 1500) if v6 else
		             "10.0.%d.%d" % (r.randrange(8), r.randrange(256)))
		        port = r.choice([None, 1, 80, 65535])
		        ok = r.random() < .5
		        c = ("synack" if ok else "rst") + "x" * r.randrange(1800)
		        f.write(json.dumps({"saddr": a, "sport": port, "ttl": r.randrange(9),
		            "classification": c, "success": ok}) + "\n")
		        key = (a, port)
		        if key not in seen or ok and not seen[key][1]:
		            seen[key] = (c, ok)
		    return seen
		old, new = write("old.json"), write("new.json")
		with open("want", "w") as f:
		    for key in sorted(set(old) | set(new), key=str):
		        a, b = old.get(key), new.get(key)
		        what = ("appeared" if a is None else "went" if b is None else
		                "changed" if a != b else None)
		        if what:
		            f.write(json.dumps([what, *key, (b or a)[0],
		                a and a[0]]) + "\n")
	END
	mkstream <old.json >old.cbor
	mkstream <new.json >new.cbor
	for memory in 256M 4M; do
		mkdir -p spill
		zmap-diff --memory $memory --spill-directory spill old.cbor new.cbor \
			>$memory.cbor
		[ -z "$(ls spill)" ]
	done
	diff <(readstream --records <256M.cbor) <(readstream --records <4M.cbor)
	zmap-out -f change,saddr,sport,classification,old_classification \
		<4M.cbor >got.csv
	"$PYTHON" - <<-'END'
		import csv, json
		got = list(csv.reader(open("got.csv")))[1:]
		want = [["" if x is None else str(x) for x in json.loads(line)]
		    for line in open("want")]
		assert len(want) > 1000
		assert sorted(got) == sorted(want), (len(got), len(want))
	END
	run zmap-diff --memory 4M --spill-directory /nosuch old.cbor new.cbor
	fails 1 '/nosuch: No such file or directory'
}

@test "diff: memory stays within its bound" {
	plain 'sanitizers need memory of their own'
	"$PYTHON" -c '
import json
for i in range(20000):
    print(json.dumps({"saddr": "10.%d.%d.%d" % (i >> 16, i >> 8 & 255, i & 255),
        "sport": 80, "classification": "x" * 1800, "success": True}))' |
		mkstream >big.cbor
	mkstream </dev/null >none.cbor
	[ "$(stat -c %s big.cbor)" -gt 30000000 ]
	# its own map of the file besides, which is no memory of the process
	prlimit --data=25000000 zmap-diff --memory 8M --spill-directory . none.cbor \
		big.cbor | zmap-out -f saddr | tail -n +2 | wc -l >n
	[ "$(cat n)" = 20000 ]
}

@test "diff: what cannot be compared is refused, in a sentence" {
	files
	run zmap-diff old.cbor
	fails 2 'two files are compared: zmap-diff old.cbor new.cbor'
	run bash -c 'zmap-diff - - <old.cbor | cat'
	[[ $output == *'stdin cannot be both files'* ]]
	head -c -30 new.cbor >cut.cbor
	pipe 'zmap-diff old.cbor cut.cbor | wc -c'
	fails 1 'cut.cbor: truncated: the stream stops inside an item'
	[[ $output == *'what it lacks would look as if it had gone'* ]]
	[[ $output == *$'\n0' ]]
	pipe 'zmap-diff cut.cbor old.cbor | cat'
	fails 1 'what it lacks would look as if it had appeared'
	targets 10.0.0.0/30 >targets.cbor
	pipe 'zmap-diff targets.cbor new.cbor | cat'
	fails 1 'targets.cbor: a stream of targets, not of results'
	pipe 'zmap-diff old.cbor /dev/null | cat'
	fails 1 '/dev/null: empty: no stream'
	pipe 'zmap-diff --compare nosuch old.cbor new.cbor | cat'
	fails 2 "old.cbor: no field 'nosuch'"
	[[ $output == *'fields: saddr '* ]]
	pipe 'zmap-diff -k saddr_raw old.cbor new.cbor | cat'
	fails 2 "'saddr_raw' is computed from a field: name that"
	FIELDS="saddr:ip sport:text" mkstream </dev/null >other.cbor
	pipe 'zmap-diff -k sport old.cbor other.cbor | cat'
	fails 2 "field 'sport' is not of the same type in both"
	cat old.cbor other.cbor >mixed.cbor
	pipe 'zmap-diff --compare "" mixed.cbor new.cbor | cat'
	fails 2 "mixed.cbor: field 'sport' is not of the same type in all of it"
	pipe 'zmap-diff --memory 1 old.cbor new.cbor | cat'
	fails 2 'must be from 4096K'
}

@test "diff: a scan that did not end well, and scans of different things" {
	files
	mkstream --status interrupted </dev/null >stopped.cbor
	pipe 'zmap-diff old.cbor stopped.cbor | zmap-out -f change,saddr,sport'
	fails 3 'stopped.cbor: the scan is interrupted: some of what it lacks may be there all the same'
	[[ $output == *went,10.0.0.1,80* ]]
	# whichever of the two, and whichever part of it
	pipe 'zmap-diff stopped.cbor new.cbor | zmap-out'
	fails 3 'stopped.cbor: the scan is interrupted'
	cat stopped.cbor new.cbor >two.cbor
	pipe 'zmap-diff old.cbor two.cbor | zmap-out'
	fails 3 'two.cbor: the scan is interrupted'
	mkstream --scan '{"ports":[80]}' </dev/null >a.cbor
	mkstream --scan '{"ports":[81]}' </dev/null >b.cbor
	run bash -c 'zmap-diff a.cbor b.cbor | cat'
	[[ $output == *'the scans are not of the same ports'* ]]
}

@test "diff: segments of shards are one file" {
	files
	mkstream >more.cbor <<-'END'
		{"saddr":"10.0.0.2","sport":80,"ttl":1,"classification":"synack","success":true}
	END
	# with its fields in another order, and one more
	FIELDS="success:bool sport:uint note:text saddr:ip classification:text" \
		mkstream >turned.cbor <<-'END'
			{"saddr":"10.0.0.7","sport":80,"classification":"rst","success":false}
		END
	cat new.cbor more.cbor turned.cbor >all.cbor
	zmap-diff old.cbor all.cbor | zmap-out -f change,saddr,ttl | tail -n +2 >got
	printf '%s\n' changed,10.0.0.3,62 appeared,10.0.0.7, appeared,10.0.0.9,7 |
		diff - got
}

@test "diff: the examples of the man page run" {
	files
	cp old.cbor monday.cbor
	cp new.cbor tuesday.cbor
	examples zmap-diff.1 >list
	[ "$(wc -l <list)" -ge 3 ]
	while read -r line; do
		run bash -o pipefail -c "${line//\\n/$'\n'}"
		[ "$status" -eq 0 ] || { echo "$line: $output"; return 1; }
		[ -n "$output" ] || { echo "$line: nothing"; return 1; }
	done <list
}
