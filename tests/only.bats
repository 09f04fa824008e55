#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Fields that no stage wants are not written, and nothing else changes.
# bats file_tags=beside,quick

load helper
load tool/answers

@test "only: --only-fields writes these in their order, and what is printed of them stays" {
	make 'open("s.cbor", "wb").write(s.stream())'
	savefile -n 2000 -s 8 -k mixed s.cbor >in.pcap
	zmap-recv --read-pcap in.pcap <s.cbor >all.cbor
	few=(zmap-recv --read-pcap in.pcap --only-fields)
	"${few[@]}" 'success,ttl,saddr_raw,nothing?,icmp_code' <s.cbor >few.cbor
	readstream <few.cbor | sed -n 1p | jq -c '[.[1].fields[].name]' >names
	diff names <(echo '["saddr","ttl","success","icmp_code"]')
	for f in all few; do
		zmap-filter 'icmp_code is null && !success || ttl > 3' <$f.cbor |
			zmap-out -f saddr,success,icmp_code,saddr_raw >$f.csv
		adds_up $f.cbor
	done
	cmp all.csv few.csv
	[ "$(wc -l <all.csv)" -gt 1000 ]
	# whoever wants one that is not there is told by the stage that wants it
	"${few[@]}" saddr,nothing <s.cbor >few.cbor
	cmp <(readstream <all.cbor | tail -n +2) <(readstream <few.cbor | tail -n +2)
}

# options of zmap @ the fields that zmap-recv is to write; none: all
@test "only: zmap asks for the fields that are printed or tested, where it knows" {
	while IFS=@ read -r options want; do
		eval "zmap -p 80 $options --print-pipeline 10.0.0.0/24" >line
		got=$(sed -nE "s/.*zmap-recv.*--only-fields=([^' ]*).*/\1/p" line)
		[ "$got" = "$want" ] || {
			echo "$options: '$got', not '$want'"
			return 1
		}
	done <<-'END'
		@saddr,sport?,success,repeat
		-f saddr,ttl -O json@saddr,ttl
		-O csv@saddr,sport?
		-f ttl --output-filter '!(success && sport in {8-9, x}) || classification != "a && b" && ttl is null'@ttl,success,sport,classification,ttl
		-f ttl --output-filter 'classification ~ "it\"s && x"'@ttl,classification
		-f '*'@
		-O html@
		-f ttl --stage recv+=cat@
		-f ttl --stage out=cat@
		-f ttl --aliased list@
	END
}
