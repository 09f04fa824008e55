# SPDX-License-Identifier: Apache-2.0
# Builds everything into bin/ and build/.  `make help` lists the targets.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/zmap
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
# Debian's own packages and the administrator's files have places of their own.
ZSHDIR ?= $(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
SYSCONFDIR ?= /etc
LIBEXECDIR ?= $(LIBDIR)/zmap
PROBEDIR ?= $(LIBDIR)/zmap/probes

# Of the environment or the command line, not make's own idea of it.
ifeq ($(origin CC),default)
CC = gcc
endif
CLANG ?= clang
PKG_CONFIG ?= pkg-config
INSTALL ?= install

CFLAGS ?= -O2 -g

# V=asan and V=tsan build everything a second time, in build/V, by clang and
# with sanitizers; the fuzzers are part of asan.  V=cov tells what these reach.
B = build$(V:%=/%)
BIN = $(if $(V),$(B)/bin,bin)
V_asan = -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
V_tsan = -fsanitize=thread
V_cov = -fsanitize=fuzzer-no-link -fprofile-instr-generate \
	-fcoverage-mapping -DRIGHTS_NO_SANDBOX
ifneq ($(V),)
CC = $(CLANG)
CFLAGS = -O1 -g -fno-omit-frame-pointer $(or $(V_$(V)),$(error no V=$(V)))
HARDEN = -fPIE
endif

WARN = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wformat=2 -Wno-format-nonliteral -Wvla $(WERROR)
HARDEN ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-fstack-clash-protection -fPIE
HARDEN_LD ?= -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code

# Debian's packages: to build, to run tests/lab besides, and to run all tests.
# `make deps` installs them all, `make demo` the first two.
DEPS_BUILD = gcc make pkg-config libcbor-dev libpcap-dev libnet1-dev \
	libxdp-dev libbpf-dev libmnl-dev libseccomp-dev libcap-dev \
	libhiredis-dev libzstd-dev libsqlite3-dev libgd-dev fonts-dejavu-core libjson-c-dev \
	libevent-dev libssl-dev libnftables-dev
DEPS_LAB = clang iproute2 nftables procps util-linux ethtool python3
DEPS_TEST = bats git clang-format libclang-rt-dev llvm time python3-cbor2 \
	python3-scapy tshark tcpdump jq mandoc shellcheck strace socat tmux \
	redis-server redis-tools file bsdextrautils libcap2-bin zsh fish \
	xxd curl openssl sqlite3 parallel systemd python3-yaml \
	slurmctld slurmd munge
DEPS_DEB = build-essential debhelper lintian autopkgtest

PACKAGES = libcbor libpcap libxdp libbpf libmnl libseccomp libcap hiredis \
	libzstd sqlite3 gdlib json-c libevent_core openssl libnftables
DEB_sqlite3 = libsqlite3-dev
DEB_hiredis = libhiredis-dev
DEB_gdlib = libgd-dev
DEB_json-c = libjson-c-dev
DEB_libevent_core = libevent-dev
DEB_openssl = libssl-dev

# A goal that installs or needs nothing must work before the packages are there.
ifeq ($(filter deps deps-% help clean dist uninstall deb check-deb,$(MAKECMDGOALS)),)
missing := $(foreach p,$(PACKAGES),$(shell $(PKG_CONFIG) --exists $(p) \
	2>/dev/null || echo $(or $(DEB_$(p)),$(p)-dev)))
missing += $(if $(wildcard /usr/include/libnet.h),,libnet1-dev)
missing += $(if $(shell command -v $(PKG_CONFIG)),,pkg-config)
missing := $(strip $(missing))
narrow := $(shell command -v $(firstword $(CC)) >/dev/null || exit; \
	$(CC) $(CFLAGS) -E -dM -x c /dev/null 2>/dev/null | \
		grep -q __SIZEOF_INT128__ || echo yes)
endif

PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)
libs = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)

CPPFLAGS += -D_GNU_SOURCE -Ilib -I. -I$(B) $(PKG_CFLAGS)
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) $(HARDEN)

# What each program links besides libzmap and libcbor.
LIBS_zmap-send = -rdynamic -Wl,-u,ip6_parse -lnet $(call libs,libxdp libbpf libmnl libseccomp \
	libcap libpcap) -lpthread
