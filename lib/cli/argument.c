/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options; see argument.h. */
#include "cli/argument.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "addr/ports.h"
#include "addr/sources.h"
#include "base/cores.h"
#include "base/escape.h"
#include "base/interface.h"
#include "base/number.h"
#include "base/output.h"
#include "base/siphash.h"
#include "base/words.h"
#include "cli/option.h"

#define SECONDS_MAX 1e9
#define RATE_MAX    1e15
#define RATE_MIN    1e-6

/* "a whole number from 1 to 255" */
static int
out_of_range(uint64_t min, uint64_t max, char *why, size_t size)
{
	if (max == UINT64_MAX)
		snprintf(why, size, "must be a whole number from %" PRIu64,
		    min);
	else
		snprintf(why, size,
		    "must be a whole number from %" PRIu64 " to %" PRIu64, min,
		    max);
	return -1;
}

static int
argument_count(const char *s, uint64_t min, uint64_t max, uint64_t *n,
    char *why, size_t size)
{
	if (number_whole(s, min, max, n) == 0)
		return 0;
	return out_of_range(min, max, why, size);
}

static int
argument_limit(const struct option_def *d, const char *s, uint64_t *n,
    char *why, size_t size)
{
	if (strcmp(s + strspn(s, " \t"), "-1") == 0) {
		*n = UINT64_MAX;
		return 0;
	}
	if (argument_count(s, d->min, UINT64_MAX - 1, n, why, size) == 0)
		return 0;
	snprintf(why, size, "must be a whole number, or -1 for no limit");
	return -1;
}

/* What looks like a number is one, or a mistake. */
bool
argument_is_text(const char *s)
{
	struct number v;

	s += strspn(s, " \t");
	s += *s == '-' || *s == '+';
	if (*s == '\0')
		return false;
	s = number_read(s, &v);
	return s == NULL || *s != '\0';
}

/* SipHash of the text, padded by zeros, and its length; zmap(1) says so. */
static uint64_t
text_seed(const char *s)
{
	struct siphash h = siphash_start((struct siphash_key){ 0, 0 });
	size_t n = strlen(s), i;
	uint64_t word = 0, out[2];

	for (i = 0; i < n; i++) {
		word |= (uint64_t)(unsigned char)s[i] << i % 8 * 8;
		if (i % 8 == 7 || i + 1 == n) {
			siphash_add(&h, word);
			word = 0;
		}
	}
	siphash_add(&h, n);
	siphash_end(&h, out);
	return out[0] >> 1; /* never negative, where seeds are signed */
}

/* As ZMap, whose seeds are signed: -1 is 18446744073709551615. */
static int
seed(const char *s, uint64_t *n, char *why, size_t size)
{
	bool negative;

	if (argument_is_text(s)) {
		*n = text_seed(s);
		return 0;
	}
	s += strspn(s, " \t");
	negative = *s == '-';
	if (isdigit((unsigned char)s[negative]) &&
	    argument_count(s + negative, 0,
		negative ? UINT64_C(1) << 63 : UINT64_MAX, n, why, size) == 0) {
		if (negative)
			*n = -*n;
		return 0;
	}
	snprintf(why, size,
	    "must be a whole number from -2^63 to 2^64-1, or a text");
	return -1;
}

static int
descriptor(const char *s, uint64_t *n, char *why, size_t size)
{
	if (argument_count(s, 0, INT_MAX, n, why, size) == -1)
		return -1;
	if (fcntl((int)*n, F_GETFD) != -1)
		return 0;
	snprintf(why, size, "this descriptor is not open");
	return -1;
}

static int
argument_bytes(const struct option_def *d, const char *s, uint64_t *n,
    char *why, size_t size)
{
	static const char letters[] = "KMG";
	const char *letter = NULL;
	struct number v;
	unsigned shift;

	s = number_read(s, &v);
	if (s != NULL && *s != '\0')
		letter = strchr(letters, toupper((unsigned char)*s));
	shift = letter != NULL ? 10 * (letter - letters + 1) : 0;
	if (s == NULL || s[letter != NULL] != '\0' || !v.whole ||
	    v.n > UINT64_MAX >> shift) {
		snprintf(why, size, "must be a size, such as 500K, 64M or 1G");
		return -1;
	}
	*n = v.n << shift;
	if (*n >= d->min && *n <= d->max)
		return 0;
	snprintf(why, size, "must be from %" PRIu64 "K to %" PRIu64 "M",
	    d->min >> 10, d->max >> 20);
	return -1;
}

/* The port that *s begins with; *s goes behind it. */
static int
port(const char **s, uint64_t *n)
{
	char *end;

	if (!isdigit((unsigned char)**s))
		return -1;
	*n = strtoul(*s, &end, 10);
	*s = end;
	return *n > 65535 ? -1 : 0;
}

