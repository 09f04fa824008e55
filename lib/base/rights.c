/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rights: see rights.h.
 *
 * Two kinds of refusal by seccomp: what no honest stage ever does (run a
 * program, trace, make a socket) ends the process at once, so that an
 * intruder is heard; what the C library might try on a rare path (open a
 * message catalogue) gets EPERM, so that a scan of days does not die of it.
 */
#include "base/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/*
 * Sanitizers and coverage need files and system calls of their own, at times
 * of their choosing.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
#define RIGHTS_NO_SANDBOX 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RIGHTS_NO_SANDBOX 1
#endif

int
rights_dir_of(const char *path, char *buf, unsigned long size)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 1;

	if (slash == path)
		len = 1;
	if (len >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(buf, slash ? path : ".", len);
	buf[len] = '\0';
	return 0;
}

/* Could the user "nobody", without any group, read there? */
static bool
nobody_reads(const char *dir)
{
	bool can;

	if (setegid(NOBODY) == -1)
		return false;
	can = seteuid(NOBODY) == 0 &&
	    faccessat(AT_FDCWD, dir, R_OK | X_OK, AT_EACCESS) == 0;
	if (seteuid(0) == -1 || setegid(0) == -1)
		return false;
	return can;
}

/* Whom root becomes. */
static int
pick_user(const struct rights *r, uid_t *uid, gid_t *gid)
{
	const char *dir = r->write_dir ? r->write_dir : r->read_dir;
	struct stat st;

	*uid = NOBODY;
	*gid = NOBODY;
	if (!dir || (!r->write_dir && nobody_reads(dir)))
		return 0;
	if (stat(dir, &st) == -1)
		return -1;
	*uid = st.st_uid;
	*gid = st.st_gid;
	return 0;
}

/*
 * EINVAL says that this user namespace has no such user (an ordinary user who
 * is root only in a namespace of his own): there is no other user to be. EPERM
 * says that root has no capability to change (a container that was started
 * without): root stays root, without any capability.
 */
static int
drop_user(const struct rights *r, const char **why)
{
	int stays = 0;
	uid_t uid;
	gid_t gid;

	*why = "cannot leave the supplementary groups";
	if (setgroups(0, NULL) == -1 && errno != EPERM)
		return -1;
	*why = "cannot look at the directory to write in";
	if (pick_user(r, &uid, &gid) == -1)
		return -1;
	*why = "cannot change group";
	if (setresgid(gid, gid, gid) == -1) {
		if (errno != EINVAL && errno != EPERM)
			return -1;
		stays = errno == EPERM;
	}
	*why = "cannot change user";
	if (setresuid(uid, uid, uid) == -1) {
		if (errno != EINVAL && errno != EPERM)
			return -1;
		stays |= errno == EPERM;
	}
	*why = "could become root again";
	if ((getuid() != 0 && setuid(0) == 0) ||
	    (getuid() != 0 && getgid() != 0 && setgid(0) == 0)) {
		errno = EPERM;
		return -1;
	}
	return stays ? RIGHTS_NO_USER : 0;
}

static int
drop_capabilities(const char **why)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2];

	memset(none, 0, sizeof none);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	*why = "cannot drop capabilities";
	return (int)syscall(SYS_capset, &head, none);
}

#ifndef RIGHTS_NO_SANDBOX

/* Bits newer than the kernel headers that this may be built with. */
enum {
	FS_TRUNCATE = 1 << 14,
	FS_IOCTL_DEV = 1 << 15,
	NET_BIND_TCP = 1 << 0,
	NET_CONNECT_TCP = 1 << 1,
	SCOPE_ABSTRACT_UNIX = 1 << 0,
	SCOPE_SIGNAL = 1 << 1,
};

struct ruleset {
	uint64_t fs;
	uint64_t net;	/* from ABI 4 */
	uint64_t scope; /* from ABI 6 */
};

static int
allow_below(int ruleset, const char *dir, uint64_t access)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = access,
	};
	int rc, saved;

	beneath.parent_fd = open(dir, O_PATH | O_CLOEXEC | O_DIRECTORY);
	if (beneath.parent_fd < 0)
		return -1;
	rc = (int)syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	saved = errno;
	close(beneath.parent_fd);
	errno = saved;
	return rc;
}

/*
 * SCOPE_SIGNAL would keep a stage from raising a signal in its own threads'
 * siblings on some kernels. A stage signals no other process: seccomp lets
 * tgkill reach its own threads, and no kill(2) through.
 */