LIBS_zmap-recv = -rdynamic -Wl,-u,ip6_parse -lnet $(call libs,libpcap libseccomp libcap) \
	-lpthread
LIBS_zmap-targets = $(call libs,libseccomp libcap) -lpthread
LIBS_zmap = $(call libs,json-c)
LIBS_zmap-optout = $(call libs,libseccomp libcap)
LIBS_zmap-filter = $(call libs,libseccomp libcap)
LIBS_zmap-diff = $(call libs,libseccomp libcap) -lpthread
LIBS_zmap-merge = $(call libs,libseccomp libcap)
LIBS_zmap-in = -lnet $(call libs,json-c libseccomp libcap)
LIBS_zmap-out = $(call libs,hiredis libzstd sqlite3 libseccomp libcap)
LIBS_zmap-map = $(LIBS_zmap-out) $(call libs,gdlib)
LIBS_zmap-status = $(call libs,json-c libseccomp libcap)

TOOLS = $(patsubst tools/%.c,%,$(wildcard tools/*.c))
BINS = $(TOOLS:%=$(BIN)/%)
# A program that is more than its main has the rest in a folder of its name.
PARTS = $(patsubst %.c,$(B)/%.o,$(wildcard tools/$(1)/*.c))

# What zmap-out becomes for -O map: the same, with what libgd draws.
MAP = $(BIN)/libexec/zmap-map
MAP_OBJS = $(patsubst %.c,$(B)/%.o,$(wildcard formats/map/*.c))

# Programs after a scan; examples/grab/ is what they share.
LIBS_banner-grab-tcp = $(call libs,json-c libevent_core openssl libseccomp \
	libcap)
LIBS_forge-socket = $(LIBS_banner-grab-tcp) $(call libs,libnftables)
# ZMap's other programs: one file each.
COMPANIONS = $(patsubst examples/companions/%.c,%,$(wildcard examples/companions/*.c))
COMPANION_BINS = $(COMPANIONS:%=$(BIN)/%)
EXAMPLES = $(notdir $(wildcard examples/banner-grab/banner-grab-tcp.c \
	examples/forge-socket/forge-socket.c))
EXAMPLE_BINS = $(EXAMPLES:%.c=$(BIN)/%)
GRAB_OBJS = $(patsubst %.c,$(B)/%.o,$(wildcard examples/grab/*.c))
OBJS = $(patsubst %.c,$(B)/%.o,$(wildcard lib/*/*.c probes/*.c formats/*.c))
MANS = $(wildcard man/*.[1-8])

.PHONY: all deps check demo bench install uninstall clean help setcap
.DELETE_ON_ERROR:
.SECONDARY:

native = $(filter $(shell uname -m)-%,$(shell $(CC) -dumpmachine 2>/dev/null))
COMPLETIONS = $(if $(V)$(if $(native)$(HOSTZMAP),,foreign),,$(addprefix $(B)/completion/zmap.,bash zsh fish))

all: present $(B)/libzmap.a $(BINS) $(MAP) $(EXAMPLE_BINS) $(COMPANION_BINS) $(COMPLETIONS)

.PHONY: present
present:
ifneq ($(missing),)
	@echo "make: missing packages: $(missing)" >&2
	@echo "make: install them with: make deps" >&2
	@echo "make:   or with: apt-get install $(missing)" >&2
	@exit 1
endif
ifneq ($(narrow),)
	@echo "make: zmap needs a 64-bit machine: $(CC) has no 128-bit integers" >&2
	@exit 1
endif

# --- build ---

# The paths that programs have inside.  What includes them is compiled anew when
# they change, so that what is installed looks where it is installed.
c_string = "$(subst ",\",$(subst \,\\,$(1)))"
define PATHS
/* made by the Makefile */
#define LIBEXECDIR $(call c_string,$(LIBEXECDIR))
#define PROBEDIR $(call c_string,$(PROBEDIR))
#define SYSCONFDIR $(call c_string,$(SYSCONFDIR))
endef
.PHONY: force
$(B)/base/paths.h: export PATHS := $(PATHS)
$(B)/base/paths.h: force
	@mkdir -p $(@D)
	@printf '%s\n' "$$PATHS" | cmp -s - $@ || printf '%s\n' "$$PATHS" >$@

$(B)/%.o: %.c | present $(B)/base/paths.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/libzmap.a: $(OBJS)
	@rm -f $@
	$(AR) rcs $@ $^

$(foreach t,$(TOOLS),$(eval $(BIN)/$(t): $(call PARTS,$(t))))
$(BIN)/%: $(B)/tools/%.o $(B)/libzmap.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(HARDEN_LD) -o $@ $(filter %.o,$^) \
		$(B)/libzmap.a \
		$(call libs,libcbor) -lm $(LIBS_$*)

# Its format_map is found before that of the library.
$(MAP): $(B)/tools/zmap-out.o $(call PARTS,zmap-out) $(MAP_OBJS) $(B)/libzmap.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(HARDEN_LD) -o $@ $^ \
		$(call libs,libcbor) -lm $(LIBS_zmap-map)

$(BIN)/banner-grab-tcp: $(B)/examples/banner-grab/banner-grab-tcp.o
$(BIN)/forge-socket: $(patsubst %.c,$(B)/%.o,$(wildcard examples/forge-socket/*.c))
$(EXAMPLE_BINS): $(GRAB_OBJS) $(B)/libzmap.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(HARDEN_LD) -o $@ $(filter %.o,$^) \
		$(B)/libzmap.a $(call libs,libcbor) -lm $(LIBS_$(@F))

$(B)/examples/%.o: CPPFLAGS += -Iexamples/grab

$(COMPANION_BINS): $(BIN)/%: $(B)/examples/companions/%.o $(B)/libzmap.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(HARDEN_LD) -o $@ $^ \
		$(call libs,libcbor libseccomp libcap) -lpthread -lm

-include $(wildcard $(B)/*/*.d $(B)/lib/*/*.d $(B)/formats/*/*.d \
	$(B)/tools/*/*.d $(B)/examples/*/*.d)

# Completion for shells, whatever this machine's configuration says.
# What is built for another machine does not run here: HOSTZMAP says which zmap
# does; without one, "make CC=aarch64-linux-gnu-gcc" leaves them out.
$(B)/completion/zmap.%: $(BIN)/zmap
	@mkdir -p $(@D)
	env -i $(or $(HOSTZMAP),$<) -C /dev/null --completion $* >$@

# --- set up, test, show ---

.PHONY: deps-lab deps-deb deps-npm
deps-deb: DEPS = $(DEPS_BUILD) $(DEPS_DEB)
deps-lab: DEPS = $(DEPS_BUILD) $(DEPS_LAB)
deps: DEPS = $(DEPS_BUILD) $(DEPS_LAB) $(DEPS_TEST)
# npm comes from elsewhere, too
deps-npm: DEPS = $(if $(shell command -v npm),,nodejs npm)
deps deps-lab deps-deb deps-npm:
	@have=" $$(dpkg-query -W -f '$${Package} $${Status}\n' \
		$(DEPS) 2>/dev/null | \
		sed -n 's/ [a-z]* ok installed$$//p' | tr '\n' ' ')"; \
	need=; for p in $(DEPS); do \
		case "$$have" in *" $$p "*) ;; *) need="$$need $$p" ;; esac; done; \
	[ -z "$$need" ] && exit 0; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	echo "installing:$$need"; \
	$$sudo apt-get update -q && \
	DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -q \
		--no-install-recommends $$need

# Readers of Parquet that are not ours, and the types of Kubernetes' manifests.
# Where npm's registry is out of reach, the tests that need them say so.
NPM = $(CURDIR)/build/npm
.PHONY: npm
npm: deps-npm
	@mkdir -p $(NPM) && cp tests/tool/npm/package.json $(NPM) && \
	[ -d $(NPM)/node_modules/hyparquet ] && \
	[ -d $(NPM)/node_modules/kubernetes-models ] || \
		timeout 100 npm install --prefix $(NPM) --silent --no-audit \
			--no-fund --fetch-retries 1 --fetch-timeout 20000 || \
		echo 'make: npm packages are not there; tests of Parquet and of Kubernetes are skipped' >&2

# A warning of either compiler ends it.
check: deps npm
	$(MAKE) WERROR=-Werror all tests
	$(MAKE) WERROR=-Werror V=asan all tests fuzzers
	tests/run

# Only what computes, in a minute or so.
.PHONY: check-quick
check-quick: deps
	$(MAKE) WERROR=-Werror all tests
	tests/run --quick

# Also what takes minutes: all of IPv4, once each.
.PHONY: check-long
check-long: deps
	$(MAKE) all tests
	ZMAP_LONG=1 tests/run

demo: deps-lab
	$(MAKE) all lab
	tests/lab/demo

bench: deps
	$(MAKE) all tests
	tests/bench/run

# Programs that only the tests use: tests/*/X.c -> $(B)/tests/*/X.
TEST_SRCS = $(wildcard tests/tool/*.c $(if $(V),,tests/lab/*.c tests/bench/*.c))
TEST_BINS = $(patsubst %.c,$(B)/%,$(filter-out %.bpf.c,$(TEST_SRCS)))

# XDP programs for them.
TEST_BPFS = $(patsubst %.c,$(B)/%.o,$(filter %.bpf.c,$(TEST_SRCS)))

.PHONY: tests lab
tests: $(TEST_BINS) $(TEST_BPFS)
lab: $(filter $(B)/tests/lab/%,$(TEST_BINS) $(TEST_BPFS))

# gcc and clang say it each in its own way.
MULTIARCH = $(shell $(CC) -print-multiarch 2>/dev/null || \
	$(CC) -print-target-triple | sed 's/-pc-/-/; s/-unknown-/-/')
$(B)/tests/%.bpf.o: tests/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) -O2 -g -Wall -target bpf -MMD -MP \
		-I/usr/include/$(MULTIARCH) -c -o $@ $<

$(B)/tests/%: tests/%.c $(B)/libzmap.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP $(LDFLAGS) $(HARDEN_LD) \
		-o $@ $(filter %.c,$^) $(B)/libzmap.a $(call libs,libcbor \
		libpcap libxdp libbpf libseccomp) -lnet -lpthread -lm

# A program of several files: tests/lab/simnet.c and the folder beside it.
$(B)/tests/lab/simnet: $(wildcard tests/lab/simnet/*.[ch])

-include $(wildcard $(B)/tests/*/*.d)

# The style of .clang-format, applied.
.PHONY: format
format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

# --- sanitizers ---

# All tests with the build that watches memory and arithmetic, and those of the
# programs that have threads with the one that watches these.
.PHONY: check-asan check-tsan
check-asan: deps
	$(MAKE) all tests
	$(MAKE) V=asan all tests
	V=asan tests/run

check-tsan: deps
	$(MAKE) all tests
	$(MAKE) V=tsan all tests
	V=tsan tests/run tests/send.bats tests/recv-live.bats tests/scan.bats

# Each tests/fuzz/X.c with the library, all under libFuzzer and sanitizers.
# make fuzz T=minutes fuzzes each for that long.
T ?= 1
FUZZ_BINS = $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))

