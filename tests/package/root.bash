# SPDX-License-Identifier: Apache-2.0
# For the scripts beside this file: minimal roots of Debian, in $dir, in which
# nothing of what is done stays. Needs root, debootstrap, and a mirror of Debian;
# MIRROR names another than deb.debian.org. Nothing of the project runs before
# the network is gone.
# shellcheck disable=SC2034 # variables that the scripts use

top=$(cd "$(dirname "$0")/../.." && pwd)
self=$top/tests/package/${0##*/}
dir=/var/tmp/zmap-fresh
PATH=$PATH:/usr/sbin:/sbin

die() {
	echo "${self##*/}: $*" >&2
	exit 2
}

# enter NET COMMAND...: inside, where / is the new root, with its end; NET is
# "net" or "none"
enter() {
	local net=(-n)

	[ "$1" != net ] || net=()
	shift
	unshare -m -p -i -u -f --kill-child "${net[@]}" --propagation private \
		"$self" --inside "$root" "$@"
}
if [ "${1:-}" = --inside ]; then
	root=$2
	shift 2
	hostname fresh
	ip link set lo up 2>/dev/null
	cd "$root" && mkdir -p proc sys dev .old || exit
	mount -t proc proc proc && mount --rbind /sys sys && mount --rbind /dev dev || exit
	mount -t tmpfs -o mode=1777 tmpfs dev/shm
	pivot_root . .old && cd / && umount -l /.old || exit
	exec "$@"
fi

# what root's, and an ordinary user's, environment is; of Debian's users, the
# PATH has no sbin
clean=(env -i HOME=/root LANG=C.UTF-8 TERM=xterm CI=true DEBIAN_FRONTEND=noninteractive
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
login=(env -i HOME=/home/anna LANG=C.UTF-8 TERM=xterm CI=true
	PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games
	setpriv --reuid 1000 --regid 1000 --init-groups)

# minimal SUITE: $base, made once
minimal() {
	suite=$1
	[ "$(id -u)" = 0 ] || die "needs root, for debootstrap"
	command -v debootstrap >/dev/null || die "debootstrap is not installed"
	mkdir -p "$dir/cache/$suite" && dir=$(realpath "$dir") || exit
	log=$dir/$suite.${self##*/}.log
	: >"$log" || exit
	over=$(mktemp -d "$dir/layer.XXXXXX") || exit
	root=$over/root bad=0
	trap finish EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM

	base=$dir/$suite
	[ ! -e "$base/made" ] || return 0
	echo "== debootstrap $suite"
	rm -rf --one-file-system "$base"
	debootstrap --variant=minbase --include=ca-certificates \
		--cache-dir="$dir/cache/$suite" "$suite" "$base" \
		"${MIRROR:-http://deb.debian.org/debian}" >>"$log" 2>&1 ||
		die "debootstrap failed; see $log"
	: >"$base/made"
}

finish() {
	umount -l "$root/var/cache/apt/archives" "$root" 2>/dev/null
	rm -rf --one-file-system "$over"
}

# above LOWER UPPER: mounts a root of these two; what is written is UPPER's
above() {
	mkdir -p "$2" "$over/work" "$root" || exit
	mount -t overlay -o "lowerdir=$1,upperdir=$2,workdir=$over/work" \
		overlay "$root" || exit
	cp /etc/resolv.conf "$root/etc/resolv.conf"
}

# said WHO WHAT COMMAND...: runs it, with what it says in the log
said() {
	local who=$1 what=$2 begin=$SECONDS rc=0

	shift 2
	echo "== $who: $what" >>"$log"
	"$@" >>"$log" 2>&1 </dev/null || rc=$?
	echo "$suite: $who: $what: status $rc, $((SECONDS - begin)) s:" \
		"$(tail -n 1 "$log")"
	[ "$rc" = 0 ] || bad=1
	return "$rc"
}

# networked [ARCH]: begins to install what a machine has, with network, once (see
# kept); also packages of another architecture
networked() {
	above "$base" "$over/up"
	mount --bind "$dir/cache/$suite" "$root/var/cache/apt/archives" || exit
	# a machine that is thrown away waits for no disk
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/fresh"
	# authorities that this machine's network has of its own
	cp /usr/local/share/ca-certificates/*.crt \
		"$root/usr/local/share/ca-certificates" 2>/dev/null &&
		chroot "$root" update-ca-certificates >>"$log" 2>&1
	[ $# = 0 ] || chroot "$root" dpkg --add-architecture "$1" || exit
	said root "apt-get update" enter net "${clean[@]}" apt-get update || exit 1
}

# install PACKAGE...
install() {
	said root "apt-get install" enter net "${clean[@]}" \
		apt-get install -y -q --no-install-recommends "$@" || exit 1
}

# kept NAME: what has been installed stays, for the next time
kept() {
	umount -l "$root/var/cache/apt/archives" "$root"
	mv "$over/up" "$1" && rm -rf "$over/work" || exit
}

# packages VARIABLE...: what the Makefile's variables list
packages() {
	local v list=''

	for v; do
		list+=" \$($v)"
	done
	make -s -C "$top" --eval "list: ; @echo$list" list
}