static int
drop_files(const struct rights *r, const char **why)
{
	const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE |
	    LANDLOCK_ACCESS_FS_READ_DIR;
	uint64_t writing = reading | LANDLOCK_ACCESS_FS_WRITE_FILE |
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;
	struct ruleset want = { .fs = (1 << 13) - 1 };
	size_t size = sizeof want.fs;
	int abi, fd, rc;

	abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1)
		return RIGHTS_NO_LANDLOCK;
	if (abi >= 2)
		want.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3) {
		want.fs |= FS_TRUNCATE;
		writing |= FS_TRUNCATE;
	}
	if (abi >= 4) {
		size = sizeof want.fs + sizeof want.net;
		want.net = NET_BIND_TCP;
		if (!(r->may & RIGHTS_CONNECT))
			want.net |= NET_CONNECT_TCP;
	}
	if (abi >= 5)
		want.fs |= FS_IOCTL_DEV;
	if (abi >= 6) {
		size = sizeof want;
		want.scope = SCOPE_ABSTRACT_UNIX;
	}
	*why = "cannot make a landlock ruleset";
	fd = (int)syscall(SYS_landlock_create_ruleset, &want, size, 0);
	if (fd < 0)
		return -1;
	*why = "cannot allow the directory to write in";
	rc = r->write_dir ? allow_below(fd, r->write_dir, writing) : 0;
	if (rc == 0 && r->read_dir) {
		*why = "cannot allow the directory to read in";
		rc = allow_below(fd, r->read_dir, reading);
	}
	if (rc == 0) {
		*why = "cannot close the file system by landlock";
		rc = (int)syscall(SYS_landlock_restrict_self, fd, 0);
	}
	close(fd);
	return rc;
}

/* What every stage may do: use what it has open, and end. */
static const int always[] = {
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(preadv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(pwrite64),
	SCMP_SYS(pwritev),
	SCMP_SYS(splice),
	SCMP_SYS(tee),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(dup),
	SCMP_SYS(fcntl),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(timerfd_gettime),
	SCMP_SYS(pipe2),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(futex),
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(munlock),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getrandom),
	SCMP_SYS(getrusage),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(getcpu),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(membarrier),
	__NR_SCMP_ERROR,
};

static const int messages[] = {
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	__NR_SCMP_ERROR,
};

static const int connecting[] = {
	SCMP_SYS(socket),
	SCMP_SYS(connect),
	SCMP_SYS(getpeername),
	SCMP_SYS(shutdown),
	__NR_SCMP_ERROR,
};

static const int looking[] = {
	SCMP_SYS(getcwd),
	SCMP_SYS(openat),
	SCMP_SYS(open),
	SCMP_SYS(newfstatat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(statx),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(getdents64),
	__NR_SCMP_ERROR,
};

static const int replacing[] = {
	SCMP_SYS(rename),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(fchmod),
	SCMP_SYS(umask),
	__NR_SCMP_ERROR,
};

/* What only an intruder would do. */
static const int never[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	SCMP_SYS(mount),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(bind),
	SCMP_SYS(listen),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	__NR_SCMP_ERROR,
};

static int
add_all(scmp_filter_ctx ctx, uint32_t action, const int *calls)
{
	int rc;

	for (; *calls != __NR_SCMP_ERROR; calls++) {
		rc = seccomp_rule_add(ctx, action, *calls, 0);
		if (rc < 0 && rc != -EEXIST && rc != -EDOM)
			return rc;
	}
	return 0;
}

/* A thread, and nothing else that clone can make; it may choose its core. */
static int
add_threads(scmp_filter_ctx ctx)
{
	const uint64_t thread = CLONE_VM | CLONE_FS | CLONE_FILES |
	    CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	int rc;

	rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS),
		    SCMP_SYS(clone3), 0);
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
		    SCMP_SYS(sched_setaffinity), 1, SCMP_A0(SCMP_CMP_EQ, 0, 0));
	return rc;
}

/* A loaded program may be run, where that is the work; the rest is no one's. */
static int
add_programs(scmp_filter_ctx ctx, bool may)
{
	int rc;

	if (!may)
		return seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS,
		    SCMP_SYS(bpf), 0);
	rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1,
	    SCMP_A0(SCMP_CMP_EQ, BPF_PROG_TEST_RUN, 0));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(bpf),
		    1, SCMP_A0(SCMP_CMP_NE, BPF_PROG_TEST_RUN, 0));
	return rc;
}

/* Nothing writable becomes executable. */
static int
add_memory(scmp_filter_ctx ctx)
{
	int rc;

	rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, (uint64_t)PROT_EXEC, 0));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect),
		    1, SCMP_A2(SCMP_CMP_MASKED_EQ, (uint64_t)PROT_EXEC, 0));
	return rc;
}

/* Questions to a descriptor; with packets also to an interface. */
static int
add_ioctls(scmp_filter_ctx ctx, int with_interface)
{
	static const unsigned long plain[] = { FIONREAD, TIOCGWINSZ, 0x5401 };
	static const unsigned long interface[] = { 0x8913 /* SIOCGIFFLAGS */,
		0x8933 /* SIOCGIFINDEX */ };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < sizeof plain / sizeof *plain; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
		    SCMP_A1(SCMP_CMP_EQ, plain[i], 0));
	if (!with_interface)
		return rc;
	for (i = 0; rc == 0 && i < sizeof interface / sizeof *interface; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
		    SCMP_A1(SCMP_CMP_EQ, interface[i], 0));
	return rc;
}

