#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Files that a scan writes: what an earlier scan left in them stays until this
# one is accepted, and no scan writes what it reads.

load helper

# The files of a scan, each with something in it, and the options for them.
old_files() {
	local f

	for f in results meta status savefile stream; do
		printf 'precious %s\n' "$f" >"$f"
	done
	printf 'precious log\n' >log
	sum=$(cat results meta status savefile stream)
	FILES=(-o results -m meta -u status -l log --write-pcap savefile
		--write-stream stream)
}

unchanged() {
	[ "$(cat results meta status savefile stream)" = "$sum" ] || {
		echo "changed by: $*"
		head -n 3 results meta status savefile stream
		return 1
	}
	[ "$(head -n 1 log)" = 'precious log' ]
}

# refused COMMAND...: in the lab, with all the files, and they are as before
refused() {
	run lab "$@" "${FILES[@]}" -c 0 -q
	[ "$status" -ne 0 ] || { echo "not refused: $*"; return 1; }
	unchanged "$@"
}

@test "files: a command that is refused changes none of them" {
	old_files
	requires_lab
	mkdir dir
	echo 'not a checkpoint' >bad
	refused zmap -p 80 -r xyz 10.0.0.0/30
	refused zmap -p 80 -f nosuch 10.0.0.0/30
	refused zmap -p 80 --output-filter 'nosuch = 1' 10.0.0.0/30
	refused zmap -p 80 --output-filter '(' 10.0.0.0/30
	refused zmap -p abc 10.0.0.0/30
	refused zmap 10.0.0.0/30
	refused zmap -p 80 -G nonsense 10.0.0.0/30
	refused zmap -p 80 -M nosuch 10.0.0.0/30
	refused zmap -p 80 -i nosuch0 10.0.0.0/30
	refused zmap -p 80 10.0.0.0/33
	refused zmap -p 80 -b nosuchfile 10.0.0.0/30
	refused zmap -p 53 -M dns --probe-args '???' 10.0.0.0/30
	refused zmap -p 80 nosuch.invalid
	refused zmap -p 80 --resume bad 10.0.0.0/30
	refused zmap -p 80 --exclude nosuchfile 10.0.0.0/30
	refused zmap -p 80 -O nosuch 10.0.0.0/30
	refused zmap -p 80 --spill-directory nosuch 10.0.0.0/30
	refused zmap -p 80 --io nosuch 10.0.0.0/30
	refused zmap -p 80 --stage out=false 10.0.0.0/30
	refused zmap -p 80 --prometheus dir 10.0.0.0/30
	# and the log has grown
	[ "$(wc -l <log)" -gt 1 ]
}

@test "files: a scan that is accepted replaces all of them, and the log grows" {
	requires_lab
	old_files
	printf 'precious %.0s' {1..9999} | tee results status savefile stream >meta
	lab zmap -p 80 -r 1000 -c 1 -q -e 1 10.0.0.0/28 "${FILES[@]}"
	run grep -l precious results meta status savefile stream
	[ -z "$output" ]
	[ "$(head -n 1 log)" = 'precious log' ]
	"$ROOT/tests/lab/expect.py" --addresses -p 80 10.0.0.0/28 | sort >want
	sort results | diff want -
	jq -e .complete meta
	head -n 1 status | grep ^real-time,
	# what was kept is whole
	zmap-recv --read-pcap savefile <stream | zmap-filter 'success && !repeat' |
		zmap-out | sort | diff want -
}

# once: seconds of waiting, whatever the family
# bats test_tags=once
@test "files: the same command after Ctrl-C with --checkpoint loses nothing" {
	requires_lab
	cat >twice <<-'E'
		scan=(zmap -p 80 -r 500 -c 3 -q -e 5 --checkpoint ck -o part1
			-m meta 10.0.0.0/20)
		"${scan[@]}" &
		until_sent 500
		kill $!
		wait $!
		echo "first $?"
		cp part1 kept; cp meta kept.meta
		"${scan[@]}" 2>again
		echo "again $?"
		# what was there stays, and what was found later is behind it
		head -c "$(wc -c <kept)" part1 | cmp - kept && [ -s kept ] && echo same
	E
	run lab bash twice
	[[ $output == *'first 3'* && $output == *'again 0'* && $output == *same* ]]
	"$ROOT/tests/lab/expect.py" --addresses -p 80 10.0.0.0/20 | sort >want
	sort part1 | diff want -
}

