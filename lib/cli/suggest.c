/* SPDX-License-Identifier: Apache-2.0 */
/* Guesses at misspelt options; see suggest.h. */
#include "cli/suggest.h"

#include <stdio.h>
#include <string.h>

#include "cli/option.h"

/* The next name or alias of a row after the one at *at, NULL at the end. */
static const char *
next_name(const struct option_def *d, const char *at, size_t *len)
{
	if (at == NULL) {
		*len = strlen(d->name);
		return d->name;
	}
	if (at == d->name)
		at = d->aliases;
	else
		at += strcspn(at, " ");
	if (at == NULL)
		return NULL;
	at += strspn(at, " ");
	*len = strcspn(at, " ");
	return *len > 0 ? at : NULL;
}

/* --- prefixes --- */

struct prefix {
	const struct option_def *first;
	unsigned matches;
	bool exact;
};

static struct prefix
suggest_look(const struct program *p, const char *name, char *list, size_t size)
{
	struct prefix r = { .first = NULL };
	const struct option_def *d;
	size_t typed = strlen(name), len, used = 0;
	const char *at;

	for (d = p->table; d->name != NULL && typed > 0; d++) {
		if (!option_takes(p->stage, d))
			continue;
		for (at = NULL; (at = next_name(d, at, &len)) != NULL;) {
			if (len < typed || memcmp(at, name, typed) != 0)
				continue;
			if (len == typed) {
				r = (struct prefix){ d, 1, true };
				return r;
			}
			r.first = d;
			r.matches++;
			if (list != NULL && used < size)
				used += snprintf(list + used, size - used,
				    "%s--%.*s", used > 0 ? ", " : "", (int)len,
				    at);
			break;
		}
	}
	return r;
}

const struct option_def *
suggest_prefix(const struct program *p, const char *name)
{
	const struct option_def *d;
	struct prefix r;

	if (strlen(name) == 1)
		for (d = p->table; d->name != NULL; d++)
			if (d->letter == name[0] && option_takes(p->stage, d))
				return d;
	r = suggest_look(p, name, NULL, 0);
	return r.matches == 1 ? r.first : NULL;
}

bool
suggest_candidates(const struct program *p, const char *name, char *list,
    size_t size)
{
	return suggest_look(p, name, list, size).matches > 1;
}

/* --- likeness --- */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Edits that turn a into b: characters put in, left out, changed, or two
 * swapped (Damerau); 64, if a name is so long.
 */
static size_t
suggest_distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t rows[3][64], *row, *above, *second, i, j;

	if (na >= 64 || nb >= 64)
		return 64;
	for (i = 0; i <= na; i++) {
		row = rows[i % 3];
		above = rows[(i + 2) % 3];
		second = rows[(i + 1) % 3];
		for (j = 0; j <= nb; j++) {
			if (i == 0 || j == 0) {
				row[j] = i + j;
				continue;
			}
			row[j] = least(above[j] + 1, row[j - 1] + 1);
			row[j] = least(row[j],
			    above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], second[j - 2] + 1);
		}
	}
	return rows[na % 3][nb];
}

/* Edits between what was typed and a name, or the beginning of it. */
static size_t
edits(const char *typed, size_t n, const char *name, size_t len)
{
	size_t all = suggest_distance(typed, n, name, len), cut;

	if (len <= n + 1)
		return all;
	cut = 1 + suggest_distance(typed, n, name, n + 1);
	return cut < all ? cut : all;
}

/* More edits than this, and it is another word. */
static size_t
tolerance(size_t n)
{
	return n / 3 + 1 + (n > 4);
}

static const char *
nearest(const struct program *p, const char *typed)
{
	size_t n = strlen(typed), best = tolerance(n), len, e;
	const struct option_def *d;
	const char *at, *r = NULL;

	for (d = p->table; d->name != NULL; d++) {
		if (!option_takes(p->stage, d))
			continue;
		for (at = NULL; (at = next_name(d, at, &len)) != NULL;) {
			e = edits(typed, n, at, len);
			if (e < best) {
				best = e;
				r = d->name;
			}
		}
	}
	return r;
}

const char *
suggest_word(const char *words, const char *typed, size_t *len)
{
	size_t n = strlen(typed), best = tolerance(n), k, e;
	const char *r = NULL;

	for (; *words != '\0'; words += k + strspn(words + k, " ")) {
		k = strcspn(words, " ");
		/* of redis-packed only redis is left */
		e = n > k && typed[k] == '-' && memcmp(words, typed, k) == 0 ?
		    1 :
		    edits(typed, n, words, k);
		if (e < best) {
			best = e;
			*len = k;
			r = words;
		}
	}
	return r;
}

/*
 * The options in whose names what was typed is a word: "fields" is one of
 * output-fields, and "file" of too many to list.
 */