/*
 * Of fstat's family, newfstatat is what the C library uses for fstat on some
 * versions, so it is allowed with an empty path only: that is the flag
 * AT_EMPTY_PATH. prctl may name a thread and set its timer slack. A signal
 * may go to threads of this process, as abort(3) sends it.
 */
static int
rights_add_rest(scmp_filter_ctx ctx, const struct rights *r)
{
	int rc;

	rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
	    SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
		    SCMP_A0(SCMP_CMP_EQ, (uint64_t)getpid(), 0));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
		    SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
		    SCMP_A0(SCMP_CMP_EQ, PR_SET_TIMERSLACK, 0));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64),
		    1, SCMP_A2(SCMP_CMP_EQ, 0, 0));
	if (rc == 0 && !(r->may & RIGHTS_CONNECT))
		rc = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS,
		    SCMP_SYS(socket), 0);
	return rc;
}

/* A kernel without it, or a container that refuses the call. */
static bool
has_seccomp(void)
{
	const uint32_t kill = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &kill) == 0;
}

static int
drop_calls(const struct rights *r, const char **why)
{
	scmp_filter_ctx ctx;
	int rc;

	if (!has_seccomp())
		return RIGHTS_NO_SECCOMP;
	*why = "cannot make a seccomp filter";
	ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (ctx == NULL) {
		errno = ENOMEM;
		return -1;
	}
	rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0)
		rc = add_all(ctx, SCMP_ACT_ALLOW, always);
	if (rc == 0)
		rc = add_all(ctx, SCMP_ACT_KILL_PROCESS, never);
	if (rc == 0)
		rc = add_programs(ctx, r->may & RIGHTS_PROGRAMS);
	if (rc == 0)
		rc = add_memory(ctx);
	if (rc == 0)
		rc = add_ioctls(ctx, r->may & RIGHTS_PACKETS);
	if (rc == 0)
		rc = rights_add_rest(ctx, r);
	if (rc == 0 && r->may & RIGHTS_THREADS)
		rc = add_threads(ctx);
	if (rc == 0 && r->may & (RIGHTS_PACKETS | RIGHTS_CONNECT))
		rc = add_all(ctx, SCMP_ACT_ALLOW, messages);
	if (rc == 0 && r->may & RIGHTS_CONNECT)
		rc = add_all(ctx, SCMP_ACT_ALLOW, connecting);
	if (rc == 0 && (r->write_dir || r->read_dir || r->keep_user))
		rc = add_all(ctx, SCMP_ACT_ALLOW, looking);
	if (rc == 0 && r->write_dir)
		rc = add_all(ctx, SCMP_ACT_ALLOW, replacing);
	if (rc == 0) {
		*why = "cannot load the seccomp filter";
		rc = seccomp_load(ctx);
	}
	seccomp_release(ctx);
	if (rc < 0)
		errno = -rc;
	return rc < 0 ? -1 : 0;
}

#else

static int
drop_files(const struct rights *r, const char **why)
{
	(void)r;
	(void)why;
	return 0;
}

static int
drop_calls(const struct rights *r, const char **why)
{
	(void)r;
	(void)why;
	return 0;
}

#endif

int
rights_drop(const struct rights *r, const char **why)
{
	const struct rlimit no_core = { 0, 0 };
	int cap, rc = 0, missing = 0, parent_signal = 0;
	pid_t parent = getppid();

	/* Local time is read from a file the first time it is asked for. */
	tzset();
	prctl(PR_GET_PDEATHSIG, &parent_signal, 0, 0, 0);
	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (geteuid() == 0 && !r->keep_user)
		rc = drop_user(r, why);
	if (rc < 0)
		return -1;
	missing |= rc;
	if (drop_capabilities(why) == -1)
		return -1;
	setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (parent_signal) {
		/* A change of user has made the kernel forget it. */
		prctl(PR_SET_PDEATHSIG, parent_signal, 0, 0, 0);
		if (getppid() != parent)
			raise(parent_signal);
	}
	*why = "cannot set no_new_privs";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	if (r->may & RIGHTS_UNCONFINED)
		return missing;
	rc = drop_files(r, why);
	if (rc < 0)
		return -1;
	missing |= rc;
	rc = drop_calls(r, why);
	return rc < 0 ? -1 : missing | rc;
}

const char *
rights_missing(int missing, char *buf, unsigned long size)
{
	static const struct {
		int bit;
		const char *words;
	} parts[] = {
		{ RIGHTS_NO_USER, "stays root: CAP_SETUID is missing" },
		{ RIGHTS_NO_LANDLOCK, "no Landlock" },
		{ RIGHTS_NO_SECCOMP, "no seccomp" },
	};
	size_t i, n = 0;

	buf[0] = '\0';
	for (i = 0; i < sizeof parts / sizeof *parts && n < size; i++)
		if (missing & parts[i].bit)
			n += snprintf(buf + n, size - n, "%s%s",
			    n > 0 ? ", " : "", parts[i].words);
	return buf;
}
