#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# zmap itself: options to stages, configuration, messages, and how it ends.

# bats file_tags=company
load helper
bats_require_minimum_version 1.5.0

setup_file() {
	# what the machine has in /etc is not what is tested
	export ZMAP_CONFIG=/dev/null
}

# Stages that do nothing: for what the wrapper does by itself.  What it tells
# of every scan is not told; announces() is about that.
stubs() {
	STUBS=(--stage targets=true --stage send=cat --stage recv=cat
		--stage filter=cat --stage out=cat -q -v 2 --disable-syslog)
}

@test "zmap: help and version" {
	run zmap -h all
	[ "$status" -eq 0 ]
	for group in Common Scan Network Probe Results Logging Additional; do
		[[ $output == *"$group"*options:* ]]
	done
	run zmap -V
	[ "$status" -eq 0 ]
	[[ $output == "zmap "[0-9]* ]]
	run zmap -h --bogus
	[ "$status" -eq 2 ]
}

@test "zmap: -h says what it is, has three examples, and fits a screen" {
	run zmap -h
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -le 22 ]
	[[ ${lines[0]} == "Scans networks:"* ]]
	[ "$(grep -c '^  sudo zmap ' <<<"$output")" = 3 ]
	[[ $output == *"zmap -h all lists all options"* ]]
	# each example is a command line that zmap takes
	while read -r line; do
		eval "zmap ${line#sudo zmap } --print-pipeline" >pipeline
		grep -q '^.*zmap-targets' pipeline
	done < <(grep -o 'sudo zmap .*' <<<"$output" | sed 's/  .*//')
}

@test "zmap: a group of --help fits a screen" {
	for program in zmap zmap-targets zmap-send zmap-recv zmap-filter \
		zmap-out zmap-in zmap-merge zmap-status; do
		"$program" -h all | awk -v who="$program" '
			/^[A-Z].*options:$/ { group = $0; n = 0 }
			/^$/ { group = "" }
			group != "" && (++n > 24 || length > 80) {
				print who, group, n, $0; bad = 1 }
			END { exit bad }'
	done
}

@test "zmap: every option of the guide and of ZMap 4.3, by each of its names" {
	n=0
	while read -r letter names; do
		[ "$letter" = - ] || set -- "-$letter"
		[ "$letter" != - ] || set --
		value=${names##* }
		for name in ${names% *}; do
			set -- "$@" "--$name"
		done
		want=
		for o; do
			case $o/$value in
			*/flag) words=("$o") ;;
			--*) words=("$o=$value") ;;
			*) words=("$o" "$value") ;;
			esac
			got=$(zmap "${words[@]}" --print-config) || {
				echo "no ${words[*]}"
				return 1
			}
			# all names mean the same
			[ -n "$got" ] && [ "${want:=$got}" = "$got" ] || {
				echo "${words[*]}: $got, not $want"
				return 1
			}
			n=$((n + 1))
		done
	done <<-'E'
		p target-ports target-port 80
		o output-file results
		b blocklist-file blacklist-file list
		w allowlist-file whitelist-file list
		I list-of-ips-file list
		r rate 1000
		B bandwidth 10M
		- batch 64
		n max-targets 1%
		t max-runtime 5
		N max-results 5
		P probes 2
		c cooldown-time 3
		e seed 7
		- retries 3
		d dryrun flag
		- fast-dryrun flag
		- shards 4
		- shard 0
		s source-port 40000-40010
		- validate-source-port enable
		S source-ip 192.0.2.1
		G gateway-mac 02:00:00:00:00:02
		- source-mac 02:00:00:00:00:02
		i interface s0
		X iplayer vpn flag
		- netmap-wait-ping 192.0.2.1
		M probe-module udp
		- probe-args text:x
		- probe-ttl 64
		- output-args x
		- list-probe-modules flag
		- list-output-modules flag
		- list-output-fields flag
		f output-fields saddr
		O output-module json
		- output-filter ttl>1
		- no-header-row flag
		- dedup-method full
		- dedup-window-size 100
		v verbosity 3
		l log-file log
		L log-directory .
		m metadata-file meta
		u status-updates-file up
		q quiet flag
		g summary flag
		- disable-syslog flag
		- notes text
		- user-metadata {}
		- max-sendto-failures 5
		- min-hitrate 1
		T sender-threads 2
		- cores 0
		- ignore-blocklist-errors ignore-invalid-hosts flag
	E
	echo "$n names"
	[ "$n" -ge 90 ]
	# and the three that are no settings
	for o in -h --help -V --version; do
		zmap "$o"
	done
	: >conf
	zmap -C conf --print-config
	zmap --config=conf --print-config
}

@test "zmap: an unknown option is answered with the nearest" {
	while read -r typed near; do
		run zmap "--$typed"
		fails 2 "no option --$typed; did you mean --$near?"
	done <<-'E'
		ratee rate
		bandwith bandwidth
		blocklst-file blacklist-file
		white-list-file whitelist-file
		cooldown-tiem cooldown-time
		output-flie output-file
		max-target-s max-targets
		prob-module probe-module
		target-prots target-ports
	E
	run zmap --xyzzy
	fails 2 'no option --xyzzy'
	[[ $output != *mean* ]]
}

@test "zmap: no program takes a -v that is none" {
	for program in zmap-targets zmap-send zmap-recv zmap-filter zmap-out \
		zmap-in zmap-merge zmap-status; do
		for v in banana 6 -1; do
			run "$program" -v "$v" </dev/null
			fails 2 "$program: --verbosity"
			[[ $output == *"$v: "* ]]
		done
	done
}

@test "zmap: options go to their stages, defaults make a filter" {
	zmap -p 80 -B 10M -n 1e4 -o 'a file' -c 3 --print-pipeline \
		10.0.0.0/8 >got
	grep -q '^zmap-targets.* --target-ports=80 .*10.0.0.0/8 |$' \
		<(sed 's|[^ ]*/zmap-|zmap-|' got)
	grep -q 'zmap-send --bandwidth=10M |$' got
	grep -q 'zmap-recv --cooldown-time=3 .*|$' got
	grep -q "zmap-filter 'success = 1 && repeat = 0' |$" got
	grep -q "zmap-out '--output-file=a file'$" got
}

