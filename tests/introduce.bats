#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What those who are probed find out, as the scanner sees it, and the list of
# those who asked to be left alone.
# once: registries and name servers of IPv4
# bats file_tags=beside,once

bats_require_minimum_version 1.5.0
load helper

NAME=scan.example.net
URL=https://$NAME/.well-known/probing.txt

# certificate NAME: key.pem, and cert.pem that curl believes
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout key.pem -out cert.pem -days 2 -subj "/CN=$1" \
		-addext "subjectAltName=DNS:$1,IP:198.51.100.7" 2>/dev/null
}

# looked_at NAME BACK FILE [OPTION...]: zmap --check-source where these servers
# are the whole of the Internet
looked_at() {
	echo 'nameserver 127.0.0.1' >resolv.conf
	cat >inside <<-'E'
		ip link set lo up
		ip addr add 198.51.100.7/32 dev lo
		mount --bind resolv.conf "$(realpath /etc/resolv.conf)"
		export CURL_CA_BUNDLE=$PWD/cert.pem
		exec "$PYTHON" "$ROOT/tests/tool/whois.py" cert.pem key.pem \
			"$1" "$2" "$3" timeout 60 zmap --check-source \
			-S 198.51.100.7 "${@:4}"
	E
	timeout 90 unshare -rnm bash inside "$@" 2>err
}

# in_days N: as RFC 3339 has it
in_days() {
	date -u -d "+$1 days" +%Y-%m-%dT%H:%M:%SZ
}

good_file() {
	zmap --probing-txt --contact mailto:scan@example.net \
		--attribution "$URL" >probing.txt
}

@test "introduce: --check-source finds nothing wrong where all is right" {
	requires curl openssl ip unshare
	certificate "$NAME"
	good_file
	run -0 looked_at "$NAME" 198.51.100.7 probing.txt
	echo "$output"
	[ "$(grep -c '^ok: ' <<<"$output")" -eq 6 ]
	[[ $output != *WRONG* ]]
}

@test "introduce: --check-source names each thing that is wrong, and that alone" {
	requires curl openssl ip unshare
	certificate "$NAME"
	good_file
	cp probing.txt good
	# one SAYS [NAME [BACK [FILE]]]: this line alone is wrong
	one() {
		run -1 looked_at "${2:-$NAME}" "${3:-198.51.100.7}" "${4:-file}"
		echo "$output"
		[ "$(grep -c '^WRONG: ' <<<"$output")" -eq 1 ]
		[[ $(grep '^WRONG: ' <<<"$output") == *"$1"* ]]
	}
	cp good file
	sed /^Canonical/d good >file
	one 'has no name (PTR)' -
	cp good file
	# to the wrong host, where the file cannot be either
	run -1 looked_at "$NAME" 198.51.100.8 file
	[[ $output == *"WRONG: $NAME leads back to 198.51.100.7, or should: it has other addresses"* ]]
	[ "$(grep -c '^WRONG: ' <<<"$output")" -eq 2 ]
	one "$URL cannot be read" "$NAME" 198.51.100.7 -
	grep -q 404 err
	sed /^Contact/d good >file
	one 'it has no Contact'
	sed "s/^Expires: .*/Expires: 2020-01-01T00:00:00Z/" good >file
	one 'has expired'
	sed "s/^Expires: .*/Expires: $(in_days 500)/" good >file
	one 'more than a year away'
	sed /^Expires/d good >file
	one 'Expires is missing'
	sed /^#/d good >file
	one 'how to opt out'
	sed 's,^Canonical: .*,Canonical: https://example.org/.well-known/probing.txt,' good >file
	one 'Canonical names another place'
	certificate other.example.net
	cp good file
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout key.pem -out cert.pem -days 2 -subj /CN=other \
		-addext subjectAltName=DNS:other.example.net 2>/dev/null
	one 'cannot be read, as curl says above'
	grep -qi certificate err
}

@test "introduce: --check-source without curl, or without a route, says so" {
	requires unshare
	run -1 unshare -rn zmap --check-source
	[[ $output == 'zmap: --check-source: no route to anywhere'* ]]
	mkdir only
	cp "$BIN/zmap" only
	run -1 unshare -rn env PATH="$T/only" zmap --check-source -S 198.51.100.7
	[[ $output == *'curl: cannot be run; on Debian: apt-get install curl'* ]]
}

