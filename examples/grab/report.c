/* SPDX-License-Identifier: Apache-2.0 */
/* Lines about hosts; see report.h. */
#include "base/clock.h"
#include "report.h"

#include <openssl/evp.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "request.h"
#include "tls.h"

static const char *const statuses[REPORT_STATUSES] = {
	[REPORT_BANNER] = "banner",
	[REPORT_SILENT] = "silent",
	[REPORT_CLOSED] = "closed",
	[REPORT_RESET] = "reset",
	[REPORT_REFUSED] = "refused",
	[REPORT_UNREACHABLE] = "unreachable",
	[REPORT_TIMEOUT] = "timeout",
	[REPORT_TLS] = "tls",
	[REPORT_INTERRUPTED] = "interrupted",
	[REPORT_LOCAL] = "local",
};

static const char *const ends[] = {
	[REPORT_END_CLOSED] = "closed",
	[REPORT_END_RESET] = "reset",
	[REPORT_END_PAUSE] = "pause",
	[REPORT_END_FOUND] = "found",
	[REPORT_END_LIMIT] = "limit",
	[REPORT_END_DEADLINE] = "deadline",
	[REPORT_END_INTERRUPTED] = "interrupted",
	[REPORT_END_TLS] = "tls",
};

static const char *const formats[] = {
	[REPORT_JSON] = "json",
	[REPORT_BASE64] = "base64",
	[REPORT_HEX] = "hex",
	[REPORT_TEXT] = "text",
	[REPORT_CBOR] = "cbor",
};

const char *
report_status_name(enum report_status status)
{
	return statuses[status];
}

const char *
report_end_name(enum report_end end)
{
	return ends[end];
}

int
report_format_parse(const char *name)
{
	size_t i;

	if (strcmp(name, "ascii") == 0)
		return REPORT_TEXT;
	for (i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(formats[i], name) == 0)
			return i;
	return -1;
}

void
report_base64(struct output *o, const unsigned char *p, size_t n)
{
	size_t part;

	/* in multiples of three, so that only the last part is padded */
	for (; n > 0; n -= part, p += part) {
		part = n < 3 << 12 ? n : 3 << 12;
		o->len += EVP_EncodeBlock(output_room(o, part / 3 * 4 + 5), p,
		    part);
	}
}

/* ISO 8601, UTC, in milliseconds. */
static void
print_time(struct output *o, uint64_t ns)
{
	time_t second = ns / SECOND;
	char text[32];
	struct tm tm;

	gmtime_r(&second, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	output_format(o, "\"%s.%03uZ\"", text, (unsigned)(ns / 1000000 % 1000));
}

static void
print_ms(struct output *o, const char *key, int64_t ns)
{
	if (ns >= 0)
		output_format(o, ",\"%s\":%.3f", key, ns / 1e6);
}

static void
print_json(struct output *o, const struct report *r)
{
	char address[IP6_TEXT];

	address_text(address, r->host);
	output_format(o, "{\"saddr\":\"%s\",\"sport\":%u,\"status\":\"%s\"",
	    address, r->host->v[HOST_PORT], statuses[r->status]);
	if (r->status == REPORT_BANNER)
		output_format(o, ",\"ended\":\"%s\"", ends[r->end]);
	if (r->error != NULL) {
		output_text(o, ",\"error\":");
		escape_json(o, r->error, strlen(r->error));
	}
	output_text(o, ",\"time\":");
	print_time(o, r->begin_ns);
	print_ms(o, "connect_ms", r->connect_ns);
	print_ms(o, "first_ms", r->first_ns);
	print_ms(o, "total_ms", r->total_ns);
	if (r->ssl != NULL)
		tls_report(o, r->ssl);
	if (r->status == REPORT_BANNER) {
		output_format(o, ",\"size\":%zu,\"text\":", r->size);
		escape_json(o, r->bytes, r->size);
		output_text(o, ",\"base64\":\"");
		report_base64(o, r->bytes, r->size);
		output_byte(o, '"');
	}
	output_text(o, "}\n");
}

void
report_write(struct output *o, enum report_format format,
    const struct report *r)
{
	char address[IP6_TEXT];

	if (format == REPORT_JSON) {
		print_json(o, r);
		return;
	}
	if (r->status != REPORT_BANNER)
		return;
	output_bytes(o, address, address_text(address, r->host));
	output_byte(o, ' ');
	switch (format) {
	case REPORT_BASE64:
		report_base64(o, r->bytes, r->size);
		break;
	case REPORT_HEX:
		escape_hex(o, r->bytes, r->size);
		break;
	default:
		escape_text(o, r->bytes, r->size);
	}
	output_byte(o, '\n');
}
