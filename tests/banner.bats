#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# banner-grab-tcp against hosts of all kinds, in the lab.

# bats file_tags=beside
load helper
load tool/talk

grab() {
	echo "banner-grab-tcp -q $*"
}

# connected PORT N: inside the lab, whether N connections are
connected() {
	[ "$(ss -Htn state established "dport = :$1" | wc -l)" -eq "$2" ]
}

# spoken PORT N: whether N hosts have said something
spoken() {
	[ "$(ss -Htni "dport = :$1" | grep -c bytes_received)" -eq "$2" ]
}
export -f connected spoken

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: all forms of input mean the same hosts" {
	requires_lab
	printf '10.0.0.%d\n' 1 2 3 >plain
	printf '10.0.0.%d:7001\n' 1 2 3 >pairs
	printf '# some\n\n 10.0.0.%d # host\r\n' 1 2 3 >loose
	printf '10.0.0.%d,7001\n' 1 2 3 >bare
	printf 'classification,"sport",saddr\nsynack,7001,10.0.0.%d\n' 1 >csv
	printf '"a ""b"",\nc", 7001 ,"10.0.0.%d"\n' 2 3 >>csv
	printf '{"saddr":"10.0.0.%d","sport":7001,"x":{"y":[1]}}\n' 1 2 3 >json
	mkstream <json >stream ||
		sed 's/,"x".*/}/' json |
		mkstream >stream
	in_lab -- 'for f in plain pairs loose bare csv json stream; do
		echo "== $f" >&2
		banner-grab-tcp -q -p 7001 <$f | jq -r .text | sort | tr -d "\r\n"
		echo
	done 2>/dev/null'
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 7 ]
	for line in "${lines[@]}"; do
		echo "$line"
		[ "$line" = "I am 10.0.0.1:7001I am 10.0.0.2:7001I am 10.0.0.3:7001" ]
	done
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: a quote counts where it opens a field, a # where it may" {
	requires_lab
	cat >list <<-'E'
		10.0.0.1:7001 # a 5" disk
		10.0.0.2:7001 # say "hi"
		# an "odd, "one
		10.0.0.3,7001,a 5" disk
		"10.0.0.4",7001,"a # and
		a newline"
		10.0.0.5:7001
	E
	cat >rows <<-'E'
		banner,saddr,sport
		# an "odd, "one
		a#b,10.0.0.1,7001
		5" disk,10.0.0.2,7001
		"a # and
		a newline, ""quoted""",10.0.0.3,7001
		,10.0.0.4,"7001"
		,10.0.0.5,7001
	E
	in_lab -- 'banner-grab-tcp -q <list && banner-grab-tcp -q <rows'
	[ "$status" -eq 0 ]
	[ "$(fields '.saddr, .status' | uniq -c | xargs)" = \
		"2 10.0.0.1 banner 2 10.0.0.2 banner 2 10.0.0.3 banner \
2 10.0.0.4 banner 2 10.0.0.5 banner" ]
}

@test "banner: failures and repeats of a scan are left out, but for --all" {
	requires_lab
	cat >rows <<-'E'
		saddr,sport,success,repeat
		10.0.0.1,7001,1,0
		10.0.0.2,7001,0,0
		10.0.0.3,7001,true,true
	E
	in_lab -- 'banner-grab-tcp -q <rows; banner-grab-tcp -q -a <rows'
	[ "$(fields .saddr | tr '\n' ' ')" = "10.0.0.1 10.0.0.1 10.0.0.2 10.0.0.3 " ]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: refused, reset, silent, slow, endless, unreachable, none" {
	requires_lab
	in_lab -- '
		$LAB_FAR nft -f - <<-"E"
			table ip far {
				chain in {
					type filter hook input priority 0
					tcp dport 7999 drop
					ip daddr 10.3.0.0/16 reject with icmp host-unreachable
				}
			}
		E
		{ for p in 7001 7002 7003 7005 7006 7009 7011 7012 7998 7999
		do echo 10.0.0.1:$p; done; echo 10.3.0.1:80; } |
			banner-grab-tcp -q -t 1 -r 1 -g 0.5 -T 2 -m 100000
		# here no pause ends it: it is shorter, but on a busy machine
		echo 10.0.0.1:7004 |
			banner-grab-tcp -q -t 1 -r 1 -g 1.9 -T 2 -m 100000'
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 12 ]
	fields '.sport, .status, .ended, .size' >got
	cat >want <<-'E'
		7001 banner closed 20
		7002 silent null null
		7003 reset null null
		7004 banner deadline 20
		7005 banner limit 100000
		7006 closed null null
		7009 banner reset 4
		7011 banner pause 20
		7012 banner pause 21
		7998 refused null null
		7999 timeout null null
		80 unreachable null null
	E
	# the slow one has said some bytes by then, and on a busy machine fewer
	sed -i -E 's/deadline ([1-9]|1[0-9]|21)$/deadline 20/' got
	diff want got
	jq -e 'select(.sport == 7004) | .total_ms >= 2000 and
		.total_ms < 2500' <<<"$output"
	[ "$(jq -r 'select(.sport == 80).error' <<<"$output")" = \
		"No route to host" ]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: what came before a reset is kept, however late we look" {
	requires_lab
	printf hello >request
	# the reset is there before the connection is seen, then before the
	# request is sent
	in_lab -- 'for call in epoll_wait sendto; do
			printf "10.0.0.1:%d\n" 7009 7003 |
				strace -f -qq -o /dev/null -e trace=$call \
				-e inject=$call:delay_enter=300000 \
				banner-grab-tcp -q -d request
		done'
	[ "$status" -eq 0 ]
	[ "$(fields '.sport, .status, .ended, .text, .connect_ms != null' |
		uniq -c | xargs)" = \
		"2 7003 reset null null true 2 7009 banner reset some true" ]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: the request names its host; --until, --gap 0, --max-bytes" {
	requires_lab
	printf 'to %%s:%%p %%%% %%20 %%' >request
	in_lab -- 'echo 10.1.2.3:7008 | banner-grab-tcp -q -d request -m 200
		echo 10.1.2.3:7012 | banner-grab-tcp -q -u "2\\n"
		echo 10.1.2.3:7012 | banner-grab-tcp -q -g 0
		echo 10.1.2.3:7012 | banner-grab-tcp -q -m 3
		echo 10.1.2.3:7010 | banner-grab-tcp -q -m 1000000 -d request |
			jq -c "{ended, size, text: (.text | .[-3:])}"'
	[ "$(jq -r .text <<<"${lines[0]}")" = "to 10.1.2.3:7008 % %20 %" ]
	[ "$(jq -c '[.ended, .text]' <<<"${lines[1]}")" = \
		'["found","line 1\nline 2\n"]' ]
	[ "$(jq -c '[.ended, .text]' <<<"${lines[2]}")" = '["pause","line 1\n"]' ]
	[ "$(jq -c '[.ended, .text]' <<<"${lines[3]}")" = '["limit","lin"]' ]
	echo "${lines[4]}"
	[ "${lines[4]}" = '{"ended":"closed","size":300000,"text":"yy\n"}' ]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: bytes of strangers are kept, escaped in every format" {
	requires_lab
	in_lab -- 'for f in json base64 hex text ascii; do
		printf "10.0.0.1:7007\n10.0.0.1:7998\n" |
			banner-grab-tcp -q -f $f
	done'
	"$PYTHON" -c 'import sys; sys.stdout.buffer.write(bytes(range(256)))' >want
	[ "${#lines[@]}" -eq 6 ]
	[ "${lines[5]}" = "${lines[4]}" ]
	for line in "${lines[@]:0:2}"; do
		case $line in *refused*) continue ;; esac
		jq -r .base64 <<<"$line" | base64 -d | cmp - want
		jq -e '.text | startswith("\u0000\u0001")' <<<"$line"
	done
	[[ ${lines[2]} == "10.0.0.1 "* ]]
	base64 -d <<<"${lines[2]#* }" | cmp - want
	xxd -r -p <<<"${lines[3]#* }" | cmp - want
	[ "$(printf '%s' "${lines[4]}" | LC_ALL=C tr -d ' -~')" = "" ]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: a stream comes out, for what follows in the pipeline" {
	requires_lab
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 2 -subj '/CN=a "host"' -keyout key -out cert 2>/dev/null
	TALKERS='--tls cert key' in_lab -- 'zmap-targets -p 7007 -e 1 10.0.0.0/30 |
			zmap-send | zmap-recv -c 1 | banner-grab-tcp -q -O cbor >all.cbor
		printf "10.0.0.1:7001\n10.0.0.1:7998\n" |
			banner-grab-tcp -q --output-module cbor >two.cbor
		echo 10.0.0.1:7443 | banner-grab-tcp -q --tls -f cbor >tls.cbor'
	[ "$status" -eq 0 ]
	# every byte that they said
	zmap-out -O parquet -o b.parquet all.cbor
	[ "$(head -c 4 b.parquet)" = PAR1 ]
	readstream <all.cbor >got
	[ "$(head -n 1 got | jq -c '[.[1].history[][0]]')" = \
		'["zmap-targets","zmap-send","zmap-recv","banner-grab-tcp"]' ]
	[ "$(head -n 1 got | jq -r '.[1].scan.probe')" = tcp_synscan ]
	[ "$(tail -n 1 got | jq -c '[.[1].stage, .[1].status, .[1].before.stage]')" = \
		'["banner-grab-tcp","done","recv"]' ]
	zmap-filter success all.cbor | zmap-out -O csv -f banner --no-header-row >said
	"$PYTHON" -c 'import sys
sys.stdout.buffer.write((b"\"" + bytes(range(256)).replace(b"\"", b"\"\"") + b"\"\n") * 4)' |
		cmp - said
	# what is no success, and what is no stream
	zmap-out -O json -f saddr,sport,classification,success,ended two.cbor | sort >got
	[ "$(jq -c '[.saddr, .sport, .classification, .success]' got | tr -d '\n')" = \
		'["10.0.0.1",7001,"banner",true]["10.0.0.1",7998,"refused",false]' ]
	[ "$(zmap-out -O json -f tls tls.cbor | jq -r '.tls.version' | cut -c1-4)" = TLSv ]
	run bash -c 'banner-grab-tcp -O cbor -m 2M </dev/null'
	[ "$status" -eq 2 ]
	# no host is a stream, too
	banner-grab-tcp -q -O cbor </dev/null | zmap-out
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: TLS, and the certificate is kept" {
	requires_lab
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 2 -subj '/CN=a "host"' -keyout key -out cert 2>/dev/null
	TALKERS='--tls cert key' in_lab -- 'echo 10.0.0.1:7443 |
		banner-grab-tcp -q --tls --server-name host.example
		echo 10.0.0.1:7001 | banner-grab-tcp -q --tls
		echo 10.0.0.1:7002 | banner-grab-tcp -q --tls -t 0.5'
	[ "$(jq -r .text <<<"${lines[0]}" | tr -d '\r')" = "I am 10.0.0.1:7443" ]
	jq -r '.tls.certificates[0]' <<<"${lines[0]}" | base64 -d >got
	openssl x509 -in cert -outform der | cmp - got
	[ "$(jq -r .tls.sha256 <<<"${lines[0]}")" = \
		"$(sha256sum <got | cut -d' ' -f1)" ]
	[ "$(jq -r .tls.version <<<"${lines[0]}")" = TLSv1.3 ]
	[[ $(jq -r .tls.subject <<<"${lines[0]}") == *host* ]]
	[ "$(jq -r '.status, .error' <<<"${lines[1]}" | head -n 1)" = tls ]
	[ "$(jq -r .error <<<"${lines[2]}")" = "no handshake in time" ]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: what is not a host is named, counted and passed over" {
	requires_lab
	printf '10.0.0.1:7001\nfoo\n10.0.0.300\n10.0.0.1:99999\n::1\n\377\n' >bad
	in_lab -- 'banner-grab-tcp <bad'
	fails 5 'stdin:2: not an address: foo'
	[[ $output == *"stdin:3: not an address: 10.0.0.300"* ]]
	[[ $output == *"stdin:4: not a port"* ]]
	[[ $output == *"5 lines of input were no hosts"* ]]
	[[ $output == *"I am 10.0.0.1:7001"* ]]
	in_lab -- 'echo 10.0.0.1 | banner-grab-tcp'
	fails 5 'no port; give one with -p'
	in_lab -- 'printf "{\"saddr\":\n{\"saddr\":\"10.0.0.1\",\"sport\":\"x\"}\n" |
		banner-grab-tcp'
	fails 5 'stdin:1: not a JSON object'
	[[ $output == *"stdin:2: sport"* ]]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: a stream that is cut is status 1, after its whole records" {
	requires_lab
	printf '{"saddr":"10.0.0.%d","sport":7001}\n' 1 2 3 |
		mkstream >stream
	head -c -30 stream >cut
	in_lab -- 'banner-grab-tcp <cut'
	fails 1 'stdin: truncated'
	[[ $output == *"I am 10.0.0.1:7001"* ]]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: slow hosts do not hold up stdin, until it says so" {
	requires_lab
	# 40 silent ones, 20 at once; the queue holds 20
	in_lab -- 'for i in $(seq 40); do echo 10.0.0.$i:7002; done >hosts
		{ cat hosts; sleep 0.1; cat hosts; sleep 0.1; } |
			banner-grab-tcp -c 20 --queue 20 -r 0.3 2>&1 >out
		wc -l <out'
	[[ $output == *"stdin waits: "* ]]
	[[ $output == *"stdin waited for "* ]]
	[[ $output == *$'\n80' ]]
	in_lab -- 'cat hosts | banner-grab-tcp -c 20 -r 0.2'
	[[ $output != *"stdin wait"* ]]
}

@test "banner: more connections than files: the command that helps is named" {
	in_lab -- 'prlimit --nofile=100:100 banner-grab-tcp -c 40 </dev/null &&
		echo few; setpriv --inh-caps=-all --bounding-set=-all \
		prlimit --nofile=100:100 banner-grab-tcp -c 500 </dev/null'
	fails 1 'prlimit --pid $$ --nofile=532'
	[[ $output == *"use -c 68"* && $output == *few* ]]
	# and raised by itself where that is allowed
	in_lab -- 'prlimit --nofile=100:1000 banner-grab-tcp -c 500 </dev/null'
	[ "$status" -eq 0 ]
}

@test "banner: a full disk is status 1, a reader that has gone is silence" {
	requires_lab
	in_lab -- 'echo 10.0.0.1:7001 | banner-grab-tcp -q >/dev/full'
	fails 1 'stdout: No space left on device'
	in_lab -- 'yes 10.0.0.1:7001 | banner-grab-tcp -q | head -n 3 | wc -l'
	[ "$output" = 3 ]
	# also while nothing is to be written
	in_lab -- '{ echo 10.0.0.1:7002; exec sleep 4; } |
		{ SECONDS=0; banner-grab-tcp -q -r 9
		echo ${?} $SECONDS >status; } | true'
	[[ $(cat status) == "141 "[0-3] ]]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: Ctrl-C ends what is open, and status 3 says so" {
	requires_lab
	in_lab -- 'for i in $(seq 20); do echo 10.0.0.$i:7012; done |
		banner-grab-tcp -c 10 -g 2 >out 2>err &
		soon connected 7012 10 || echo "not connected"
		kill -INT $!; wait $!; echo "status $?"; cat err; wc -l <out'
	[[ $output == *"status 3"* ]]
	[[ $output == *"10 hosts were not contacted"* ]]
	[[ $output != *"not connected"* ]]
	[[ $output == *$'\n10' ]]
	# the second one does not wait
	in_lab -- 'for i in $(seq 20); do echo 10.0.0.$i:7004; done |
		banner-grab-tcp -c 10 >out 2>err & p=$!
		soon spoken 7004 10 || echo "not spoken"
		kill -INT $p; soon grep -q "again to end" err; kill -INT $p; wait $p; echo "status $?"
		jq -r .ended out | sort | uniq -c'
	[[ $output != *"not spoken"* ]]
	[[ $output == *"status 3"* ]]
	[[ $output == *"10 interrupted"* ]]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: --max-runtime ends it, status 5" {
	requires_lab
	in_lab -- 'for i in $(seq 20); do echo 10.0.0.$i:7004; done |
		banner-grab-tcp -c 10 --max-runtime 0.5'
	fails 5 'the time is over'
	[[ $output == *"10 hosts were not contacted"* ]]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: status lines count what happens" {
	requires_lab
	in_lab -- 'printf "10.0.0.%d:7001\n" 1 2 3 |
		banner-grab-tcp -q --status-fd 3 3>status >/dev/null'
	[ "$(tail -n 1 status | jq -c '[.stage,.hosts,.banner,.open,.final]')" = \
		'["banner-grab-tcp",3,3,0,true]' ]
}

# once: the lab's hosts that speak have IPv4
# bats test_tags=once
@test "banner: rights are gone before a stranger's byte is read" {
	plain "files and system calls of its own"
	requires_lab
	in_lab -- '{ echo 10.0.0.1:7002; exec sleep 30; } |
			banner-grab-tcp -q -r 30 &
		soon connected 7002 1 || echo "not connected"
		grep -E "^(Uid|CapEff|NoNewPrivs|Seccomp):" /proc/$!/status
		kill -KILL $!'
	[[ $output != *"not connected"* ]]
	[[ $output == *CapEff:*0000000000000000* ]]
	[[ $output == *NoNewPrivs:*1* && $output == *Seccomp:*2* ]]
}

@test "banner: real servers: nginx, OpenSSH and Exim, each as it should" {
	requires_lab
	[ "$(id -u)" = 0 ] || skip "the servers want users of their own"
	timeout 60 "$ROOT/tests/servers/run" fetch "$ROOT/build/servers" \
		http ssh mail ||
		skip "the packages of the servers cannot be fetched"
	for i in $(seq 0 9999); do
		echo "10.9.$((i >> 8)).$((i & 255))"
	done >hosts
	run timeout 100 lab --real --allow-rst --listen 9 bash -c '
		"$ROOT/tests/servers/run" start "$ROOT/build/servers" http ssh mail ||
			exit
		banner-grab-tcp -p 80 -c 1000 -r 20 -T 30 <hosts >http \
			-d "$ROOT/examples/banner-grab/http-req"
		head -n 200 hosts | banner-grab-tcp -p 443 --tls -c 50 -T 30 >https \
			-d "$ROOT/examples/banner-grab/http-req"
		head -n 200 hosts | banner-grab-tcp -p 25 -c 50 -r 30 -T 30 \
			-u "\\n" >mail
		head -n 50 hosts | banner-grab-tcp -p 22 -c 20 -r 30 -T 30 \
			-u "\\n" >ssh'
	echo "$output"
	[ "$status" -eq 0 ]
	jq -r '. as $r | select($r.text |
		endswith("\r\n\r\nI am \($r.saddr):80\n")) | .saddr' http |
		sort >got
	sort hosts | diff - got
	[ "$(jq -r '. as $r | select(($r.text |
		endswith("I am \($r.saddr):443\n")) and
		.tls.subject == "CN=lab") | .saddr' https | sort -u | wc -l)" = 200 ]
	[ "$(jq -r 'select(.text == "220 \(.saddr) ESMTP\r\n") | .saddr' mail |
		sort -u | wc -l)" = 200 ]
	[ "$(jq -r 'select(.text | startswith("SSH-2.0-OpenSSH_")) | .saddr' \
		ssh | sort -u | wc -l)" = 50 ]
}

@test "banner: wrong options are status 2" {
	run banner-grab-tcp --no-such-option </dev/null
	[ "$status" -eq 2 ]
	run banner-grab-tcp -p 0 </dev/null
	fails 2 '--port: 0: must be a whole number from 1 to 65535'
	run banner-grab-tcp -t 0 </dev/null
	fails 2 'must be a number of seconds'
	run banner-grab-tcp -d /nonexistent </dev/null
	fails 2 '/nonexistent: No such file'
	run banner-grab-tcp 10.0.0.1 </dev/null
	fails 2 'hosts come on stdin'
	run bash -c 'banner-grab-tcp -p 80 >&- </dev/null'
	[ "$status" -eq 2 ]
	for o in -h -V; do
		run bash -c "banner-grab-tcp $o 2>&1 >/dev/null"
		[ "$status" -eq 0 ]
		[ -z "$output" ]
	done
}
