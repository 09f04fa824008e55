#!/usr/bin/env bats
# Probe modules: what they send, how they take answers, and modules from
# outside of the tree.

load helper

# What tshark finds wrong with a file, checksums included.
complaints() {
	tshark -n -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-o tcp.check_checksum:TRUE -V -r "$1" 2>/dev/null |
		grep -E 'Malformed|Expert Info \((Warning|Error)|Status: (Bad|Unv)'
}

modules='bacnet dns icmp_echo_time icmp_echoscan ipip ntp tcp_synackscan
	tcp_synscan udp upnp'

# Arguments that a module needs, and the port where its servers listen.
needs() {
	case $1 in
	bacnet) echo -p 47808 ;;
	dns) echo -a 'A,example.com;MX:nr,example.org.' -P 2 ;;
	icmp_*) ;;
	ipip) echo -p 80 ;;
	ntp) echo -p 123 ;;
	udp) echo -p 9 -a text:hello ;;
	upnp) echo -p 1900 ;;
	*) echo -p 80,443 ;;
	esac
}

@test "probes: the modules of ZMap are all there" {
	for p in zmap-send zmap-recv; do
		run "$p" --list-probe-modules
		[ "$(echo $output)" = "$(echo $modules)" ]
	done
}

@test "probes: tshark decodes every request without a complaint" {
	for m in $modules; do
		probe $(needs $m) -n 100 make $m >probe.pcap
		run complaints probe.pcap
		[ -z "$output" ] || { echo "$m: $output"; return 1; }
	done
	for a in smallest-probes windows linux bsd; do
		probe -a $a -n 100 make tcp_synscan >probe.pcap
		run complaints probe.pcap
		[ -z "$output" ]
	done
}

@test "probes: requests are what their protocols say" {
	decode() {
		probe $(needs $1) make $1 >probe.pcap
		tshark -n -r probe.pcap -T fields "${@:2}" 2>/dev/null
	}
	[ "$(decode icmp_echoscan -e icmp.type -e frame.len)" = "$(printf '8\t48')" ]
	run decode dns -e dns.qry.name -e dns.qry.type -e dns.flags.recdesired
	[ "$output" = "$(printf 'example.com\t1\t1\nexample.org\t15\t0')" ]
	[ "$(decode ntp -e ntp.flags.vn -e ntp.flags.mode -e udp.length)" = \
		"$(printf '4\t3\t56')" ]
	[ "$(decode upnp -e http.request.method)" = M-SEARCH ]
	[ "$(decode bacnet -e bacapp.confirmed_service -e bacapp.instance_number)" = \
		"$(printf '12\t4194303')" ]
	[ "$(decode ipip -e ip.proto -e ip.dst -e udp.srcport)" = \
		"$(printf '4,17\t198.18.0.1,192.0.2.1\t80')" ]
	[ "$(decode tcp_synackscan -e tcp.flags | sort -u)" = 0x0012 ]
	run decode icmp_echo_time -e frame.len
	[ "$output" = 40 ]
}

@test "probes: what is sent depends on the target alone" {
	for m in bacnet dns icmp_echoscan ipip ntp tcp_synackscan tcp_synscan \
		udp upnp; do
		probe $(needs $m) -n 20 -T 1 make $m >one
		probe $(needs $m) -n 20 -T 7 make $m >seven
		cmp one seven
	done
}

@test "probes: arguments that cannot be are refused with the reason" {
	bad() {
		run probe -P 2 -a "$2" make "$1"
		fails 2 "$3"
	}
	bad tcp_synscan nosuch 'smallest-probes'
	bad tcp_synackscan x 'no --probe-args'
	bad icmp_echo_time x 'no --probe-args'
	bad icmp_echoscan hex:0 'odd number'
	bad icmp_echoscan template:x 'text:, hex: or file:'
	bad upnp x 'no --probe-args'
	bad bacnet x 'no --probe-args'
	head -c 201 /dev/zero >f
	bad ipip file:f 'longer than 200'
	bad dns A "'A' is not TYPE,name"
	bad dns '' 'not TYPE,name'
	bad dns 'FOO,a' "unknown type of record 'FOO'"
	bad dns 'A:rn,a' 'only nr'
	bad dns 'A,a..b' 'empty label'
	bad dns 'A,.a' 'empty label'
	bad dns "A,$(printf 'a%.0s' {1..64}).b" 'over 63'
	bad dns "A,$(printf 'aaaa.%.0s' {1..60})" 'over 255'
	bad dns 'A,a\' 'bad escape'
	bad dns 'A,a\256b' 'bad escape'
	bad dns 'A,a;A,b;A,c' 'multiple of 3'
	run probe make dns
	fails 2 'dns needs questions'
}

