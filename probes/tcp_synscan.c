/*
 * tcp_synscan: a TCP SYN to each target.  Open ports answer SYN-ACK, closed
 * ones RST.  The sequence number is validation word 0, so that both bring it
 * back, plus one, in their acknowledgement number.
 */
#include <arpa/inet.h>
#include <libnet.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "probe.h"
#include "tcp.h"

#define MAX_SIZE (20 + 20 + 24)
#define WINDOW	 65535

/* Where things are, from the IP header on: RFC 791 3.1, RFC 9293 3.1. */
enum {
	AT_IP_ID = 4,
	AT_IP_SUM = 10,
	AT_SADDR = 12,
	AT_DADDR = 16,
	AT_SPORT = 20,
	AT_DPORT = 22,
	AT_SEQ = 24,
	AT_TCP_SUM = 36,
};

/* Sums over all that is the same in every probe, pseudo header included. */
struct syn {
	uint64_t ip_sum, tcp_sum;
};

/*
 * TCP options in the order in which systems send them, which middleboxes look
 * at.  T stands for the four bytes of the time at which the scan started.
 */
#define T 0, 0, 0, 0

static const struct layout {
	const char *name;
	size_t size;
	size_t time_at; /* of T; 0: there is none */
	unsigned char bytes[24];
} layouts[] = {
	{ "bsd", 24, 12,
	    { 2, 4, 5, 0xb4, 1, 3, 3, 6, 1, 1, 8, 10, T, 0, 0, 0, 0, 4, 2, 0,
		0 } },
	{ "linux", 20, 8,
	    { 2, 4, 5, 0xb4, 4, 2, 8, 10, T, 0, 0, 0, 0, 1, 3, 3, 7 } },
	{ "smallest-probes", 4, 0, { 2, 4, 5, 0xb4 } },
	{ "windows", 12, 0, { 2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2 } },
	{ .name = NULL },
};

static const struct layout *
find_layout(const char *args)
{
	const struct layout *l;

	if (args == NULL || args[0] == '\0' || strcmp(args, "default") == 0)
		args = "windows";
	for (l = layouts; l->name != NULL; l++)
		if (strcmp(l->name, args) == 0)
			return l;
	return NULL;
}

static int
build(struct probe_thread *t, const struct probe_config *c,
    const struct layout *l)
{
	uint32_t time_be = htonl(c->start_ns / 1000000000), size;
	char error[LIBNET_ERRBUF_SIZE];
	unsigned char options[24];
	uint8_t *built = NULL;
	libnet_t *net;
	int rc = -1;

	memcpy(options, l->bytes, l->size);
	if (l->time_at != 0)
		memcpy(options + l->time_at, &time_be, 4);
	net = libnet_init(LIBNET_NONE, NULL, error); /* opens no socket */
	if (net == NULL)
		return -1;
	if (libnet_build_tcp_options(options, l->size, net, 0) != -1 &&
	    libnet_build_tcp(0, 0, 0, 0, TH_SYN, WINDOW, 0, 0,
		LIBNET_TCP_H + l->size, NULL, 0, net, 0) != -1 &&
	    libnet_build_ipv4(LIBNET_IPV4_H + LIBNET_TCP_H + l->size, 0, 0, 0,
		c->ttl, IPPROTO_TCP, 0, 0, 0, NULL, 0, net, 0) != -1 &&
	    libnet_pblock_coalesce(net, &built, &size) != -1 &&
	    size <= MAX_SIZE) {
		memcpy(t->packet, built, size);
		t->size = size;
		rc = 0;
	}
	free(built);
	libnet_destroy(net);
	return rc;
}

/* What libnet filled in for fields still 0 is taken out of the sums. */
static void
sum(const struct probe_thread *t, struct syn *s)
{
	uint16_t pseudo[2] = { htons(IPPROTO_TCP), htons(t->size - 20) };

	memset(t->packet + AT_IP_ID, 0, 2);
	memset(t->packet + AT_IP_SUM, 0, 2);
	memset(t->packet + AT_TCP_SUM, 0, 2);
	s->ip_sum = checksum_add(0, t->packet, 20);
	s->tcp_sum = checksum_add(0, t->packet + 20, t->size - 20);
	s->tcp_sum = checksum_add(s->tcp_sum, pseudo, sizeof pseudo);
}

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	const struct layout *l = find_layout(c->args);

	if (l == NULL) {
		*why = "the arguments of tcp_synscan are smallest-probes, "
		       "windows, linux or bsd";
		return -1;
	}
	t->state = calloc(1, sizeof(struct syn));
	if (t->state == NULL) {
		*why = "out of memory";
		return -1;
	}
	if (t->packet == NULL)
		return 0;
	if (build(t, c, l) == -1) {
		*why = "libnet cannot build a SYN";
		return -1;
	}
	sum(t, t->state);
	return 0;
}

