#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Scans that engines run as many tasks: who is which shard, and seeds that are
# names.

# bats file_tags=beside,quick
load helper
bats_require_minimum_version 1.5.0

# which VARIABLE=VALUE... -- OPTION...: the shard that the engine makes of it
which_shard() {
	local vars=()

	while [ "$1" != -- ]; do vars+=("$1"); shift; done
	shift
	run env "${vars[@]}" zmap-targets -p 80 -e 1 --no-blacklist --text \
		"$@" 10.0.0.0/28
}

@test "fleet: --shard auto, each engine by its own base" {
	while IFS='|' read -r want vars; do
		read -ra vars <<<"$vars"
		which_shard "${vars[@]}"
		[ "$status" -eq 0 ] || { echo "$vars: $output"; false; }
		[[ $output == *"shard $want, by "* ]] || { echo "$vars: $output"; false; }
	done <<-'E'
		2 of 4|SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=3 SLURM_ARRAY_TASK_STEP=1 -- --shard auto
		2 of 4|SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=4 -- --shard slurm
		0 of 4|JOB_COMPLETION_INDEX=0 -- --shard auto --shards 4
		0 of 4|PARALLEL_SEQ=1 -- --shard auto --shards 4
		3 of 4|PARALLEL_SEQ=4 -- --shard parallel --shards 4
		1 of 2|NOMAD_ALLOC_INDEX=1 -- --shard auto --shards 2
		2 of 3|SGE_TASK_ID=3 SGE_TASK_FIRST=1 SGE_TASK_LAST=3 SGE_TASK_STEPSIZE=1 -- --shard auto
		1 of 3|PBS_ARRAY_INDEX=1 -- --shard auto --shards 3
		1 of 3|PBS_ARRAYID=1 -- --shard auto --shards 3
		7 of 8|AWS_BATCH_JOB_ARRAY_INDEX=7 AWS_BATCH_JOB_ARRAY_SIZE=8 -- --shard auto
		5 of 6|OMPI_COMM_WORLD_RANK=5 OMPI_COMM_WORLD_SIZE=6 -- --shard mpi
		5 of 6|PMI_RANK=5 PMI_SIZE=6 -- --shard auto
		1 of 2|SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 -- --shard auto
	E
	printf 'ClusterId = 17\nProcId = 3\nTotalSubmitProcs = 5\n' >ad
	which_shard _CONDOR_JOB_AD=ad -- --shard auto
	[[ $output == *"shard 3 of 5, by HTCondor: ProcId=3, TotalSubmitProcs=5"* ]]
}

@test "fleet: --shard auto, all tasks together are the scan, each target once" {
	for i in 0 1 2; do
		SLURM_ARRAY_TASK_ID=$i SLURM_ARRAY_TASK_COUNT=3 zmap-targets -p 80 \
			-e big-scan --shard auto --no-blacklist --text 10.0.0.0/24 2>/dev/null
	done | sort >got
	zmap-targets -p 80 -e 5 --no-blacklist --text 10.0.0.0/24 2>/dev/null | sort >want
	cmp got want
}

@test "fleet: --shard auto refuses what is no whole set of tasks" {
	while IFS='|' read -r vars message; do
		read -ra vars <<<"$vars"
		which_shard "${vars[@]}"
		fails 2 "$message"
	done <<-'E'
		A=1 -- --shard auto|nothing says which shard this is: there is no SLURM_ARRAY_TASK_ID
		SLURM_PROCID=0 SLURM_NTASKS=8 -- --shard auto|nothing says which shard
		SGE_TASK_ID=undefined -- --shard auto|nothing says which shard
		SLURM_ARRAY_TASK_ID=1 -- --shard auto|not how many there are: give --shards
		JOB_COMPLETION_INDEX=1 -- --shard auto|not how many there are: give --shards
		SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=3 -- --shard auto|SLURM_ARRAY_TASK_MIN is 1: number the tasks from 0
		SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=2 SLURM_ARRAY_TASK_STEP=2 -- --shard auto|SLURM_ARRAY_TASK_STEP is 2
		SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=5 SLURM_ARRAY_TASK_STEP=1 -- --shard auto|SLURM_ARRAY_TASK_COUNT is 3 and SLURM_ARRAY_TASK_MAX is 5
		SGE_TASK_ID=4 SGE_TASK_FIRST=2 SGE_TASK_LAST=4 SGE_TASK_STEPSIZE=1 -- --shard auto|SGE_TASK_FIRST is 2: number the tasks from 1
		PARALLEL_SEQ=5 -- --shard auto --shards 4|PARALLEL_SEQ is 5: of 4 shards the tasks are 1 to 4
		PARALLEL_SEQ=0 -- --shard auto --shards 4|the tasks are 1 to 4
		SLURM_ARRAY_TASK_ID=4 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MAX=4 -- --shard auto --shards 4|the last task is 3
		SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_TASK_COUNT=8 -- --shard auto --shards 4|SLURM_ARRAY_TASK_COUNT is 8, but --shards 4
		PARALLEL_SEQ=x -- --shard auto --shards 4|PARALLEL_SEQ is 'x', which is no number of a task
		AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=70000 -- --shard auto|over 65535 shards
		PARALLEL_SEQ=1 -- --shard slurm|there is no SLURM_ARRAY_TASK_ID
		A=1 -- --shard sulrm|auto, or an engine: slurm kubernetes
	E
	# one task again, of a whole whose size is given
	which_shard SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MIN=3 \
		SLURM_ARRAY_TASK_MAX=3 -- --shard auto --shards 4
	[[ $output == *"shard 3 of 4"* ]]
}