@test "zmap: with format, fields or a filter of the user's, no other filter" {
	for o in -Ojson -fsaddr --output-filter=; do
		run zmap -p 80 "$o" --print-pipeline
		[ "$status" -eq 0 ]
		[[ $output != *zmap-filter* ]]
	done
	run zmap -p 80 --output-filter 'ttl > 1' --print-pipeline
	[[ $output == *"zmap-filter 'ttl > 1'"*"--output-module=csv"* ]]
}

@test "zmap: -v 3 says that a scan starts, and that no filter is left" {
	announces() {
		local want=$1
		shift
		ZMAP_QUIET=yes ZMAP_DISABLE_SYSLOG=yes zmap "$@" \
			--stage targets=true --stage send=cat \
			--stage recv=cat --stage out='cat; :' 2>err
		[ -z "$want" ] || want+='[INFO] zmap: completed\n'
		sed -E 's/^[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8}\.[0-9]{3} //' err |
			diff - <(printf "$want")
	}
	started='[INFO] zmap: started\n'
	lifted='[INFO] zmap: printing every answer, also refusals and repeats; '
	lifted+="--output-filter 'success = 1 && repeat = 0' for hosts alone\n"
	announces "$started" --stage filter=cat
	announces "$started$lifted" -O json
	announces "$started$lifted" -f ttl -v 3
	announces "" -f ttl -v 2
	# who says what to print knows it
	announces "$started" -O json --output-filter=
	announces "$started" -O json --output-filter 'ttl > 1' \
		--stage filter='cat; :'
	announces "$started" -O json --stage filter=cat
	ZMAP_VERBOSITY=1 announces "" -O json
	# into the log like all that is said
	announces "" -O json -l log
	[ "$(grep -c ' \[INFO\] zmap: ' log)" = 3 ]
	# nothing starts
	zmap -p 80 -b /dev/null -n 1 -d 10.0.0.0/8 >out 2>err
	run -1 grep started err
}

@test "zmap: --print-pipeline says what it leaves out" {
	run --separate-stderr zmap -p 80 -m meta -u up -g -q -l log -r 5 \
		--print-pipeline
	[ "$status" -eq 0 ]
	[[ $output != *meta* ]]
	left='--metadata-file, --status-updates-file, --summary, --log-file'
	[ "$stderr" = "zmap: the pipeline leaves out what is for zmap-status or zmap itself: $left" ]
	run --separate-stderr zmap -p 80 -r 5 -q -v 2 --print-pipeline
	[ -z "$stderr" ]
}

@test "zmap: every quoting survives --print-pipeline" {
	printf '#!/bin/sh\nfor a; do printf "<%%s>\\n" "$a"; done\n' >show
	chmod +x show
	for word in "a b" "it's" '$HOME `x` "q"' 'a\b' $'two\nlines' '*' '~'; do
		zmap --notes x -f "$word" --stage out="$T/show" \
			--stage targets=true --stage send=true \
			--stage recv=true --print-pipeline >line
		[ "$(sh line)" = "<--output-fields=$word>" ]
	done
}

@test "zmap: a command in place of a stage gets its options, but no verbosity" {
	stubs
	run zmap "${STUBS[@]}" --stage out='wc -c'
	[ "$status" -eq 0 ]
	[ "$output" = 0 ]
	printf '#!/bin/sh\necho "$@"; cat\n' >show
	chmod +x show
	run zmap "${STUBS[@]}" -N 5 -f ttl --stage out=./show
	[ "$status" -eq 0 ]
	[ "$output" = "--max-results=5 --output-fields=ttl" ]
	# one that wants none, as the page says
	run zmap "${STUBS[@]}" -N 5 --stage out="sh -c 'wc -c'"
	[ "$status" -eq 0 ]
	[ "$output" = 0 ]
	zmap "${STUBS[@]}" -N 5 --stage out="sh -c 'wc -c'" \
		--print-pipeline >line
	run sh line
	[ "$output" = 0 ]
	# one of ours is still told
	run zmap -v 2 --stage out='wc -c' --print-pipeline
	[[ $output == *"zmap-recv --verbosity=2 |"* ]]
}

@test "zmap: commands behind stages, without options, in the order given" {
	stubs
	# behind the last of the stubs, which write nothing
	run zmap "${STUBS[@]}" -N 5 --stage 'recv+=cat; echo "<$*>one"' \
		--stage 'recv+=cat; echo two' --stage 'filter+=cat; echo three' \
		--stage out="sh -c cat"
	[ "$status" -eq 0 ]
	[ "$output" = $'<>one\ntwo\nthree' ]
	run zmap -p 80 --stage 'targets+=tee a' --stage 'recv+=tee b' -O json \
		--stage 'filter+=c | d' --print-pipeline 10.0.0.0/24
	[ "${output//[$'\t\n']/}" = "zmap-targets --target-ports=80 10.0.0.0/24 |tee a |zmap-send |zmap-recv |tee b |{ c | d; } |zmap-out --output-module=json" ]
	# a dry run has nothing behind zmap-send
	run zmap -d --stage 'send+=nothere' --stage 'targets+=cat' --print-pipeline
	[ "${output//[$'\t\n']/}" = "zmap-targets |cat |zmap-send --dryrun" ]
	for bad in out+=cat status+=cat recv+= nosuch+=cat +=cat recv; do
		run zmap --stage "$bad" --print-pipeline
		fails 2 "--stage $bad: neither stage=command"
	done
	run zmap $(printf -- '--stage recv+=cat%d ' {1..17}) --print-pipeline
	fails 2 'more than 16 commands besides'
	# the one that fails is named
	run zmap "${STUBS[@]}" --stage 'recv+=cat; exit 7' --stage out="sh -c cat"
	[ "$status" -eq 1 ]
	[[ $output == *'zmap: --stage recv+=cat; exit 7 failed: exit status 7'* ]]
}

@test "zmap: prefixes, aliases, letters, = and blank, any order" {
	zmap 10.0.0.0/8 --max-t=5 --target-port 80 --blocklist-file=x -qe3 \
		--print-pipeline | head -n 1 | sed 's/^[^ ]*//' >got
	echo ' --max-targets=5 --target-ports=80 --blacklist-file=x' \
		'--seed=3 10.0.0.0/8 |' >want
	diff want got
}