.PHONY: fuzz fuzzers fuzz-coverage
fuzz: deps
	$(MAKE) V=asan fuzzers
	tests/fuzz/run -s $$(($(T) * 60))

# What the corpus reaches, by file.
fuzz-coverage: deps
	$(MAKE) V=cov fuzzers
	tests/fuzz/run -c

fuzzers: $(FUZZ_BINS)

# The format of maps is a program of its own; its object comes before ours.
$(B)/fuzz/format: $(MAP_OBJS)
$(B)/fuzz/format: FUZZ_LIBS = $(LIBS_zmap-map)
FUZZ_LIBS = $(LIBS_zmap-out)

$(B)/fuzz/%: tests/fuzz/%.c $(B)/libzmap.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -fsanitize=fuzzer -MMD -MP -o $@ $< \
		$(filter %.o,$^) $(B)/libzmap.a -lnet \
		$(call libs,libcbor libpcap json-c libmnl) $(FUZZ_LIBS) -lm

-include $(wildcard $(B)/fuzz/*.d)

# --- install ---

# What a probe module is built against; zmap-probe(3).
PROBE_HEADERS = $(addprefix lib/,addr/ip6.h base/bytes.h base/checksum.h base/clock.h base/utf8.h \
	stream/encode.h stream/field.h stream/value.h probe/probe.h \
	probe/dns.h probe/packet.h probe/payload.h probe/template.h) probes/tcp.h
VERSION = $(shell sed -n 's/.*ZMAP_VERSION[ \t]*"\(.*\)".*/\1/p' lib/base/version.h)

# Everything that is installed, as SOURCE:DIR/NAME:HOW; see tools/install.sh.
in = $(foreach f,$(1),$(f):$(2)/$(notdir $(f)):$(3))
OTHERS = $(filter-out zmap zmap-optout,$(TOOLS))
PROBE_FILES = $(foreach h,$(PROBE_HEADERS),$(h):INCLUDEDIR/zmap/$(h:lib/%=%):644) \
	probes/zmap-probe.pc.in:LIBDIR/pkgconfig/zmap-probe.pc:pc \
	:PROBEDIR:folder \
	$(foreach e,probe-module udp-payloads,$(call in,$(wildcard \
		examples/$(e)/*),DOCDIR/examples/$(e),644))
COMPLETION_FILES = build/completion/zmap.bash:BASHDIR/zmap:644 \
	build/completion/zmap.fish:FISHDIR/zmap.fish:644 \
	build/completion/zmap.zsh:ZSHDIR/_zmap:644 \
	$(foreach t,$(OTHERS),zmap:BASHDIR/$(t):link \
		zmap.fish:FISHDIR/$(t).fish:link)
FILES = $(call in,$(BINS) $(EXAMPLE_BINS) $(COMPANION_BINS),BINDIR,755) \
	zblocklist:BINDIR/zblacklist:link zblocklist.1:MANDIR/man1/zblacklist.1:link \
	$(MAP):LIBEXECDIR/zmap-map:755 \
	$(foreach m,$(MANS),$(call in,$(m),MANDIR/man$(patsubst .%,%,$(suffix $(m))),644)) \
	$(call in,examples/conf/blacklist.conf examples/conf/zmap.conf,SYSCONFDIR/zmap,conf) \
	$(if $(COMPLETIONS),$(COMPLETION_FILES)) \
	$(call in,README.md NEWS.md LICENSE,DOCDIR,644) \
	$(call in,examples/stage.py examples/table.pl,DOCDIR/examples,755) \
	$(call in,examples/optout/letter,DOCDIR/examples/optout,755) \
	$(call in,examples/optout/letter.txt,DOCDIR/examples/optout,644) \
	$(call in,examples/fleet/shard,DOCDIR/examples/fleet,755) \
	$(call in,examples/fleet/README.md,DOCDIR/examples/fleet,644) \
	$(call in,examples/fleet/parallel/scan,DOCDIR/examples/fleet/parallel,755) \
	$(call in,examples/fleet/parallel/README.md,DOCDIR/examples/fleet/parallel,644) \
	$(foreach e,slurm kubernetes systemd,$(call in,$(wildcard \
		examples/fleet/$(e)/*),DOCDIR/examples/fleet/$(e),644)) \
	$(call in,examples/python/zmapstream.py,DOCDIR/examples/python,755) \
	examples/map.png:DOCDIR/examples/map.png:644 \
	examples/report.png:DOCDIR/examples/report.png:644 \
	$(call in,examples/banner-grab/README.md examples/banner-grab/http-req,DOCDIR/examples/banner-grab,644) \
	$(call in,examples/forge-socket/README.md,DOCDIR/examples/forge-socket,644)

# By the environment, so that a blank in a path splits nothing.
PLACES = DESTDIR BINDIR LIBDIR LIBEXECDIR INCLUDEDIR MANDIR DOCDIR BASHDIR FISHDIR ZSHDIR \
	SYSCONFDIR PROBEDIR VERSION
DESTDIR ?=
.PHONY: install-probe
install install-probe uninstall: export DESTDIR := $(DESTDIR)
$(foreach p,$(filter-out DESTDIR,$(PLACES)),$(eval \
	install install-probe uninstall: export $(p) := $$($(p))))

install: all
	@tools/install.sh put $(FILES) $(PROBE_FILES)

install-probe:
	@tools/install.sh put $(PROBE_FILES)

uninstall:
	@tools/install.sh take $(FILES) $(PROBE_FILES)

# --- release ---

# What git has, as a tarball, the same each time.
.PHONY: dist
dist:
	@mkdir -p build
	git archive --prefix=zmap-$(VERSION)/ HEAD | gzip -9n \
		>build/zmap-$(VERSION).tar.gz
	@echo build/zmap-$(VERSION).tar.gz

# A package of Debian's, in build/deb, of what git has; check-deb has lintian look
# at it, and installs, replaces and removes it in a root that is thrown away.
# MAINTAINER answers for the package: who builds it, as for Debian's own tools.
MAINTAINER ?= $(if $(DEBEMAIL),$(or $(DEBFULLNAME),$(DEBEMAIL)) <$(DEBEMAIL)>)
.PHONY: deb check-deb
deb check-deb: export MAINTAINER := $(MAINTAINER)
deb:
	@command -v dh >/dev/null || { echo 'make: deb: dh: not found; on Debian: apt-get install build-essential debhelper' >&2; exit 1; }
	rm -rf build/deb
	mkdir -p build/deb
	git archive --prefix=build/deb/zmap-$(VERSION)/ HEAD | tar -x
	[ -z "$$MAINTAINER" ] || sed -i \
		"s|^Maintainer: .*|Maintainer: $$MAINTAINER|; s|^ -- .*>| -- $$MAINTAINER|" \
		build/deb/zmap-$(VERSION)/debian/control \
		build/deb/zmap-$(VERSION)/debian/changelog
	cd build/deb/zmap-$(VERSION) && env -u MAKEFLAGS -u MAKELEVEL -u CFLAGS -u CC \
		dpkg-buildpackage -us -uc -b
	@ls build/deb/*.deb

check-deb: deb
	lintian --allow-root --fail-on error,warning build/deb/zmap_*.changes
	tests/package/run build/deb/zmap_$(VERSION)_*.deb

# For editors and clangd.
SOURCES = $(wildcard lib/*/*.c probes/*.c formats/*.c formats/*/*.c tools/*.c tools/*/*.c examples/*/*.c)
.PHONY: compile_commands.json
compile_commands.json:
	@{ sep='['; for f in $(SOURCES); do \
		printf '%s\n{"directory": "%s", "file": "%s", "command": "%s"}' \
			"$$sep" '$(CURDIR)' "$$f" \
			"$(CC) $(CPPFLAGS) -Iexamples/grab $(ALL_CFLAGS) -c $$f"; \
		sep=,; done; printf '\n]\n'; } >$@

# So that an ordinary user can scan: who calls sudo, or the users of GROUP, since
# these programs see what this machine is sent. D=$(BINDIR) for what is installed.
D ?= bin
GROUP ?= $(SUDO_GID)
setcap: all
	@[ -n "$(GROUP)" ] || { echo "make: setcap: GROUP=name says who may scan" >&2; \
		exit 1; }
	chgrp $(GROUP) "$(D)/zmap-send" "$(D)/zmap-recv"
	chmod 750 "$(D)/zmap-send" "$(D)/zmap-recv"
	setcap cap_net_raw,cap_net_admin+ep "$(D)/zmap-send"
	setcap cap_net_raw+ep "$(D)/zmap-recv"

clean:
	rm -rf bin build

help:
	@echo 'make [all]       build the programs into bin/'
	@echo 'make demo        set up, build, and scan a simulated Internet'
	@echo 'make check       set up, build, and run all tests'
	@echo 'make check-quick only the tests that compute, in a minute'
	@echo 'make bench       compare speeds with the peers that are installed'
	@echo 'make fuzz T=n    fuzz every parser, n minutes each'
	@echo 'make check-asan  all tests again, with sanitizers; also check-tsan'
	@echo 'make format      lay out the C code as .clang-format says'
	@echo 'make deps        install the packages of Debian that are needed'
	@echo 'make install     PREFIX, DESTDIR and SYSCONFDIR say where to'
	@echo 'make dist        pack a release into build/'
	@echo 'make deb         build a package of Debian in build/deb; also check-deb'
	@echo 'make compile_commands.json   for editors'
	@echo 'make setcap      let users of a GROUP scan with bin/'
	@echo 'make uninstall, make clean'
