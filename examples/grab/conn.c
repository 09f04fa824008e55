/* SPDX-License-Identifier: Apache-2.0 */
/* A connection and its states; see conn.h. */
#include "base/clock.h"
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tls.h"

#define ROOM_FIRST     4096 /* kept for the next host */
#define ROOM_KEPT      (16 << 10)
#define READS_IN_A_ROW 16 /* of one connection, then others' turn */

static void on_event(int fd, short what, void *arg);

static int64_t
since(const struct conn *c, uint64_t ns)
{
	return ns == 0 ? -1 : (int64_t)(ns - c->begin_ns);
}

/* Reports, and gives the connection back. */
static void
conn_finish(struct conn *c, enum report_status status, enum report_end end,
    const char *error)
{
	struct grab *g = c->grab;
	struct report r = { .host = &c->host,
		.status = status,
		.end = end,
		.error = error,
		.begin_ns = c->wall_ns,
		.bytes = c->buf,
		.size = c->size,
		.ssl = c->ssl };

	r.connect_ns = since(c, c->connected_ns);
	r.first_ns = since(c, c->first_ns);
	r.total_ns = since(c, clock_ns());
	if (g->config.format != REPORT_CBOR)
		report_write(&g->sink.out, g->config.format, &r);
	else if (results_write(&g->results, &r) == -1)
		g->sink.out.error = ENOMEM;
	g->count[status]++;
	g->bytes += c->size;
	if (c->wanted != 0)
		event_del(&c->event);
	if (c->ssl != NULL)
		tls_close(c->ssl);
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	c->ssl = NULL;
	if (c->room > ROOM_KEPT) {
		free(c->buf);
		c->buf = NULL;
		c->room = 0;
	}
	c->next = g->free;
	g->free = c;
	g->open--;
}

/* The host's fault or ours, by the errno of a socket; why: or NULL. */
static void
finish_errno(struct conn *c, int e, const char *why)
{
	enum report_status status;

	switch (e) {
	case ECONNREFUSED:
		status = REPORT_REFUSED;
		break;
	case ECONNRESET:
	case EPIPE:
		/* a RST to what we sent may come before we read anything */
		status = REPORT_RESET;
		break;
	case ETIMEDOUT:
		status = c->connected_ns == 0 ? REPORT_TIMEOUT : REPORT_SILENT;
		break;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENOPROTOOPT: /* ICMP protocol unreachable */
	case EPROTO:	  /* ICMP parameter problem */
	case EHOSTDOWN:
	case ENONET:
		status = REPORT_UNREACHABLE;
		break;
	default:
		status = REPORT_LOCAL;
	}
	if (why == NULL &&
	    (status == REPORT_UNREACHABLE || status == REPORT_LOCAL))
		why = strerror(e);
	conn_finish(c, status, 0, why);
}

/* What there is of a banner, or what `otherwise` says. */
static void
finish_banner(struct conn *c, enum report_end end, enum report_status otherwise,
    const char *error)
{
	conn_finish(c, c->size > 0 ? REPORT_BANNER : otherwise, end, error);
}

static void
wait_for(struct conn *c, short wanted)
{
	uint64_t now = clock_ns(), until = c->phase_ns;
	struct timeval tv = { 0, 0 };

	if (until > c->deadline_ns)
		until = c->deadline_ns;
	if (until > now) {
		tv.tv_sec = (until - now) / SECOND;
		tv.tv_usec = (until - now) % SECOND / MICROSECOND;
	}
	if (c->wanted != wanted) {
		if (c->wanted != 0)
			event_del(&c->event);
		event_assign(&c->event, c->grab->base, c->fd,
		    wanted | EV_PERSIST, on_event, c);
		c->wanted = wanted;
	}
	event_add(&c->event, &tv);
}

static void
enter(struct conn *c, enum conn_state state, uint64_t limit_ns)
{
	c->state = state;
	c->phase_ns = clock_ns() + limit_ns;
}

/* What a result of tls.h asks for; false if the connection has ended. */
static bool
go_on_tls(struct conn *c, enum tls_result rc)
{
	switch (rc) {
	case TLS_WANT_READ:
		wait_for(c, EV_READ);
		return true;
	case TLS_WANT_WRITE:
		wait_for(c, EV_WRITE);
		return true;
	case TLS_CLOSED:
		finish_banner(c, REPORT_END_CLOSED, REPORT_CLOSED, NULL);
		return false;
	default:
		finish_banner(c,
		    errno == ECONNRESET ? REPORT_END_RESET : REPORT_END_TLS,
		    REPORT_TLS, tls_why());
		return false;
	}
}