# file content | what the message says
@test "zmap: bad lines in configuration files: file, line, status 2" {
	while IFS='|' read -r content message; do
		[ -n "$content" ] || continue
		printf '# first line\n%b\n' "$content" >conf
		run zmap -C conf --print-pipeline
		fails 2 "conf:2: $message"
	done <<-'E'
		bogus 3|no option bogus
		blacklst-file x|no option blacklst-file; did you mean blacklist-file?
		rates 10|no option rates; did you mean rate
		raet 10|no option raet
		rate|rate needs a value (pps)
		rate =|no value after =
		quiet maybe|quiet takes no value: maybe
		notes "open|something is wrong with the quotes
		notes "a" b|something is wrong with the quotes
		notes 'open|something is wrong with the quotes
		config other|one configuration file cannot name another
		--rate=5|no option --rate
		s|source-port needs a value
		shar 1|shar is ambiguous: --shard, --shards
		probe-ttl 0|probe-ttl: 0: must be a whole number from 1 to 255
		rate ten|rate: ten: must be packets a second, such as 10000 or 10K
		= 5|no option
	E
}

@test "zmap: bad command lines say why, send nothing, and exit 2" {
	n=0
	while IFS='|' read -r line message; do
		n=$((n + 1))
		eval "set -- $line"
		run timeout 20 unshare -rn zmap -q --disable-syslog "$@" \
			</dev/null
		[ "$status" -eq 2 ] || echo "zmap $line"
		fails 2 "$message"
		# one message, and at most a hint
		[[ $output != *" failed: "* ]]
		[ "${#lines[@]}" -le 3 ] || {
			printf '%s\n' "zmap $line:" "${lines[@]}"
			return 1
		}
	done <<-'E'
		--bogus|no option --bogus
		--blocklst-file x|did you mean --blacklist-file?
		--shar 1|--shar is ambiguous: --shard, --shards
		-Z|no option -Z
		-r|--rate needs an argument (pps)
		--rate|--rate needs an argument
		--quiet=3|--quiet takes no argument
		--stage foo|neither stage=command, where stage is one of
		--stage foo=bar|neither stage=command, where stage is one of
		--stage send=|neither stage=command, where stage is one of
		-C /nonexistent|/nonexistent: No such file
		-l x -L y|exclude each other
		--netmap-wait-ping 1|there is no netmap
		-p 99999 10.0.0.1|99999
		-p 80-70 10.0.0.1|80-70
		-p abc 10.0.0.1|abc
		-p 80[ 10.0.0.1|80[
		-p 80,,81 10.0.0.1|is empty where a port should be
		-p 80 10.0.0.0/33|prefix length
		-p 80 10.0.0.300|10.0.0.300
		-p 80 10.0.0.9-10.0.0.1|10.0.0.9-10.0.0.1
		-p 80 -b /nonexistent 10.0.0.1|/nonexistent: No such file
		-p 80 -w /nonexistent|/nonexistent: No such file
		-p 80 -n x 10.0.0.1|--max-targets
		-p 80 -n 101% 10.0.0.1|--max-targets
		-p 80 -e 1.5 10.0.0.1|--seed
		-p 80 --shards 4 --shard 4 -e 1 10.0.0.1|shard
		-p 80 --shards 4 --shard 1 10.0.0.1|seed
		-p 80 -r x 10.0.0.1|--rate
		-p 80 -r -5 10.0.0.1|--rate
		-p 80 -B 10X 10.0.0.1|--bandwidth
		-p 80 -P 0 10.0.0.1|--probes
		-p 80 -t x 10.0.0.1|--max-runtime
		-p 80 -s 99999 10.0.0.1|--source-port
		-p 80 -s 80-70 10.0.0.1|--source-port
		-p 80 -S 1.2.3 10.0.0.1|--source-ip
		-p 80 -G xx 10.0.0.1|--gateway-mac
		-p 80 -T 0 10.0.0.1|--sender-threads
		-p 80 -M bogus 10.0.0.1|bogus
		-p 80 -M udp --probe-args=text -d 10.0.0.1|zmap-send: udp
		-p 80 --probe-ttl 999 10.0.0.1|--probe-ttl
		-p 80 --io bogus 10.0.0.1|--io
		-p 80 -v 9 10.0.0.1|9
		-p 80 -v x 10.0.0.1|x
	E
	echo "$n command lines"
	[ "$n" -ge 40 ]
}

@test "zmap: the command line wins over the environment, that over the file" {
	printf 'rate 1\ncooldown-time = 2\nseed "3" # why\n' >conf
	ZMAP_RATE=10 ZMAP_SEED=30 run zmap -C conf -e 300 --print-config
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "cooldown-time 2	# conf:2" ]
	[ "${lines[1]}" = "rate 10	# ZMAP_RATE" ]
	[ "${lines[2]}" = "seed 300	# command line" ]
	# and what it prints can be read again
	printf '%s\n' "${lines[@]}" >again
	run zmap -C again --print-config
	[[ ${lines[2]} == "seed 300"* ]]
}

@test "zmap: what --print-config prints is read back, or it says why not" {
	stubs
	printf '#!/bin/sh\nprintf "<%%s>" "$@"; cat\n' >show
	chmod +x show
	for value in '' ' ' 'a b' 'a"b' "it's" '=x' '#x' 'a #b' 'a#b' '"' "'" \
		"a \"b\" it's" "a'\"#" '\' $'tab\tin' $'cr\r' $'\r"' 'x='; do
		zmap -f "$value" --print-config >conf
		run zmap -C conf "${STUBS[@]}" --stage out=./show
		[ "$output" = "<--output-fields=$value>" ] || {
			echo "$value: $output"
			cat conf
			return 1
		}
	done
	for value in $'two\nlines' "\"it's" "'a\"" "a'\" #" "=\"'"; do
		run zmap -f "$value" --print-config
		fails 2 "command line: no configuration file can hold this"
	done
}

@test "zmap: options that contradict each other count as one" {
	echo 'bandwidth 10M' >conf
	run zmap -C conf -r 100 --print-pipeline
	[[ $output == *--rate=100* && $output != *bandwidth* ]]
	echo 'blacklist-file x' >conf
	run zmap -C conf --no-blacklist --print-pipeline
	[[ $output == *--no-blacklist* && $output != *blacklist-file* ]]
}

@test "zmap: the guide's configuration file, and ZMap 4's" {
	cat >conf <<-'E'
		interface "eth1"
		gateway-mac b4:23:f9:28:fa:2d # upstream gateway
		cooldown-time 300 # seconds
		blacklist-file /etc/zmap/blacklist.conf
		output-file ~/zmap-output
		quiet
	E
	HOME=/home/me run zmap -C conf --print-config
	[ "$status" -eq 0 ]
	[[ $output == *"interface eth1	"* ]]
	[[ $output == *"gateway-mac b4:23:f9:28:fa:2d	"* ]]
	[[ $output == *"cooldown-time 300	"* ]]
	[[ $output == *"output-file /home/me/zmap-output	"* ]]
	printf 'p=443\nblocklist-file = "a b"\nquiet=no\r\n' >conf
	ZMAP_QUIET=1 run zmap -C conf --print-config
	[[ $output == *"target-ports 443"*  ]]
	[[ $output == *'blacklist-file "a b"'* ]]
}

@test "zmap: ~ in --config= and in paths is a home directory" {
	echo 'rate 77' >.zmap.conf
	HOME=$T run zmap --config='~/.zmap.conf' -o '~/x' --print-pipeline
	[ "$status" -eq 0 ]
	[[ $output == *--rate=77*--output-file=$T/x* ]]
}

@test "zmap: an unknown variable of the environment is a warning, and stops nothing" {
	local c long
	long=ZMAP_$(printf 'X%.0s' {1..300})
	export ZMAP_BLACKLIST_FIEL=x ZMAP_COMMIT=master ZMAP_PORT_80_TCP=tcp://10.0.0.1:80
	export ZMAP_HELP=1 ZMAP_VERSION=5.0 ZMAP_LIST_PROBE_MODULES=1 "$long=1"
	run zmap --print-config
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "$(grep -c '^zmap: ' <<<"$output")" = 1 ] || { echo "$output"; return 1; }
	for c in 'ZMAP_BLACKLIST_FIEL; did you mean blacklist-file?' ZMAP_COMMIT \
		ZMAP_PORT_80_TCP ZMAP_HELP ZMAP_VERSION ZMAP_LIST_PROBE_MODULES; do
		[[ $output == *"environment: no such options, ignored: "*"$c"* ]] || {
			echo "no $c in: $output"
			return 1
		}
	done
	run zmap -v 1 --print-config
	[[ $output != *ignored* ]]
	# what is asked for on the command line is answered, whatever else is set
	for c in --version --help '--completion bash'; do
		ZMAP_QUIET=maybe ZMAP_CONFIG=/nonexistent run zmap $c
		[ "$status" -eq 0 ] && [[ $output != *ignored* ]] || {
			echo "$c: $output"
			return 1
		}
	done
	for c in --list-probe-modules --list-output-modules --list-output-fields; do
		run zmap $c
		[ "$status" -eq 0 ] || { echo "$c: $output"; return 1; }
	done
	# and what is not asked for there is not taken from a file either
	for c in help version list-probe-modules list-output-fields \
		list-output-modules print-config print-pipeline 'completion bash'; do
		echo "$c" >asks.conf
		run zmap -C asks.conf -p 80 192.0.2.1
		fails 2 "zmap: asks.conf:1: --${c%% *} is for the command line alone"
	done
	unset ZMAP_BLACKLIST_FIEL ZMAP_COMMIT ZMAP_HELP ZMAP_VERSION "$long"
	unset ZMAP_LIST_PROBE_MODULES ZMAP_PORT_80_TCP
	ZMAP_DRYRUN= run zmap --print-config
	[ "$status" -eq 0 ]
	[[ $output != *dryrun* ]]
}

