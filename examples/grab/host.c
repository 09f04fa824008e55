/* SPDX-License-Identifier: Apache-2.0 */
/* From bytes to hosts; see host.h. */
#include "host.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/field.h"
#include "stream/stream.h"

#define ROOM	    (1 << 20) /* longest line, and what is buffered */
#define READ	    (64 << 10)
#define COLUMNS_MAX 64

enum form {
	FORM_UNKNOWN,
	FORM_STREAM,
	FORM_JSON,
	FORM_LINES,
};

struct host_source {
	int fd;
	struct host_config config;
	enum form form;
	char *buf; /* ROOM bytes */
	size_t start, len;
	bool eof;
	uint64_t line;
	bool skipping;	 /* a line that is too long */
	bool first_read; /* the first line, for a header */
	bool has_header;
	int column[HOST_VALUES]; /* of CSV, -1: none */
	struct json_tokener *json;
	struct stream_in *stream;
	struct field_ref ref[HOST_VALUES];
	uint32_t has_ref;
	const struct header *header;
	unsigned char *end; /* the last one */
	size_t end_size;
	enum outcome outcome;
	char why[256];
};

static const char *const names[HOST_VALUES] = {
	[HOST_ADDRESS] = "saddr",
	[HOST_PORT] = "sport",
	[HOST_OWN_ADDRESS] = "daddr",
	[HOST_OWN_PORT] = "dport",
	[HOST_SEQUENCE] = "seqnum",
	[HOST_ACKNOWLEDGED] = "acknum",
	[HOST_WINDOW] = "window",
	[HOST_MSS] = "tcpopt_mss",
	[HOST_SCALE] = "tcpopt_wscale",
	[HOST_SACK] = "tcpopt_sack_perm",
	[HOST_TIME] = "tcpopt_ts_val",
	[HOST_TIME_ECHO] = "tcpopt_ts_ecr",
	[HOST_SUCCESS] = "success",
	[HOST_REPEAT] = "repeat",
	[HOST_SECONDS] = "timestamp_ts",
	[HOST_MICROSECONDS] = "timestamp_us",
};

struct host_source *
host_source_new(int fd, const struct host_config *config)
{
	struct host_source *s = calloc(1, sizeof *s);
	int i;

	if (s == NULL)
		return NULL;
	s->fd = fd;
	s->config = *config;
	s->config.needed |= 1 << HOST_ADDRESS | 1 << HOST_PORT;
	for (i = 0; i < HOST_VALUES; i++)
		s->column[i] = -1;
	s->buf = malloc(ROOM);
	s->json = json_tokener_new();
	if (s->buf == NULL || s->json == NULL) {
		host_source_free(s);
		return NULL;
	}
	return s;
}

void
host_source_free(struct host_source *s)
{
	if (s == NULL)
		return;
	stream_in_free(s->stream);
	free(s->end);
	if (s->json != NULL)
		json_tokener_free(s->json);
	free(s->buf);
	free(s);
}

const char *
host_why(const struct host_source *s)
{
	return s->why;
}

bool
host_end(const struct host_source *s, struct stream_item *item)
{
	*item = (struct stream_item){ .what = STREAM_END,
		.bytes = s->end,
		.size = s->end_size };
	return s->end != NULL;
}

const struct header *
host_header(const struct host_source *s)
{
	return s->header;
}

enum outcome
host_outcome(const struct host_source *s)
{
	return s->outcome;
}

static void
host_set(struct host *h, enum host_value i, uint32_t v)
{
	h->v[i] = v;
	h->has |= 1u << i;
}

static bool
is_address(enum host_value i)
{
	return i == HOST_ADDRESS || i == HOST_OWN_ADDRESS;
}

static void
set_address6(struct host *h, enum host_value i, struct ip6 a)
{
	h->six |= i == HOST_ADDRESS;
	*(i == HOST_ADDRESS ? &h->address : &h->own_address) = a;
	h->has |= 1u << i;
}