@test "probes: names in questions" {
	asks() {
		probe -a "A,$1" make dns >probe.pcap
		run tshark -n -r probe.pcap -T fields -e dns.qry.name
		[[ ${lines[*]} == *"$2"* ]]
	}
	asks example.com. example.com
	asks . '<Root>'
	asks '' '<Root>'
	asks 'a\.b.c' 'a.b.c'
	long=$(printf 'a%.0s' {1..63})
	asks "$long.$long.$long.${long%aa}" "$long.$long.$long.${long%aa}"
	for t in ANY ALL TYPE255 any; do
		probe -a "$t,a" make dns >probe.pcap
		[ "$(tshark -r probe.pcap -T fields -e dns.qry.type \
			2>/dev/null)" = 255 ]
	done
}

# --- modules from outside of the tree ---

# Installs the headers and builds the example against them, as a user would.
build_example() {
	make -s -C "$ROOT" install-probe DESTDIR="$T/root" PREFIX=/usr >&2
	export PKG_CONFIG_SYSROOT_DIR=$T/root
	export PKG_CONFIG_PATH=$T/root/usr/lib/pkgconfig
	cp -r "$T/root/usr/share/doc/zmap/examples/probe-module" "$T/mine"
	make -s -C "$T/mine" >&2
}

@test "probes: a module by its path, in a real scan" {
	build_example
	[ "$(wc -l <mine/icmp_timestamp.c)" -lt 100 ]
	[ "$(wc -l <mine/Makefile)" -eq 3 ]
	lab --real --prefix 10.6.0.0/24 zmap --no-blacklist -q -c 1 \
		-M mine/icmp_timestamp.so -o out \
		-f saddr,classification,success,offset_ms 10.6.0.0/28
	[ "$(wc -l <out)" -eq 17 ]
	# the same clock: 16 times within a few milliseconds
	[ "$(grep -cE '^10\.6\.0\.[0-9]+,time,1,-?[0-9]$' out)" -eq 16 ]
}

@test "probes: a module in ZMAP_PROBE_PATH" {
	build_example
	run zmap-recv --list-output-fields -M icmp_timestamp
	fails 2 'not known, and no icmp_timestamp.so in $ZMAP_PROBE_PATH'
	export ZMAP_PROBE_PATH=/nonexistent::$T/mine
	run zmap-recv --list-output-fields -M icmp_timestamp
	[ "$status" -eq 0 ]
	[[ $output == *"offset_ms          int: by which it is ahead of ours"* ]]
	lab --real --prefix 10.6.0.0/24 zmap --no-blacklist -q -c 1 \
		-M icmp_timestamp -o out 10.6.0.0/30
	[ "$(wc -l <out)" -eq 4 ]
}

@test "probes: a module that a stream names must be one's own" {
	build_example
	zmap-targets --no-blacklist 10.6.0.0/30 >targets
	cat >all <<-'E'
		zmap-send -M "$1" <targets >probes || exit
		chmod "$2" "$1"
		zmap-recv -c 0 <probes >results
	E
	run lab --real bash all mine/icmp_timestamp.so 755
	[ "$status" -eq 0 ]
	run lab --real bash all mine/icmp_timestamp.so 777
	fails 2 "icmp_timestamp.so: others than its owner can write to it"
}

# A module like the example but for what sed does to it.
variant() {
	sed "$1" "$ROOT/examples/probe-module/icmp_timestamp.c" >v.c
	cmp -s v.c "$ROOT/examples/probe-module/icmp_timestamp.c" && return 1
	cc -std=gnu11 -w -fPIC -shared -I"$ROOT/lib" -I"$ROOT/probes" \
		-o v.so v.c
}