@test "zmap: the listings come from the stages" {
	run zmap --list-probe-modules
	[ "$status" -eq 0 ]
	[[ $output == *tcp_synscan* ]]
	run zmap --list-output-modules
	[ "$status" -eq 0 ]
	[[ $output == *csv* && $output == *json* ]]
	run zmap -M icmp_echoscan --list-output-fields
	[ "$status" -eq 0 ]
	[[ $output == *icmp_id* && $output != *tcpopt* ]]
	# with targets or without
	zmap-send -M udp --probe-args=template-fields >want
	[ -s want ]
	zmap -M udp --probe-args=template-fields | diff want -
	zmap -p 53 --probe-args=template-fields -M udp 10.0.0.1 | diff want -
}

@test "zmap: help tells of the module that -M names" {
	zmap -h >general
	zmap-send -M udp -h >module
	for o in '-M udp -h' '-h -M udp' '--help --probe-module=udp'; do
		eval "zmap $o" >got
		head -n "$(wc -l <general)" got | diff general -
		tail -n +"$(($(wc -l <general) + 2))" got | head -n 1 |
			grep -qx 'probe module udp:'
		grep -q '^ *ports:PATH ' got
		tail -n +"$(($(wc -l <general) + 2))" got | diff module -
	done
	run zmap -h -M nosuch
	fails 2 "zmap-send: --probe-module: nosuch: not known"
	[[ $output != *usage* ]]
}

@test "zmap: the first stage that failed is named, its echoes are not heard" {
	stubs
	run zmap "${STUBS[@]}" --stage recv='exit 7'
	fails 1 "zmap: --stage recv=exit 7 failed: exit status 7"
	[ "${#lines[@]}" -eq 1 ]
	run zmap "${STUBS[@]}" --stage send='kill -9 $$'
	fails 1 "--stage send=kill -9 \$\$ failed: killed by signal 9"
	run zmap "${STUBS[@]}" --stage send='exit 3'
	[ "$status" -eq 3 ]
	run zmap "${STUBS[@]}" --stage recv='exit 5'
	[ "$status" -eq 5 ]
	run zmap "${STUBS[@]}" --stage send=/nonexistent/x
	fails 1 "--stage send=/nonexistent/x failed"
}

@test "zmap: a last stage that had enough ends all, well" {
	stubs
	run timeout 10 zmap "${STUBS[@]}" --stage targets=yes \
		--stage out='head -n 3'
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 3 ]
	# even one that does not notice
	begin=$(date +%s%N)
	run timeout 20 zmap "${STUBS[@]}" --stage targets='exec sleep 60' \
		--stage out=true
	[ "$status" -eq 0 ]
	[ $((($(date +%s%N) - begin) / 1000000)) -lt 8000 ]
}

@test "zmap: its reader gone, it dies of SIGPIPE as others do, silently" {
	stubs
	run bash -c 'zmap "$@" | head -n 1; echo "${PIPESTATUS[0]}"' - \
		"${STUBS[@]}" --stage targets=yes
	[ "${lines[0]}" = y ]
	[ "${lines[1]}" = 141 ]
	[ "${#lines[@]}" -eq 2 ]
}