static bool
set_address(struct host *h, enum host_value i, const char *s)
{
	const char *end = s + strlen(s);
	struct in_addr a;
	struct ip6 six;

	if (inet_pton(AF_INET, s, &a) == 1)
		host_set(h, i, ntohl(a.s_addr));
	else if (ip6_parse(&six, s, end) == end)
		set_address6(h, i, six);
	else
		return false;
	return true;
}

/* What people and files write for a value; false if it is not one. */
static bool
host_set_text(struct host *h, enum host_value i, const char *s, size_t n)
{
	char copy[IP6_TEXT], *end;
	unsigned long v;

	if (n == 0)
		return true; /* absent */
	if (n >= sizeof copy)
		return false;
	memcpy(copy, s, n);
	copy[n] = '\0';
	if (is_address(i))
		return set_address(h, i, copy);
	if (strcmp(copy, "true") == 0 || strcmp(copy, "false") == 0) {
		host_set(h, i, copy[0] == 't');
		return true;
	}
	if (!isdigit((unsigned char)copy[0]))
		return false;
	v = strtoul(copy, &end, 10);
	if (*end != '\0' || v > UINT32_MAX)
		return false;
	host_set(h, i, v);
	return true;
}

/* Bytes of strangers for a message: cut, and with dots for odd ones. */
static const char *
shown(char *to, size_t size, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < size - 4; i++)
		to[i] = isprint((unsigned char)s[i]) ? s[i] : '.';
	strcpy(to + i, i < n ? "..." : "");
	return to;
}

static enum host_what
host_bad(struct host_source *s, const char *what, const char *text, size_t n)
{
	char safe[48];

	if (text != NULL)
		snprintf(s->why, sizeof s->why, "stdin:%" PRIu64 ": %s: %s",
		    s->line, what, shown(safe, sizeof safe, text, n));
	else
		snprintf(s->why, sizeof s->why, "stdin:%" PRIu64 ": %s",
		    s->line, what);
	return HOST_BAD;
}

static enum host_what
host_failed(struct host_source *s, const char *what)
{
	snprintf(s->why, sizeof s->why, "stdin: %s", what);
	s->outcome = OUTCOME_FAILED;
	return HOST_FAILED;
}

/* The same questions for hosts from wherever. */
static enum host_what
host_judge(struct host_source *s, struct host *h)
{
	uint32_t missing;
	char what[64];
	int i;

	if (!s->config.all &&
	    (((h->has & 1 << HOST_SUCCESS) && h->v[HOST_SUCCESS] == 0) ||
		((h->has & 1 << HOST_REPEAT) && h->v[HOST_REPEAT] != 0)))
		return HOST_SKIPPED;
	if (!(h->has & 1 << HOST_PORT) && s->config.port != 0)
		host_set(h, HOST_PORT, s->config.port);
	missing = s->config.needed & ~h->has;
	if (missing == 1 << HOST_PORT)
		return host_bad(s, "no port; give one with -p", NULL, 0);
	if (missing != 0) {
		for (i = 0; !(missing & 1u << i); i++)
			;
		snprintf(what, sizeof what, "no %s", names[i]);
		return host_bad(s, what, NULL, 0);
	}
	if (h->v[HOST_PORT] == 0 || h->v[HOST_PORT] > 65535)
		return host_bad(s, "not a port", NULL, 0);
	return HOST_GOT;
}

/* --- lines --- */

/* "a", "a:port" or "[a]:port": the address, and where the port is, or NULL. */
static const char *
split_port(const char **s, size_t *n)
{
	const char *end = *s + *n, *close, *colon = memchr(*s, ':', *n);

	if (*n > 0 && **s == '[') {
		close = memchr(*s, ']', *n);
		if (close == NULL)
			return NULL;
		++*s;
		*n = (size_t)(close - *s);
		return close + 1 < end && close[1] == ':' ? close + 2 : NULL;
	}
	/* two of them: an address of IPv6 without a port */
	if (colon == NULL || memchr(colon + 1, ':', end - colon - 1) != NULL)
		return NULL;
	*n = (size_t)(colon - *s);
	return colon + 1;
}