# --- who asked ---

@test "introduce: the list of opt-outs is a blacklist with owners" {
	run -0 zmap-optout -f list add 192.0.2.9 --owner B
	run -0 zmap-optout -f list add 2001:db8::/48 192.0.2.0/24 --owner 'Example Ltd' \
		--verified 'mail from abuse@' --until 2999-12-31 --note 'ticket 7'
	today=$(date -u +%F)
	diff list - <<-E
		192.0.2.0/24	# owner: Example Ltd; since: $today; until: 2999-12-31; verified: mail from abuse@; note: ticket 7
		192.0.2.9	# owner: B; since: $today
		2001:db8::/48	# owner: Example Ltd; since: $today; until: 2999-12-31; verified: mail from abuse@; note: ticket 7
	E
	# and each program takes it as it is
	[ "$(zmap-targets -p 80 -b list --count 192.0.2.0/23 2>/dev/null)" -eq 256 ]
	targets 192.0.2.0/30 |
		own_net zmap-send -v 1 -X -S 198.51.100.2 --exclude list \
			--write-pcap p.pcap >s.cbor
	[ "$(readstream <s.cbor | jq -s '.[-1][1].excluded')" -eq 4 ]
}

@test "introduce: opt-outs merge by owner, and what is larger has what is in it" {
	zmap-optout -f list add 192.0.2.7 192.0.2.64/26 --owner A
	zmap-optout -f list add 192.0.2.128/25 --owner B
	run -0 zmap-optout -f list add 192.0.2.0/24 --owner A
	[ "$(cut -f 1 list | tr '\n' ' ')" = '192.0.2.0/24 192.0.2.128/25 ' ]
	run -0 zmap-optout -f list add 192.0.2.7 --owner A
	[[ $output == *'192.0.2.7: a larger network of this owner has it already' ]]
	[ "$(wc -l <list)" -eq 2 ]
	# adding again changes what is given, and keeps the day
	sed -i 's/since: [-0-9]*/since: 2020-02-29/' list
	zmap-optout -f list add 192.0.2.0/24 --owner A --verified phone
	grep -q '^192.0.2.0/24.*since: 2020-02-29; verified: phone$' list
}

@test "introduce: opt-outs are removed, listed and looked through" {
	zmap-optout -f list add 10.0.0.0/8 --owner A --until 2020-01-01 --verified x
	zmap-optout -f list add 192.0.2.0/24 198.51.100.1-198.51.100.9 --owner B --verified y
	run -0 zmap-optout -f list list 192.0.2.77
	[ "$(cut -f 1,2 <<<"$output")" = $'192.0.2.0/24\tB' ]
	run -1 zmap-optout -f list list 203.0.113.1
	[ -z "$output" ]
	run -0 zmap-optout -f list list --expired
	[ "$(cut -f 1 <<<"$output")" = 10.0.0.0/8 ]
	run -1 zmap-optout -f list check
	[ "${lines[0]}" = '10.0.0.0/8: its last day was 2020-01-01' ]
	[ "${lines[1]}" = '3 entries, 1 to look at' ]
	run -1 zmap-optout -f list remove 192.0.2.1
	[[ $output == *'192.0.2.1: part of 192.0.2.0/24, which stays'* ]]
	run -0 zmap-optout -f list remove --expired
	[ "$output" = '1 removed, 2 left' ]
	run -0 zmap-optout -f list check
	run -0 zmap-optout -f list remove --owner B
	[ "$output" = '2 removed, 0 left' ]
	[ ! -s list ]
}