@test "zmap: who fails by himself is told from who fails for the last stage" {
	stubs
	# the last one has read all, and ended long before
	run zmap "${STUBS[@]}" --stage recv='exec >&-; sleep .3; exit 7'
	fails 1 "exit 7 failed: exit status 7"
	# it had enough; what wrote for it minds, soon or late
	for late in 0 .3; do
		run timeout 10 zmap "${STUBS[@]}" --stage out='head -n 1' \
			--stage recv="trap '' PIPE; yes 2>&-; sleep $late; exit 7"
		[ "$status" -eq 0 ]
		[ "$output" = y ]
	done
	# it left one line, of one who was through
	run zmap "${STUBS[@]}" --stage recv='echo a; echo b; exit 7' \
		--stage out='sleep .2; dd bs=1 count=2 status=none'
	[ "$status" -eq 0 ]
	[ "$output" = a ]
}

@test "zmap: a stage that cannot be started says so, and so does a resolver" {
	stubs
	requires strace
	fail='strace -f -qq -o trace -e inject=?dup2,?dup3:error=EMFILE'
	run $fail zmap "${STUBS[@]}"
	fails 1 'cannot be given its input and output: Too many open files'
	run bash -c "$fail zmap -M udp -h || exit 1"
	fails 1 '/zmap-send: Too many open files'
	run bash -c 'exec 3>&- 4>&-; ulimit -n 5
		zmap-targets --text -p 80 --no-blacklist x.test'
	fails 2 'cannot resolve x.test: Too many open files'
}

# Inside the lab: waits until the condition holds, a while at most.
WAIT='await() {
	for ((i = 0; i < 200; i++)); do
		! "$@" || return 0
		sleep 0.1
	done
	echo "never: $*"
	return 1
}
gone() { ! pgrep "$@" >/dev/null; }
'

@test "zmap: killed, it leaves no sender behind" {
	cat >orphan <<-E
		$WAIT
	E
	cat >>orphan <<-'E'
		zmap -p 80 -r 1000 -q -c 1 -o found 10.0.0.0/8 &
		until_sent 200 || exit
		[ "$(pgrep '^zmap' | wc -l)" -eq 6 ] || exit 10
		kill -9 $!
		await gone '^zmap-send' || exit 11
		await gone '^zmap' || exit 12
		before=$(cat /sys/class/net/s0/statistics/tx_packets)
		sleep 0.5
		[ "$(cat /sys/class/net/s0/statistics/tx_packets)" = "$before" ] ||
			exit 13
		[ -s found ]
	E
	lab --classes open=100 bash orphan
}

@test "zmap: a stage killed: it is named, and all the others end" {
	cat >stage <<-E
		$WAIT
	E
	cat >>stage <<-'E'
		for stage in targets send recv filter out status; do
			rm -f found meta
			before=$(cat /sys/class/net/s0/statistics/tx_packets)
			zmap -p 80 -r 1000 -q -c 1 -o found -m meta \
				10.0.0.0/8 2>err &
			until_sent $((before + 300)) || exit
			pkill -9 "^zmap-$stage"
			[ "$stage" != status ] || pkill -TERM '^zmap$'
			wait $!
			echo "$stage $?"
			await gone '^zmap' || exit 12
			grep -q "^zmap: zmap-$stage failed: killed by signal 9" err ||
				{ cat err; exit 13; }
			[ "$stage" = status ] || jq -e '.complete == false' \
				meta >/dev/null || { cat meta; exit 14; }
		done
	E
	lab --classes open=100 bash stage >out || { cat out; return 1; }
	[ "$(cut -d' ' -f2 out | sort -u)" = 1 ] || { cat out; return 1; }
	[ "$(wc -l <out)" -eq 6 ]
}

@test "zmap: SIGTERM stops the sender and keeps what arrived" {
	cat >term <<-'E'
		zmap -p 80 -r 1000 -q -c 2 -o found 10.0.0.0/12 &
		until_sent 1000
		begin=$(date +%s%N)
		kill -TERM $!
		wait $!
		echo "$? $((($(date +%s%N) - begin) / 1000000))"
		wc -l <found
	E
	lab --classes open=100 bash term >out
	{ read -r rc ms; read -r n; } <out
	[ "$rc" -eq 3 ]
	[ "$ms" -gt 1500 ]
	[ "$ms" -lt 10000 ]	# the cooldown
	[ "$n" -gt 500 ]
}

@test "zmap: ended before its stages can catch the signal: interrupted, no more" {
	stubs
	die='kill -TERM $PPID; kill -TERM $$; :'
	for stage in targets send recv filter out; do
		run timeout 20 zmap "${STUBS[@]}" --stage $stage="$die"
		echo "$stage $status $output"
		[ "$status" -eq 3 ]
		[ -z "$output" ]
	done
	# nor are those heard whose input stopped short
	run timeout 20 zmap -q -v 2 --disable-syslog --stage targets=true \
		--stage send="$die" --stage recv=cat
	[ "$status" -eq 3 ]
	[ -z "$output" ]
	# zmap-status, before anything else
	cp "$BIN/zmap" .
	printf '#!/bin/sh\n%s\n' "$die" >zmap-status
	chmod +x zmap-status
	run timeout 20 ./zmap -v 2 --disable-syslog \
		--stage targets='touch started'
	[ "$status" -eq 3 ]
	[ -z "$output" ]
	[ ! -e started ]
	# what fails by itself has failed
	run timeout 20 zmap "${STUBS[@]}" \
		--stage recv='kill -TERM $PPID; echo "disk full" >&2; exit 1'
	fails 1 "exit 1 failed: exit status 1"
	[ "${lines[0]}" = "disk full" ]
	run timeout 20 zmap "${STUBS[@]}" \
		--stage recv='kill -TERM $PPID; kill -KILL $$'
	fails 1 "failed: killed by signal 9"
}

