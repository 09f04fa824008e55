#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the programs with privilege believe, load, write and may do: seen from
# somebody who wants more of them than a scan.

# once: rights; a test of it scans IPv6 under them
# bats file_tags=once
load helper
load tool/talk
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
		run own_net zmap-send -i "$name" <in
		fails 2 "zmap-send: --interface: $name: longer than the 127"
		run own_net zmap-recv -i "$name" <in
		fails 2 "zmap-recv: --interface: $name: longer than the 127"
		run own_net zmap -p 80 -i "$name" --no-blacklist 10.0.0.1
		fails 2 "longer than the 127 bytes"
	done
	for name in '' a/b 'a b'; do
		run own_net zmap-send -i "$name" <in
		fails 2 "--interface: ${name:-''}: "
	done
	# as long as a name may be, but nobody's
	for n in 15 16 127; do
		name=$(printf 'A%.0s' $(seq "$n"))
		run own_net zmap-send -i "$name" <in
		fails 1 "interface $name: No such device"
	done
}

@test "privilege: an interface by its other names" {
	cat >scan <<-'E'
		ip link property add dev s0 altname enp0s20f0u1u2u3i5 \
			altname short
		ip addr add 192.0.2.77/24 dev s0 label s0:1
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
	echo '{"stage":"send","time":1,"elapsed":1,"scan":"a","shard":0,"shards":1,"packets":16,"targets":16,"final":true}' |
		zmap-status --prometheus bob/p 2>/dev/null
	[ ! -L bob/p ]
	grep -q '^zmap_' bob/p
	[ "$(stat -c %u bob/p)" -eq 1000 ]
	zmap-targets -p 80 --no-blacklist 10.0.0.0/28 >in
	lab zmap-send -v 1 --checkpoint bob/q <in >out
	ln -s ../victim bob/q.tmp
	lab zmap-send -v 1 --checkpoint bob/q <in >out
	grep -q '^drained$' bob/q
	[ "$(cat victim)" = secret ]
	[ "$(stat -c %a,%u victim)" = 600,0 ]
}

# planted FILE COMMAND...: FILE is a link of the directory's owner to the
# victim: the command refuses to write there, and says where.
planted() {
	local file=$1
	shift
	ln -sf ../victim "$file"
	chown -h 1000:1000 "$file"
	run "$@"
	rm -f mine/results
	[ "$status" -ne 0 ] || echo "$file: status 0"
	fails "$status" "$file: Too many levels of symbolic links"
	[ -L "$file" ]
	[ "$(cat victim)" = secret ]
	[ "$(stat -c %a,%u victim)" = 600,0 ]
}

