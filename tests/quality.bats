#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What holds for the whole tree: man pages, scripts, hardening, and the manners
# that all programs share.  (That it builds without warnings, make check sees.)
# bats file_tags=beside,quick

load helper

programs() {
	(cd "$ROOT/tools" && for f in *.c; do echo "${f%.c}"; done)
}

@test "quality: make names the packages that are missing" {
	cp "$ROOT/Makefile" .
	printf '#!/bin/sh\ncase $* in *hiredis*) exit 1; esac\n' >no-hiredis
	chmod +x no-hiredis
	run make PKG_CONFIG=./no-hiredis all
	fails 2 "missing packages: libhiredis-dev"
	[[ $output == *"make deps"* ]]
	run make PKG_CONFIG=./none all
	fails 2 " pkg-config"
	# a compiler for 32 bits, as far as make asks it
	printf '#!/bin/sh\necho "#define __SIZEOF_LONG__ 4"\n' >cc32
	chmod +x cc32
	run make CC=./cc32 all
	fails 2 "zmap needs a 64-bit machine: ./cc32 has no 128-bit integers"
}

@test "quality: make deps does nothing where all is there" {
	run env -u MAKEFLAGS -u MAKELEVEL make -s --no-print-directory -C "$ROOT" deps
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "quality: the C code is laid out as .clang-format says" {
	requires clang-format
	# others lay out long tables and loops in other ways
	clang-format --version | grep -q 'version 14\.' ||
		skip "the code is laid out by clang-format 14, not by $(clang-format --version)"
	sources '*.c' '*.h' >files
	[ "$(wc -l <files)" -gt 200 ]
	cd "$ROOT"
	xargs -d '\n' clang-format --dry-run -Werror <"$T/files"
}

@test "quality: no comment of the C code is wider than 80 columns" {
	sources '*.c' '*.h' >files
	cd "$ROOT"
	# rows that draw or list something keep their columns
	run xargs -d '\n' awk '{
			line = ""
			n = split($0, part, "\t")
			for (i = 1; i < n; i++)
				line = line sprintf("%-" \
				    (8 * (int(length(part[i]) / 8) + 1)) "s", part[i])
			line = line part[n]
		}
		/^[\t ]*(\/\*| \*) / && length(line) > 80 && !/\t.*[^\t ].*\t/ {
			print FILENAME ":" FNR
		}' <"$T/files"
	[ -z "$output" ] || { echo "$output"; return 1; }
}

# against_rooms FILE...: each #include that lib/rooms does not allow
against_rooms() {
	awk -F ' *[|] *' '
		FILENAME ~ /rooms$/ {
			if (/^#/) next
			may[$1] = " " $1 " " $2 " "
			next
		}
		FNR == 1 {
			room = FILENAME
			sub(/^lib\//, "", room)
			sub(/\/.*/, "", room)
			if (!(room in may))
				print FILENAME ": room " room " is not in lib/rooms"
		}
		/^#include ".*\// {
			split($0, part, "\"")
			to = part[2]
			sub(/\/.*/, "", to)
			if (index(may[room], " " to " ") == 0)
				print FILENAME ":" FNR ": room " room \
				    " may not include room " to ": " part[2]
		}' lib/rooms "$@"
}

@test "quality: includes go along the arrows of lib/rooms, without a circle" {
	cd "$ROOT"
	for f in lib/*/ probes/ formats/ tools/ tools/*/; do
		for g in "$f"*.[ch]; do echo "$g"; done
	done >"$T/files"
	mapfile -t files <"$T/files"
	run against_rooms "${files[@]}"
	[ -z "$output" ] || { echo "$output"; return 1; }
	# rooms may include only those above them, so there is no circle
	run awk -F ' *[|] *' '!/^#/ {
			n = split($2, to, " ")
			for (i = 1; i <= n; i++)
				if (!(to[i] in seen)) print $1 " -> " to[i]
			seen[$1]
		}' lib/rooms
	[ -z "$output" ] || { echo "$output"; return 1; }
	# and the test finds what it is for
	mkdir -p "$T/tree/lib/base"
	cp lib/rooms "$T/tree/lib"
	cd "$T/tree"
	echo '#include "scan/facts.h"' >lib/base/bytes.h
	run against_rooms lib/base/bytes.h
	[[ $output == *"room base may not include room scan: scan/facts.h" ]]
}

