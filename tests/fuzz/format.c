/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output formats: the first byte chooses one, the second its options, the rest
 * is a stream.  Whatever that holds, what is printed is of a size that the
 * stream can pay for, ready in bounded time, and free of what a terminal would
 * obey where the format promises that.
 */
#include <string.h>

#include "base/utf8.h"
#include "formats/format.h"
#include "fuzz.h"

static const struct choice {
	const char *name, *args;
	bool safe; /* no control but a newline leaves it */
} choices[] = {
	{ "json", NULL, true },
	{ "csv", NULL, false },
	{ "text", NULL, true },
	{ "xml", NULL, true },
	{ "diag", NULL, true },
	{ "zgrab2", "tag=t", true },
	{ "lzr", NULL, true },
	{ "map", "prefix=10.0.0.0/24,size=256", false },
	{ "map", "prefix=10.0.0.0/24,size=256,by=class", false },
	{ "info", NULL, true },
	{ "intelmq", "feed=f", true },
	{ "html", "title=t", true },
	{ "parquet", "addresses=bytes,times=ns", false },
	{ "sqlite", "times=ns", false },
	{ "cbor", NULL, false },
};

/* Bytes of output for one of input: escapes, names of columns, addresses. */
#define GROWTH 4096
#define EXTRA  (1 << 20) /* a picture, the head and end of XML */

static const char *const fields[] = {
	NULL,
	"*",
	"saddr",
	"x,saddr_raw,timestamp_str",
};

static const char *
choose(const struct format *format, const char *wanted, const struct header *h)
{
	if (wanted != NULL && !format->fixed)
		return wanted;
	if (format->fields != NULL)
		return format->fields;
	return format_many_ports(h) ? "saddr,sport" : "saddr";
}

static int
begin(const struct format *format, struct format_state *f, const char *wanted,
    bool first)
{
	const char *missing;
	char why[256];

	if (wanted != NULL || !format->whole) {
		if (first &&
		    columns_parse(f->columns, choose(format, wanted, f->header),
			format->template, why, sizeof why) == -1)
			return -1;
		f->columns->stored = format->stored;
		if (columns_bind(f->columns, f->header, first, &missing, why,
			sizeof why) == -1)
			return -1;
	}
	if (first)
		return format->open != NULL ? format->open(f) : 0;
	return format->segment != NULL ? format->segment(f) : 0;
}

static void
print(const struct format *format, struct format_state *f, struct stream_in *in,
    const char *wanted)
{
	struct stream_item item;
	bool first = true;
	int rc = 0;

	while (rc != -1 && stream_read(in, &item) == 1) {
		f->item = &item;
		f->header = item.header;
		if (item.what == STREAM_HEADER) {
			rc = begin(format, f, wanted, first);
			first = false;
		} else if (item.what == STREAM_RECORD) {
			rc = format->record(f, &item);
		} else if (format->event != NULL) {
			rc = format->event(f, &item);
		}
	}
	f->complete = rc != -1;
}

static void
check(const struct choice *c, const struct output *o, size_t n)
{
	size_t i, len;

	HOLDS(o->error == 0 && o->len <= n * GROWTH + EXTRA);
	for (i = 0; c->safe && i < o->len; i += len) {
		len = utf8_length(o->buf + i, o->len - i);
		HOLDS(len > 0);
		HOLDS(o->buf[i] == '\n' ||
		    (o->buf[i] >= ' ' && o->buf[i] != 0x7f));
		HOLDS(len != 2 || o->buf[i] != 0xc2 || o->buf[i + 1] >= 0xa0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *argv[] = { (char *)"fuzz", NULL };
	const struct choice *c;
	const struct format *format;
	struct format_config config = { .header_row = true };
	struct columns columns = { .count = 0 };
	struct output out;
	struct format_state f = { .out = &out,
		.config = &config,
		.columns = &columns };
	double start = fuzz_cpu();
	struct stream_in *in;
	char path[32];
	int fd;

	if (n < 2)
		return -1;
	c = &choices[p[0] % (sizeof choices / sizeof *choices)];
	format = format_lookup(c->name);
	config.args = c->args;
	config.argv = argv;
	config.path = format->opens ? ":memory:" : NULL; /* SQLite's name */
	config.fields = fields[p[1] % (sizeof fields / sizeof *fields)];
	if (format->fixed)
		config.fields = NULL;
	fd = fuzz_file(p + 2, n - 2, path);
	in = stream_in_new(fd, NULL);
	HOLDS(format != NULL && in != NULL && output_open(&out, -1) == 0);
	if (format->prepare == NULL || format->prepare(&f) == 0)
		print(format, &f, in, config.fields);
	if (format->close != NULL)
		format->close(&f);
	check(c, &out, n);
	columns_free(&columns);
	output_close(&out);
	stream_in_free(in);
	close(fd);
	HOLDS(fuzz_cpu() - start < FUZZ_SECONDS);
	return 0;
}