static bool
suggest_within(const struct program *p, const char *typed, const char *dashes,
    char *list, size_t size)
{
	size_t n = strlen(typed), used = 0, len;
	const struct option_def *d;
	const char *at, *hit;
	unsigned found = 0;

	if (n > 3 && typed[n - 1] == 's')
		n--; /* --ports, --targets */
	if (n < 3)
		return false;
	for (d = p->table; d->name != NULL; d++) {
		if (!option_takes(p->stage, d))
			continue;
		for (at = NULL; (at = next_name(d, at, &len)) != NULL;) {
			hit = memmem(at, len, typed, n);
			if (hit == NULL || (hit > at && hit[-1] != '-') ||
			    strncmp(d->name, "list-", 5) == 0)
				continue;
			if (++found > 4)
				return false;
			used += snprintf(list + used,
			    used < size ? size - used : 0, "%s%s%s",
			    used > 0 ? " or " : "", dashes, d->name);
			break;
		}
	}
	return found > 0 && used < size;
}

/* Words of other scanners and of people, and what is ours for them. */
static const struct {
	const char *theirs, *ours;
} words[] = {
	{ "adapter", "interface" },
	{ "adapter-ip", "source-ip" },
	{ "adapter-mac", "source-mac" },
	{ "adapter-port", "source-port" },
	{ "bps", "bandwidth" },
	{ "conf", "config" },
	{ "csv", "output-module=csv" },
	{ "dry-run", "dryrun" },
	{ "excludefile", "blacklist-file" },
	{ "exclude-file", "blacklist-file" },
	{ "format", "output-module" },
	{ "iface", "interface" },
	{ "include-file", "whitelist-file" },
	{ "includefile", "whitelist-file" },
	{ "input-file", "list-of-ips-file" },
	{ "iL", "list-of-ips-file" },
	{ "json", "output-module=json" },
	{ "list-fields", "list-output-fields" },
	{ "list-formats", "list-output-modules" },
	{ "list-modules", "list-probe-modules" },
	{ "max-rate", "rate" },
	{ "max-retries", "probes" },
	{ "min-rate", "rate" },
	{ "module", "probe-module" },
	{ "oG", "output-file" },
	{ "oJ", "output-module=json" },
	{ "oX", "output-module=xml" },
	{ "out", "output-file" },
	{ "port", "target-ports" },
	{ "ports", "target-ports" },
	{ "pps", "rate" },
	{ "prot", "probe-module" },
	{ "protocol", "probe-module" },
	{ "randomize-hosts", "seed" },
	{ "rate-limit", "rate" },
	{ "retry", "retries" },
	{ "router-mac", "gateway-mac" },
	{ "source", "source-ip" },
	{ "targets-file", "list-of-ips-file" },
	{ "threads", "sender-threads" },
	{ "timeout", "cooldown-time" },
	{ "top-ports", "target-ports" },
	{ "ttl", "probe-ttl" },
	{ "wait", "cooldown-time" },
	{ "xml", "output-module=xml" },
};

/* What others call so; NULL if it is none of this program's. */
static const char *
translated(const struct program *p, const char *typed)
{
	const struct option_def *d;
	size_t i, len;

	for (i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i].theirs, typed) != 0)
			continue;
		len = strcspn(words[i].ours, "=");
		for (d = p->table; d->name != NULL; d++)
			if (strlen(d->name) == len &&
			    memcmp(d->name, words[i].ours, len) == 0 &&
			    option_takes(p->stage, d))
				return words[i].ours;
	}
	return NULL;
}

/* "-c belongs to zmap-recv": options of the other programs of the table. */
static bool
elsewhere(const struct program *p, const struct option_def *d,
    const char *called, char *hint, size_t size)
{
	size_t used = 0;
	unsigned s;

	/*
	 * what is no stage of a scan: a name of its own says little of others
	 */
	if (d == NULL || option_takes(p->stage, d) ||
	    (d->stages & ~(STAGE_IN | STAGE_DIFF | STAGE_MERGE)) == 0)
		return false;
	used = snprintf(hint, size, "; %s belongs to ", called);
	for (s = STAGE_TARGETS; s <= STAGE_LAST && used < size; s <<= 1)
		if (d->stages & s)
			used += snprintf(hint + used, size - used, "%s%s",
			    hint[used - 1] == ' ' ? "" : " and ",
			    option_program(s));
	return true;
}

void
suggest(const struct program *p, const char *name, const char *dashes,
    char *hint, size_t size)
{
	const char *near = translated(p, name);
	char list[200], called[80];

	hint[0] = '\0';
	snprintf(called, sizeof called, "--%s", name);
	if (near == NULL && p->table == option_table &&
	    elsewhere(p, option_lookup(name), called, hint, size))
		return;
	if (near == NULL &&
	    suggest_within(p, name, dashes, list, sizeof list)) {
		snprintf(hint, size, "; did you mean %s?", list);
		return;
	}
	if (near == NULL)
		near = nearest(p, name);
	if (near != NULL)
		snprintf(hint, size, "; did you mean %s%s?", dashes, near);
}

void
suggest_letter(const struct program *p, int letter, char *hint, size_t size)
{
	const struct option_def *d;
	char called[] = { '-', (char)letter, '\0' };

	hint[0] = '\0';
	for (d = option_table; p->table == option_table && d->name != NULL; d++)
		if (d->letter == letter && elsewhere(p, d, called, hint, size))
			return;
}