# Runs a command on a terminal, types ^C when told to, and tells how it ended:
# with the number of a signal as shells do.
typing() {
	cat >typing.py <<-'E'
		import fcntl, os, pty, sys, termios, time

		# WHEN: milliseconds after the start, or a file that appears;
		# then the file typed is made
		when, command = sys.argv[1], sys.argv[2:]
		ours, theirs = pty.openpty()
		started, starting = os.pipe()
		child = os.fork()
		if child == 0:
		    os.setsid()
		    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
		    for fd in range(3):
		        os.dup2(theirs, fd)
		    os.execvp(command[0], command)
		os.close(theirs)
		os.close(starting)
		os.read(started, 1)
		if when.isdigit():
		    time.sleep(int(when) / 1000)
		else:
		    while not os.path.exists(when):
		        time.sleep(0.02)
		os.write(ours, b"\3")
		said = b""
		while True:
		    if b"^C" in said:
		        open("typed", "w").close()
		    try:
		        said += os.read(ours, 4096)
		    except OSError:
		        break
		ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
		sys.stdout.buffer.write(said)
		sys.exit(ended if ended >= 0 else 128 - ended)
	E
	"$PYTHON" typing.py "$@"
}
export -f typing

@test "zmap: ^C while it starts is not lost, and no failure" {
	# while zmap-status is awaited, before there is anybody else to hear it
	cp "$BIN/zmap" .
	cat >zmap-status <<-'E'
		#!/bin/sh
		trap '' INT
		: >up
		until [ -e typed ]; do sleep 0.02; done
		cat >/dev/null
	E
	chmod +x zmap-status
	run typing up timeout --foreground 20 ./zmap --disable-syslog \
		--stage targets='exec sleep 60' --stage send=cat \
		--stage recv=cat --stage filter=cat --stage out=cat
	[ "$status" -eq 3 ]
	[[ $output != *failed* ]]
	requires_lab
	# at any time
	cat >times <<-'E'
		for ms in 0 10 20 30 40 50 60 70 80 90 100 120 140 160; do
			typing $ms zmap -p 80 -r 100 -c 0 --disable-syslog \
				-o found 10.0.0.0/20 >said
			# zmap itself was not ready, or it was
			case $? in
			130 | 3) ! grep failed said || exit ;;
			*) echo "$ms: $?"; cat said; exit 1 ;;
			esac
		done
	E
	lab --classes open=100 bash times
	# while the gateway is asked for
	run lab --no-gateway-answer bash -c 'typing 300 zmap -p 80 -c 0 \
		--disable-syslog -q -o found 10.0.0.0/20'
	echo "$output"
	[ "$status" -eq 3 ]
	[[ $output != *failed* ]]
}

@test "zmap: a second SIGTERM ends the cooldown too" {
	cat >term <<-'E'
		zmap -p 80 -r 1000 -q -c 20 -o found 10.0.0.0/12 &
		until_sent 500
		begin=$(date +%s%N)
		kill -TERM $!
		sleep 0.6
		kill -TERM $!
		wait $!
		echo "$? $((($(date +%s%N) - begin) / 1000000))"
	E
	lab --classes open=100 bash term >out
	read -r rc ms <out
	[ "$rc" -eq 3 ]
	[ "$ms" -lt 10000 ]	# it would be 20000
}

@test "zmap: stdout closed, disk full" {
	run bash -c 'zmap -p 80 >&-'
	fails 2 'stdout is closed'
	run lab --classes open=100 zmap -p 80 -q -c 1 -o /dev/full 10.0.0.0/24
	[ "$status" -eq 1 ]
	[[ $output == *zmap-out*'No space left'* ]]
	run zmap --help >/dev/full
	run bash -c 'zmap --help >/dev/full'
	fails 1 'No space left'
	# what cannot be written from the first: the same for all files
	for o in -o -m -u -l -L --prometheus --status-file; do
		run unshare -rn zmap -q -p 80 -b /dev/null --on-link -i lo "$o" \
			/nonexistent/x 10.0.0.1
		[ "$status" -eq 1 ] || echo "$o"
		fails 1 ': /nonexistent/x'
		[[ $output == *': No such file or directory'* ]]
	done
}

# once: 9 s, of which the family changes nothing
# bats test_tags=once
@test "zmap: disk full: what is written, the message and the status" {
	cat >disk <<-'E'
		mkdir small
		mount -t tmpfs -o size=8k tmpfs small || exit 9
		head -c 100000 /dev/zero >small/fill 2>/dev/null
		# file, option, whether results must be there
		for o in -o -m -u -l --write-pcap= --checkpoint= --prometheus=; do
			rm -f small/f found
			: >found
			to=(-o found)
			[ "$o" != -o ] || to=()
			zmap -p 80 -r 2000 -c 1 -q -v 2 "${to[@]}" "$o"small/f \
				10.0.0.0/23 2>err
			echo "${o%=} $? $(test -s found && echo results)"
			grep -q '^zmap.*: .*small/f: No space left' err || cat err
		done
	E
	lab --classes open=100 bash disk >out
	# results that cannot be written end the scan, what tells of it does not
	sed -i 's/ $//' out
	diff out - <<-'E'
		-o 1
		-m 1 results
		-u 1 results
		-l 1 results
		--write-pcap 1 results
		--checkpoint 1
		--prometheus 2
	E
}