@test "introduce: what people wrote into the list stays, what is wrong changes nothing" {
	printf '%s\n' '# our opt-outs' '' '# by phone' '192.0.2.0/24 # ticket 12' \
		'www.example.net/24 # a name' '# end' >list
	zmap-optout -f list add 10.0.0.0/8 --owner A
	diff list - <<-E
		# our opt-outs

		10.0.0.0/8	# owner: A; since: $(date -u +%F)
		# by phone
		192.0.2.0/24	# note: ticket 12
		www.example.net/24 # a name
		# end
	E
	echo 10.0.0.0/33 >>list
	cp list before
	run -1 zmap-optout -f list add 192.0.2.1 --owner A
	[[ $output == "zmap-optout: $T/list:8: 10.0.0.0/33: not an address"* ]]
	cmp list before
	for bad in '--owner a;b' '--until 2020-02-30' '--until tomorrow'; do
		# shellcheck disable=SC2086
		run -2 zmap-optout -f new add 192.0.2.1 --owner x $bad
	done
	run -2 zmap-optout -f new add 192.0.2.1
	run -2 zmap-optout -f new add 192.0.2.1:80 --owner x
	run -2 zmap-optout -f new add 192.0.2.x --owner x
	run -2 zmap-optout -f new
	run -2 zmap-optout -f new give
	run -1 zmap-optout -f new list
	run -1 zmap-optout -f none/x add 198.51.100.1 --owner x
	ln -s list link
	sed -i '$d' list
	zmap-optout -f link add 198.51.100.1 --owner x
	[ -L link ]
	[ "$(grep -c . list)" -eq 7 ]
}

@test "introduce: twenty who add at once lose nothing" {
	for i in {1..20}; do
		zmap-optout -f list add "10.0.$i.0/24" --owner "o$i" &
	done
	wait
	[ "$(wc -l <list)" -eq 20 ]
	[ "$(cut -f 1 list | sort -u | wc -l)" -eq 20 ]
}

# --- when ---

# bats test_tags=slow
@test "introduce: --where with a scan's metadata says when, from where and by what" {
	requires_lab
	timeout 60 lab --sim zmap -q -v 1 -e 5 -p 80,443 --no-blacklist -r 1000 -c 1 \
		-o found -m meta.json 10.0.0.0/22
	run -0 zmap --no-blacklist --where 10.0.0.7 -m meta.json
	echo "$output"
	[ "${#lines[@]}" -eq 2 ]
	when='20[0-9-]{8} at about [0-9:]{8} UTC'
	grep -Eqx "10\.0\.0\.7:80: scanned on $when, from 192\.0\.2\.1, by tcp_synscan" <<<"${lines[0]}"
	run -1 zmap --no-blacklist --where 10.9.0.7:80 -m meta.json
	[ "$output" = '10.9.0.7:80: not scanned' ]
	# by its number, from the first to the last second of sending
	jq '.send_start_time = "2026-01-01T00:00:00+0000" |
		.send_end_time = "2026-01-01T00:00:47+0000" |
		.targets_scanned = 2048' meta.json >then.json
	for place in 1:00 1024:23 2048:47; do
		target=$(zmap-targets -e 5 -p 80,443 --no-blacklist 10.0.0.0/22 --text |
			sed -n "${place%:*}p")
		run -0 zmap --no-blacklist --where "$target" -m then.json
		[[ $output == "$target: scanned on 2026-01-01 at about 00:00:${place#*:} UTC,"* ]]
	done
	run -0 "$ROOT/examples/optout/letter" "$target" mailto:a@example.net \
		--no-blacklist -m then.json
	[[ $output == *"    $target: scanned on 2026-01-01 at about 00:00:47 UTC, from"* ]]
	[[ $output == *"why: mailto:a@example.net" ]]
	# a scan that ended before, and one of another list
	jq '.targets_scanned = 100' meta.json >short.json
	run -1 zmap --no-blacklist --where "$target" -m short.json
	[ "$output" = "$target: not scanned: the scan ended after 100 targets, and this is number 2048" ]
	run -2 zmap --no-blacklist --where "$target" -m meta.json 10.0.0.0/21
	[[ $output == 'zmap-targets: these are the targets of another scan, '* ]]
	jq '.shard_num = 1 | .total_shards = 2' meta.json >shard.json
	run -2 zmap --no-blacklist --where "$target" -m shard.json
	# and what is no metadata
	echo '{"seed": 1}' >no.json
	run -2 zmap --where 10.0.0.7 -m no.json
	[[ $output == 'zmap: no.json: no metadata of a scan'* ]]
	run -2 zmap --where 10.0.0.7 -m none.json
	[[ $output == 'zmap: none.json: No such file or directory' ]]
	# without metadata, where in the order it is
	run -0 zmap -e 5 -p 80,443 --no-blacklist --where "$target" 10.0.0.0/22
	[[ $output == "$target: scanned, position "* ]]
}
