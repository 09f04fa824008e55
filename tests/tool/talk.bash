# SPDX-License-Identifier: Apache-2.0
# For the tests of what comes after a scan: load it after helper, and call
# talkers first thing inside the lab.

# talkers [--tls CERTIFICATE KEY]: tests/servers/talker.py on the far side.
talkers() {
	local i

	: >"$T/talkers"

	$LAB_FAR "$PYTHON" "$ROOT/tests/servers/talker.py" "$@" \
		>"$T/talkers" 2>&1 3>&- &
	for ((i = 0; i < 250; i++)); do
		! grep -q ready "$T/talkers" || return 0
		sleep 0.02
	done
	cat "$T/talkers" >&2
	return 1
}

# in_lab [option ...] -- SCRIPT: a script in a lab with talkers.  Only ports
# without anyone are left of the lab's own.
in_lab() {
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	export -f talkers
	run timeout 60 lab --real --allow-rst --listen 9 "${options[@]}" -- \
		bash -c "talkers $TALKERS || exit 99; $2"
	echo "$output"
	[ "$status" -ne 99 ]
}

# Of all objects that were printed, these members: fields '.saddr, .status'
fields() {
	grep '^{' <<<"$output" | jq -r "[$1] | map(tostring) | join(\" \")" |
		sort
}
