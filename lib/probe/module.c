/* SPDX-License-Identifier: Apache-2.0 */
/* Finding, loading and judging probe modules; see module.h. */
#include "probe/module.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/refuse.h"
#include "probe/receiver-fields.h"
#include "probe/template.h"

#define SYMBOL	      "zmap_probe"
#define NAME_MAX_SIZE 32
#define SNAPLEN_MAX   65535

/* --- what a module says of itself --- */

/* Letters, digits and underscores, a letter first. */
static bool
module_is_name(const char *s, size_t max)
{
	size_t i;

	if (!isalpha((unsigned char)s[0]))
		return false;
	for (i = 0; s[i] != '\0'; i++)
		if (i == max || (!isalnum((unsigned char)s[i]) && s[i] != '_'))
			return false;
	return true;
}

static int
check_fields(const struct probe *p, char *why, size_t size)
{
	const struct field *f;
	struct field_ref ref;
	size_t n, i;

	if (p->fields == NULL)
		return refuse_with(why, size, "it has no fields");
	for (n = 0; p->fields[n].name != NULL; n++) {
		f = &p->fields[n];
		if (n ==
		    FIELD_MAX - FIRST_FIELDS - SIX_FIELDS - LAST_FIELDS - 3)
			return refuse_with(why, size,
			    "it has more than %zu fields", n);
		if (!module_is_name(f->name, FIELD_NAME_MAX - 1))
			return refuse_with(why, size,
			    "'%.64s' is no name for a field", f->name);
		if (f->type > FIELD_MAP)
			return refuse_with(why, size,
			    "field %s is of unknown type %d", f->name, f->type);
		if (f->help == NULL)
			return refuse_with(why, size, "field %s has no help",
			    f->name);
		/* or a form of one, such as saddr_raw */
		if (field_find(receiver_first, FIRST_FIELDS, f->name, &ref) ==
			0 ||
		    field_find(receiver_six, SIX_FIELDS, f->name, &ref) == 0 ||
		    field_find(receiver_last, LAST_FIELDS, f->name, &ref) == 0)
			return refuse_with(why, size,
			    "field %s is the receiver's", f->name);
		for (i = 0; i < n; i++)
			if (strcmp(f->name, p->fields[i].name) == 0)
				return refuse_with(why, size,
				    "field %s is there twice", f->name);
	}
	if (p->classification >= n ||
	    p->fields[p->classification].type != FIELD_TEXT)
		return refuse_with(why, size,
		    "its classification is not a field of type text");
	if (p->success >= n || p->fields[p->success].type != FIELD_BOOL)
		return refuse_with(why, size,
		    "its success is not a field of type bool");
	if (p->app_success != 0 &&
	    (p->app_success >= n ||
		p->fields[p->app_success].type != FIELD_BOOL))
		return refuse_with(why, size,
		    "its app_success is not a field of type bool");
	if (p->rtt != 0 &&
	    (p->rtt >= n || p->fields[p->rtt].type != FIELD_UINT))
		return refuse_with(why, size,
		    "its rtt is not a field of type uint");
	return 0;
}

int
module_check(const struct probe *p, char *why, size_t size)
{
	/* nothing else of it is where we look if this is another number */
	if (p->abi != PROBE_ABI)
		return refuse_with(why, size,
		    "it is made for ABI %u, this is %u", p->abi, PROBE_ABI);
	if (p->name == NULL || !module_is_name(p->name, NAME_MAX_SIZE))
		return refuse_with(why, size,
		    "its name is not 1 to %d letters, digits and underscores",
		    NAME_MAX_SIZE);
	if (p->help == NULL)
		return refuse_with(why, size, "it has no help");
	if (p->protocol == 0)
		return refuse_with(why, size, "it has no protocol");
	if (p->ports && p->protocol == IPPROTO_ICMP)
		return refuse_with(why, size, "ICMP has no ports");
	if (p->max_size < TEMPLATE_IP || p->max_size > TEMPLATE_MTU)
		return refuse_with(why, size,
		    "its max_size is %zu, not %d to %d", p->max_size,
		    TEMPLATE_IP, TEMPLATE_MTU);
	if (p->snaplen < TEMPLATE_IP + 8 || p->snaplen > SNAPLEN_MAX)
		return refuse_with(why, size,
		    "its snaplen is %zu, not %d to %d", p->snaplen,
		    TEMPLATE_IP + 8, SNAPLEN_MAX);
	if (p->filter != NULL && strlen(p->filter) > 1000)
		return refuse_with(why, size,
		    "its filter is longer than 1000 bytes");
	if (p->prepare == NULL || p->make == NULL || p->classify == NULL)
		return refuse_with(why, size, "it has no %s",
		    p->prepare == NULL	? "prepare" :
			p->make == NULL ? "make" :
					  "classify");
	return check_fields(p, why, size);
}