@test "files: an output that is read, or written twice, is refused" {
	echo 10.0.0.1 >hosts
	cp hosts before
	ln -s hosts link
	run unshare -rn zmap -p 80 -w hosts -o hosts
	fails 2 '--output-file hosts: this is the file of --whitelist-file'
	run unshare -rn zmap -p 80 -b hosts -m ./link 10.0.0.0/30
	fails 2 '--metadata-file ./link: this is the file of --blacklist-file'
	run unshare -rn zmap -p 80 -I hosts -l "$T/hosts"
	fails 2 'this is the file of --list-of-ips-file'
	run unshare -rn zmap -p 80 --exclude hosts --write-pcap hosts 10.0.0.0/30
	fails 2 '--write-pcap hosts: this is the file of --exclude'
	run unshare -rn bash -c 'zmap -p 80 -w - -o hosts <hosts'
	fails 2 '--output-file hosts: this file is read as stdin'
	# a file that is yet to be made is one file, too
	run unshare -rn zmap -p 80 -o new -u new 10.0.0.0/30
	fails 2 'this is the file of --output-file'
	[ ! -e new ]
	# but the same device may be used twice, and - is no file
	run unshare -rn zmap -p 80 -o /dev/null -m /dev/null -d 10.0.0.1
	[ "$status" -eq 0 ]
	cmp hosts before
}

@test "files: zmap-out does not write its own input" {
	requires_lab
	lab zmap -p 80 -r 1000 -c 1 -q -O cbor -o s.cbor 10.0.0.0/28
	cp s.cbor before
	run bash -c 'zmap-out -o s.cbor <s.cbor'
	fails 2 's.cbor is the input too'
	cmp s.cbor before
	run bash -c 'zmap-out <s.cbor >>s.cbor'
	fails 2 'stdout is the input too'
	cmp s.cbor before
	run bash -c 'zmap-out -o before </etc/hostname'
	fails 1 'before is left as it was'
	cmp s.cbor before
}

@test "files: the log is appended to, and made anew when it was moved" {
	requires_lab
	cat >rotate <<-'E'
		zmap -p 80 -r 400 -c 0 -q -l log 10.0.0.0/22 &
		until_sent 100
		mv log log.1
		kill -HUP $!
		wait $!
	E
	echo old >log
	lab bash rotate >found
	head -n 1 log.1 | grep -x old
	grep -q 'zmap: started' log.1
	grep -q 'zmap: completed' log
}

@test "files: a savefile of zmap-send is not emptied before it is written" {
	echo precious >f
	run unshare -rn bash -c 'zmap-targets -p 80 10.0.0.0/30 2>/dev/null |
		zmap-send --io pcap --write-pcap f --probe-ttl 300 >out'
	[ "$status" -ne 0 ]
	[ "$(cat f)" = precious ]
	unshare -rn bash -c 'zmap-targets -p 80 10.0.0.0/30 2>/dev/null |
		zmap-send --io pcap --write-pcap f -S 10.0.0.9 -G 02:00:00:00:00:01 >out'
	[ "$(tcpdump -r f 2>/dev/null | wc -l)" -eq 4 ]
}

# once: bytes of IPv4
# bats test_tags=once
@test "files: blocklist.conf and blacklist.conf beside the configuration both count" {
	mkdir etc
	echo 'blocklist-file etc/blocklist.conf' >etc/zmap.conf
	echo 10.0.0.0/28 >etc/blocklist.conf
	echo 10.0.0.16/28 >etc/blacklist.conf
	zmap -C etc/zmap.conf --fast-dryrun -p 80 10.0.0.0/26 >bytes
	[ "$(wc -c <bytes)" -eq $((32 * 6)) ]
	run zmap -C etc/zmap.conf --print-config
	[[ $output == *blacklist.conf*'beside blocklist.conf'* ]]
	# whoever gives a list, or none, means that
	zmap -C etc/zmap.conf -b etc/blocklist.conf --fast-dryrun -p 80 \
		10.0.0.0/26 >bytes
	[ "$(wc -c <bytes)" -eq $((48 * 6)) ]
	# a link to the other is one list; one that is not there is none
	ln -sf blocklist.conf etc/blacklist.conf
	zmap -C etc/zmap.conf --fast-dryrun -p 80 10.0.0.0/26 >bytes
	[ "$(wc -c <bytes)" -eq $((48 * 6)) ]
	rm etc/blacklist.conf
	zmap -C etc/zmap.conf --fast-dryrun -p 80 10.0.0.0/26 >bytes
	[ "$(wc -c <bytes)" -eq $((48 * 6)) ]
}