static void
done(struct probe_thread *t)
{
	free(t->state);
	t->state = NULL;
}

static inline void
put32(unsigned char *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, 4);
}

static inline void
put16(unsigned char *p, uint16_t v)
{
	v = htons(v);
	memcpy(p, &v, 2);
}

/*
 * The ten variable bytes from AT_SADDR lie together in both sums; of the
 * others only their own header's sum knows.
 */
static size_t
make(struct probe_thread *t, unsigned char *p, const struct probe_target *to)
{
	const struct syn *s = t->state;
	uint64_t addresses;
	uint16_t folded;

	put16(p + AT_IP_ID, to->v[3]);
	put32(p + AT_SADDR, to->source);
	put32(p + AT_DADDR, to->address);
	put16(p + AT_SPORT, to->source_port);
	put16(p + AT_DPORT, to->port);
	put32(p + AT_SEQ, to->v[0]);
	addresses = checksum_add(0, p + AT_SADDR, 8);
	folded = checksum_fold(
	    s->ip_sum + addresses + checksum_add(0, p + AT_IP_ID, 2));
	memcpy(p + AT_IP_SUM, &folded, 2);
	folded = checksum_fold(
	    s->tcp_sum + addresses + checksum_add(0, p + AT_SPORT, 8));
	memcpy(p + AT_TCP_SUM, &folded, 2);
	return t->size;
}

/* Where the module's fields begin in its table. */
enum {
	TCP = 0,
	OPTIONS = 5,
	CLASSIFICATION = 10,
	SUCCESS = 11,
	ICMP = 12,
};

static const struct field fields[] = {
	TCP_FIELDS,
	TCP_OPTION_FIELDS,
	{ "classification", FIELD_TEXT, "packet classification" },
	{ "success", FIELD_BOOL, "is response considered success" },
	PROBE_ICMP_FIELDS,
	{ .name = NULL },
};

/*
 * A RST acknowledges the SYN, or, from stacks that do not count it, the
 * sequence number itself.  A quoted SYN holds its sequence number within the
 * first 8 bytes, which every ICMP error quotes.
 */
static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	enum refusal refused;
	struct tcp tcp;
	bool synack;

	(void)t;
	(void)scratch;
	if (r->icmp_error) {
		if (packet_get32(r->quote + 4) != r->v[0])
			return REFUSED_VALIDATION;
		tcp_fill_icmp(values + TCP, r);
		values[CLASSIFICATION] = value_text("icmp");
		values[SUCCESS] = value_bool(false);
		probe_fill_icmp(values + ICMP, r);
		return REFUSED_NOT;
	}
	refused = tcp_read(r, &tcp);
	if (refused != REFUSED_NOT)
		return refused;
	synack = (tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST)) ==
	    (TCP_SYN | TCP_ACK);
	if (!synack && !(tcp.flags & TCP_RST))
		return REFUSED_VALIDATION;
	if (tcp.ack != r->v[0] + 1 && (synack || tcp.ack != r->v[0]))
		return REFUSED_VALIDATION;
	tcp_fill(values + TCP, &tcp);
	tcp_fill_options(values + OPTIONS, &tcp);
	values[CLASSIFICATION] = value_text(synack ? "synack" : "rst");
	values[SUCCESS] = value_bool(synack);
	return REFUSED_NOT;
}

const struct probe probe_tcp_synscan = {
	.abi = PROBE_ABI,
	.name = "tcp_synscan",
	.help = "Sends a TCP SYN to each target.  Open ports answer SYN-ACK, "
		"closed ones RST.\n--probe-args chooses the TCP options: "
		"smallest-probes, windows (default), linux or bsd.",
	.ports = true,
	.protocol = IPPROTO_TCP,
	.max_size = MAX_SIZE,
	/* a RST, or a SYN-ACK whatever else is set in it */
	.filter = "tcp[13] & 4 != 0 or tcp[13] & 18 == 18",
	.snaplen = 60 + 60, /* longest IP and TCP headers */
	.fields = fields,
	.classification = CLASSIFICATION,
	.success = SUCCESS,
	.prepare = prepare,
	.done = done,
	.make = make,
	.classify = classify,
};