int
module_prepare(const struct probe *p, struct probe_thread *t,
    const struct probe_config *c, const char **why)
{
	const unsigned char *ip = t->packet;
	const bool six = c->family == 6;

	*why = NULL;
	if (six && !p->ip6) {
		*why = "it knows IPv4 alone, and the targets are IPv6";
		return -1;
	}
	if (p->prepare(t, c, why) == -1) {
		if (*why == NULL)
			*why = "its prepare failed without a reason";
		return -1;
	}
	if (ip == NULL)
		return 0;
	if (t->size < TEMPLATE_IP || t->size > p->max_size)
		snprintf(t->reason, sizeof t->reason,
		    "its template has %zu bytes, not %d to its max_size of %zu",
		    t->size, TEMPLATE_IP, p->max_size);
	else if (!six && ip[0] != 0x45)
		snprintf(t->reason, sizeof t->reason,
		    "its template does not begin with an IPv4 header of 20 bytes");
	else if (six && (t->size < TEMPLATE_IP6 || ip[0] >> 4 != 6))
		snprintf(t->reason, sizeof t->reason,
		    "its template does not begin with an IPv6 header");
	else
		return 0;
	*why = t->reason;
	if (p->done != NULL)
		p->done(t);
	t->state = NULL;
	return -1;
}

/* --- shared objects --- */

/* Has this program more rights than its user, by its file's capabilities? */
static bool
is_secure(void)
{
	return getauxval(AT_SECURE) != 0;
}

/*
 * A file system that is mounted nosuid gives no program more rights, since any
 * user may have made it and say who owns its files; so it gives no code to a
 * program that has more.
 */
static int
check_owner(int fd, const struct stat *st, enum module_by by, char *why,
    size_t size)
{
	bool secure = is_secure();
	struct statvfs system;

	if (!secure && by == MODULE_BY_USER)
		return 0;
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return refuse_with(why, size,
		    "others than its owner can write to it");
	if (!secure && !file_trusts(st->st_uid))
		return refuse_with(why, size,
		    "it belongs to another user, and a stream asks for it");
	if (!secure)
		return 0;
	if (st->st_uid != 0)
		return refuse_with(why, size,
		    "it must belong to root, since this program has more rights than its user");
	if (fstatvfs(fd, &system) == -1 || (system.f_flag & ST_NOSUID) != 0)
		return refuse_with(why, size,
		    "it is on a file system mounted nosuid, and this program has more rights than its user");
	return 0;
}

/*
 * Loads the very file that was looked at, by its descriptor, so that it cannot
 * be changed in between.
 */
static const struct probe *
module_load(const char *path, enum module_by by, char *why, size_t size)
{
	const struct probe *p = NULL;
	const char *error;
	char by_number[40];
	struct stat st;
	void *handle;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1) {
		refuse_with(why, size, "%s", strerror(errno));
		return NULL;
	}
	if (fstat(fd, &st) == -1)
		refuse_with(why, size, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		refuse_with(why, size, "not a regular file");
	else if (check_owner(fd, &st, by, why, size) == 0) {
		snprintf(by_number, sizeof by_number, "/proc/self/fd/%d", fd);
		handle = dlopen(by_number, RTLD_NOW | RTLD_LOCAL);
		error = handle == NULL ? dlerror() : NULL;
		if (handle != NULL)
			p = dlsym(handle, SYMBOL);
		if (handle != NULL && p == NULL)
			refuse_with(why, size, "it exports no " SYMBOL);
		if (error != NULL)
			/* it begins with the path we made up */
			refuse_with(why, size, "%s",
			    strncmp(error, by_number, strlen(by_number)) == 0 &&
				    error[strlen(by_number)] == ':' ?
				error + strlen(by_number) + 2 :
				error);
	}
	close(fd);
	return p;
}