@test "privilege: no output is opened through somebody else's link, but through one's own" {
	needs_root
	mkdir bob mine
	echo secret >victim
	chmod 711 "$T"
	chmod 600 victim
	chown 1000:1000 bob
	zmap-targets -p 80 --no-blacklist 10.0.0.0/28 >in
	own_net zmap-send -v 1 -X --write-pcap w.pcap <in >probes
	zmap-recv -v 1 --read-pcap w.pcap <probes >results
	scan() {
		lab zmap -q -v 2 -p 80 -c 0 --no-blacklist "$@" 10.0.0.0/28
	}
	export -f scan
	for option in -o -m -u -l --status-updates-file; do
		planted "bob/f$option" scan $([[ $option == -o* ]] || echo -o out) \
			"$option" "bob/f$option"
	done
	planted bob/out zmap-out -o bob/out results
	planted bob/pcap lab sh -c 'zmap-send -X --write-pcap bob/pcap <in >/dev/null'
	planted bob/taken lab sh -c \
		'zmap-recv -i s0 -c 0 --write-pcap bob/taken <probes >/dev/null'
	planted bob/stream sh -c 'zmap-recv --read-pcap w.pcap \
		--write-stream bob/stream <probes >/dev/null'
	for option in -m -u; do
		planted bob/s sh -c "zmap-status -q $option bob/s </dev/null"
	done
	# whose link it is decides, not whose directory
	touch results.csv
	chmod 666 results.csv
	ln -s ../results.csv bob/own
	scan -O csv -f saddr,sport -o bob/own
	[ -L bob/own ]
	grep -qx saddr,sport results.csv
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

@test "privilege: a copy of the stream, which has the key, is for its owner alone" {
	zmap-targets -p 80 --no-blacklist 203.0.113.7 |
		own_net zmap-send -v 1 -X --write-pcap p.pcap >probes
	echo older >copy
	chmod 644 copy
	zmap-recv -v 1 --read-pcap p.pcap --write-stream copy <probes >out
	cmp probes copy
	[ "$(stat -c %a copy)" = 600 ]
	before=$(stat -c %a /dev/null)
	zmap-recv -v 1 --read-pcap p.pcap --write-stream /dev/null <probes >out
	[ "$(stat -c %a /dev/null)" = "$before" ]
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
			sed -n 's/.*\.so in \([^;]*\).*/\1/p')
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

# --- what is left when rights are gone ---

@test "privilege: a stage signals nobody but itself" {
	plain "files and system calls of its own"
	# one of the same user: what the sandbox refuses, and nothing else
	sleep 60 &
	other=$!
	[ "$(id -u)" -ne 0 ] || {
		kill "$other"
		setpriv --reuid 65534 --regid 65534 --clear-groups sleep 60 &
		other=$!
	}
	run rights signal "$other"
	kill "$other"
	[ "$output" = "another: Operation not permitted
kill: Operation not permitted
itself: allowed" ]
}

@test "privilege: sender threads run on the cores that are named" {
	[ "$(nproc)" -ge 2 ] || skip "one core"
	cat >look <<-'E'
		zmap-targets -p 80 --no-blacklist 10.0.0.0/20 >in
		zmap-send -v 1 -r 1000 -T 2 --cores 1,0 <in >out &
		until_sent 20
		cat /proc/$!/task/*/status | grep Cpus_allowed_list
		kill $!
		wait
	E
	lab bash look >cores
	sort cores | uniq -c | sed 's/^ *//' >got
	grep -q "^1 Cpus_allowed_list:[[:space:]]0$" got
	grep -q "^1 Cpus_allowed_list:[[:space:]]1$" got
}

@test "privilege: a core that cannot be had is said" {
	plain "strace and sanitizers"
	zmap-targets -p 80 --no-blacklist 10.0.0.0/28 >in
	run lab --counters counters strace -f -qq -o /dev/null \
		-e inject=sched_setaffinity:error=EINVAL \
		zmap-send -v 1 --cores 0 <in
	fails 1 'zmap-send: --cores: Invalid argument'
	[ "$(jq .probes counters)" -eq 0 ]
}

# in_container CAPABILITIES COMMAND...: as root of docker run --cap-drop ALL
# with --cap-add for these.
in_container() {
	local caps=-all,$1
	shift
	setpriv --bounding-set="$caps" --inh-caps="$caps" "$@"
}

@test "privilege: root without the right to change its user goes on, and says so" {
	needs_root
	export -f in_container
	zmap-targets -p 80 --no-blacklist 10.0.0.0/26 >in
	[ "$(in_container +net_raw zmap-targets -p 80 --no-blacklist --count \
		10.0.0.0/24)" -eq 256 ]
	run in_container +net_raw unshare -n true
	[ "$status" -ne 0 ]
	lab --classes open=100 bash -c 'in_container +net_raw zmap -p 80 -q \
		--no-blacklist -c 1 -m meta -o found 10.0.0.0/26' 2>err
	[ "$(wc -l <found)" -eq 64 ]
	jq -e .complete meta
	for stage in send recv; do
		grep -q "\[INFO\] $stage: not all rights can be given up here: stays root" \
			err || [ -n "${V:-}" ]
	done
	lab --classes open=100 bash -c 'in_container +net_raw zmap-send -v 1 <in |
		zmap-recv -c 1 -v 1' >results
	in_container -all bash -c 'zmap-filter success <results | zmap-out' >found
	[ "$(wc -l <found)" -eq 64 ]
	# and has none of its capabilities left, though it is root
	cat >look <<-'E'
		setpriv --bounding-set=-all,+net_raw --inh-caps=-all,+net_raw \
			zmap-send -v 1 -r 10 <in >out &
		until_sent 2
		grep -hE '^(CapEff|CapPrm|CapInh|CapAmb|NoNewPrivs|Uid)' /proc/$!/status
		kill $!
		wait
	E
	lab bash look >rights || true
	[ "$(grep -c '^Cap...:[[:space:]]0*$' rights)" -eq 4 ]
	grep -q '^NoNewPrivs:[[:space:]]1' rights
	grep -q '^Uid:[[:space:]]0' rights
}

@test "privilege: what a kernel lacks is passed over, and said" {
	plain "no seccomp, no Landlock"
	zmap-targets -p 80 --no-blacklist 10.0.0.0/26 >in
	for fault in seccomp:error=ENOSYS seccomp:error=EPERM \
		landlock_create_ruleset:error=ENOSYS \
		landlock_create_ruleset:error=EOPNOTSUPP; do
		lab --counters counters strace -f -qq -o /dev/null \
			-e inject="$fault" zmap-send <in >out 2>err
		[ "$(jq .probes counters)" -eq 64 ]
		case $fault in
		seccomp*) grep -q 'given up here: no seccomp$' err ;;
		*) grep -q 'given up here: no Landlock$' err ;;
		esac
		own_net strace -f -qq -o /dev/null -e inject="$fault" \
			bash -c 'zmap-targets -p 80 --no-blacklist --text \
			10.0.0.0/28' >text
		[ "$(wc -l <text)" -eq 16 ]
	done
}

