/* SPDX-License-Identifier: Apache-2.0 */
/* One rule of nftables; see rule.h. */
#include "rule.h"

#include <nftables/libnftables.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
rule_valid(const struct rule *r)
{
	unsigned i;

	if (r->first == 0 || r->first > r->last || r->naddresses > RULE_MAX ||
	    r->prefix > IP6_BITS || r->nports > RULE_MAX)
		return false;
	for (i = 0; i < r->nports; i++)
		if (r->ports[i][0] > r->ports[i][1])
			return false;
	return true;
}

bool
rule_within(const struct rule *r, const struct rule *bounds)
{
	return r->first >= bounds->first && r->last <= bounds->last;
}

static void
rule_add(char *text, const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + n, RULE_TEXT - n, fmt, ap);
	va_end(ap);
}

static void
rule_quad(uint32_t address, char *to)
{
	sprintf(to, "%u.%u.%u.%u", address >> 24, address >> 16 & 0xff,
	    address >> 8 & 0xff, address & 0xff);
}

void
rule_text(const struct rule *r, const char *table, bool owned, char *text)
{
	char address[IP6_TEXT];
	unsigned i;

	text[0] = '\0';
	rule_add(text,
	    "table inet %s {\n%s\tchain output {\n"
	    "\t\ttype filter hook output priority raw; policy accept;\n\t\t",
	    table, owned ? "\tflags owner\n" : "");
	for (i = 0; i < r->naddresses; i++) {
		if (r->six)
			ip6_print(r->addresses6[i], address);
		else
			rule_quad(r->addresses[i], address);
		rule_add(text, "%s%s",
		    i > 0      ? ", " :
			r->six ? "ip6 saddr { " :
				 "ip saddr { ",
		    address);
		if (r->six && r->prefix < IP6_BITS)
			rule_add(text, "/%u", r->prefix);
	}
	rule_add(text, "%stcp sport %u-%u", i > 0 ? " } " : "", r->first,
	    r->last);
	for (i = 0; i < r->nports; i++) {
		rule_add(text, "%s%u", i == 0 ? " tcp dport { " : ", ",
		    r->ports[i][0]);
		if (r->ports[i][0] != r->ports[i][1])
			rule_add(text, "-%u", r->ports[i][1]);
	}
	rule_add(text,
	    "%s tcp flags & (fin | syn | rst | ack) == rst counter drop\n\t}\n}\n",
	    i > 0 ? " }" : "");
}

/* What nft(8) would do with the text; -1 with the first line of its reasons. */
static int
rule_run(struct rule_table *t, const char *text)
{
	const char *said;

	if (nft_run_cmd_from_buffer(t->nft, text) == 0)
		return 0;
	said = nft_ctx_get_error_buffer(t->nft);
	snprintf(t->why, sizeof t->why, "%.*s", (int)strcspn(said, "\n"), said);
	return -1;
}

int
rule_open(struct rule_table *t)
{
	*t = (struct rule_table){ .there = false };
	snprintf(t->name, sizeof t->name, RULE_TABLE "_%ld", (long)getpid());
	t->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (t->nft == NULL || nft_ctx_buffer_error(t->nft) != 0 ||
	    nft_ctx_buffer_output(t->nft) != 0) {
		rule_close(t);
		return -1;
	}
	return 0;
}

/* Is there a process of this number, and is it one of ours? */
static bool
lives(long pid)
{
	char path[64], comm[32] = "";
	FILE *f;

	snprintf(path, sizeof path, "/proc/%ld/comm", pid);
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	if (fgets(comm, sizeof comm, f) == NULL)
		comm[0] = '\0';
	fclose(f);
	return strncmp(comm, "forge-socket", 12) == 0;
}

int
rule_remove_leftovers(struct rule_table *t)
{
	char *list, *line, *save = NULL, command[80], rest;
	int removed = 0;
	long pid;

	if (rule_run(t, "list tables inet") == -1)
		return 0;
	list = strdup(nft_ctx_get_output_buffer(t->nft));
	for (line = list != NULL ? strtok_r(list, "\n", &save) : NULL;
	     line != NULL; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "table inet " RULE_TABLE "_%9ld%c", &pid,
			&rest) != 1 ||
		    lives(pid))
			continue;
		snprintf(command, sizeof command,
		    "delete table inet " RULE_TABLE "_%ld", pid);
		removed += rule_run(t, command) == 0;
	}
	free(list);
	return removed;
}

static int
install(struct rule_table *t, const struct rule *r)
{
	char text[RULE_TEXT], both[RULE_TEXT + 80] = "";

	rule_text(r, t->name, !t->plain, text);
	if (t->there)
		snprintf(both, sizeof both, "delete table inet %s\n", t->name);
	strcat(both, text);
	if (rule_run(t, both) == -1)
		return -1;
	t->there = true;
	return 0;
}

int
rule_install(struct rule_table *t, const struct rule *r)
{
	if (install(t, r) == 0)
		return 0;
	if (t->there)
		return -1;
	/* perhaps for the owner */
	t->plain = true;
	return install(t, r);
}

int
rule_remove(struct rule_table *t)
{
	char text[80];

	if (!t->there)
		return 0;
	snprintf(text, sizeof text, "delete table inet %s", t->name);
	if (rule_run(t, text) == -1)
		return -1;
	t->there = false;
	return 0;
}

void
rule_close(struct rule_table *t)
{
	if (t->nft == NULL)
		return;
	rule_remove(t);
	nft_ctx_free(t->nft);
	t->nft = NULL;
}
