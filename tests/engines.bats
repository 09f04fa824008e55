#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Recipes of examples/fleet, run by the engines they are for.

# once: 64 processes that are started, whatever they scan
# bats file_tags=company,once
load helper
bats_require_minimum_version 1.5.0

# below PID: all that it has started, and what these have
below() {
	local child

	for child in $(ps -o pid= --ppid "$1"); do
		echo "$child"
		below "$child"
	done
}

# Kills a shard's zmap and all stages of it, of those below $1.
kill_a_shard() {
	local all

	mapfile -t all < <(below "$1" | while read -r pid; do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != zmap ] || echo "$pid"
	done)
	[ ${#all[@]} -gt 0 ] || return 0
	set -- "${all[RANDOM % ${#all[@]}]}"
	# shellcheck disable=SC2046
	kill -9 "$1" $(below "$1") 2>/dev/null || :
}
export -f below kill_a_shard

# Union exact, overlap small, results whole: of 64 shards of 10.0.0.0/18, the
# first of them by this number.
check_fleet() {
	local kills=$1 first=$2 i

	zmap-targets --text --no-blacklist 10.0.0.0/18 2>/dev/null | sort >want
	grep ^tcp log | cut -d, -f2 | sort >sent
	sort -u sent | cmp - want
	# one result, each answer once, and no shard is missing; a busy machine
	# may have lost an answer to one that a later run asked again
	zmap-merge scan/found/*.cbor >all.cbor || [ "$?" -eq 5 ]
	zmap-out -f saddr all.cbor | sed 1d | sort | cmp - want
	# each kill costs two seconds of a shard's probes at most, and a shard
	# has only 256
	[ "$(wc -l <sent)" -le $((16384 + kills * 256)) ]
	# what a kill has left half written beside them does not count
	for ((i = 0; i < 64; i++)); do
		grep -qx 'done' "scan/checkpoint/$((i + first))"
	done
}

# What all sent together in a second, of four or more: where the machine stood
# still for one, that is made up for.
most_a_second() {
	awk -v budget="$1" '{ t[NR] = $1; n[NR] = $2 }
		NR == 1 { from = 1 }
		{
			while (from < NR && t[NR] - t[from + 1] >= 4)
				from++
			r = (n[NR] - n[from]) / (t[NR] - t[from] + 1e-9)
			if (t[NR] - t[from] >= 4 && r > most)
				most = r
		}
		END { print "most:", most; exit !most || most > budget * 1.4 }' rates
}

@test "engines: GNU parallel: 64 shards, killed at random, and again" {
	requires parallel
	requires_lab
	cat >fleet <<-'E'
		echo : >hosts
		export SHARD=$ROOT/examples/fleet/shard SHARDS=64 JOBS=8 RATE=4000
		again() {
			"$ROOT/examples/fleet/parallel/scan" hosts scan -p 80 -c 1 -v 1 \
				--no-blacklist 10.0.0.0/18 2>>err
		}
		while echo "$EPOCHREALTIME $(cat /sys/class/net/s0/statistics/tx_packets)"; do
			sleep 1
		done >rates &
		sampler=$!
		again &
		parallel=$!
		for _ in 1 2 3 4 5 6; do
			sleep 0.7
			kill_a_shard "$parallel"
		done
		wait "$parallel"
		echo "first: $?"
		again
		echo "second: $?"
		kill "$sampler"
		timeout 20 zmap-status scan/status 2>view
		echo "view: $?"
	E
	HOME=$T lab --classes open=100 --log log bash fleet >got
	cat got
	grep -qx 'second: 0' got
	grep -qx 'view: 0' got
	tail -n 1 view | grep 'shards: 64 of 64 done'
	check_fleet 6 1
	most_a_second 4000
}

@test "engines: Slurm: 64 shards; nodes killed, tasks put back and preempted" {
	requires_lab
	[ "$(id -u)" -eq 0 ] || skip "slurmd has to be root"
	requires slurmctld slurmd munged sbatch
	cat >fleet <<-'E'
		. "$ROOT/tests/tool/slurm.bash"
		slurm_up "$PWD/slurm" 4 4
		export SHARD=$ROOT/examples/fleet/shard SCAN=$PWD/scan RATE=640
		while echo "$EPOCHREALTIME $(cat /sys/class/net/s0/statistics/tx_packets)"; do
			sleep 1
		done >rates &
		sampler=$!
		sbatch --parsable "$ROOT/examples/fleet/slurm/scan.sbatch" -p 80 -c 1 \
			-v 1 --no-blacklist 10.0.0.0/18
		soon compgen -G 'scan/found/*.cbor' >started
		for i in 1 2 3 4 5 6; do
			sleep 2
			node=$((RANDOM % 4 + 1))
			case $((i % 3)) in
			0) slurm_crash "$node" ;;
			1) scontrol requeue "$(squeue -hr -t R -p low -o %i | shuf -n 1)" ;;
			2) sbatch -p high -w "n$node" -c 4 -o /dev/null --wrap 'sleep 1' ;;
			esac
		done
		for ((i = 0; i < 300; i++)); do
			[ -n "$(squeue -h 2>&1)" ] || break
			sleep 1
		done
		squeue
		kill "$sampler"
		slurm_down
		tail -n 3 slurm/log/slurmctld
	E
	lab --classes open=100 --log log unshare -u bash fleet >out 2>&1
	cat out
	check_fleet 64 0
	# each run more asks again for what two seconds, the cooldown and one to
	# spare have sent at 40 a second
	runs=$(zmap-out -O diag all.cbor | tail -n 1 | grep -oE '"runs": [0-9]+' | grep -oE '[0-9]+')
	echo "runs: $runs, asked again: $(($(wc -l <sent) - 16384))"
	[ "$(wc -l <sent)" -le $((16384 + (runs - 64) * 4 * 40)) ]
	most_a_second 640
}

@test "engines: two hosts, one by another day: one view of 64 shards in a terminal" {
	plain "a library before all others"
	requires tmux socat cc
	requires_lab
	cc -shared -fPIC -o clock.so "$ROOT/tests/tool/preload/clock.c" -ldl
	# each host is a lab of its own, with shards $2 to $3 in folder $1
	cat >host <<-'E'
		seq "$2" "$3" | xargs -P 4 -I N "$ROOT/examples/fleet/shard" "$1" N \
			--shards 64 --shard N --seed two-hosts -p 80 -r 1000 -c 1 -v 1 \
			--no-blacklist 10.0.0.0/20
	E
	cat >other <<-'E'
		export LD_PRELOAD=$T/clock.so CLOCK_BY=86400 CLOCK_AT=0
		bash host b 32 62
		until [ -e go ]; do sleep 0.1; done
		bash host c 63 63
	E
	tmux() { command tmux -L "zmap-fleet-$$" -f /dev/null "$@" 3>&-; }
	# on_screen PATTERN: it shows that before long
	on_screen() {
		for ((i = 0; i < 1200; i++)); do
			tmux capture-pane -p >screen
			! grep -Eq "$1" screen || return 0
			sleep 0.1
		done
		cat screen
		return 1
	}
	# two folders that are not there yet, and a socket for the last shard
	tmux new-session -d -x 150 -y 24 "cd $T && TERM=xterm timeout 300 \
		unshare -rn $BIN/zmap-status a/status b/status $T/sock; echo rc=\$?; sleep 60"
	lab --classes open=100 bash host a 0 31 2>a.err 3>&- &
	lab --classes open=100 bash other 2>b.err 3>&- &
	on_screen ' shards: 63 of 64 done'
	on_screen '^shard 63: not heard of yet'
	[ "$(grep -c shards: screen)" -eq 1 ]
	touch go
	soon test -s c/status/63
	timeout 60 tail -n +1 -f c/status/63 3>&- |
		timeout 60 socat -u - "UNIX-LISTEN:$T/sock" 3>&- &
	on_screen 'rc=0'
	tmux kill-server
	# the time is that which has passed, though one of the clocks is a day ahead
	grep -E '^ *[0-9]:[0-9]{2} 100%; send: 4096 done .*; recv: 4096 .*; shards: 64 of 64 done' screen
	run grep -E 'silent|interrupted' screen
	[ "$status" -eq 1 ]
	grep -h '"stage":"send".*"final":true' a/status/0 b/status/32 |
		jq -se '(.[1].time - .[0].time) / 86400 | round == 1'
	zmap-merge {a,b,c}/found/*.cbor | zmap-out -f saddr | sed 1d | sort >got
	zmap-targets --text --no-blacklist 10.0.0.0/20 2>/dev/null | sort | cmp - got
}

@test "engines: an opt-out reaches all shards that run" {
	requires_lab
	cat >fleet <<-'E'
		counted() {
			caught_up
			awk -F, '$1 == "tcp" { split($2, a, "."); n[a[3] >= 16]++ }
				END { print n[0] + 0, n[1] + 0 }' log
		}
		for i in 0 1 2 3; do
			"$ROOT/examples/fleet/shard" scan "$i" --shards 4 --shard "$i" -e 1 \
				-p 80 -r 100 -c 1 -v 3 --no-blacklist 10.0.0.0/19 2>"err$i" &
		done
		for i in 0 1 2 3; do soon grep -q 'send: .* by .* on s0' "err$i"; done
		zmap-optout -f scan/optout.conf add 10.0.16.0/20 --owner 'Example Ltd'
		for i in 0 1 2 3; do
			soon grep -q 'leaving out 4096 addresses from now on' "err$i"
		done
		sleep 0.5
		counted
		sleep 2
		counted
		# shellcheck disable=SC2046
		kill $(jobs -p)
		wait
	E
	lab --classes open=100 --log log bash fleet >got
	cat got
	# what asked gets nothing more; the others do
	mapfile -t n < <(tail -n 2 got)
	[ "${n[0]#* }" -eq "${n[1]#* }" ]
	[ "${n[0]% *}" -lt "${n[1]% *}" ]
}

@test "engines: shard: exit statuses as engines need them, SIGTERM passed on" {
	mkdir bin
	cat >bin/zmap <<-'E'
		#!/bin/sh
		trap 'exit 3' TERM
		echo run >>runs
		[ -e wait ] && { touch waiting; while :; do sleep 0.02; done; }
		exit "$STATUS"
	E
	chmod +x bin/zmap
	shard() {
		run env PATH="$PWD/bin:$PATH" STATUS="$1" "$ROOT/examples/fleet/shard" d 1 -p 80
	}
	for s in 0:0 1:1 3:3 5:0; do
		shard "${s%:*}"
		[ "$status" -eq "${s#*:}" ]
	done
	[ "$(wc -l <runs)" -eq 4 ]
	for s in 4 2; do
		rm -f d/never/1 runs
		shard "$s"
		[ "$status" -eq "$s" ]
		shard 0
		fails "$s" 'shard 1: not tried again'
		[ "$(wc -l <runs)" -eq 1 ]
	done
	rm d/never/1
	touch wait
	PATH="$PWD/bin:$PATH" "$ROOT/examples/fleet/shard" d 1 3>&- &
	soon test -e waiting
	kill $!
	run wait $!
	status=0
	wait $! || status=$?
	[ "$status" -eq 3 ]
}

# yaml: the test needs Python's module of that name
yaml() {
	"$PYTHON" -c 'import yaml' 2>/dev/null ||
		lacks "python3-yaml: not found; make deps installs it"
}

@test "engines: systemd: units are understood" {
	requires systemd-analyze
	cp "$ROOT"/examples/fleet/systemd/zmap@.* .
	run systemd-analyze verify --man=no ./zmap@.service ./zmap@.timer
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	run grep -i zmap@ <<<"$output"
	[ "$status" -eq 1 ] || { echo "$output"; false; }
}

@test "engines: Kubernetes: the manifest has the form that its schema gives a Job" {
	yaml
	job=$ROOT/examples/fleet/kubernetes/job.yaml
	schema=$ROOT/tests/tool/job-schema.py
	"$PYTHON" "$schema" "$job"
	# and what is wrong is found
	while IFS='|' read -r change want; do
		sed "$change" "$job" >bad.yaml
		run cmp -s "$job" bad.yaml
		[ "$status" -eq 1 ]
		run "$PYTHON" "$schema" bad.yaml
		[ "$status" -ne 0 ]
		[[ $output == *"$want"* ]] || { echo "$change: $output"; return 1; }
	done <<-'E'
		s/completions: 64/completions: "64"/|is no int
		s/parallelism/paralellism/|no such key
		s/restartPolicy: Never/restartPolicy: OnFailure/|AssertionError
		s/values: \[2, 4\]/values: [4, 2]/|AssertionError
		s/values: \[2, 4\]/values: [0, 2]/|AssertionError
		s/backoffLimitPerIndex/backoffLimit/|AssertionError
		s/containerName: zmap/containerName: other/|AssertionError
		s/claimName/claim/|no such key
		/volumes:/,$s/name: scan$/name: data/|AssertionError
	E
}

@test "engines: Kubernetes: the manifest has the types that Kubernetes publishes" {
	yaml
	types=$ROOT/build/npm/node_modules
	[ -d "$types/kubernetes-models" ] ||
		skip "no npm package kubernetes-models: make npm"
	job=$ROOT/examples/fleet/kubernetes/job.yaml
	check=$ROOT/tests/tool/kubernetes.py
	"$PYTHON" "$check" "$types" "$job"
	while IFS='@' read -r change want; do
		sed "$change" "$job" >bad.yaml
		run "$PYTHON" "$check" "$types" bad.yaml
		[ "$status" -ne 0 ]
		[[ $output == *"$want"* ]] || { echo "$change: $output"; return 1; }
	done <<-'E'
		s/completions: 64/completions: "64"/@spec.completions: '64' is no number
		s/parallelism/paralellism/@spec.paralellism: no such key
		s/action: FailIndex/action: Fail/@is none of "Count" | "FailIndex" | "FailJob" | "Ignore"
		s/requests:/requires:/@resources.requires: no such key
		s/drop: \[ALL\]/drop: ALL/@capabilities.drop: no list
		s/memory: 256Mi/memory: [1]/@is none of number | string
		s/claimName: scan/readOnly: true/@persistentVolumeClaim: no claimName
	E
}

@test "engines: Kubernetes: the command of the container scans its shard" {
	requires_lab
	yaml
	"$PYTHON" - "$ROOT" <<-'E' >command
	import shlex, sys, yaml
	root = sys.argv[1]
	job = yaml.safe_load(open(root + "/examples/fleet/kubernetes/job.yaml"))
	c = job["spec"]["template"]["spec"]["containers"][0]
	assert c["command"] == ["/usr/local/bin/shard"]
	args = [a.replace("$(JOB_COMPLETION_INDEX)", "17") for a in c["args"]]
	assert args[0] == "/scan"
	print(shlex.join([root + "/examples/fleet/shard", "scan"] + args[1:]))
	E
	echo "export JOB_COMPLETION_INDEX=17; $(cat command) -c 1 --no-blacklist 10.0.0.0/18" >pod
	lab --classes open=100 --log log sh pod
	zmap-targets --text --no-blacklist -p 443 --shards 64 --shard 17 \
		-e weekly-443 10.0.0.0/18 2>/dev/null | cut -d: -f1 | sort >want
	[ "$(wc -l <want)" -eq 256 ]
	grep ^tcp log | cut -d, -f2 | sort | diff - want
	run bash -c 'zmap-merge scan/found/17.cbor 2>&1 >/dev/null | grep -c "is missing"'
	[ "$output" -eq 63 ]
}

@test "engines: Kubernetes: the manifest's numbers agree with each other" {
	yaml
	"$PYTHON" - "$ROOT/examples/fleet/kubernetes/job.yaml" <<-'E'
	import sys, yaml
	job = yaml.safe_load(open(sys.argv[1]))
	spec = job["spec"]
	assert job["apiVersion"] == "batch/v1" and job["kind"] == "Job"
	assert spec["completionMode"] == "Indexed"
	pod = spec["template"]["spec"]
	args = pod["containers"][0]["args"]
	assert f"--shards={spec['completions']}" in args
	assert any(a.endswith(f"/{spec['parallelism']}") for a in args)
	assert pod["restartPolicy"] == "Never"
	assert pod["terminationGracePeriodSeconds"] == 30
	rules = spec["podFailurePolicy"]["rules"]
	codes = {c: r["action"] for r in rules if "onExitCodes" in r
	         for c in r["onExitCodes"]["values"]}
	assert codes == {1: "Count", 3: "Count", 2: "FailIndex", 4: "FailIndex"}
	E
}
