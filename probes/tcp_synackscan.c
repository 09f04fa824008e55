/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp_synackscan: a SYN-ACK out of the blue to each target, which stacks answer
 * with a RST wherever it goes (RFC 9293 3.10.7.1).  The RST takes its sequence
 * number from our acknowledgement number, validation word 2.
 */
#include "probe/probe.h"
#include "probe/template.h"
#include "probes/tcp.h"

#define WINDOW	 65535
#define MAX_SIZE (TEMPLATE_IP6 + TEMPLATE_TCP + 4)

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	const struct template_place place = { t->packet, MAX_SIZE, c->ttl,
		why };
	unsigned char mss[4] = { 2, 4 };

	if (c->args != NULL && c->args[0] != '\0') {
		*why = "takes no --probe-args";
		return -1;
	}
	if (t->packet == NULL)
		return 0;
	put16(mss + 2, c->family == 6 ? TCP_MSS6 : TCP_MSS4);
	t->size = template_tcp(&place, TCP_SYN | TCP_ACK, WINDOW, mss,
	    sizeof mss);
	t->size = template_family(c->family, t->packet, t->size, MAX_SIZE, why);
	return t->size > 0 ? 0 : -1;
}

static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	const size_t header = template_header(packet);
	unsigned char *tcp = packet + header;

	template_set_ip(packet, t->size, to);
	put16(tcp, to->source_port);
	put16(tcp + 2, to->port);
	put32(tcp + 4, to->v[0]);
	put32(tcp + 8, to->v[2]);
	template_sum_tcp(packet, t->size - header);
	return t->size;
}

enum {
	TCP,
	CLASSIFICATION = TCP + TCP_COUNT,
	SUCCESS,
	ICMP,
};

static const struct field fields[] = {
	[TCP] = TCP_FIELDS,
	[CLASSIFICATION] = { "classification", FIELD_TEXT,
	    "packet classification" },
	[SUCCESS] = { "success", FIELD_BOOL, "is response considered success" },
	[ICMP] = PROBE_ICMP_FIELDS,
	{ .name = NULL },
};

/*
 * A RST without ACK brings our acknowledgement number back as its sequence
 * number, one more from stacks that count the SYN.  Some acknowledge our
 * SYN instead, and so must a SYN-ACK.
 */
static bool
tcp_synackscan_is_ours(const struct tcp *tcp, const struct reply *r, bool rst)
{
	if ((tcp->flags & TCP_ACK) && tcp->ack == r->v[0] + 1)
		return true;
	return rst && (tcp->seq == r->v[2] || tcp->seq == r->v[2] + 1);
}

static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	enum refusal refused;
	struct tcp tcp;
	bool rst, synack;

	(void)t;
	(void)scratch;
	if (r->icmp_error) {
		if (get32(r->quote + 4) != r->v[0])
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
	rst = (tcp.flags & TCP_RST) != 0;
	synack = !rst &&
	    (tcp.flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
	if ((!rst && !synack) || !tcp_synackscan_is_ours(&tcp, r, rst))
		return REFUSED_VALIDATION;
	tcp_fill(values + TCP, &tcp);
	values[CLASSIFICATION] = value_text(rst ? "rst" : "synack");
	values[SUCCESS] = value_bool(true);
	return REFUSED_NOT;
}

const struct probe probe_tcp_synackscan = {
	.abi = PROBE_ABI,
	.name = "tcp_synackscan",
	.help =
	    "Sends a TCP SYN-ACK to each target, which answers RST whether the port is open\nor closed.  A RST is a success, and so is a SYN-ACK.",
	.ports = true,
	.ip6 = true,
	.protocol = 6,
	.max_size = MAX_SIZE,
	.filter = "tcp[13] & 4 != 0 or tcp[13] & 18 == 18",
	.snaplen = 60 + 60, /* longest IP and TCP headers */
	.fields = fields,
	.classification = CLASSIFICATION,
	.success = SUCCESS,
	.prepare = prepare,
	.make = make,
	.classify = classify,
};
