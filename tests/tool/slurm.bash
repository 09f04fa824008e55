# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Slurm on this host, for tests: munge, slurmctld and nodes, each a slurmd of
# its own, in a network and host name that the caller has made for them.
# Without systemd and cgroups; everything is in one folder.

# slurm_up FOLDER NODES CPUS: until sinfo sees all of them
slurm_up() {
	local i dir=$1

	export SLURM_DIR=$dir SLURM_CONF=$dir/slurm.conf
	mkdir -p "$dir/state" "$dir/log"
	# a name that is found needs an address that is not of the loopback
	ip link add slurm0 type veth peer name slurm1
	ip address add 10.99.0.1/24 dev slurm0
	ip link set slurm0 up
	ip link set slurm1 up
	hostname node
	(umask 077 && head -c 1024 /dev/urandom >"$dir/key")
	slurm_conf "$2" "$3" >"$SLURM_CONF"
	# nothing here uses it, and to find out which kind there is would fail
	echo CgroupPlugin=cgroup/v1 >"$dir/cgroup.conf"
	munged --force --key-file="$dir/key" --socket="$dir/munge" \
		--pid-file="$dir/munged.pid" --log-file="$dir/log/munged" \
		--seed-file="$dir/seed" 2>/dev/null
	slurmctld -c
	for ((i = 1; i <= $2; i++)); do slurmd -N "n$i"; done
	soon slurm_nodes "$2"
}

# requeued tasks wait for cred_expire, and nodes that are silent for SlurmdTimeout
slurm_conf() {
	cat <<-C
		ClusterName=lab
		SlurmctldHost=node(10.99.0.1)
		SlurmUser=root
		SlurmdUser=root
		AuthInfo=socket=$SLURM_DIR/munge,cred_expire=5
		StateSaveLocation=$SLURM_DIR/state
		SlurmdSpoolDir=$SLURM_DIR/spool-%n
		SlurmctldPidFile=$SLURM_DIR/slurmctld.pid
		SlurmdPidFile=$SLURM_DIR/%n.pid
		SlurmctldLogFile=$SLURM_DIR/log/slurmctld
		SlurmdLogFile=$SLURM_DIR/log/%n
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		JobAcctGatherType=jobacct_gather/none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU
		SlurmdParameters=config_overrides
		MpiDefault=none
		ReturnToService=2
		SlurmdTimeout=10
		KillWait=30
		RequeueExit=3
		SchedulerParameters=batch_sched_delay=1,sched_interval=2,bf_interval=2
		PreemptType=preempt/partition_prio
		PreemptMode=REQUEUE
	C
	for ((i = 1; i <= $1; i++)); do
		echo "NodeName=n$i NodeHostname=node NodeAddr=10.99.0.1 Port=$((27000 + i)) CPUs=$2"
	done
	echo 'PartitionName=low Nodes=ALL Default=YES PriorityTier=1'
	echo 'PartitionName=high Nodes=ALL PriorityTier=9 PreemptMode=OFF'
}

slurm_nodes() {
	[ "$(sinfo -h -p low -t idle,alloc,mix -o %D 2>/dev/null |
		awk '{ n += $1 } END { print n + 0 }')" -eq "$1" ]
}

# slurm_processes NODE: its slurmd, and all tasks with all that they started.
# What a node's tasks have in common is its log.
slurm_processes() {
	local pid

	cat "$SLURM_DIR/n$1.pid"
	for pid in $(pgrep slurmstepd); do
		readlink "/proc/$pid"/fd/* | grep -qx "$SLURM_DIR/log/n$1" || continue
		echo "$pid"
		below "$pid"
	done
}

# slurm_crash NODE: as if its power failed; then it boots
slurm_crash() {
	local all

	mapfile -t all < <(slurm_processes "$1")
	kill -9 "${all[@]}" 2>/dev/null
	slurmd -b -N "n$1"
}

slurm_down() {
	local f

	for f in "$SLURM_DIR"/*.pid; do kill "$(cat "$f")" 2>/dev/null; done
}