/* Column k of a record of CSV. */
static enum host_what
take_column(struct host_source *s, enum host_value k, const char *text,
    size_t n, struct host *h)
{
	const char *address = text, *port = NULL;
	size_t size = n;

	if (k == HOST_ADDRESS)
		port = split_port(&address, &size);
	if (port != NULL &&
	    (!host_set_text(h, HOST_PORT, port, text + n - port) ||
		!(h->has & 1 << HOST_PORT)))
		return host_bad(s, "not a port", text, n);
	if (!host_set_text(h, k, address, size))
		return host_bad(s,
		    k == HOST_ADDRESS ? "not an address" : names[k], text, n);
	return HOST_NONE;
}

/*
 * Splits a record of CSV (RFC 4180) in place; quotes are taken off.  Returns
 * the number of fields; those past the last column are not looked at.
 */
static int
split(char *s, size_t n, char *field[COLUMNS_MAX], size_t size[COLUMNS_MAX])
{
	char *end = s + n, *to;
	int count = 0;

	for (;;) {
		while (s < end && (*s == ' ' || *s == '\t'))
			s++;
		field[count] = to = s;
		if (s < end && *s == '"') {
			for (s++; s < end; s++) {
				if (*s == '"' && (++s == end || *s != '"'))
					break;
				*to++ = *s;
			}
			while (s < end && *s != ',')
				s++;
		} else {
			while (s < end && *s != ',')
				s++;
			to = s;
			while (
			    to > field[count] && isspace((unsigned char)to[-1]))
				to--;
		}
		size[count] = to - field[count];
		if (++count == COLUMNS_MAX || s == end)
			return count;
		s++;
	}
}

/* Is the first line a header row?  Then learns the columns from it. */
static bool
learn_columns(struct host_source *s, char *const field[], const size_t size[],
    int n)
{
	int i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < HOST_VALUES; k++)
			if (strlen(names[k]) == size[i] &&
			    memcmp(names[k], field[i], size[i]) == 0)
				s->column[k] = i;
	if (s->column[HOST_ADDRESS] != -1)
		return true;
	s->column[HOST_ADDRESS] = 0;
	return false;
}

static enum host_what
host_take_csv(struct host_source *s, char *line, size_t n, struct host *h)
{
	char *field[COLUMNS_MAX];
	size_t size[COLUMNS_MAX];
	enum host_what what;
	bool bare;
	int count, k, i;

	count = split(line, n, field, size);
	if (!s->first_read) {
		s->first_read = true;
		s->has_header = learn_columns(s, field, size, count);
		if (s->has_header)
			return HOST_NONE;
	}
	for (k = 0; k < HOST_VALUES; k++) {
		i = s->column[k];
		if (i == -1 || i >= count)
			continue;
		what = take_column(s, k, field[i], size[i], h);
		if (what != HOST_NONE)
			return what;
	}
	bare = s->column[HOST_PORT] == -1 && !(h->has & 1 << HOST_PORT);
	if (bare && s->column[HOST_ADDRESS] == 0 && count > 1)
		host_set_text(h, HOST_PORT, field[1], size[1]);
	return host_judge(s, h);
}

static bool
set_json(struct host *h, enum host_value i, struct json_object *v)
{
	int64_t n;

	switch (json_object_get_type(v)) {
	case json_type_null:
		return true;
	case json_type_string:
		return host_set_text(h, i, json_object_get_string(v),
		    json_object_get_string_len(v));
	case json_type_boolean:
		host_set(h, i, json_object_get_boolean(v));
		return !is_address(i);
	case json_type_int:
		n = json_object_get_int64(v);
		host_set(h, i, n);
		return !is_address(i) && n >= 0 && n <= UINT32_MAX;
	default:
		return false;
	}
}

