#!/bin/bash
# How fast targets come, from one core through a pipe to a reader that counts:
# all of IPv4 without IANA's special-purpose networks, as a stream and as text,
# beside the list scan of masscan and ZMap's ziterate where they are installed;
# with a million blacklisted prefixes; and what large lists take.
#
# Nothing here sends anything; the peers run without a network all the same.
set -u
window=${BENCH_SMOKE:+1}
window=${window:-4}
list=$BENCH_ROOT/examples/conf/blacklist.conf
counter=$BENCH_ROOT/build/tests/bench/counter
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
cd "$T" || exit 1

# rate ROW WHO UNIT KIND COMMAND: on the first core, the reader on the last
rate() {
	local row=$1 who=$2 unit=$3 kind=$4 value
	shift 4

	value=$(taskset -c 0 unshare -rn "$@" 2>/dev/null |
		taskset -c $(($(nproc) - 1)) "$counter" "$kind" "$window")
	[ -n "$value" ] && printf '%s\t%s\t%s\t%s\n' "$row" "$who" "$unit" "$value"
}

# cost ROW COMMAND: time and memory of loading
cost() {
	local row=$1
	shift

	/usr/bin/python3 - "$row" "$@" <<-'EOF'
	import resource, subprocess, sys, time
	row, *command = sys.argv[1:]
	t = time.monotonic()
	subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
	               stderr=subprocess.DEVNULL)
	t = time.monotonic() - t
	kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
	print(row, "zmap-targets", "s", f"{t:.2f}", sep="\t")
	print(row, "zmap-targets", "MiB", f"{kib / 1024:.0f}", sep="\t")
	EOF
}

# addresses N SEED, prefixes N SEED: lists of random ones
addresses() {
	openssl enc -aes-128-ctr -nosalt -K "$(printf %032d "$2")" \
		-iv "$(printf %032d 0)" </dev/zero 2>/dev/null |
		head -c $(($1 * 4)) | od -An -v -tu1 -w4 |
		sed 's/^ *//; s/  */./g'
}
prefixes() {
	addresses "$1" "$2" | awk '{ print $0 "/" 20 + NR % 13 }'
}

rate "targets as a stream" zmap-targets targets/s stream \
	zmap-targets -p 80 -e 1 -b "$list"
rate "targets as text" zmap-targets targets/s lines \
	zmap-targets --text -p 80 -e 1 -b "$list"
command -v masscan >/dev/null &&
	rate "targets as text" "masscan -sL" targets/s lines \
		masscan -sL 0.0.0.0/0 -p 80 --seed 1 --excludefile <(
			grep -o '^[0-9./]*' "$list")
command -v ziterate >/dev/null &&
	rate "targets as text" ziterate targets/s lines \
		ziterate -p 80 -e 1 -b "$list"

prefixes 1000000 1 >block
rate "a million prefixes blacklisted" zmap-targets targets/s stream \
	zmap-targets -p 80 -e 1 -b block
cost "loading a million prefixes" zmap-targets --count -b block
cost "IANA's list, 100 million targets" \
	zmap-targets -p 80 -n 100000000 -b "$list"
[ -n "$BENCH_SMOKE" ] && exit
addresses 30000000 2 >list
cost "loading 30 million addresses" zmap-targets -p 80 -n 1 -I list -b "$list"
sed -i 's/$/:443/' list
cost "loading 30 million pairs" zmap-targets -n 1 -I list -b "$list"