static int
argument_ports(const struct option_def *d, const char *s, struct argument *v,
    char *why, size_t size)
{
	bool ok;

	s += strspn(s, " \t");
	ok = port(&s, &v->number) == 0;
	v->last = v->number;
	if (ok && *s == '-') {
		s++;
		ok = port(&s, &v->last) == 0;
	}
	ok = ok && v->number >= d->min;
	if (ok && *s == '\0' && v->number <= v->last)
		return 0;
	if (ok && *s == '\0')
		snprintf(why, size, "must end at a higher port than it begins");
	else
		snprintf(why, size,
		    "must be a port from %" PRIu64
		    " to 65535, or a range such as 40000-50000",
		    d->min);
	return -1;
}

/* Seconds, or per cent. */
static int
argument_fraction(const struct option_def *d, const char *s, double *x,
    char *why, size_t size)
{
	const bool seconds = d->type == ARG_SECONDS;
	const double max = seconds ? SECONDS_MAX : 100;
	struct number n;

	s = number_read(s, &n);
	if (s == NULL || *s != '\0' || !(n.x <= max) ||
	    (d->min > 0 && n.x == 0)) {
		snprintf(why, size, "must be a number of %s %s to %g",
		    seconds ? "seconds" : "per cent",
		    d->min > 0 ? "over 0, up" : "from 0", max);
		return -1;
	}
	*x = n.x;
	return 0;
}

static int
rate(const char *s, bool bits, double *x, char *why, size_t size)
{
	static const char letters[] = "KMGT";
	const char *letter = NULL;
	struct number n;
	int power;

	s = number_read(s, &n);
	if (s == NULL)
		goto bad;
	if (*s != '\0')
		letter = strchr(letters, toupper((unsigned char)*s));
	power = letter != NULL ? letter - letters + 1 : 0;
	s += letter != NULL;
	if (bits &&
	    (strcasecmp(s, "bps") == 0 || strcasecmp(s, "bit") == 0 ||
		strcasecmp(s, "bit/s") == 0))
		s += strlen(s);
	if (*s != '\0')
		goto bad;
	for (; power > 0; power--)
		n.x *= 1000;
	if (!(n.x <= RATE_MAX) || (n.x > 0 && n.x < RATE_MIN)) {
		snprintf(why, size, "must be 0, or from %g to %g", RATE_MIN,
		    RATE_MAX);
		return -1;
	}
	*x = n.x;
	return 0;
bad:
	snprintf(why, size, "must be %s a second, such as %s",
	    bits ? "bits" : "packets", bits ? "10M or 1.5G" : "10000 or 10K");
	return -1;
}

/* "100K", or, where a word may stand in its place, "auto" or "auto:100K" */
static int
rate_or_word(const struct option_def *d, const char *s, struct argument *v,
    char *why, size_t size)
{
	size_t n = d->words != NULL ? strlen(d->words) : 0;

	v->number = 0;
	if (n == 0 || strncmp(s, d->words, n) != 0)
		return rate(s, d->type == ARG_BITS, &v->real, why, size);
	v->number = ARGUMENT_WORD;
	v->real = 0;
	s += n;
	if (*s == '\0')
		return 0;
	if (*s == ':' && rate(s + 1, false, &v->real, why, size) == 0 &&
	    v->real > 0)
		return 0;
	snprintf(why, size,
	    "must be packets a second, %s, or %s:50000 for at most 50000 of them",
	    d->words, d->words);
	return -1;
}

/* "100K", "100K/8" */
static int
rate_share(const char *s, struct argument *v, char *why, size_t size)
{
	const char *slash = strchrnul(s, '/');
	char pps[64];

	snprintf(pps, sizeof pps, "%.*s", (int)(slash - s), s);
	if (slash - s < (int)sizeof pps &&
	    rate(pps, false, &v->real, why, size) == 0 && v->real > 0 &&
	    (*slash == '\0' ||
		number_whole(slash + 1, 1, 65535, &v->number) == 0))
		return 0;
	snprintf(why, size,
	    "must be packets a second, such as 100K; or these and how many shards run at once, such as 100K/8");
	return -1;
}

/* "must be full, window or none" */
static int
no_word(const char *words, char *why, size_t size)
{
	size_t n = snprintf(why, size, "must be ");

	if (n < size)
		words_list(words, why + n, size - n);
	return -1;
}

/* wildcard,alias */
static int
some_words(const char *words, const char *s, uint64_t *set, char *why,
    size_t size)
{
	char word[32];
	size_t n;
	int which;

	for (;; s += n + 1) {
		n = strcspn(s, ",");
		snprintf(word, sizeof word, "%.*s", (int)n, s);
		which = n < sizeof word ? words_find(words, word) : -1;
		if (which == -1) {
			no_word(words, why, size);
			n = strlen(why);
			snprintf(why + n, size - n,
			    "; several by commas, without blanks");
			return -1;
		}
		*set |= UINT64_C(1) << which;
		if (s[n] == '\0')
			return 0;
	}
}