@test "probes: modules that ask for nonsense are refused with the reason" {
	nonsense() {
		variant "$1"
		run zmap-recv --list-output-fields -M ./v.so
		fails 2 "probe module './v.so': ./v.so: $2"
		run zmap-send -M ./v.so </dev/null
		fails 2 "./v.so: $2"
	}
	nonsense 's/\.abi = PROBE_ABI/.abi = 99/' 'it is made for ABI 99, this is'
	nonsense 's/\.name = "icmp_timestamp"/.name = "a b"/' 'its name is not'
	nonsense 's/\.name = "icmp_timestamp"/.name = "udp"/' \
		'its name, udp, is that of another module'
	nonsense 's/\.help = .*/.help = 0,/' 'it has no help'
	nonsense 's/\.protocol = 1/.protocol = 0/' 'it has no protocol'
	nonsense 's/\.protocol = 1/.protocol = 1, .ports = 1/' 'ICMP has no ports'
	nonsense 's/\.max_size = SIZE/.max_size = 1501/' \
		'its max_size is 1501, not 20 to 1500'
	nonsense 's/\.max_size = SIZE/.max_size = 19/' 'its max_size is 19'
	nonsense 's/\.snaplen = 128/.snaplen = 0/' 'its snaplen is 0'
	nonsense 's/\.prepare = prepare,//' 'it has no prepare'
	nonsense 's/\.make = make,//' 'it has no make'
	nonsense 's/\.classify = classify,//' 'it has no classify'
	nonsense 's/\.fields = fields,//' 'it has no fields'
	nonsense 's/"received_ms"/"success"/' 'field success is there twice'
	nonsense 's/"received_ms"/"saddr"/' "field saddr is the receiver's"
	nonsense 's/"received_ms"/"a,b"/' "'a,b' is no name for a field"
	nonsense 's/"received_ms", FIELD_UINT/"received_ms", 77/' \
		'field received_ms is of unknown type 77'
	nonsense 's/"received_ms", FIELD_UINT, .*}/"received_ms", FIELD_UINT }/' \
		'field received_ms has no help'
	nonsense 's/\.success = SUCCESS/.success = RECEIVED/' \
		'its success is not a field of type bool'
	nonsense 's/\.success = SUCCESS/.success = 1000/' \
		'its success is not a field of type bool'
	nonsense 's/\.classification = C.*CATION,/.classification = 9,/' \
		'its classification is not a field of type text'
	nonsense 's/const struct probe zmap_probe/const struct probe other/' \
		'it exports no zmap_probe'
	nonsense 's/return t->size > 0/return nosuchfunction()/' \
		'undefined symbol: nosuchfunction'
}

@test "probes: templates that cannot be are refused with the reason" {
	nonsense() {
		variant "$1"
		zmap-targets --no-blacklist 10.6.0.0/30 >targets
		run zmap-send -M ./v.so -d -G 00:00:5e:00:53:01 <targets
		[ "$status" -ne 0 ]
		[[ $output == *"icmp_timestamp: $2"* ]]
	}
	nonsense 's/return t->size > 0/t->size = 0; return 1/' \
		'its template has 0 bytes, not 20 to its max_size of 40'
	nonsense 's/return t->size > 0/t->size = 41; return 1/' \
		'its template has 41 bytes, not 20 to its max_size of 40'
	nonsense 's/return t->size > 0/t->packet[0] = 0x60; return 1/' \
		'its template does not begin with an IPv4 header'
	nonsense 's/return t->size > 0/return 0/' \
		'its prepare failed without a reason'
}

@test "probes: files that are no modules are refused with the reason" {
	run zmap-send -M ./nosuch.so </dev/null
	fails 2 './nosuch.so: No such file or directory'
	echo hello >text.so
	run zmap-send -M ./text.so </dev/null
	fails 2 './text.so: '
	[[ $output != */proc/self* ]]
	run zmap-send -M ./ </dev/null
	fails 2 'not a regular file'
	mkfifo fifo
	run zmap-send -M ./fifo </dev/null
	fails 2 'not a regular file'
}

@test "probes: the programs export all that the headers declare" {
	make -s -C "$ROOT" install-probe DESTDIR="$T/root" PREFIX=/usr
	names=$(sed -n 's/^[a-z].*[	 *]\([a-z][a-z0-9_]*\)(.*/\1/p' \
		root/usr/include/zmap/*.h | sort -u)
	for p in zmap-send zmap-recv; do
		nm -D --defined-only "$ROOT/bin/$p" | awk '{ print $3 }' >has
		for n in $names; do
			# what takes answers apart is for the receiver alone
			[[ $n == packet_* || $n == refusal_name ]] && continue
			grep -qE "static.*\b$n\b|inline" \
				<(grep -hB1 "\b$n(" root/usr/include/zmap/*.h |
				head -2) && continue
			grep -qx "$n" has || { echo "$p lacks $n"; return 1; }
		done
	done
	[[ $names == *template_udp* && $names == *encode_text* ]]
}