# shared_names FILE...: static functions whose name another file has, too.  What
# stands in a table as a callback may have the callback's name: .make = make.
shared_names() {
	awk '
		FNR == 1 { static = 0 }
		/^static/ { static = 1 }
		static && /^[a-z_][a-z0-9_]*\(/ {
			name = $0
			sub(/\(.*/, "", name)
			if (at[name, n[name]] != FILENAME)
				at[name, ++n[name]] = FILENAME
		}
		/^[{}]/ || /[;=]/ { static = 0 }
		match($0, /\.[a-z_]+ = [a-z_]+/) {
			split(substr($0, RSTART + 1, RLENGTH - 1), part, " = ")
			if (part[1] == part[2])
				callback[FILENAME, part[1]]
		}
		END {
			for (name in n) {
				files = ""
				others = 0
				for (i = 1; i <= n[name]; i++)
					if (!((at[name, i], name) in callback)) {
						files = files " " at[name, i]
						others++
					}
				if (others > 1 || (others && n[name] > 1))
					print name ":" files
			}
		}' "$@"
}

@test "quality: no two files have a static function of one name" {
	cd "$ROOT"
	sources 'lib/*.[ch]' 'tools/*.[ch]' 'probes/*.[ch]' 'formats/*.[ch]' \
		'examples/*.[ch]' >"$T/files"
	mapfile -t files <"$T/files"
	[ ${#files[@]} -gt 200 ]
	run shared_names "${files[@]}"
	[ -z "$output" ] || { echo "$output"; return 1; }
	# and the test finds what it is for
	printf 'static int\nmake(void)\n{\n}\n' | tee "$T/a.c" >"$T/b.c"
	echo 'x = { .make = make };' >>"$T/b.c"
	run shared_names "$T/a.c" "$T/b.c"
	[ "$output" = "make: $T/a.c" ]
}

@test "quality: every room has a README, which names files that are there" {
	cd "$ROOT/lib"
	for room in */; do
		[ -s "$room/README" ] || { echo "$room has none"; return 1; }
		[[ $(head -n 1 "$room/README") == "${room%/}: "* ]]
		for h in $(grep -oE '[a-z0-9-]+\.h' "$room/README"); do
			[ -f "$room/$h" ] ||
				{ echo "$room has no $h"; return 1; }
		done
	done
}

@test "quality: man pages pass mandoc's lint" {
	for m in "$ROOT"/man/*.[1-8]; do
		# pages that are not installed here are no fault of the text
		mandoc -T lint -W warning "$m" | grep -v 'mandoc.db' || true
		mandoc -T lint -W warning "$m" >/dev/null
	done
}

@test "quality: zmap-probe(3) names what the headers declare" {
	page=$ROOT/man/zmap-probe.3
	headers=$(cd "$ROOT" && ls lib/probe/*.h lib/stream/*.h probes/tcp.h)
	sed -n '/^\.Ss Targets, answers/,/^\.Ss Trust/s/^\.Fn \([a-z_0-9]*\).*/\1/p' \
		"$page" | sort -u >functions
	[ "$(wc -l <functions)" -gt 25 ]
	while read -r f; do
		(cd "$ROOT" && cat $headers) | grep -qE "(^|[ *])$f\(" ||
			{ echo "$f"; return 1; }
	done <functions
	sed -n '/^\.Ss Targets, answers/,/^\.Ss Helpers/s/^\.[PV][qa] *\(Va \)*//p' \
		"$page" | tr -d '();' | tr -s ' ,' '\n' | grep . | sort -u >members
	[ "$(wc -l <members)" -gt 30 ]
	while read -r m; do
		grep -qE "[ *]$m(\[4\])?[;,]" "$ROOT"/lib/probe/{probe,packet}.h ||
			{ echo "$m"; return 1; }
	done <members
}

@test "quality: every program has a man page" {
	for p in $(programs); do
		[ -f "$ROOT/man/$p.1" ] || { echo "$p has none"; return 1; }
	done
}

@test "quality: every option of a program stands in its man page" {
	for p in $(programs); do
		page=$(mandoc -T ascii "$ROOT/man/$p.1" | col -bx)
		for o in $("$p" -h all | grep -o '^  .*' |
			grep -oE -- '(^  -[A-Za-z], |^ +)--[a-z-]+' |
			grep -oE -- '--[a-z-]+'); do
			[[ $page == *"$o"* ]] || {
				echo "$p.1 lacks $o"
				return 1
			}
		done
	done
}

@test "quality: SYNOPSIS and usage say the same" {
	for p in $(programs); do
		usage=$("$p" -h all | sed -n '/^usage/,/^$/p' | sed 's/^usage: //' |
			tr -s ' \n' ' ' | sed 's/ $//')
		page=$(mandoc -T ascii "$ROOT/man/$p.1" | col -bx |
			sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' | sed '1d;$d' |
			tr -s ' \n' ' ' | sed 's/^ //;s/ $//')
		[ "$usage" = "$page" ] || {
			printf '%s\nusage: %s\npage:  %s\n' "$p" "$usage" "$page"
			return 1
		}
	done
}

@test "quality: every source file names its licence at the top" {
	cd "$ROOT"
	mapfile -t files < <(git ls-files 2>/dev/null |
		grep -E '\.(c|h|py|pl|sh|bash|bats)$|(^|/)(Makefile|run|lab|demo|soak)$')
	[ "${#files[@]}" -gt 0 ] || skip "not a git checkout"
	run awk 'FNR == 1 { found = 0 }
		/SPDX-License-Identifier: Apache-2.0/ { found = 1 }
		FNR == 2 && !found { print FILENAME }
		FNR == 2 { nextfile }' "${files[@]}"
	[ -z "$output" ] || { echo "$output"; return 1; }
}

@test "quality: make compile_commands.json has every source file" {
	[ -d "$ROOT/.git" ] || [ -f "$ROOT/.git" ] || skip "not a git checkout"
	requires git
	(cd "$ROOT" && git ls-files -z | tar -c --null -T - -f -) | tar -x
	make -s compile_commands.json
	jq -r '.[].file' compile_commands.json | sort >got
	(cd "$ROOT" && ls lib/*/*.c probes/*.c formats/*.c formats/*/*.c tools/*.c \
		tools/*/*.c examples/*/*.c) | sort | diff - got
	jq -e 'all(.[]; .command | test("-Ilib"))' compile_commands.json
}

# bats test_tags=slow
@test "quality: make dist packs what git has, and what is packed builds" {
	requires git
	git -C "$ROOT" rev-parse -q --verify HEAD >/dev/null ||
		skip "not in a repository"
	tar=$(make -s -C "$ROOT" dist)
	tar -xzf "$ROOT/$tar"
	dir=$(basename "$tar" .tar.gz)
	(cd "$dir" && find . -type f -o -type l) | sed 's,^\./,,' | sort >packed
	git -C "$ROOT" ls-tree -r --name-only HEAD | sort | diff - packed
	make -s -C "$dir" build/tools/zmap.o
	[ -s "$dir/build/tools/zmap.o" ]
}

@test "quality: shell scripts pass shellcheck" {
	requires shellcheck
	mapfile -t scripts < <(cd "$ROOT" && sources |
		while read -r f; do
			[[ $f == *.bats ]] && continue
			head -c 64 "$f" | head -n 1 | tr -d '\0' |
				grep -qE '^#!.*\b(ba)?sh\b' && echo "$ROOT/$f"
		done)
	[ "${#scripts[@]}" -gt 5 ]
	shellcheck -x -S warning "${scripts[@]}"
}

@test "quality: a test's name begins with that of its file" {
	run grep -n '^@test' "$ROOT"/tests/*.bats
	[ "${#lines[@]}" -gt 400 ]
	for line in "${lines[@]}"; do
		file=${line%%:*} name=${line#*@test \"}
		file=${file##*/}
		[[ $name == "${file%.bats}: "* ]] || { echo "$line"; return 1; }
	done
}

# Two that are the same are one, in helper.bash; two that are not have names
# that say so.
@test "quality: a test that runs over IPv4 alone says why" {
	cd "$ROOT"
	awk 'FNR == 1 { last = "" }
		/^# bats .*[=,]once/ && last !~ /^# once: ./ {
			print FILENAME ":" FNR ": no line \"# once: why\" before" }
		{ last = $0 }' tests/*.bats >"$T/mute"
	[ ! -s "$T/mute" ] || { cat "$T/mute"; return 1; }
	# the others that have addresses run for IPv6 too
	for f in tests/*.bats; do
		"$PYTHON" tests/tool/families.py "$f"
	done >"$T/both"
	[ "$(grep -c '^@test' "$T/both")" -gt 250 ]
}

@test "quality: no helper of the tests is written twice" {
	sed -nE 's/^([a-z_]+)\(\) .*/\1/p' "$ROOT"/tests/*.bats \
		"$ROOT"/tests/*.bash "$ROOT"/tests/tool/*.bash | sort >names
	[ "$(wc -l <names)" -gt 50 ]
	run uniq -d names
	# bats gives each file one of these
	[ "$output" = setup_file ] || { echo "$output"; return 1; }
}

# Bash goes on after a ! command and after the first part of a && b, so neither
# asserts a thing in the middle of a test: say run -1 command, and [ a ] and
# [ b ] on lines of their own.  A here-document is no part of the test, and
# what has a || says itself what it does.
@test "quality: no assertion of a test is one that cannot fail" {
	cat >find.awk <<-'E'
		FNR == 1 { end = line = "" }
		end != "" { if ($0 ~ "^\t*" end "$") end = ""; next }
		{
			rest = $0
			gsub(/<<</, "", rest)
			if (match(rest, /<<-?['"]?[A-Z]+/)) {
				end = substr(rest, RSTART, RLENGTH)
				gsub(/[^A-Z]/, "", end)
			}
			line = line $0
		}
		/(\\|&&|\|)$/ { sub(/\\$/, "", line); next }
		line ~ /^[\t ]*(\[|grep ).*\|\| cat [^;]*$/ ||
		line !~ /\|\|/ && (line ~ /^[\t ]*! / ||
		    line ~ /^[\t ]*(fails |\[).* &&[\t ]+(fails |\[)/) {
			print FILENAME ":" FNR ": " line
		}
		{ line = "" }
	E
	# it finds what it is for, and nothing else
	printf '%s\n' '	! grep x y' '	[ a ] && [ b ]' '	[[ a ]] &&' '	[[ b ]]' \
		'	fails 2 x && [[ $a == b ]]' '	[ a ] || cat seen' >bad
	[ "$(awk -f find.awk bad | wc -l)" -eq 5 ]
	printf '%s\n' '	! grep x y || break' '	[ a ] && [ b ] || return 1' \
		'	[[ $a == 1 && $b == 2 ]]' '	[ a ] && n=1' \
		'	if [ a ] && [ b ]; then' '	cat <''<-E' '	! x' '	E' >good
	[ -z "$(awk -f find.awk good)" ]
	run awk -f find.awk "$ROOT"/tests/*.bats
	[ -z "$output" ] || { echo "$output"; return 1; }
}

@test "quality: programs are position independent, with full RELRO" {
	for p in $(programs); do
		readelf -h "$ROOT/bin/$p" | grep -q 'DYN'
		readelf -d "$ROOT/bin/$p" | grep -q 'BIND_NOW\|NOW'
		readelf -l "$ROOT/bin/$p" | grep -q GNU_RELRO
		readelf -s "$ROOT/bin/$p" | grep -q __stack_chk_fail
	done
}

@test "quality: a wrong option is status 2, on stderr only" {
	for p in $(programs); do
		run bash -c "$p --no-such-option 2>/dev/null </dev/null"
		[ "$status" -eq 2 ] || { echo "$p: $status"; return 1; }
		[ -z "$output" ] || { echo "$p: $output"; return 1; }
		run bash -c "$p --no-such-option 2>&1 >/dev/null </dev/null"
		[[ $output == "$p: "* ]] || { echo "$p: $output"; return 1; }
	done
}

@test "quality: -h and -V go to stdout, status 0" {
	for p in $(programs); do
		for o in -h --help -V --version; do
			run bash -c "$p $o 2>err </dev/null"
			[ "$status" -eq 0 ] || { echo "$p $o: $status"; return 1; }
			[ -n "$output" ]
			[ ! -s err ]
		done
		[[ $("$p" -V) == "$p "* ]]
		run bash -c "$p -h >/dev/full </dev/null"
		[ "$status" -eq 1 ] || { echo "$p -h >/dev/full: $status"; return 1; }
	done
}

@test "quality: a closed descriptor is refused" {
	for p in $(programs); do
		run bash -c "$p >&- 2>/dev/null </dev/null"
		[ "$status" -eq 2 ] || { echo "$p: $status"; return 1; }
		run bash -c "$p <&- 2>/dev/null >/dev/null"
		[ "$status" -eq 2 ] || { echo "$p: $status"; return 1; }
	done
}

@test "quality: readers say when the stream is empty, cut or none" {
	for p in $(programs); do
		case $p in
		zmap | zmap-optout | zmap-targets | zmap-status | zmap-in) continue ;;
		zmap-filter) arg='success = 1' ;;
		zmap-diff) arg="-' '/dev/null" ;;
		*) arg= ;;
		esac
		run bash -c "$p ${arg:+'$arg'} </dev/null >/dev/null"
		[ "$status" -ne 0 ] || { echo "$p: empty: $status"; return 1; }
		run bash -c "echo hello | $p ${arg:+'$arg'} 2>&1 >/dev/null"
		[ "$status" -eq 1 ] && [[ $output == *"not a zmap stream"* ]] ||
			{ echo "$p: garbage: $status $output"; return 1; }
	done
}