static int
shard(const struct option_def *d, const char *s, uint64_t *n, char *why,
    size_t size)
{
	if (words_find(d->words, s) != -1) {
		*n = ARGUMENT_WORD;
		return 0;
	}
	if (number_whole(s, d->min, d->max, n) == 0)
		return 0;
	snprintf(why, size,
	    "must be a whole number from %" PRIu64 " to %" PRIu64
	    ", auto, or an engine: %s",
	    d->min, d->max, strchr(d->words, ' ') + 1);
	return -1;
}

/* What other rooms read; why: what is wrong, from a list of constant words. */
static int
argument_named(const struct option_def *d, const char *text, struct argument *v,
    const char **why)
{
	struct sources sources;
	int cores[CORES_MAX];
	unsigned n;

	switch (d->type) {
	case ARG_AMOUNT:
		return amount_parse(text, &v->amount, why);
	case ARG_MAC:
		return mac_parse(text + strspn(text, " \t"), v->mac, why);
	case ARG_INTERFACE:
		return interface_check(text, why);
	case ARG_SOURCES:
		return sources_parse(text, &sources, why);
	default:
		return cores_parse(text, cores, &n, why);
	}
}

static int
port_set(const char *text, char *why, size_t size)
{
	struct ports ports;

	if (ports_parse(&ports, text, why, size) == -1)
		return -1;
	ports_free(&ports);
	return 0;
}

int
argument_parse(const struct option_def *d, const char *text, struct argument *v,
    char *why, size_t size)
{
	const char *wrong;
	int word;

	*v = (struct argument){ .number = 0 };
	switch (d->type) {
	case ARG_FLAG:
	case ARG_TEXT:
		break;
	case ARG_PATH:
		if (*text != '\0')
			break;
		snprintf(why, size, "must be the name of a file");
		return -1;
	case ARG_WORD:
		word = words_find(d->words, text);
		if (word == -1)
			return no_word(d->words, why, size);
		v->number = word;
		break;
	case ARG_WORDS:
		return some_words(d->words, text, &v->number, why, size);
	case ARG_COUNT:
		return argument_count(text, d->min, d->max, &v->number, why,
		    size);
	case ARG_SHARD:
		return shard(d, text, &v->number, why, size);
	case ARG_LIMIT:
		return argument_limit(d, text, &v->number, why, size);
	case ARG_SEED:
		return seed(text, &v->number, why, size);
	case ARG_FD:
		return descriptor(text, &v->number, why, size);
	case ARG_SIZE:
		return argument_bytes(d, text, &v->number, why, size);
	case ARG_PORTS:
		return argument_ports(d, text, v, why, size);
	case ARG_SECONDS:
		if (argument_fraction(d, text, &v->real, why, size) == -1)
			return -1;
		v->number = v->real * 1e9;
		break;
	case ARG_PERCENT:
		return argument_fraction(d, text, &v->real, why, size);
	case ARG_RATE:
	case ARG_BITS:
		return rate_or_word(d, text, v, why, size);
	case ARG_PORT_SET:
		return port_set(text, why, size);
	case ARG_AMOUNT:
	case ARG_MAC:
	case ARG_INTERFACE:
	case ARG_SOURCES:
	case ARG_CORES:
		if (argument_named(d, text, v, &wrong) == 0)
			break;
		snprintf(why, size, "%s", wrong);
		return -1;
	case ARG_SHARE:
		return rate_share(text, v, why, size);
	}
	return 0;
}

const char *
argument_shown(const char *text, const char *why)
{
	size_t n = strlen(text);

	if (n == 0)
		return "''";
	return why[0] == '\'' && strncmp(why + 1, text, n) == 0 &&
		why[1 + n] == '\'' ?
	    "" :
	    text;
}

void
argument_json(struct output *o, const struct option_def *d, const char *text)
{
	struct argument v;
	char why[128];

	if (text == NULL) {
		output_text(o, "true");
		return;
	}
	if (argument_parse(d, text, &v, why, sizeof why) == -1) {
		output_text(o, "null");
		return;
	}
	switch (d->type) {
	case ARG_SHARD:
		if (v.number == ARGUMENT_WORD)
			escape_json(o, text, strlen(text));
		else
			output_uint(o, v.number);
		break;
	case ARG_COUNT:
	case ARG_FD:
	case ARG_SIZE:
		output_uint(o, v.number);
		break;
	case ARG_LIMIT:
	case ARG_SEED:
		output_int(o, (int64_t)v.number);
		break;
	case ARG_PORTS:
		output_format(o, "[%" PRIu64 ",%" PRIu64 "]", v.number, v.last);
		break;
	case ARG_SECONDS:
	case ARG_PERCENT:
	case ARG_BITS:
		output_format(o, "%.15g", v.real);
		break;
	case ARG_RATE:
		if (v.number == ARGUMENT_WORD)
			escape_json(o, text, strlen(text));
		else
			output_format(o, "%.15g", v.real);
		break;
	default:
		escape_json(o, text, strlen(text));
	}
}