static int
module_take(struct module *m, const char *path, enum module_by by, char *why,
    size_t size)
{
	const struct probe *p;
	char reason[300];

	if (realpath(path, m->path) == NULL)
		return refuse_with(why, size, "%s: %s", path, strerror(errno));
	p = module_load(m->path, by, reason, sizeof reason);
	if (p == NULL || module_check(p, reason, sizeof reason) == -1)
		return refuse_with(why, size, "%s: %s", path, reason);
	if (probe_lookup(p->name) != NULL)
		return refuse_with(why, size,
		    "%s: its name, %s, is that of another module", path,
		    p->name);
	m->probe = p;
	return 0;
}

/* NAME.so in one of the directories: 1, or 0 if none has it. */
static int
search(const char *dirs, const char *name, char path[MODULE_PATH_MAX])
{
	const char *end;

	for (; dirs[0] != '\0'; dirs = end + (*end == ':')) {
		end = dirs + strcspn(dirs, ":");
		if (end != dirs &&
		    (size_t)snprintf(path, MODULE_PATH_MAX, "%.*s/%s.so",
			(int)(end - dirs), dirs, name) < MODULE_PATH_MAX &&
		    access(path, F_OK) == 0)
			return 1;
	}
	return 0;
}

/* The name of a module in the path that a stream gives, "" if it has none. */
static void
name_of(const char *path, char name[NAME_MAX_SIZE + 1])
{
	const char *base = strrchr(path, '/') + 1;
	size_t len = strlen(base);

	name[0] = '\0';
	if (len < 4 || len - 3 > NAME_MAX_SIZE ||
	    strcmp(base + len - 3, ".so") != 0)
		return;
	memcpy(name, base, len - 3);
	name[len - 3] = '\0';
	if (!module_is_name(name, NAME_MAX_SIZE))
		name[0] = '\0';
}

void
module_list(FILE *f)
{
	const char *s;
	size_t i;

	for (i = 0; probe_table[i] != NULL; i++) {
		fprintf(f, "%-16s", probe_table[i]->name);
		for (s = probe_table[i]->help; *s != '\0'; s++) {
			putc(*s == '\n' ? ' ' : *s, f);
			if (*s == '.' && (s[1] == ' ' || s[1] == '\n'))
				break;
		}
		putc('\n', f);
	}
}

void
module_names(char *buf, size_t size)
{
	size_t i, at = 0;

	for (i = 0; probe_table[i] != NULL && at < size; i++)
		at += snprintf(buf + at, size - at, "%s ",
		    probe_table[i]->name);
}

int
module_find(struct module *m, const char *name, enum module_by by, char *why,
    size_t size)
{
	const char *dirs = is_secure() ? NULL : getenv("ZMAP_PROBE_PATH");
	bool path = strchr(name, '/') != NULL;
	char base[NAME_MAX_SIZE + 1], found[MODULE_PATH_MAX];

	_Static_assert(sizeof m->path >= PATH_MAX, "realpath fills it");
	m->path[0] = '\0';
	if (path && by == MODULE_BY_USER && !is_secure())
		return module_take(m, name, by, why, size);
	if (path && by == MODULE_BY_USER)
		return refuse_with(why, size,
		    "this program has more rights than its user, so it takes modules by name, and from %s alone",
		    PROBEDIR);
	if (path)
		name_of(name, base);
	m->probe = probe_lookup(path ? base : name);
	if (m->probe != NULL)
		return 0;
	if (search(dirs != NULL ? dirs : PROBEDIR, path ? base : name, found))
		return module_take(m, found, by, why, size);
	if (path)
		return refuse_with(why, size,
		    "only the stream names this file: to load it, give -M %s as well",
		    name);
	return refuse_with(why, size, "not known, and no %.64s.so in %s", name,
	    dirs != NULL ? "$ZMAP_PROBE_PATH" : PROBEDIR);
}

size_t
module_make(const struct probe *p, struct probe_thread *t,
    unsigned char *packet, const struct probe_target *to)
{
	size_t n = p->make(t, packet, to);

	if (n >= TEMPLATE_IP && n <= p->max_size)
		return n;
	snprintf(t->reason, sizeof t->reason,
	    "%s: its make says %zu bytes, not %d to its max_size of %zu",
	    p->name, n, TEMPLATE_IP, p->max_size);
	return 0;
}