/*
 * A reset may come before we look, and what the host has said before it is
 * still there to be read.  The socket tells of its error only once, and then
 * of an end.
 */
static bool
was_reset(struct conn *c, int e)
{
	if (e != ECONNRESET && e != EPIPE)
		return false;
	c->error = e;
	enter(c, CONN_READING, c->grab->config.read_ns);
	return true;
}

/* All of these: 1 if the next state is to be seen to at once. */
static int
step_connecting(struct conn *c)
{
	const struct grab_config *config = &c->grab->config;
	socklen_t len = sizeof errno;
	int e = 0;

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &len) == -1)
		e = errno;
	/* before it was connected, a reset is a refusal */
	if (e == 0 || e == ECONNRESET || e == EPIPE)
		c->connected_ns = clock_ns();
	if (e != 0 && !config->tls && was_reset(c, e))
		return 1;
	if (e != 0) {
		finish_errno(c, e, NULL);
		return 0;
	}
	if (config->tls) {
		c->ssl = tls_open(c->grab->tls, c->fd, config->server_name);
		if (c->ssl == NULL) {
			conn_finish(c, REPORT_LOCAL, 0, "out of memory");
			return 0;
		}
		enter(c, CONN_SHAKING, config->connect_ns);
	} else
		enter(c, CONN_SENDING, config->read_ns);
	return 1;
}

static int
step_shaking(struct conn *c)
{
	enum tls_result rc = tls_handshake(c->ssl);

	if (rc == TLS_DONE) {
		enter(c, CONN_SENDING, c->grab->config.read_ns);
		return 1;
	}
	if (rc == TLS_CLOSED)
		conn_finish(c, REPORT_TLS, 0, "closed in the handshake");
	else
		go_on_tls(c, rc);
	return 0;
}

static int
step_sending(struct conn *c)
{
	struct request *r = c->grab->config.request;
	enum tls_result rc;
	size_t done;
	ssize_t n;

	if (r != NULL)
		request_make(r, &c->host);
	while (r != NULL && c->sent < r->made_size) {
		if (c->ssl != NULL) {
			rc = tls_write(c->ssl, r->made + c->sent,
			    r->made_size - c->sent, &done);
			if (rc != TLS_DONE) {
				go_on_tls(c, rc);
				return 0;
			}
			c->sent += done;
			continue;
		}
		n = send(c->fd, r->made + c->sent, r->made_size - c->sent,
		    MSG_NOSIGNAL);
		if (n == -1 && errno == EAGAIN) {
			wait_for(c, EV_WRITE);
			return 0;
		}
		if (n == -1 && was_reset(c, errno))
			return 1;
		if (n == -1) {
			finish_errno(c, errno, NULL);
			return 0;
		}
		c->sent += n;
	}
	enter(c, CONN_READING, c->grab->config.read_ns);
	if (c->ssl != NULL)
		return 1; /* it may hold bytes read already */
	wait_for(c, EV_READ);
	return 0;
}

/* Room for more of a banner; false for lack of memory. */
static bool
conn_grow(struct conn *c)
{
	size_t max = c->grab->config.max_bytes, room;
	unsigned char *p;

	if (c->size < c->room)
		return true;
	room = c->room == 0 ? ROOM_FIRST : c->room * 2;
	p = realloc(c->buf, room < max ? room : max);
	if (p == NULL)
		return false;
	c->buf = p;
	c->room = room < max ? room : max;
	return true;
}

/* Bytes, 0 if the connection has ended or waits again. */
static size_t
read_some(struct conn *c)
{
	enum tls_result rc;
	size_t done;
	ssize_t n;

	if (c->ssl != NULL) {
		rc = tls_read(c->ssl, c->buf + c->size, c->room - c->size,
		    &done);
		if (rc == TLS_DONE)
			return done;
		go_on_tls(c, rc);
		return 0;
	}
	n = recv(c->fd, c->buf + c->size, c->room - c->size, 0);
	if (n > 0)
		return n;
	if (c->error != 0) {
		n = -1;
		errno = c->error;
	}
	if (n == 0)
		finish_banner(c, REPORT_END_CLOSED, REPORT_CLOSED, NULL);
	else if (errno == EAGAIN)
		wait_for(c, EV_READ);
	else if (c->size > 0)
		conn_finish(c, REPORT_BANNER, REPORT_END_RESET, NULL);
	else
		finish_errno(c, errno, NULL);
	return 0;
}

