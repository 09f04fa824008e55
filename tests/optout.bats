#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Opt-outs while a scan runs: whoever is named is left alone.

load helper

# once: both families are in the list
# bats test_tags=slow,once
@test "optout: a list that is edited 1000 times, torn and malformed, leaves out what it names" {
	requires_lab
	requires tshark
	cat >scan <<-'E'
		echo 10.0.63.0/30 >list
		"$PYTHON" "$ROOT/tests/tool/edits.py" edit list 1000 "$SEED" >edits &
		editor=$!
		zmap -q -v 3 -c 1 -p 80 --no-blacklist -r 1000 -o found \
			--exclude list -m meta.json 10.0.0.0/18 2>err
		echo $?
		wait "$editor"
	E
	export SEED=${SEED:-7}
	timeout 90 lab --sim --capture far.pcap bash scan >rc
	[ "$(cat rc)" -eq 0 ]
	tshark -r far.pcap -Y 'tcp.flags == 2 && ip.dst == 10.0.0.0/8' \
		-T fields -e frame.time_epoch -e ip.dst >probes
	"$PYTHON" "$ROOT/tests/tool/edits.py" judge edits <probes >judged
	cat judged
	tail -n 1 judged | tr ' ' '\n' >counts
	. ./counts
	[ "$wrong" -eq 0 ]
	# all others are probed, and enough was named to tell
	[ "$networks" -gt 80 ]
	[ "$probes" -gt 4000 ]
	[ "$probes" -lt 16000 ]
	# and before they were named, those networks were probed, too
	[ "$before" -gt 0 ]
}