@test "fleet: of two engines the first in order is asked, and that is said" {
	which_shard PARALLEL_SEQ=2 JOB_COMPLETION_INDEX=3 -- --shard auto --shards 4
	[[ $output == *"shard 3 of 4, by Kubernetes"* ]]
	[[ $output == *"not asked: GNU parallel (PARALLEL_SEQ=2)"* ]]
	which_shard PARALLEL_SEQ=2 JOB_COMPLETION_INDEX=3 -- --shard parallel --shards 4
	[[ $output == *"shard 1 of 4, by GNU parallel"* && $output != *"not asked"* ]]
}

@test "fleet: the manual has the engines in the order in which they are asked" {
	grep -oE '\.index = "[^"]+' "$ROOT/lib/cli/shard-auto.c" | cut -d'"' -f2 >table
	sed -n '/^\.Ss Shards of an engine/,/^\.Ss /s/^\.It [a-z]* Ta Va \([A-Za-z_]*\) Ta.*/\1/p' \
		"$ROOT/man/zmap-targets.1" >manual
	diff table manual
	[ "$(wc -l <table)" -ge 12 ]
	sed -n 's/.*\.word = "\([a-z]*\)".*/\1/p' "$ROOT/lib/cli/shard-auto.c" | uniq >words
	sed -n 's/.*ARG_SHARD.*\.words = "auto \([^"]*\)".*/\1/p' \
		"$ROOT/lib/cli/option-table.c" | tr ' ' '\n' | diff words -
}

@test "fleet: a seed may be a text, and what looks like a number is one" {
	run --separate-stderr zmap-targets -p 80 -e weekly-2026-48 --no-blacklist --text 10.0.0.0/28
	[[ $stderr == *"seed 'weekly-2026-48' is "* ]]
	seed=$(sed -n "s/.*seed 'weekly-2026-48' is //p" <<<"$stderr")
	diff <(zmap-targets -p 80 -e "$seed" --no-blacklist --text 10.0.0.0/28 2>/dev/null) - <<<"$output"
	# a promise, as the order is
	[ "$seed" = 3484288921394690219 ]
	for bad in 1.5 '' - 99999999999999999999 1e30 ' '; do
		run zmap-targets -p 80 -e "$bad" --no-blacklist --text 10.0.0.0/28
		fails 2 'must be a whole number from -2^63 to 2^64-1, or a text'
	done
	run zmap-targets -p 80 -e -1 --no-blacklist --text 10.0.0.0/28
	[[ $status -eq 0 && $output != *"seed '"* ]]
	# NUL-free, any length, and each its own
	for s in a aa aaaaaaa aaaaaaaa aaaaaaaaa; do
		zmap-targets -p 80 -e "$s" --no-blacklist --text 10.0.0.0/28 2>&1 >/dev/null |
			sed -n "s/.* is //p"
	done | sort -u | wc -l | grep -qx 5
}

@test "fleet: zmap hands --shard auto on, from a file and the environment too" {
	echo 'shard auto' >conf
	run env ZMAP_SHARDS=4 JOB_COMPLETION_INDEX=2 zmap -C conf -p 80 -e 1 \
		--no-blacklist --print-pipeline 10.0.0.0/28
	[ "$status" -eq 0 ]
	[[ $output == *--shard=auto* && $output == *--shards=4* ]]
	run env ZMAP_SHARDS=4 JOB_COMPLETION_INDEX=2 zmap -C conf -p 80 -e 1 \
		--no-blacklist -d 10.0.0.0/28
	[[ $output == *"shard 2 of 4, by Kubernetes"* ]]
}

@test "fleet: --rate-share is a budget that the shards divide" {
	requires_lab
	dry() {
		zmap-targets -p 80 -e 1 --no-blacklist --shards 4 --shard 1 10.0.0.0/24 |
			lab zmap-send -d "$@" 2>&1 >/dev/null | grep packets/s
	}
	run dry --rate-share 8K
	[[ $output == *"sending 2000 packets/s, this shard's part of 8000 (shards that run at once: 4)" ]]
	run dry --rate-share 8K/2 -r 10000
	[[ $output == *"sending 4000 packets/s"*"(shards that run at once: 2)" ]]
	# no more parts than shards
	run dry --rate-share 8K/64
	[[ $output == *"sending 2000 packets/s"* ]]
	# what is lower holds
	run dry --rate-share 8K -r 100
	[ "$output" = '' ]
	for bad in 0 x 1000/0 1000/ /2 1000/2x; do
		run zmap-send --rate-share "$bad" </dev/null
		fails 2 'how many shards run at once, such as 100K/8'
	done
}

# once: networks of 256
# bats test_tags=once
@test "fleet: what one /24 gets is counted for all shards" {
	requires_lab
	run lab zmap -p 80 -e 1 --shards 8 --shard 0 --no-blacklist -t 0.1 -r 1 -c 0 -q 11.0.0.0/24
	[[ $output == *"about 8 probes a second from 8 shards to each network of 256 addresses"* ]]
	run lab zmap -p 80 -e 1 --shards 8 --shard 0 --no-blacklist --rate-share 1 -t 0.1 -c 0 -q 11.0.0.0/24
	[[ $output != *'a second to each'* ]]
}