static enum host_what
host_take_json(struct host_source *s, const char *line, size_t n,
    struct host *h)
{
	struct json_object *o, *v;
	enum host_what what;
	int i;

	json_tokener_reset(s->json);
	o = json_tokener_parse_ex(s->json, line, n);
	if (o == NULL || !json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		return host_bad(s, "not a JSON object", line, n);
	}
	for (i = 0; i < HOST_VALUES; i++)
		if (json_object_object_get_ex(o, names[i], &v) &&
		    !set_json(h, i, v)) {
			json_object_put(o);
			return host_bad(s, names[i], line, n);
		}
	what = host_judge(s, h);
	json_object_put(o);
	return what;
}

/*
 * The end of the record at p: its newline, or NULL; *size is how much of it
 * stands before that or a comment.  A newline in a quoted field belongs to the
 * record, and a quote that does not open a field is a byte like others.  A #
 * begins a comment, but not behind a quoted field and, unless it is the line's
 * first byte, not under a header row: there it may be a stranger's.
 */
static char *
csv_end(const struct host_source *s, char *p, size_t n, size_t *size)
{
	char *begin = p, *end = p + n;
	bool commented = !s->has_header;

	for (;;) {
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (p < end && *p == '"') {
			commented = false;
			for (p++; p < end; p++)
				if (*p == '"' && (++p == end || *p != '"'))
					break;
		}
		for (; p < end && *p != ',' && *p != '\n'; p++)
			if (*p == '#' && (commented || p == begin)) {
				*size = p - begin;
				return memchr(p, '\n', end - p);
			}
		*size = p - begin;
		if (p == end)
			return NULL;
		if (*p == '\n')
			return p;
		p++;
	}
}

static char *
record_end(const struct host_source *s, char *p, size_t n, size_t *size)
{
	char *nl;

	if (s->form == FORM_LINES)
		return csv_end(s, p, n, size);
	nl = memchr(p, '\n', n);
	*size = nl != NULL ? (size_t)(nl - p) : n;
	return nl;
}

/* A line without its newline and comment. */
static enum host_what
take_line(struct host_source *s, char *line, size_t n, struct host *h)
{
	while (n > 0 && isspace((unsigned char)line[n - 1]))
		n--;
	while (n > 0 && isspace((unsigned char)line[0])) {
		line++;
		n--;
	}
	if (n == 0)
		return HOST_NONE;
	if (s->form == FORM_JSON)
		return host_take_json(s, line, n, h);
	return host_take_csv(s, line, n, h);
}

static enum host_what
host_next_line(struct host_source *s, struct host *h)
{
	enum host_what what;
	char *line, *end;
	size_t n, size;

	for (;;) {
		line = s->buf + s->start;
		end = record_end(s, line, s->len, &size);
		if (end == NULL && s->len == ROOM) {
			/* give up on it, and on what follows of it */
			s->skipping = true;
			s->start = s->len = 0;
			s->line++;
			return host_bad(s, "a line longer than 1 MiB", NULL, 0);
		}
		if (end == NULL && (!s->eof || s->len == 0))
			return HOST_NONE;
		n = end != NULL ? (size_t)(end - line) : s->len;
		s->start += n + (end != NULL);
		s->len -= n + (end != NULL);
		if (s->skipping) {
			s->skipping = false;
			continue;
		}
		s->line++;
		*h = (struct host){ .has = 0 };
		what = take_line(s, line, size, h);
		if (what != HOST_NONE)
			return what;
	}
}

/* --- the stream --- */

static enum host_what
host_take_header(struct host_source *s, const struct header *header)
{
	char what[96];
	int i;

	s->header = header;
	s->has_ref = 0;
	for (i = 0; i < HOST_VALUES; i++)
		if (field_find(header->fields, header->nfields, names[i],
			&s->ref[i]) == 0)
			s->has_ref |= 1u << i;
		else if (s->config.needed & 1u << i &&
		    !(i == HOST_PORT && s->config.port != 0)) {
			snprintf(what, sizeof what, "the stream has no %s%s",
			    names[i],
			    i == HOST_PORT ? "; give one with -p" : "");
			return host_failed(s, what);
		}
	return HOST_SEGMENT;
}