# --- whose traffic an ordinary user sees ---

@test "privilege: make setcap lets the users of a group scan, and no others" {
	needs_root
	dir=$(mktemp -d /tmp/zmap-setcap.XXXXXX)
	cp "$BIN"/zmap-{send,recv} "$dir"
	chmod 755 "$dir"
	unset SUDO_GID
	run make -s -C "$ROOT" setcap D="$dir"
	refused=$output refusal=$status
	run make -s -C "$ROOT" setcap D="$dir" GROUP=65534
	made=$status why=$output
	modes=$(stat -c %a,%g "$dir"/*)
	run setpriv --reuid 1000 --regid 1000 --clear-groups \
		sh -c "$dir/zmap-recv -V"
	outsider=$output
	run setpriv --reuid 1000 --regid 1000 --groups 65534 \
		sh -c "$dir/zmap-recv -V"
	member=$status
	rm -r "$dir"
	[ "$refusal" -ne 0 ]
	[[ $refused == *"GROUP=name says who may scan"* ]]
	[ "$made" -eq 0 ] || skip "no file capabilities here: $why"
	[ "$modes" = $'750,65534\n750,65534' ]
	[[ $outsider == *"Permission denied"* ]]
	[ "$member" -eq 0 ]
}

@test "privilege: with file capabilities, a stream does not choose whose traffic is seen" {
	needs_root
	plain "AT_SECURE"
	dir=$(mktemp -d /tmp/zmap-setcap.XXXXXX)
	chmod 755 "$dir"
	cp "$BIN/zmap-recv" "$dir"
	chmod 711 "$T"
	zmap-targets -p 80 --no-blacklist 10.0.0.0/30 >in
	cat >scan <<-'E'
		zmap-send -v 1 <in >probes
		"$PYTHON" "$ROOT/tests/tool/setscan.py" source_ips "[16777216]" \
			<probes >others
		for mode in 750 755; do
			chmod $mode "$1/zmap-recv"
			for args in '<probes' '<others' '-S 1.0.0.0 <others' \
				'-S 1.0.0.1 <others'; do
				setpriv --reuid 1000 --regid 1000 --groups 65534 \
					sh -c "$1/zmap-recv -c 0 -v 1 $args" >/dev/null
				echo "$?"
			done 2>&1
		done
	E
	chgrp 65534 "$dir/zmap-recv"
	if setcap cap_net_raw+ep "$dir/zmap-recv" 2>err; then
		run lab bash scan "$dir"
	else
		status=skip
	fi
	rm -r "$dir"
	[ "$status" != skip ] || skip "no file capabilities here: $(cat err)"
	echo "$output"
	[ "$(grep -cx '[05]' <<<"$output")" -eq 3 ]
	[ "$(grep -c '1.0.0.0 is not this machine.s, and only the stream names it' \
		<<<"$output")" -eq 2 ]
	[ "$(grep -c '1.0.0.0 is not this machine.s: only root, or the group' \
		<<<"$output")" -eq 3 ]
}

@test "privilege: captures are not promiscuous" {
	cat >look <<-'E'
		zmap-targets -p 80 --no-blacklist 10.0.0.0/20 | zmap-send -v 1 -r 500 |
			zmap-recv -v 1 -c 1 >out &
		until_sent 20
		ip -d link show s0 | grep -o 'promiscuity [0-9]*'
		kill $(jobs -p)
		wait
	E
	run lab bash look
	[[ $output == *"promiscuity 0"* ]]
}

# refused: the calls in traces that were refused, and why, one of each kind.
# Each process has a trace of its own (-ff): in one for all, a call can be cut in
# two by another's.
refused_by() {
	grep -hE ' = -1 (EPERM|ENOSYS|EACCES) |SIGSYS' "$@" |
		sed -E 's/^([a-z0-9_]+)\((.*) = -1 (E[A-Z]+).*/\1 \3/' |
		sort -u
}

# What seccomp or Landlock refuses, a program must not need. Builds without
# them do not show it, and some failures are not worth a message.
@test "privilege: whole scans make no call that is refused, but what is known" {
	needs_root
	plain "no seccomp, no Landlock"
	mkdir d
	echo 10.0.0.9 >d/x
	cat >scans <<-'E'
		for io in mmsg ip ring xdp; do
			strace -ff -qq -Z -o trace.$io zmap -v 4 -p 80 -r 5000 \
				-T 2 --cores 0,0 --io $io --checkpoint d/c.$io \
				--exclude d/x --prometheus d/p -m meta -u up \
				-l log -O json -o out --output-filter success \
				--no-blacklist -c 0.5 10.0.0.0/26
		done
		for m in udp icmp_echoscan dns; do
			strace -ff -qq -Z -o trace.$m zmap -v 2 -r 5000 -M $m \
				--probe-args "$(case $m in dns) echo A,a.b ;;
				*) echo text:x ;; esac)" \
				$([ $m = icmp_echoscan ] || echo -p 53) -c 0.5 \
				-o out.$m --no-blacklist 10.0.0.0/27
		done
		t() { strace -ff -qq -Z -o "trace.$1" "${@:2}"; }
		t targets zmap-targets -p 80 --no-blacklist 10.0.0.0/28 >in
		t send zmap-send -v 1 --io pcap --write-pcap w.pcap <in >probes
		t recv zmap-recv -v 1 --read-pcap w.pcap --write-pcap x.pcap \
			--write-stream y <probes >results
		t filter zmap-filter 'success || ttl > 0' <results >filtered
		for f in cbor csv diag json lzr text xml zgrab2; do
			t out.$f zmap-out -O $f -o o.$f <results
		done
	E
	lab --classes open=50 bash scans >said 2>&1 || [ $? -eq 5 ] ||
		{ cat said; return 1; }
	[ "$(ls trace.* | sed 's/[.][0-9]*$//' | sort -u | wc -l)" -eq 19 ]
	[ "$(wc -l <out.icmp_echoscan)" -gt 1 ]
	refused_by trace.* >got
	# clone3 cannot be looked into, and the C library then uses clone; the
	# others are how rights_drop() makes sure that there is no way back
	diff - got <<-'E'
		clone3 ENOSYS
		setgid EPERM
		setuid EPERM
	E
	# and it would be seen
	strace -ff -qq -Z -o seen rights open
	refused_by seen.* | grep -qx 'openat EPERM'
}

