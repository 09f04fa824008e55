#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap-merge: shards as one, against the same in Python, and what is missing.

# bats file_tags=beside,quick
load helper
bats_require_minimum_version 1.5.0

export FIELDS="saddr:ip sport:uint classification:text success:bool repeat:bool"
HISTORY='[["zmap-targets","--target-ports=80","--shards=SHARDS","--shard=SHARD","--seed=weekly","--status-fd=13","10.0.0.0/20"],["zmap-send","--checkpoint=ck/SHARD","--rate=300","--checkpoint-lag=1","--status-fd","13"],["zmap-recv","--cooldown-time=1"],["zmap-out","--output-module=cbor","--output-file=found/SHARD.cbor"]]'

# run_of SHARD BEGIN END REACHED STATUS OPTION...: a run's stream, of the
# records on stdin, of a scan of 400 targets in 4 shards.  END: where the shard
# ends; REACHED: how far the run came
run_of() {
	local shard=$1 begin=$2 end=$3 reached=$4 status=$5 history

	shift 5
	history=${HISTORY//SHARDS/4}
	mkstream --fields "$FIELDS" --status "$status" \
		--scan "{\"shard\":$shard,\"shards\":4,\"seed\":7,\"count\":400,\"total\":400,\"position\":$begin}" \
		--other "{\"history\":${history//SHARD/$shard}}" \
		--end "{\"before\":{\"event\":\"end\",\"stage\":\"send\",\"status\":\"$status\",\"targets\":$((reached - begin)),\"left\":$((end - reached)),\"position\":$reached}}" \
		"$@"
}

# answer ADDRESS [PORT [SUCCESS [REPEAT]]]
answer() {
	echo "{\"saddr\":\"$1\",\"sport\":${2:-80},\"classification\":\"x\",\"success\":${3:-true},\"repeat\":${4:-false}}"
}

# merge_says FILE...: status, and what is said
merge_says() {
	run bash -c 'zmap-merge "$@" 2>&1 >merged' _ "$@"
}

# shards: whole streams of all four, 0.cbor and so on, a record each
shards() {
	for i in 0 1 2 3; do
		answer "10.0.0.$i" | run_of $i $((i * 100)) $((i * 100 + 100)) \
			$((i * 100 + 100)) 'done' >$i.cbor
	done
}

@test "merge: all shards as one, each answer once, the counters summed" {
	shards
	merge_says 3.cbor 0.cbor 1.cbor 2.cbor
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	zmap-merge 3.cbor 0.cbor 1.cbor 2.cbor >all.cbor
	[ "$(zmap-out -f saddr all.cbor | tr '\n' ' ')" = \
		"saddr 10.0.0.3 10.0.0.0 10.0.0.1 10.0.0.2 " ]
	readstream <all.cbor >items
	"$PYTHON" - <<-'END'
		import json
		items = [json.loads(line) for line in open("items")]
		head, end = items[0][1], items[-1][1]
		assert head["kind"] == "results", head
		assert head["history"][-1][0].endswith("zmap-merge"), head
		scan = head["scan"]
		assert (scan["shard"], scan["shards"]) == (0, 1), scan
		assert (scan["targets"], scan["position"]) == (400, 0), scan
		assert end["stage"] == "merge" and end["status"] == "done", end
		assert (end["in"], end["out"], end["repeats"]) == (4, 4, 0), end
		assert (end["runs"], end["cut"]) == (4, 0), end
		assert (end["shards"], end["complete"]) == (4, 4), end
		recv = end["before"]
		assert (recv["stage"], recv["passed"]) == ("recv", 4), recv
		send = recv["before"]
		assert send["targets"] == 400, send
		assert "position" not in send, send  # it has no sum
	END
	# what comes out can be merged again, and is all of the scan
	merge_says all.cbor
	[ "$status" -eq 0 ]
}

@test "merge: a repeat is what zmap-recv calls one: target, port, kind" {
	shards
	for port in 80 81; do
		for good in true false; do
			answer 10.0.0.9 $port $good
			answer 10.0.0.9 $port $good true
		done
	done | run_of 1 100 200 150 interrupted --ports '[80,81]' >1a
	{ answer 10.0.0.9 81 true; answer 10.0.0.8 81 true true; } |
		run_of 1 140 200 200 'done' --ports '[80,81]' >1b
	for i in 0 2 3; do
		answer 10.0.0.9 $((80 + i)) true | run_of $i $((i * 100)) \
			$((i * 100 + 100)) $((i * 100 + 100)) 'done' \
			--ports '[80,81]' >$i.cbor
	done
	cat 1a 1b >1.cbor
	zmap-merge ?.cbor >all.cbor
	zmap-out -f saddr,sport,success,repeat all.cbor | tail -n +2 | sort >got
	sort >want <<-'END'
		10.0.0.9,80,1,0
		10.0.0.9,80,0,0
		10.0.0.9,81,1,0
		10.0.0.9,81,0,0
		10.0.0.8,81,1,0
		10.0.0.9,82,1,0
		10.0.0.9,83,1,0
	END
	diff want got
	# or all as they are
	zmap-merge --dedup-method none ?.cbor >all.cbor
	[ "$(zmap-out -f saddr all.cbor | tail -n +2 | wc -l)" -eq 13 ]
	[ "$(zmap-filter repeat all.cbor | zmap-out -f saddr | tail -n +2 | wc -l)" -eq 5 ]
}

@test "merge: of routers, --dedup-by responder has one record" {
	FIELDS="saddr:ip sport:uint success:bool icmp_responder:ip repeat:bool"
	for i in 0 1 2 3; do
		echo "{\"saddr\":\"10.0.0.$i\",\"sport\":80,\"success\":false,\"icmp_responder\":\"10.9.0.1\",\"repeat\":false}" |
			run_of $i $((i * 100)) $((i * 100 + 100)) $((i * 100 + 100)) 'done' >$i.cbor
	done
	[ "$(zmap-merge ?.cbor | zmap-out -f saddr | tail -n +2 | wc -l)" -eq 4 ]
	[ "$(zmap-merge --dedup-by responder ?.cbor | zmap-out -f saddr | tail -n +2)" = 10.0.0.0 ]
}

@test "merge: IPv6 by address and port" {
	FIELDS="saddr:ip sport:uint success:bool repeat:bool"
	for i in 0 1 2 3; do
		printf '{"saddr":"2001:db8::%d","sport":80,"success":true,"repeat":false}\n' 1 $i |
			run_of $i $((i * 100)) $((i * 100 + 100)) $((i * 100 + 100)) 'done' >$i.cbor
	done
	zmap-merge ?.cbor | zmap-out -f saddr | tail -n +2 | sort >got
	printf '2001:db8::%s\n' '' 1 2 3 | sort | diff - got
}

@test "merge: what is missing, with the command that completes it" {
	shards
	rm 2.cbor
	answer 10.0.0.1 | run_of 1 100 200 150 interrupted >1.cbor
	merge_says 0.cbor 1.cbor 3.cbor
	[ "$status" -eq 3 ]
	diff - <(echo "$output") <<-'END'
		zmap-merge: shard 1 of 4 is not complete (interrupted); to complete it: zmap --target-ports=80 --seed=weekly --checkpoint=ck/1 --rate=300 --cooldown-time=1 --output-module=cbor --output-file=found/1.cbor --shards=4 --shard=1 10.0.0.0/20
		zmap-merge: shard 2 of 4 is missing; to complete it: zmap --target-ports=80 --seed=weekly --checkpoint=shard-2.checkpoint --rate=300 --cooldown-time=1 --output-module=cbor --output-file=shard-2.cbor --shards=4 --shard=2 10.0.0.0/20
	END
	# zmap takes them
	while read -r line; do
		eval "$line --print-pipeline --no-blacklist" >pipeline
		grep -q -- '--shard=[12] ' pipeline
	done < <(sed -n 's/.*to complete it: //p' <<<"$output")
	# the run that was left out in the middle
	answer 10.0.0.1 | run_of 1 160 200 200 'done' >>1.cbor
	merge_says 0.cbor 1.cbor 3.cbor
	[[ $output == *'shard 1 of 4 lacks the run from position 150 to 160; to complete it: zmap '*'--output-file=shard-1.cbor '* ]]
	answer 10.0.0.1 | run_of 1 150 200 180 stopped >x.cbor
	merge_says 0.cbor 1.cbor x.cbor 3.cbor
	[[ $output != *'shard 1'* ]]
	# a guard
	merge_says 0.cbor x.cbor 3.cbor
	[ "$status" -eq 4 ]
}

@test "merge: options of a history that zmap does not hand on are left out" {
	HISTORY='[["./zmap-targets","-p","80","--shard","auto","-w","my list"],["zmap-send","-r","300"],["zmap-recv"],["zmap-filter","success && ttl < 9"]]'
	answer 10.0.0.1 | run_of 1 100 200 150 interrupted >1.cbor
	merge_says 1.cbor
	sed 's/.*to complete it: //; 1q' <<<"$output" >got
	diff - got <<-'END'
		zmap --target-ports=80 --whitelist-file='my list' --rate=300 --output-filter='success && ttl < 9' --seed=7 --shards=4 --shard=0 --checkpoint=shard-0.checkpoint --output-module=cbor --output-file=shard-0.cbor
	END
	HISTORY='[["my-targets"],["zmap-send"]]'
	answer 10.0.0.1 | run_of 1 100 200 150 interrupted >1.cbor
	merge_says 1.cbor
	[[ $output == *"shard 1 of 4 is not complete (interrupted); scan it by the same command with --shard=1"* ]]
}

@test "merge: a tail that is torn is taken up to its last whole record" {
	shards
	for i in 1 2 3; do answer 10.0.1.$i; done |
		run_of 1 100 200 100 'done' --no-end >torn
	size=$(stat -c %s torn)
	truncate -s $((size - 3)) torn
	merge_says 0.cbor torn 2.cbor 3.cbor
	[ "$status" -eq 3 ]
	[[ $output == *'torn: truncated: the stream stops inside an item'*'; 2 whole records of it are taken'* ]]
	[[ $output == *'shard 1 of 4 is not complete (its last run was killed); to complete it: zmap '*'--checkpoint=ck/1 '* ]]
	# a later run, which began no later than it is known to have come
	merge_says 0.cbor torn 2.cbor 3.cbor 1.cbor
	[ "$status" -eq 0 ]
	zmap-merge 0.cbor torn 2.cbor 3.cbor 1.cbor 2>/dev/null >all.cbor
	zmap-out -O diag all.cbor | tail -n 1 | grep -q '"runs": 5, "cut": 1'
	# known by the sender's word in the stream, and no other stage's
	{
		answer 10.0.1.1
		echo '["event",{"event":"progress","stage":"send","position":140}]'
		echo '["event",{"event":"progress","stage":"recv","position":190}]'
	} |
		run_of 1 100 200 100 'done' --no-end >torn
	for from in 140 141; do
		answer 10.0.1.2 | run_of 1 $from 200 200 'done' >1.cbor
		merge_says 0.cbor torn 1.cbor 2.cbor 3.cbor
		[ "$status" -eq $((from == 140 ? 0 : 3)) ]
	done
	# nothing of it is there but the name
	: >torn
	merge_says 0.cbor torn 2.cbor 3.cbor
	[ "$status" -eq 3 ]
	[[ $output == *'torn: empty'*'shard 1 of 4 is missing'* ]]
	# damage is no torn tail
	{ cat 1.cbor; echo garbage; } >1.bad
	merge_says 0.cbor 1.bad 2.cbor 3.cbor
	[ "$status" -eq 1 ]
	[[ $output == *'1.bad: '*'; 1 whole records of it are taken'* ]]
}

@test "merge: what does not belong together is refused before anything is written" {
	shards
	echo >list
	for other in '"id":"feed"' '"seed":8' '"probe":"udp"' '"probe_args":"x"' '"shards":5' '"lists":"x"'; do
		answer 10.0.0.1 | mkstream --fields "$FIELDS" --scan \
			"{\"shard\":1,\"shards\":4,\"seed\":7,\"count\":400,\"total\":400,\"position\":100,$other}" >x
		merge_says 0.cbor 1.cbor x
		[ "$status" -eq 2 ]
		[ ! -s merged ]
		[[ $output == *"x: of another scan than 0.cbor: not the same "* ]]
		# by a pipe it is seen when it comes
		run bash -c 'cat x | zmap-merge 0.cbor 1.cbor - 2>&1 >/dev/null'
		[ "$status" -eq 2 ]
		[[ $output == *"-: of another scan than 0.cbor"* ]]
	done
	answer 10.0.0.1 | mkstream --fields "$FIELDS" --scan '{"id":null}' >x
	merge_says x
	[ "$status" -ne 0 ]
	mkstream --kind probes </dev/null >x
	merge_says 0.cbor x
	fails 1 'x: a stream of probes, not of results'
	FIELDS="saddr:ip success:bool sport:text"
	: | run_of 1 100 200 200 'done' >x
	merge_says 0.cbor x
	fails 2 "x: has field 'sport' as text, and 0.cbor as uint"
	FIELDS="saddr:ip sport:uint"
	: | run_of 1 100 200 200 'done' >x
	merge_says x
	fails 2 "x: its records have no field 'success', which tells answers apart"
	: | mkstream --fields "$FIELDS" --scan '{"shard":9,"shards":4}' >x
	merge_says x
	fails 2 "header: no such shard: 9 of 4"
}

@test "merge: fields are those of all, null where one lacks it" {
	shards
	FIELDS="$FIELDS dense:text"
	echo '{"saddr":"10.0.0.1","sport":80,"success":true,"dense":"10.0.0.0/24"}' |
		run_of 1 100 200 200 'done' >1.cbor
	zmap-merge ?.cbor | zmap-out -f saddr,classification,dense | tail -n +2 >got
	diff - got <<-'END'
		10.0.0.0,x,
		10.0.0.1,,10.0.0.0/24
		10.0.0.2,x,
		10.0.0.3,x,
	END
	run bash -c 'cat 1.cbor | zmap-merge 0.cbor - 2.cbor 3.cbor 2>&1 >/dev/null'
	[ "$status" -eq 2 ]
	[[ $output == *"-: its field 'dense' comes too late: name a file first that begins with it"* ]]
}

@test "merge: losses make it 5, and an interrupted run that another one completed does not" {
	shards
	answer 10.0.0.1 | run_of 1 100 200 150 interrupted >1.cbor
	answer 10.0.0.4 | run_of 1 150 200 200 'done' >>1.cbor
	merge_says ?.cbor
	[ "$status" -eq 0 ]
	answer 10.0.0.4 | run_of 2 200 300 300 incomplete >2.cbor
	merge_says ?.cbor
	[ "$status" -eq 5 ]
	# left by a run whose time was up; not read by one that was hurried
	shards
	answer 10.0.0.1 | run_of 1 100 200 150 'done' >1.cbor
	merge_says ?.cbor
	[ "$status" -eq 3 ]
	[[ $output == *'shard 1'* ]]
	for lost in unread kernel_drops; do
		{
			answer 10.0.0.1 | mkstream --fields "$FIELDS" --status interrupted --scan \
				'{"shard":1,"shards":4,"seed":7,"count":400,"total":400,"position":100}' \
				--end "{\"$lost\":3,\"before\":{\"event\":\"end\",\"stage\":\"send\",\"status\":\"interrupted\",\"left\":50,\"position\":150}}"
			answer 10.0.0.4 | run_of 1 150 200 200 'done'
		} >1.cbor
		merge_says ?.cbor
		[ "$status" -eq $((${#lost} == 6 ? 0 : 5)) ]
	done
	# lost in a run that another one completed
	shards
	answer 10.0.0.1 | mkstream --fields "$FIELDS" --status interrupted --scan \
		'{"shard":1,"shards":4,"seed":7,"count":400,"total":400,"position":100}' \
		--end '{"kernel_drops":3,"before":{"event":"end","stage":"send","status":"interrupted","left":50,"position":150}}' >x.cbor
	merge_says ?.cbor
	[ "$status" -eq 5 ]
}

@test "merge: a run that was stopped in its cooldown, and waited, is complete" {
	shards
	for waited in 1 0; do
		for sent in 'done' interrupted; do
			answer 10.0.0.1 | mkstream --fields "$FIELDS" --status interrupted --scan \
				'{"shard":1,"shards":4,"seed":7,"count":400,"total":400,"position":100}' \
				--end "{\"waited\":$waited,\"before\":{\"event\":\"end\",\"stage\":\"send\",\"status\":\"$sent\",\"left\":0,\"position\":200}}" >1.cbor
			merge_says ?.cbor
			[ "$status" -eq $((waited == 1 && ${#sent} == 4 ? 0 : 3)) ]
		done
	done
}

@test "merge: a scan without shards that was stopped and went on" {
	answer 10.0.0.1 | mkstream --fields "$FIELDS" --scan '{"count":9,"position":0}' \
		--status interrupted >x
	merge_says x
	[ "$status" -eq 3 ]
	[[ $output == *'zmap-merge: the scan is not complete (interrupted); '* ]]
}

@test "merge: more shards than a program may have files, in little memory" {
	plain "memory"
	"$PYTHON" - <<-'END'
		import os, sys
		sys.path.insert(0, os.environ["ROOT"] + "/tests/tool")
		from mkstream import encode, header, parse_fields, record
		fields = parse_fields(os.environ["FIELDS"])
		for i in range(1500):
		    scan = {"id": "x", "shard": i, "shards": 1500, "count": 1500,
		            "position": i, "ports": [80]}
		    sent = {"event": "end", "stage": "send", "status": "done"}
		    open("f%d" % i, "wb").write(header(fields, scan) + record(fields, {
		    	"saddr": "10.1.%d.%d" % (i // 256, i % 256), "success": True,
		    	"sport": 80, "repeat": False}) + encode({"event": "end",
		    	"stage": "recv", "status": "done", "before": sent}))
	END
	ulimit -Sn 256
	zmap-merge f* | zmap-out -f saddr | tail -n +2 | sort -u | wc -l | grep -qx 1500
	(ulimit -v 60000; zmap-merge f*) | zmap-out -f saddr | wc -l | grep -qx 1501
}