@test "files: lists with marks, ; comments and any line ends; empty ones are said" {
	printf '\xef\xbb\xbf10.0.0.0/30 ; SBL1\r\n; all\r\n10.0.0.4\r\n' >crlf
	printf '10.0.0.0/30\r10.0.0.4 # x\r\r10.0.0.5' >cr
	[ "$(zmap-targets --count -p 80 -w crlf)" = 5 ]
	[ "$(zmap-targets --count -p 80 -w cr)" = 6 ]
	printf '# nothing yet\n' >none
	run zmap-targets --count -p 80 -b none 10.0.0.0/30
	[ "$status" -eq 0 ]
	[[ $output == *'none: this blacklist names no networks'* ]]
	run zmap-targets --count -p 80 -b /dev/null 10.0.0.0/30
	[ "$output" = 4 ]
}

# once: words count addresses of IPv4, ranges of IPv6
# bats test_tags=once
@test "files: --exclude: what is understood counts, nothing comes back meanwhile" {
	requires_lab
	cat >live <<-'E'
		echo 10.0.0.0/32 >list
		zmap-send -v 3 -r 100 --exclude list <in >out 2>err &
		soon grep -aq begin out || exit
		# a mark, ; comments, CR line ends, a name, IPv6, a line torn in two
		printf '\xef\xbb\xbf10.0.0.0/31 ; a\r2001:db8::/32\r\nhost.example\n10.0.0.' >list
		soon grep -q 'list:3: .*host.example.*; list:4: ' err || exit 3
		grep 'leaving out 2 addresses' err || exit 4
		# gone is what was there, but not while a line is not understood
		printf '10.0.0.16/30\nhost.example\n' >list
		soon grep -q 'leaving out 6 addresses' err || exit 5
		printf '10.0.0.16/30\n' >list
		soon grep -q 'leaving out 4 addresses' err || exit 6
		kill $!
		wait $!
	E
	zmap-targets -p 80 -e 1 --no-blacklist 10.0.0.0/20 >in
	run lab bash live
	cat err
	[ "$status" -eq 3 ]
	[[ $output == *'leaving out 2 addresses'* ]]
}

@test "files: --exclude: the first range of IPv6 stays, and three lines are named" {
	requires_lab
	cat >live <<-'E'
		printf '%s\n' 2001:db8:1::/48 2001:db8:3::/48 >list
		zmap-send -v 3 -r 100 --exclude list <in >out 2>err &
		soon grep -aq begin out || exit
		printf '%s\n' 2001:db8:3::/48 a.test b.test c.test d.test e.test >list
		soon grep -q 'leaving out 0 addresses and 2 ranges of IPv6' err
		kill $!
		wait $!
	E
	zmap-targets -p 80 -e 1 --no-blacklist 10.0.0.0/20 >in
	run lab bash live
	cat err
	[ "$status" -eq 3 ]
	grep -q 'leaving out 0 addresses and 2 ranges of IPv6' err
	grep -q 'list:2: .*a.test.*; list:3: .*b.test.*; list:4: .*c.test.*; and 2 lines more;' err
	[ "$(grep -c 'd.test' err)" -eq 0 ]
}

@test "files: the same number on another device is another file" {
	mkstream <<<'{"saddr":"192.0.2.1","success":true}' >stream
	mkdir a b
	run unshare -rnm bash -c 'mount -t tmpfs none a && mount -t tmpfs none b &&
		cp stream a/x && chmod 777 b && : >b/y &&
		[ "$(stat -c %i a/x)" = "$(stat -c %i b/y)" ] &&
		zmap-out -o b/y -f saddr --no-header-row -O csv a/x && cat b/y'
	[ "$status" -eq 0 ]
	[ "$output" = 192.0.2.1 ]
}

@test "files: zmap-status at a prompt can be left" {
	SECONDS=0
	run timeout 20 script -qec 'bash -c "
		(sleep 1; kill -INT \$\$) & exec zmap-status"' /dev/null < <(sleep 15)
	[ "$status" -ne 124 ]
	[ "$SECONDS" -lt 14 ]
}
