/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads by target port; see payload.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr/ports.h"
#include "probe/payload-steps.h"
#include "probe/payload.h"

static int
set_ports(struct payload_table *t, const char *list, uint16_t index, char *why,
    size_t whysize)
{
	struct ports ports;
	char wrong[128];
	size_t i;
	int rc = 0;

	if (ports_parse(&ports, list, wrong, sizeof wrong) == -1) {
		snprintf(why, whysize, "ports %.40s: %s", list, wrong);
		return -1;
	}
	for (i = 0; i < ports.n && rc == 0; i++) {
		if (t->by_port[ports.v[i]] != 0) {
			snprintf(why, whysize, "port %u has a payload already",
			    ports.v[i]);
			rc = -1;
		}
		t->by_port[ports.v[i]] = index;
	}
	ports_free(&ports);
	return rc;
}

/* A table that is being read. */
struct reader {
	struct payload_table *table;
	struct payload_rules rules; /* of each payload */
	uint16_t star;	  /* the payload of *, once all others are known */
	char reason[200]; /* what is wrong with a line */
};

static int
payload_table_refuse(struct reader *r, const char *why)
{
	snprintf(r->reason, sizeof r->reason, "%s", why);
	return -1;
}

/* For the ports of a list, or of a star. */
static int
add_payload(struct reader *r, const char *list, const char *spec)
{
	struct payload_table *t = r->table;
	struct payload **grown;

	if (t->count == 65535)
		return payload_table_refuse(r, "more than 65535 payloads");
	grown = reallocarray(t->payloads, t->count + 1, sizeof *grown);
	if (grown == NULL)
		return payload_table_refuse(r, "out of memory");
	t->payloads = grown;
	grown[t->count] = payload_new(spec, &r->rules, r->reason,
	    sizeof r->reason);
	if (grown[t->count] == NULL)
		return -1;
	if (grown[t->count]->size > t->size)
		t->size = grown[t->count]->size;
	t->count++;
	if (strcmp(list, "*") != 0)
		return set_ports(t, list, t->count, r->reason,
		    sizeof r->reason);
	if (r->star != 0)
		return payload_table_refuse(r, "* has a payload already");
	r->star = t->count;
	return 0;
}

/* One line of n bytes, "PORTS PAYLOAD" or a comment. */
static int
payload_table_read_line(struct reader *r, char *line, size_t n)
{
	char *ports, *spec;

	if (strlen(line) < n)
		return payload_table_refuse(r, "a byte of 0 in a line of text");
	if (n > 0 && line[n - 1] == '\r')
		line[n - 1] = '\0';
	ports = line + strspn(line, " \t");
	if (*ports == '\0' || *ports == '#')
		return 0;
	spec = ports + strcspn(ports, " \t");
	if (*spec != '\0') {
		*spec++ = '\0';
		spec += strspn(spec, " \t");
	}
	return add_payload(r, ports, spec);
}

/* All lines of n bytes; the number of the one that is wrong, or 0. */
static size_t
read_lines(struct reader *r, const char *file, size_t n)
{
	const char *at = file, *end = file + n, *newline;
	size_t number = 0, length;
	char *line;
	int rc;

	/* the byte order mark that some editors begin a file with */
	if (n >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
		at += 3;
	while (at < end) {
		number++;
		newline = memchr(at, '\n', end - at);
		length = (newline != NULL ? newline : end) - at;
		line = strndup(at, length);
		rc = line == NULL ? payload_table_refuse(r, "out of memory") :
				    payload_table_read_line(r, line, length);
		free(line);
		if (rc == -1)
			return number;
		at += length + 1;
	}
	return 0;
}

static int
table_read(struct payload_table *t, const char *path,
    const struct payload_rules *rules, char *why, size_t whysize)
{
	const char *slash = strrchr(path, '/');
	struct reader r = { .table = t, .rules = *rules };
	char *file = NULL, *dir;
	size_t n, i, wrong;
	int rc = -1;

	dir = slash == NULL ? strdup(".") :
			      strndup(path, slash == path ? 1 : slash - path);
	r.rules.dir = dir;
	t->by_port = calloc(65536, sizeof *t->by_port);
	if (dir == NULL || t->by_port == NULL) {
		snprintf(why, whysize, "out of memory");
		goto out;
	}
	file = payload_read(NULL, path, &n, why, whysize);
	if (file == NULL)
		goto out;
	wrong = read_lines(&r, file, n);
	for (i = 0; r.star != 0 && i < 65536; i++)
		if (t->by_port[i] == 0)
			t->by_port[i] = r.star;
	if (wrong != 0)
		snprintf(why, whysize, "%s:%zu: %s", path, wrong, r.reason);
	else if (t->count == 0)
		snprintf(why, whysize, "%s: no payloads", path);
	else
		rc = 0;
out:
	free(file);
	free(dir);
	return rc;
}

/* The first port that has no payload, or -1. */
static long
without(const struct payload_table *t, const uint16_t *ports, size_t nports)
{
	size_t i;

	if (t->by_port == NULL)
		return -1;
	for (i = 0; i < nports; i++)
		if (t->by_port[ports[i]] == 0)
			return ports[i];
	for (i = 0; nports == 0 && i < 65536; i++)
		if (t->by_port[i] == 0)
			return i;
	return -1;
}

int
payload_table_init(struct payload_table *t, const char *spec,
    const struct payload_rules *given, char *why, size_t whysize)
{
	const char *path = payload_after(spec, "ports");
	struct payload_rules rules = *given;
	long port;

	rules.forms = (rules.forms & PAYLOAD_IP6) | PAYLOAD_FIXED |
	    PAYLOAD_TEMPLATE;
	*t = (struct payload_table){ .payloads = NULL };
	if (path == NULL) {
		t->payloads = calloc(1, sizeof *t->payloads);
		if (t->payloads == NULL) {
			snprintf(why, whysize, "out of memory");
			return -1;
		}
		rules.forms |= PAYLOAD_TABLE;
		t->payloads[0] = payload_new(spec, &rules, why, whysize);
		if (t->payloads[0] != NULL) {
			t->count = 1;
			t->size = t->payloads[0]->size;
			return 0;
		}
	} else if (table_read(t, path, &rules, why, whysize) == 0) {
		port = without(t, rules.ports, rules.nports);
		if (port == -1) {
			/* ports that are never asked for: any will do */
			for (port = 0; port < 65536; port++)
				if (t->by_port[port] == 0)
					t->by_port[port] = 1;
			return 0;
		}
		snprintf(why, whysize,
		    "%s: no payload for port %ld, and no line for *", path,
		    port);
	}
	payload_table_free(t);
	return -1;
}

void
payload_table_free(struct payload_table *t)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		payload_free(t->payloads[i]);
	free(t->payloads);
	free(t->by_port);
	*t = (struct payload_table){ .payloads = NULL };
}