@test "zmap: messages go to a log file, with a time and without colour" {
	stubs
	run zmap "${STUBS[@]}" -l log --stage recv='echo trouble >&2; exit 1'
	[ "$status" -eq 1 ]
	# who waits for it need not look for the log
	[ "$output" = "trouble
zmap: --stage recv=echo trouble >&2; exit 1 failed: exit status 1" ]
	grep -Eq '^[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8}\.[0-9]{3} \[ERROR\] trouble$' \
		log
	grep -q "zmap: --stage recv=echo trouble >&2; exit 1 failed" log
	# nothing is there twice
	rm log
	run -1 bash -c 'zmap "$@" -l log --stage recv="echo trouble >&2; exit 1" \
		2>log' - "${STUBS[@]}"
	[ "$(grep -c trouble$ log)" = 1 ]
	mkdir logs
	zmap "${STUBS[@]}" -L logs
	[ -f "$(echo logs/zmap-2*.log)" ]
}

# Stages that say something of each kind, and then fail.
loud_stubs() {
	stubs
	STUBS+=(--stage recv='cat; for l in DEBUG INFO WARN ERROR; do
		echo "Nov 27 10:00:00.000 [$l] recv: a word"
		done >&2; echo "zmap-recv: plain words" >&2; exit 1')
}

@test "zmap: messages are coloured on a terminal, unless NO_COLOR or elsewhere" {
	loud_stubs
	printf '%q ' zmap "${STUBS[@]}" >command
	run env -u NO_COLOR TERM=xterm script -qec "$(cat command)" /dev/null
	[[ $output == *$'10:00:00.000 \e[33m[WARN]\e[0m recv: a word'* ]]
	[[ $output == *$'\e[31m[ERROR]\e[0m recv: a word'* ]]
	NO_COLOR='' TERM=xterm run script -qec "$(cat command)" /dev/null
	[[ $output == *$'\e[33m[WARN]\e[0m'* ]]
	for env in NO_COLOR=1 TERM=dumb; do
		run env TERM=xterm "$env" script -qec "$(cat command)" /dev/null
		[[ $output == *'10:00:00.000 [WARN] recv: a word'* ]]
		[[ $output != *$'\e[3'* && $output != *$'\e[0m'* ]]
	done
	env -u NO_COLOR TERM=xterm zmap "${STUBS[@]}" 2>err || :
	grep -q 'WARN' err
	run -1 grep $'\e' err
}

@test "zmap: messages go to syslog with their level, unless --disable-syslog" {
	loud_stubs
	i=0
	for word in "${STUBS[@]}"; do
		[ "$word" != --disable-syslog ] || unset "STUBS[$i]"
		i=$((i + 1))
	done
	# a /dev of our own, for a /dev/log of our own
	cat >log <<-'E'
		mkdir old
		mount --rbind /dev old && mount -t tmpfs tmpfs /dev || exit 9
		ln -s /proc/self/fd /dev/fd
		for d in null zero full random urandom tty; do
			touch /dev/$d && mount --bind old/$d /dev/$d || exit 9
		done
		socat -u UNIX-RECV:/dev/log OPEN:got,creat,append 3>&- &
		for ((i = 0; i < 100; i++)); do
			[ ! -S /dev/log ] || break
			sleep 0.1
		done
		zmap "$@" 2>err
		for ((i = 0; i < 100; i++)); do
			! grep -q ' failed: ' got || break
			sleep 0.1
		done
		zmap --disable-syslog --notes silent "$@" --stage out='echo silent >&2;:'
		sleep 0.5
		kill $!
		echo >>got
	E
	run unshare -rm bash log "${STUBS[@]}"
	[[ $output == *silent* ]]
	# a datagram each: <facility and severity>, time, name and process
	sed 's/</\n</g' got | sed -n 's/^<\([0-9]*\)>.* zmap\[[0-9]*\]: /\1 /p' >said
	diff said - <<-'E'
		15 recv: a word
		14 recv: a word
		12 recv: a word
		11 recv: a word
		11 zmap-recv: plain words
		11 zmap: --stage recv=cat; for l in DEBUG INFO WARN ERROR; do... failed: exit status 1
	E
}

@test "zmap: completion for three shells is sound" {
	for shell in bash zsh fish; do
		[ -s "$ROOT/build/completion/zmap.$shell" ]
	done
	bash -n "$ROOT/build/completion/zmap.bash"
	zmap --completion=bash | diff - "$ROOT/build/completion/zmap.bash"
	run zmap --completion=csh
	fails 2 "--completion: csh: must be bash, zsh or fish"
	run bash -c 'source "$ROOT/build/completion/zmap.bash"
		compopt() { :; }
		COMP_WORDS=(zmap --max-r) COMP_CWORD=1
		_zmap zmap; echo "${COMPREPLY[@]}"
		COMP_WORDS=(zmap --probe-module = udp) COMP_CWORD=3
		_zmap zmap; echo "${COMPREPLY[0]}"'
	[ "${lines[0]}" = "--max-results= --max-runtime=" ]
	[ "${lines[1]}" = udp ]
	zsh -n "$ROOT/build/completion/zmap.zsh"
	# newer versions add what only has these letters in this order
	fish -c 'source "$ROOT/build/completion/zmap.fish"
		complete -C "zmap --max-r"; complete -C "zmap-out -O d"' |
		cut -f 1 | grep -E '^(--max-r|d)' |
		diff - <(printf '%s\n' --max-results --max-runtime diag)
	# every long option of zmap is there
	zmap -h all | grep -o -- '--[a-z-]*' | sort -u | while read -r o; do
		grep -q -- "$o" "$ROOT/build/completion/zmap.bash"
	done
}

@test "zmap: completion in bash: folders, quotes, aliases, values" {
	mkdir -p results 'my dir' home/list
	touch 'a file' results/one
	# what is typed | the words that the shell then runs it with
	tab=$'\t'
	cat >typed <<-E
		zmap -o res${tab}one|<-o><results/one>
		zmap -b my${tab}x|<-b><my dir/x>
		zmap -b "my${tab}x|<-b><my dir/x>
		zmap --log-file=a${tab}end|<--log-file=a file><end>
		zmap -w ~/li${tab}x|<-w><$T/home/list/x>
		zmap --allowlist-file=res${tab}one|<--allowlist-file=results/one>
		zmap --allow${tab}x|<--allowlist-file=x>
		zmap --blo${tab}x|<--blocklist-file=x>
		zmap --bl${tab}x|<--blacklist-file=x>
		zmap --vp${tab}x|<--vpn><x>
		zmap --dedup-m${tab}wi${tab}x|<--dedup-method=window><x>
		zmap -M icmp_echos${tab}x|<-M><icmp_echoscan><x>
	E
	{
		echo "PS1= HOME=$T/home"
		echo 'bind "set bell-style none"'
		echo "source $ROOT/build/completion/zmap.bash"
		# what completion asks zmap for is answered by zmap
		echo 'zmap() { case $1 in --list*) command zmap "$@" ;;' \
			'*) printf "<%s>" "$@" >>got; echo >>got ;; esac; }'
		cut -d'|' -f1 typed
		echo exit
	} | TERM=dumb timeout 60 script -qec 'bash --norc --noprofile -i' \
		/dev/null >screen || { cat screen; return 1; }
	cut -d'|' -f2 typed | diff - got || { cat -v screen; return 1; }
}

# A copy of the tree, with what is built: installing elsewhere builds anew what
# has paths inside, and others run what is in bin/ meanwhile.
copy_tree() {
	mkdir tree
	(cd "$ROOT" && git ls-files -z | tar -c --null -T - -f -) | tar -x -C tree
	(cd "$ROOT" && tar -c --exclude build/asan --exclude build/tsan \
		--exclude build/cov --exclude build/tests bin build) |
		tar -x -C tree
}

@test "zmap: make install puts what is listed, make uninstall takes it away" {
	copy_tree
	# for all users, whatever this one keeps to himself
	(umask 077 && make -s -C tree install DESTDIR="$T/root" PREFIX=/usr) \
		>/dev/null
	[ -z "$(find root -type d ! -perm 755)" ]
	[ -z "$(find root -type f ! -perm 644 ! -perm 755)" ]
	# payloads are many, and all of them go
	(cd root && find . ! -type d -printf '%m %p\n' | sort -k2) |
		grep -v /udp-payloads/ | diff "$ROOT/tests/golden/install.txt" -
	diff -r "$ROOT/examples/udp-payloads" \
		root/usr/share/doc/zmap/examples/udp-payloads
	# nothing dangles, and each program runs from there
	[ -z "$(find root -xtype l)" ]
	for f in root/usr/bin/*; do
		g=$(readlink "$f" || echo "$f")
		"$f" --version | grep -q "^${g##*/} "
	done
	# the shipped configuration is in force
	run root/usr/bin/zmap -C root/etc/zmap/zmap.conf --print-config
	[[ $output == "blacklist-file /etc/zmap/blacklist.conf"* ]]
	# a second installation keeps what the administrator changed
	echo 'rate 5' >root/etc/zmap/zmap.conf
	make -s -C tree install DESTDIR="$T/root" PREFIX=/usr >/dev/null 2>&1
	grep -qx 'rate 5' root/etc/zmap/zmap.conf
	make -s -C tree uninstall DESTDIR="$T/root" PREFIX=/usr >/dev/null 2>&1
	left=$(cd root && find . ! -type d | sort)
	[ "$left" = $'./etc/zmap/blacklist.conf\n./etc/zmap/zmap.conf' ]
	# no folder of ours either, but that of the configuration
	[ "$(find root -name '*zmap*' | sort | xargs)" = \
		"root/etc/zmap root/etc/zmap/zmap.conf" ]
}

@test "zmap: blanks and letters in the paths of make install and uninstall" {
	copy_tree
	mkdir "keep me"
	touch keep
	prefix="/opt/a ü b"
	# made for one place, installed to another: what needs it is made anew
	(unset CC; make -s -C tree install DESTDIR="$T/keep me/d ü" \
		PREFIX="$prefix" SYSCONFDIR="$prefix/etc") >log 2>&1
	root="$T/keep me/d ü$prefix"
	grep -qF "default: $prefix/etc/zmap/zmap.conf" <("$root/bin/zmap" -h all |
		tr -s ' \n' ' ')
	run "$root/bin/zmap-send" -M nosuch
	fails 2 "no nosuch.so in $prefix/lib/zmap/probes"
	run "$root/bin/zmap" -C "$root/etc/zmap/zmap.conf" --print-config
	[[ $output == "blacklist-file \"$prefix/etc/zmap/blacklist.conf\""* ]]
	[ "$(PKG_CONFIG_PATH="$root/lib/pkgconfig" pkg-config \
		--variable=moduledir zmap-probe)" = "$prefix/lib/zmap/probes" ]
	# what is the administrator's is kept, and that is said
	echo 'rate 5' >"$root/etc/zmap/zmap.conf"
	run make -s -C tree install DESTDIR="$T/keep me/d ü" \
		PREFIX="$prefix" SYSCONFDIR="$prefix/etc"
	[ "$status" -eq 0 ]
	[[ $output == *"$prefix/etc/zmap/zmap.conf is kept as it is; the new one is examples/conf/zmap.conf"* ]]
	make -s -C tree uninstall DESTDIR="$T/keep me/d ü" PREFIX="$prefix" \
		SYSCONFDIR="$prefix/etc" 2>log
	[ -f keep ]
	[ "$(cd "$root" && find . ! -type d | sort | xargs)" = \
		"./etc/zmap/blacklist.conf ./etc/zmap/zmap.conf" ]
}

# once: 7 s of rights
# bats test_tags=once
@test "zmap: an ordinary user scans after make setcap, without other rights" {
	[ "$(id -u)" = 0 ] || skip "needs root, to become somebody else in the lab"
	dir=$(mktemp -d /tmp/zmap-setcap.XXXXXX)
	cp "$ROOT"/bin/zmap* "$dir"
	chmod 755 "$dir"
	mkdir -m 777 "$dir/out"
	cat >"$dir/scan" <<-'E'
		id -u
		grep -h '^Cap[IPEA]' /proc/self/status | sort -u -k2
		cd out && ../zmap -p 80 -r 2000 -q -v 2 -c 3 -o found \
			-m meta 10.0.0.0/21
	E
	cd "$dir" || return 1
	# first as they are: refused
	run lab --user nobody bash scan
	refused=$output refusal=$status
	if make -s -C "$ROOT" setcap D="$dir" GROUP=65534 2>setcap; then
		run lab --user nobody bash scan
	else
		status=skip
	fi
	expect.py -p 80 --addresses 10.0.0.0/21 | sort >want
	sort out/found >found
	cp want found out/meta "$T"
	cd "$T" || return 1
	why=$(cat "$dir/setcap")
	rm -rf "$dir"
	[ "$status" != skip ] || skip "no file capabilities here: $why"
	echo "$output"
	[ "$refusal" -eq 1 ]
	[[ $refused == *zmap-send:*'Operation not permitted'* ]]
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = 65534 ]
	# all sets are the same, and empty
	[[ ${lines[1]} == Cap*0000000000000000 && ${lines[2]} != Cap* ]]
	diff want found
	jq -e .complete meta
}

@test "zmap: a blank in front of a value is skipped, in every option" {
	local o
	for o in "-r 10000" "-B 10M" "-n 100" "-n 100%" "-T 2" "-s 40000-50000" \
		"-S 192.0.2.1, 192.0.2.3" "-S 192.0.2.1 - 192.0.2.3" "-e 5" \
		"-v 2" "-P 2" "-t 5" "-c 1" "-N 5" "-G 02:42:ac:11:00:08" \
		"--probe-ttl 64" "-p 80, 443" "--min-hitrate 5"; do
		run unshare -rn zmap -q --disable-syslog -d -p 80 -b /dev/null \
			"${o%% *}" " ${o#* }" 192.0.2.1
		[ "$status" -eq 0 ] || [[ $o == -p* ]] || {
			echo "$o: $output"
			return 1
		}
	done
	run unshare -rn zmap -q -d -b /dev/null -p ' 80, 443' 192.0.2.1
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}
