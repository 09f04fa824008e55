#!/usr/bin/env bats
# What the programs with privilege believe, load, write and may do: seen from
# somebody who wants more of them than a scan.

load helper
bats_require_minimum_version 1.5.0

# --- values of options ---

@test "privilege: a name of an interface is refused if no interface has it" {
	zmap-targets -p 80 --no-blacklist 10.0.0.0/28 >in
	for n in 128 400 1000 1023 2000 100000; do
		name=$(printf 'A%.0s' $(seq "$n"))
		run unshare -n zmap-send -i "$name" <in
		fails 2 "zmap-send: --interface: $name: longer than the 127"
		run unshare -n zmap-recv -i "$name" <in
		fails 2 "zmap-recv: --interface: $name: longer than the 127"
		run unshare -n zmap -p 80 -i "$name" --no-blacklist 10.0.0.1
		fails 2 "longer than the 127 bytes"
	done
	for name in '' a/b 'a b'; do
		run unshare -n zmap-send -i "$name" <in
		fails 2 "--interface: $name: "
	done
	# as long as a name may be, but nobody's
	for n in 15 16 127; do
		name=$(printf 'A%.0s' $(seq "$n"))
		run unshare -n zmap-send -i "$name" <in
		fails 1 "interface $name: No such device"
	done
}

@test "privilege: an interface by its other names" {
	cat >scan <<-'E'
		ip link property add dev s0 altname enp0s20f0u1u2u3i5 \
			altname short
		for n in s0 short enp0s20f0u1u2u3i5 s0:1; do
			zmap -q -p 80 -c 1 -i "$n" --no-blacklist 10.0.0.0/27 |
				wc -l
			zmap-targets -p 80 --no-blacklist 10.0.0.0/27 |
				zmap-send -v 1 | zmap-recv -c 1 -v 1 -i "$n" |
				zmap-out | wc -l
		done
	E
	lab --classes open=100 bash scan >counts 2>messages ||
		{ cat messages; return 1; }
	[ "$(sort counts | uniq -c | xargs)" = '8 32' ]
}

@test "privilege: a stream names a device, and no other source of packets" {
	zmap-targets -p 80 --no-blacklist 10.0.0.0/28 >in
	cat >scan <<-'E'
		zmap-send -v 1 -r 1000 <in >probes
		for n in dbus-system nflog:1 usbmon0 any; do
			"$PYTHON" "$ROOT/tests/setscan.py" interface "$n" \
				<probes >other
			zmap-recv -c 0 -v 1 <other >/dev/null
			echo "$?"
		done
	E
	run lab bash scan
	[ "$(grep -c 'No such device' <<<"$output")" -eq 3 ]
	[ "$(grep -cx 1 <<<"$output")" -eq 3 ]
	# answers came before
	[[ ${lines[-1]} == [05] ]]
}
