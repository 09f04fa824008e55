#!/usr/bin/env bats
# What the programs with privilege believe, load, write and may do: seen from
# somebody who wants more of them than a scan.

load helper
bats_require_minimum_version 1.5.0

# needs_root: to become somebody else, and to give files away
needs_root() {
	[ "$(id -u)" -eq 0 ] || skip "not root"
}

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
			"$PYTHON" "$ROOT/tests/tool/setscan.py" interface "$n" \
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

# --- files that are written ---

@test "privilege: root writes no file through a link that a directory's owner planted" {
	needs_root
	mkdir bob
	ln -s bob/../victim mine
	echo secret >victim
	chmod 711 "$T"
	chmod 600 victim
	# to whatever name is written first, there is a link already
	for name in p p.tmp c c.tmp; do
		ln -s ../victim "bob/$name"
	done
	chown -Rh 1000:1000 bob
	zmap-status --prometheus bob/p </dev/null
	[ ! -L bob/p ]
	grep -q '^zmap_' bob/p
	[ "$(stat -c %u bob/p)" -eq 1000 ]
	zmap-targets -p 80 --no-blacklist 10.0.0.0/28 >in
	lab zmap-send -v 1 --checkpoint bob/q <in >out
	ln -s ../victim bob/q.tmp
	lab zmap-send -v 1 --checkpoint bob/q <in >out
	grep -q '^done$' bob/q
	[ "$(cat victim)" = secret ]
	[ "$(stat -c %a,%u victim)" = 600,0 ]
}

@test "privilege: before rights are given up, nothing is written beside a file" {
	needs_root
	plain "files and system calls of its own"
	mkdir bob
	chmod 711 "$T"
	chown 1000:1000 bob
	zmap-targets -p 80 --no-blacklist 10.0.0.0/28 >in
	# what it opens to write to, and when it has given up its rights
	cat >order <<-'E'
		strace -f -qq -o trace -e trace=openat,open,seccomp "$@" >/dev/null
		awk '/seccomp\(SECCOMP_SET_MODE_FILTER/ { print "dropped" }
			/O_CREAT/ && /O_EXCL/ && /O_NOFOLLOW/ { print "new"; next }
			/O_CREAT/ { print "any" }' trace | uniq
	E
	bash order zmap-status --prometheus bob/p </dev/null >got
	diff - got <<<$'dropped\nnew'
	lab bash order zmap-send -v 1 --checkpoint bob/c <in >got
	diff - got <<<$'dropped\nnew'
}

# --- code that is loaded ---

# A program with more rights than its user, in a mount namespace where nobody
# else sees the directory of modules that is compiled in.
@test "privilege: a program with more rights loads modules from one folder only" {
	needs_root
	plain "shared objects of its own"
	make -s -C "$ROOT" install-probe DESTDIR="$T/root" PREFIX=/usr >&2
	export PKG_CONFIG_SYSROOT_DIR=$T/root
	export PKG_CONFIG_PATH=$T/root/usr/lib/pkgconfig
	cp -r "$T/root/usr/share/doc/zmap/examples/probe-module" mine
	make -s -C mine >&2
	cat >steps <<-'E'
		dir=$(zmap-recv -M none --list-output-fields 2>&1 |
			sed 's/.* in //')
		top=$dir
		while [ ! -d "$top" ]; do top=${top%/*}; done
		mount -t tmpfs -o "mode=755,$1" none "$top"
		mount -t tmpfs -o mode=755 none mnt
		mkdir -p "$dir"
		cp "$BIN"/zmap-{recv,send} mnt
		# as with file capabilities, the kernel says AT_SECURE
		chgrp 1234 mnt/zmap-*
		chmod 2755 mnt/zmap-*
		cp mine/icmp_timestamp.so "$dir"
		cp mine/icmp_timestamp.so mnt
		chmod 755 mnt/*.so "$dir"/*.so
		as() { setpriv --reuid 65534 --regid 65534 --clear-groups \
			--inh-caps=-all "$@"; }
		cd mnt
		for m in ./icmp_timestamp.so icmp_timestamp; do
			as env ZMAP_PROBE_PATH=. ./zmap-recv -M "$m" \
				--list-output-fields | grep -c offset_ms
			as env ZMAP_PROBE_PATH=. ./zmap-send -M "$m" --help |
				grep -c '^probe module icmp_timestamp'
		done
		chown 1234 "$dir"/*
		as ./zmap-recv -M icmp_timestamp --list-output-fields
		chown 0 "$dir"/*
		chmod 775 "$dir"/*
		as ./zmap-recv -M icmp_timestamp --list-output-fields
		rm "$dir"/*
		as env ZMAP_PROBE_PATH=. ./zmap-recv -M icmp_timestamp \
			--list-output-fields
		true
	E
	mkdir -m 755 mnt
	chmod 711 "$T"
	run unshare -mn bash steps suid
	echo "$output"
	[ "$(grep -c 'takes modules by name, and from /' <<<"$output")" -eq 2 ]
	[ "$(grep -cx 0 <<<"$output")" -eq 2 ]
	[ "$(grep -cx 1 <<<"$output")" -eq 2 ]
	[[ $output == *'must belong to root'*'others than its owner can'* ]]
	[[ ${lines[-1]} == *'not known, and no icmp_timestamp.so in /'* ]]
	# what an ordinary user has mounted, by FUSE for example, is nosuid
	run unshare -mn bash steps nosuid
	[ "$(grep -cx 1 <<<"$output")" -eq 0 ]
	[ "$(grep -c 'a file system mounted nosuid' <<<"$output")" -eq 2 ]
}
