#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what the Makefile lists, or takes it away again.
#
#	install.sh put|take SRC:DIR/NAME:HOW...
#
# DIR is the name of a variable of the environment, such as BINDIR; DESTDIR
# stands before it.  HOW is a mode, or
#
#	link	NAME points to SRC, in the same folder
#	folder	an empty one; it is taken away if it is empty
#	conf	mode 644; one that exists belongs to the administrator: it stays
#	pc	mode 644, with @NAMES@ filled in
#
# Nothing of this is ever split at blanks.
set -eu

todo=$1
shift

# DIR/NAME as a path
place() {
	eval "dir=\$${1%%/*}"
	case $1 in
	*/*) echo "$DESTDIR$dir/${1#*/}" ;;
	*) echo "$DESTDIR$dir" ;;
	esac
}

# for sed: a text that stands for itself
plain() {
	printf '%s\n' "$1" | sed 's/[&|\\]/\\&/g'
}

put() {
	[ "$how" = folder ] && {
		install -d "$to"
		return
	}
	install -d "${to%/*}"
	case $how in
	link)
		ln -sf "$from" "$to"
		;;
	conf)
		if [ -e "$to" ]; then
			# a new one is worth a look, an old one of ours is not
			sed "s|/etc/zmap/|$(plain "$SYSCONFDIR")/zmap/|" "$from" |
				cmp -s - "$to" ||
				echo "install: $to is kept as it is; the new one is $from" >&2
			return
		fi
		sed "s|/etc/zmap/|$(plain "$SYSCONFDIR")/zmap/|" "$from" >"$to"
		chmod 644 "$to"
		;;
	pc)
		sed -e "s|@INCLUDEDIR@|$(plain "$INCLUDEDIR")|" \
			-e "s|@PROBEDIR@|$(plain "$PROBEDIR")|" \
			-e "s|@VERSION@|$VERSION|" "$from" >"$to"
		chmod 644 "$to"
		;;
	*)
		install -m "$how" "$from" "$to"
		;;
	esac
}

# The folders above, as far as they are named after zmap and empty.
tidy() {
	dir=$1
	while case $dir in */zmap | */zmap/*) true ;; *) false ;; esac do
		rmdir "$dir" 2>/dev/null || return 0
		dir=${dir%/*}
	done
}

take() {
	case $how in
	conf)
		[ ! -e "$to" ] || echo "uninstall: $to is kept" >&2
		;;
	folder)
		tidy "$to"
		;;
	*)
		rm -f "$to"
		tidy "${to%/*}"
		;;
	esac
}

for line; do
	from=${line%%:*}
	how=${line##*:}
	to=${line#*:}
	to=$(place "${to%:*}")
	"$todo"
done
