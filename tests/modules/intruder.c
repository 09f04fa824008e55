/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intruder: a probe module that does, at the first answer, what a hostile
 * packet might make zmap-recv do.  Its argument says what; behind "send:" it
 * is zmap-send that does it, at the first packet.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/probe.h"

static const struct field fields[] = {
	{ "classification", FIELD_TEXT, "whether it worked" },
	{ "success", FIELD_BOOL, "whether it worked" },
	{ .name = NULL },
};

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	if (t->packet != NULL) {
		memset(t->packet, 0, 40);
		t->packet[0] = 0x45;
		t->size = 40;
	}
	t->state = strdup(c->args != NULL ? c->args : "");
	*why = "no memory";
	return t->state != NULL ? 0 : -1;
}

static void
done(struct probe_thread *t)
{
	free(t->state);
}

static int
act(const char *what)
{
	char *const argv[] = { "sh", "-c", "touch created", NULL };

	if (strcmp(what, "open") == 0)
		return open("/etc/passwd", O_RDONLY);
	if (strcmp(what, "create") == 0)
		return open("created", O_WRONLY | O_CREAT, 0600);
	if (strcmp(what, "connect") == 0)
		return socket(AF_INET, SOCK_STREAM, 0);
	if (strcmp(what, "packet") == 0)
		return socket(AF_PACKET, SOCK_RAW, 0);
	if (strcmp(what, "execute") == 0)
		return execv("/bin/sh", argv);
	if (strcmp(what, "fork") == 0)
		return vfork();
	if (strcmp(what, "ptrace") == 0)
		return ptrace(PTRACE_TRACEME, 0, 0, 0);
	return -1;
}

/* The last byte of the packet tells whether it worked. */
static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	const char *what = t->state;

	(void)to;
	if (strncmp(what, "send:", 5) == 0)
		packet[39] = act(what + 5) != -1 ? 'W' : 'R';
	return 40;
}

static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	bool worked = act(t->state) != -1;

	(void)r;
	(void)scratch;
	values[0] = value_text(worked ? "worked" : "refused");
	values[1] = value_bool(worked);
	return REFUSED_NOT;
}

extern const struct probe zmap_probe;

const struct probe zmap_probe = {
	.abi = PROBE_ABI,
	.name = "intruder",
	.help = "for tests",
	.ports = true,
	.protocol = 6,
	.max_size = 40,
	.snaplen = 100,
	.fields = fields,
	.classification = 0,
	.success = 1,
	.prepare = prepare,
	.done = done,
	.make = make,
	.classify = classify,
};
