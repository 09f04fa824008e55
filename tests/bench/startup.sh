#!/bin/bash
# How long it takes from the start of a scan to its first packet, on the far
# side: all of IPv4 but what the blacklist names.  Both ends of the time are of
# the same clock.
#
# Each run has a target port of its own, by which its packet is known.
set -u
export ZMAP_CONFIG=/dev/null
runs=${BENCH_SMOKE:+3}
runs=${runs:-20}

if [ "${1:-}" = inside ]; then
	for ((port = 1000; port < 1000 + runs; port++)); do
		# shellcheck disable=SC2016
		timeout 10 bash -c 'echo "$1 $EPOCHREALTIME"
			exec "$0" -p "$1" -n 1 -c 0 -q -v 0 -o /dev/null -b "$2"' \
			"$BENCH_ROOT/bin/zmap" "$port" \
			"$BENCH_ROOT/examples/conf/blacklist.conf" </dev/null
	done
	exit
fi

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
"$BENCH_ROOT/tests/lab/lab" --capture "$dir/far" "$0" inside >"$dir/starts" ||
	exit 1
tcpdump -tt -n -r "$dir/far" tcp 2>/dev/null | awk '
	FILENAME != "-" { began[$1] = $2; next }
	{ split($5, to, /[.:]/)
	  if (to[5] in began)
		printf "to the first packet\tzmap\tms\t%.1f\n",
			($1 - began[to[5]]) * 1000
	  delete began[to[5]] }' "$dir/starts" -
