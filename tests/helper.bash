# SPDX-License-Identifier: Apache-2.0
# Shared by the test files.  Every test has a directory of its own, $T, and
# finds the programs on PATH.

# Debian's users have these not in their PATH; tc, nft and setcap are there
PATH=$PATH:/usr/sbin:/sbin

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME" && git rev-parse --show-toplevel 2>/dev/null ||
		dirname "${BATS_TEST_DIRNAME%/tests/six}")
	# what make V=asan or V=tsan has built, or what make has
	BUILD=$ROOT/build${V:+/$V}
	BIN=$ROOT/bin
	[ -z "${V:-}" ] || BIN=$BUILD/bin
	PATH=$BIN:$ROOT/tests/lab:$BUILD/tests/tool:$ROOT/build/tests/tool:$ROOT/build/tests/lab:$PATH
	# a test of both families, translated into IPv6, has a lab that knows it
	[ "${FAMILY:-4}" = 4 ] || PATH=$ROOT/tests/tool/six:$PATH
	T=$BATS_TEST_TMPDIR
	export ROOT BUILD BIN PATH T
	# the interpreter that Debian's python3-* packages are for
	PYTHON=/usr/bin/python3
	export PYTHON PYTHONPATH=$ROOT/tests/tool
	export TZ=UTC LC_ALL=C
	# what script(1) runs its command with; no other shell reads all that
	# printf %q writes, and the lab is to be what ^C reaches
	export SHELL=/bin/bash
	# not the configuration of the machine that the tests run on
	export ZMAP_CONFIG=/dev/null
	# for the tests alone: to zmap it would be an option
	export -n ZMAP_LONG
	[ -z "${FIELDS:-}" ] || export FIELDS
	cd "$T" || return 1
}

# mkstream [OPTION...] <LINES: a stream of results.  Its fields are those of
# the file's FIELDS, if this has any.
mkstream() {
	"$PYTHON" "$ROOT/tests/tool/mkstream.py" \
		${FIELDS:+--fields "$FIELDS"} "$@"
}

# readstream [--records] <STREAM: its items as lines of JSON
readstream() {
	"$PYTHON" "$ROOT/tests/tool/readstream.py" "$@"
}
export -f mkstream readstream

# setup_stream [OPTION...]: results.cbor, of what tests/records/ has for this
# file of tests.
setup_stream() {
	local name=${BATS_TEST_FILENAME##*/} translate=(cat)

	[ "${FAMILY:-4}" = 4 ] ||
		translate=("$PYTHON" "$ROOT/tests/tool/families.py")
	name=$ROOT/tests/records/${name%.bats}.json
	mkstream "$@" < <("${translate[@]}" "$name") >results.cbor
}

# adds_up RESULTS [--done]: what the stages counted agrees; prints how much
# was found, and which stages.
adds_up() {
	"$PYTHON" "$ROOT/tests/tool/identities.py" "${@:2}" <"$1"
}

# targets PREFIX...: a stream of them on port 80, always in the same order
targets() {
	zmap-targets -p 80 -e 1 --no-blacklist "$@"
}

# A shell pipeline whose failures show: pipe 'a | b'.
pipe() {
	run bash -o pipefail -c "$1"
}

# The last command must have failed with this status and this message.
fails() {
	local want=$1 message=$2
	[ "$status" -eq "$want" ] || {
		echo "status $status, not $want: $output"
		return 1
	}
	[[ $output == *"$message"* ]] || {
		echo "no '$message' in: $output"
		return 1
	}
}

# soon COMMAND: until it succeeds, for twenty seconds
soon() {
	local i

	for ((i = 0; i < 1000; i++)); do
		"$@" && return
		sleep 0.02
	done
	return 1
}

# until_sent N: inside the lab, until so many packets have left its device; a
# busy machine takes a while to start programs.
until_sent() {
	soon eval "[ \$(cat /sys/class/net/s0/statistics/tx_packets) -ge $1 ]" ||
		{ echo "$1 packets were not sent" >&2; return 1; }
}
# caught_up: inside the lab, until the simulated Internet has counted, and
# logged, what was sent before.
caught_up() {
	rm -f "$LAB_COUNTERS"
	kill -USR1 "$LAB_SIM_PID"
	soon [ -s "$LAB_COUNTERS" ] || { echo "no counters" >&2; return 1; }
}
# The header and the event behind it, by which zmap-recv knows that its reader
# is there; what comes then may wait.
begin_reading() {
	dd bs=64K count=2 2>/dev/null
}
export -f soon until_sent caught_up begin_reading

# own_net COMMAND...: in a network of its own, also by an ordinary user, whose
# namespaces are those of a user's own
own_net() {
	if [ "$(id -u)" = 0 ]; then
		unshare -n "$@"
	else
		unshare -rn "$@"
	fi
}
export -f own_net

# lacks REASON: skips the test, because the machine lacks what it needs; but
# where CI says that all has been installed, that is a failure.
lacks() {
	[ "${CI:-}" != true ] || {
		echo "$1"
		return 1
	}
	skip "$1"
}

# requires PROGRAM...: the test needs these
requires() {
	local p

	for p; do
		[ -x "$(command -v "$p")" ] ||
			lacks "$p: not found; make deps installs it" || return
	done
}

# sources [PATTERN...]: the files of the tree that are kept, relative to it
sources() {
	(cd "$ROOT" && { git ls-files "$@" 2>/dev/null ||
		find . \( -name .git -o -path ./build -o -path ./bin \) -prune -o \
			-type f -printf '%P\n' |
		while read -r f; do
			[ $# -gt 0 ] || echo "$f"
			for p; do
				# shellcheck disable=SC2053
				[[ $f != $p ]] || echo "$f"
			done
		done; })
}

# requires_lab OPTION...: skips the test where the lab refuses to work (with
# these options), and says why.
requires_lab() {
	local status=0

	lab "$@" true >"$T/lab" 2>&1 || status=$?
	case $status in
	0) ;;
	2)
		cat "$T/lab" # no such options: that is no refusal
		return 1
		;;
	127) lacks "$(tail -n 1 "$T/lab")" ;;
	*) skip "$(tail -n 1 "$T/lab")" ;;
	esac
}

# plain REASON: skips the test of programs with sanitizers in them, or of another
# kind of machine in qemu-user, which has memory and system calls of its own, too.
plain() {
	[ -z "${V:-}${FOREIGN:-}" ] || skip "${V:-$FOREIGN}: $1"
}

# in_memory BYTES COMMAND...: with no more address space than that.  Sanitizers
# reserve terabytes of it, qemu-user has its own, and both go without.
in_memory() {
	local bytes=$1
	shift
	[ -n "${V:-}${FOREIGN:-}" ] || set -- prlimit --as="$bytes" "$@"
	"$@"
}

# as_user COMMAND...: as an ordinary user, also when the tests run as root.
as_user() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid 65534 --regid 65534 --clear-groups \
			--inh-caps=-all "$@"
	else
		"$@"
	fi
}

# The commands under EXAMPLES of a man page, one a line; \n for a line break.
examples() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$ROOT/man/$1" | awk '
		/^\.Dl / { sub(/^\.Dl /, ""); print }
		/^\.Bd / { block = 1; text = ""; next }
		/^\.Ed/ { block = 0; print text }
		block { text = text (text == "" ? "" : "\\n") $0 }' |
		sed 's/\\e/\\/g; s/\\(dq/"/g; s/\\&//g'
}