static enum host_what
take_record(struct host_source *s, const struct stream_item *item,
    struct host *h)
{
	struct value v;
	uint32_t a;
	int i;

	*h = (struct host){ .has = 0 };
	s->line++;
	for (i = 0; i < HOST_VALUES; i++) {
		if (!(s->has_ref & 1u << i))
			continue;
		v = field_value(&s->ref[i], item->values, item->nvalues);
		if (v.type == VALUE_BYTES && v.size == 4 && is_address(i)) {
			memcpy(&a, v.bytes, 4);
			host_set(h, i, ntohl(a));
		} else if (v.type == VALUE_BYTES && v.size == IP6_SIZE &&
		    is_address(i)) {
			set_address6(h, i, ip6_get(v.bytes));
		} else if ((v.type == VALUE_UINT || v.type == VALUE_BOOL) &&
		    !is_address(i) && v.number <= UINT32_MAX)
			host_set(h, i, v.number);
	}
	return host_judge(s, h);
}

/* What does not fit into memory is not told on, which is no failure. */
static void
host_keep_end(struct host_source *s, const struct stream_item *item)
{
	free(s->end);
	s->end = malloc(item->size);
	s->end_size = s->end != NULL ? item->size : 0;
	if (s->end != NULL)
		memcpy(s->end, item->bytes, item->size);
}

static enum host_what
next_item(struct host_source *s, struct host *h)
{
	struct stream_item item;
	int rc;

	while ((rc = stream_next(s->stream, &item)) == 1)
		switch (item.what) {
		case STREAM_HEADER:
			return host_take_header(s, item.header);
		case STREAM_RECORD:
			return take_record(s, &item, h);
		case STREAM_END:
			s->outcome = outcome_worse(s->outcome,
			    stream_end_outcome(&item));
			host_keep_end(s, &item);
			break;
		case STREAM_EVENT:
			break;
		}
	return rc == 0 ? HOST_NONE : host_failed(s, stream_error(s->stream));
}

/* --- both --- */

/* Looks at the first byte that is not blank. */
static int
detect(struct host_source *s)
{
	while (s->len > 0 && isspace((unsigned char)s->buf[s->start])) {
		s->line += s->buf[s->start] == '\n';
		s->start++;
		s->len--;
	}
	if (s->len == 0)
		return 0;
	switch ((unsigned char)s->buf[s->start]) {
	case 0xd9:
		s->form = FORM_STREAM;
		s->line = 0;
		s->stream = stream_in_new(s->fd, "results");
		if (s->stream == NULL ||
		    stream_feed(s->stream, s->buf + s->start, s->len) == -1)
			return -1;
		break;
	case '{':
		s->form = FORM_JSON;
		break;
	default:
		s->form = FORM_LINES;
	}
	return 0;
}

long
host_fill(struct host_source *s)
{
	ssize_t n;

	if (s->stream != NULL)
		return stream_fill(s->stream);
	if (s->start > 0 && s->start + s->len + READ > ROOM) {
		memmove(s->buf, s->buf + s->start, s->len);
		s->start = 0;
	}
	n = ROOM - s->start - s->len;
	do
		n = read(s->fd, s->buf + s->start + s->len,
		    n < READ ? n : READ);
	while (n == -1 && errno == EINTR);
	if (n > 0)
		s->len += n;
	else if (n == 0)
		s->eof = true;
	if (n > 0 && s->form == FORM_UNKNOWN && detect(s) == -1) {
		errno = ENOMEM;
		return -1;
	}
	return n;
}

enum host_what
host_next(struct host_source *s, struct host *h)
{
	switch (s->form) {
	case FORM_STREAM:
		return next_item(s, h);
	case FORM_JSON:
	case FORM_LINES:
		return host_next_line(s, h);
	default:
		return HOST_NONE;
	}
}