static int
step_reading(struct conn *c)
{
	const struct grab_config *config = &c->grab->config;
	size_t n, from;
	int i;

	for (i = 0; i < READS_IN_A_ROW; i++) {
		if (!conn_grow(c)) {
			conn_finish(c, REPORT_LOCAL, 0, "out of memory");
			return 0;
		}
		n = read_some(c);
		if (n == 0)
			return 0;
		if (c->first_ns == 0)
			c->first_ns = clock_ns();
		/* what is looked for may begin in the read before */
		from = c->size > config->until_size ?
		    c->size - config->until_size :
		    0;
		c->size += n;
		c->phase_ns = clock_ns() + config->gap_ns;
		if (config->until != NULL &&
		    memmem(c->buf + from, c->size - from, config->until,
			config->until_size)) {
			conn_finish(c, REPORT_BANNER, REPORT_END_FOUND, NULL);
			return 0;
		}
		if (c->size >= config->max_bytes) {
			conn_finish(c, REPORT_BANNER, REPORT_END_LIMIT, NULL);
			return 0;
		}
		if (config->gap_ns == 0) {
			conn_finish(c, REPORT_BANNER, REPORT_END_PAUSE, NULL);
			return 0;
		}
	}
	/* one that never stops talking is never idle either */
	if (clock_ns() >= c->deadline_ns) {
		conn_finish(c, REPORT_BANNER, REPORT_END_DEADLINE, NULL);
		return 0;
	}
	wait_for(c, EV_READ);
	if (c->ssl != NULL && SSL_pending(c->ssl) > 0)
		event_active(&c->event, EV_READ, 0);
	return 0;
}

static void
conn_step(struct conn *c)
{
	int more = 1;

	while (more)
		switch (c->state) {
		case CONN_CONNECTING:
			more = step_connecting(c);
			break;
		case CONN_SHAKING:
			more = step_shaking(c);
			break;
		case CONN_SENDING:
			more = step_sending(c);
			break;
		case CONN_READING:
			more = step_reading(c);
			break;
		}
}

static void
too_late(struct conn *c)
{
	switch (c->state) {
	case CONN_CONNECTING:
		conn_finish(c, REPORT_TIMEOUT, 0, NULL);
		break;
	case CONN_SHAKING:
		conn_finish(c, REPORT_TLS, 0, "no handshake in time");
		break;
	case CONN_SENDING:
		conn_finish(c, REPORT_SILENT, 0, "takes no request");
		break;
	case CONN_READING:
		finish_banner(c,
		    clock_ns() >= c->deadline_ns ? REPORT_END_DEADLINE :
						   REPORT_END_PAUSE,
		    REPORT_SILENT, NULL);
		break;
	}
}

static void
on_event(int fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	if (what & (EV_READ | EV_WRITE))
		conn_step(c);
	else if (what & EV_TIMEOUT)
		too_late(c);
}

/* Something that this machine ran out of, and may have again. */
static bool
is_shortage(int e)
{
	return e == EMFILE || e == ENFILE || e == ENOBUFS || e == ENOMEM ||
	    e == EAGAIN || e == EADDRNOTAVAIL;
}

int
conn_begin(struct conn *c, const struct host *h)
{
	struct grab *g = c->grab;
	const char *why = NULL;
	bool connected = false;
	uint64_t begin = clock_ns(), wall = clock_wall_ns();
	int fd, e;

	fd = g->config.opener.open(g->config.opener.ctx, h, &connected, &why);
	e = errno;
	if (fd == -1 && is_shortage(e) && g->open > 0)
		return -1;
	c->host = *h;
	c->fd = fd;
	c->wanted = c->error = 0;
	c->sent = c->size = 0;
	c->connected_ns = c->first_ns = 0;
	c->begin_ns = begin;
	c->wall_ns = wall;
	c->deadline_ns = begin + g->config.total_ns;
	g->free = c->next;
	g->open++;
	enter(c, CONN_CONNECTING, g->config.connect_ns);
	if (fd == -1)
		finish_errno(c, e, why);
	else if (connected)
		conn_step(c);
	else
		wait_for(c, EV_WRITE);
	return 0;
}

void
conn_interrupt(struct conn *c)
{
	finish_banner(c, REPORT_END_INTERRUPTED, REPORT_INTERRUPTED, NULL);
}
