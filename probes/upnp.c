/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upnp: an SSDP search (UPnP Device Architecture 1.1, section 1.3.2) to each
 * target, and the headers of its answer.
 */
#include <string.h>
#include <strings.h>

#include "probe/probe.h"
#include "probe/template.h"

/* The groups that searches go to: section 1.3.2 and annex A. */
#define SEARCH(group)                                                          \
	"M-SEARCH * HTTP/1.1\r\n"                                              \
	"Host:" group ":1900\r\n"                                              \
	"ST:upnp:rootdevice\r\n"                                               \
	"Man:\"ssdp:discover\"\r\n"                                            \
	"MX:3\r\n"                                                             \
	"\r\n"

static const char search[] = SEARCH("239.255.255.250");
static const char search6[] = SEARCH("[FF02::C]");

#define MAX_SIZE (TEMPLATE_IP6 + TEMPLATE_UDP + sizeof search)

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	const struct template_place place = { t->packet, MAX_SIZE, c->ttl,
		why };
	if (c->args != NULL && c->args[0] != '\0') {
		*why = "takes no --probe-args";
		return -1;
	}
	if (t->packet == NULL)
		return 0;
	t->size = template_udp(&place, c->family == 6 ? search6 : search,
	    (c->family == 6 ? sizeof search6 : sizeof search) - 1);
	t->size = template_family(c->family, t->packet, t->size, MAX_SIZE, why);
	return t->size > 0 ? 0 : -1;
}

static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	const size_t headers = template_header(packet) + TEMPLATE_UDP;
	const size_t n = t->size - headers;

	template_set_ip(packet, t->size, to);
	template_set_udp(packet, to->source_port, to->port, n,
	    checksum_add(0, packet + headers, n));
	return t->size;
}

enum {
	CLASSIFICATION,
	SUCCESS,
	SERVER,
	LOCATION,
	USN,
	ST,
	EXT,
	CACHE_CONTROL,
	X_USER_AGENT,
	AGENT,
	DATE,
	SPORT,
	DPORT,
	ICMP,
	DATA = ICMP + PROBE_ICMP_COUNT,
};

static const struct field fields[] = {
	[CLASSIFICATION] = { "classification", FIELD_TEXT,
	    "packet classification" },
	[SUCCESS] = { "success", FIELD_BOOL, "is response considered success" },
	[SERVER] = { "server", FIELD_TEXT, "UPnP server" },
	[LOCATION] = { "location", FIELD_TEXT, "UPnP location" },
	[USN] = { "usn", FIELD_TEXT, "UPnP usn" },
	[ST] = { "st", FIELD_TEXT, "UPnP st" },
	[EXT] = { "ext", FIELD_TEXT, "UPnP ext" },
	[CACHE_CONTROL] = { "cache_control", FIELD_TEXT, "UPnP cache-control" },
	[X_USER_AGENT] = { "x_user_agent", FIELD_TEXT, "UPnP x-user-agent" },
	[AGENT] = { "agent", FIELD_TEXT, "UPnP agent" },
	[DATE] = { "date", FIELD_TEXT, "UPnP date" },
	[SPORT] = { "sport", FIELD_UINT, "UDP source port" },
	[DPORT] = { "dport", FIELD_UINT, "UDP destination port" },
	[ICMP] = PROBE_ICMP_FIELDS,
	[DATA] = { "data", FIELD_BYTES, "UDP payload" },
	{ .name = NULL },
};

static const struct {
	const char *name;
	size_t column;
} headers[] = {
	{ "server", SERVER },
	{ "location", LOCATION },
	{ "usn", USN },
	{ "st", ST },
	{ "ext", EXT },
	{ "cache-control", CACHE_CONTROL },
	{ "x-user-agent", X_USER_AGENT },
	{ "agent", AGENT },
	{ "date", DATE },
	{ .name = NULL },
};

static bool
upnp_is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* "Name: value" (RFC 9110 5.1: in any case) into its field, if it is one. */
static void
upnp_read_header(const unsigned char *p, size_t n, struct value *values,
    struct encoder *scratch)
{
	const unsigned char *colon = memchr(p, ':', n), *v;
	size_t i, name;

	if (colon == NULL)
		return;
	name = colon - p;
	v = colon + 1;
	n -= name + 1;
	for (; n > 0 && upnp_is_blank(v[0]); v++)
		n--;
	for (; n > 0 && upnp_is_blank(v[n - 1]); n--)
		;
	for (i = 0; headers[i].name != NULL; i++)
		if (strlen(headers[i].name) == name &&
		    strncasecmp(headers[i].name, (const char *)p, name) == 0)
			values[headers[i].column] = probe_text(v, n, scratch);
}

/* Whether it is a response of HTTP with status 200; reads its headers. */
static bool
read_response(const unsigned char *p, size_t n, struct value *values,
    struct encoder *scratch)
{
	static const char ok[] = "HTTP/1.1 200 OK";
	const unsigned char *newline;
	size_t line;

	if (n < sizeof ok - 1 ||
	    strncasecmp((const char *)p, ok, sizeof ok - 1) != 0)
		return false;
	for (; n > 0; p += line, n -= line) {
		newline = memchr(p, '\n', n);
		line = newline != NULL ? (size_t)(newline - p) : n;
		upnp_read_header(p,
		    line > 0 && p[line - 1] == '\r' ? line - 1 : line, values,
		    scratch);
		line += newline != NULL;
	}
	return true;
}

static const struct probe_udp_fields common = PROBE_UDP_COLUMNS;

static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	enum refusal refused;
	const unsigned char *data;
	bool upnp;
	size_t n;

	(void)t;
	data = probe_udp_answer(r, values, &common, &n, &refused);
	if (data == NULL)
		return refused;
	upnp = read_response(data, n, values, scratch);
	values[CLASSIFICATION] = value_text(upnp ? "upnp" :
		n == 0				 ? "none" :
						   "no-http-header");
	values[SUCCESS] = value_bool(upnp);
	values[DATA] = value_bytes(data, n);
	return REFUSED_NOT;
}

const struct probe probe_upnp = {
	.abi = PROBE_ABI,
	.name = "upnp",
	.help =
	    "Sends an SSDP search for UPnP root devices to each target and takes the headers\nof the answer apart.  Answers are upnp, a success; no-http-header or none, which\nare none of UPnP; or icmp errors.",
	.ports = true,
	.ip6 = true,
	.protocol = 17,
	.max_size = MAX_SIZE,
	.snaplen = 65535,
	.fields = fields,
	.classification = CLASSIFICATION,
	.success = SUCCESS,
	.prepare = prepare,
	.make = make,
	.classify = classify,
};