# Inside the lab. trace NAME COMMAND...: its calls go to trace.NAME
trace() {
	echo "$2" >>traced
	strace -ff -qq -Z -o "trace.$1" "${@:2}"
}
export -f trace

@test "privilege: nor do companions, formats, names and scans of IPv6" {
	needs_root
	plain "no seccomp, no Landlock"
	requires strace redis-server
	printf 'GET / %%s\r\n' >request
	echo '10.0.0.1 one.test' >hosts
	printf '10.0.0.%d:7001\n' 1 2 3 >hosts.txt
	cat >scans <<-'E'
		mount --bind hosts /etc/hosts
		cat hosts.txt | trace banner banner-grab-tcp -q | cat >banners
		cat hosts.txt | trace tls banner-grab-tcp -q --tls -p 9 | cat >none
		trace forge forge-socket -c 5 -d request -- zmap -q -p 7010 \
			-c 1 -r 500 -O cbor -o - 10.0.0.0/29 | cat >forged
		zmap -q -p 7010 -c 1 -r 500 -O cbor -f '*' -o results 10.0.0.0/28
		for m in tcp_synscan icmp_echoscan; do
			trace six.$m zmap -q -M $m -r 500 -c 1 -O json -o six.$m \
				$([ $m != tcp_synscan ] || echo -p 7010) fd00:9::/125
		done
		trace routes zmap --list-routes --no-blacklist 10.0.0.0/24 \
			-p 80 >routes
		trace names zmap-targets -p 80 --text --no-blacklist one.test >names
		trace attributed zmap -q -M icmp_echoscan -r 500 -c 1 -o at \
			--attribution https://example.org/x 10.0.0.0/29
		redis-server --port 6390 --bind 127.0.0.1 --save "" >redis.log 2>&1 &
		soon eval 'redis-cli -p 6390 ping 2>&1 | grep -q PONG'
		for f in $(zmap-out --list-output-modules | cut -d ' ' -f 1); do
			trace out.$f zmap-out -O $f $([ $f = redis ] || echo -o o.$f) \
				$([ $f != redis ] || echo --output-args \
				redis://127.0.0.1:6390/found) <results
		done
		redis-cli -p 6390 llen found >pushed
		kill $!
		trace diff zmap-diff results results >same
		trace merge zmap-merge results >merged
		zmap-out -O json <results | trace in zmap-in >made
		trace optout zmap-optout -f ./optouts list >wishes || true
		trace ztee ztee tee.txt <names >teed
		trace ziterate ziterate -p 80 10.0.0.0/30 >iterated
		echo 10.0.0.9 >b
		trace zblocklist zblocklist -b b <names >listed
	E
	in_lab --six fd00:9::/112 -- 'bash -e scans'
	[ "$status" -eq 0 ]
	[ "$(grep -c '^{' banners)" -eq 3 ]
	[ "$(grep -c '"banner"' forged)" -ge 6 ]
	[ "$(wc -l <six.icmp_echoscan)" -eq 8 ]
	[ "$(cat names listed)" = $'10.0.0.1:80\n10.0.0.1:80' ]
	[ "$(cat pushed)" -gt 0 ]
	[ -s o.map ]
	[ -s o.sqlite ]
	[ -s o.parquet ]
	refused_by trace.* >got
	# SQLite gives its files to the owner of the database, who it is already
	diff - got <<-'E'
		clone3 ENOSYS
		fchown EPERM
		setgid EPERM
		setuid EPERM
	E
	# all that is installed was looked at, here or above
	(cd "$BIN" && ls -d [!l]* libexec/*) | sed 's:.*/::' | sort |
		grep -vxE 'zmap-(filter|send|recv|status|map)' >installed
	sort -u traced | diff installed -
}
