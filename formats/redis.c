/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redis: pushes results on a list of a Redis server, by hiredis.
 *
 * Elements are gathered into batches, each one RPUSH command.  Up to WINDOW
 * batches are under way at a time, and none is forgotten before its reply has
 * come:
 *
 *	 acknowledged | sent          | being filled
 *	--------------+---------------+-------------
 *	              ^ first         ^ first + sent
 *
 * When the connection breaks, a new one sends everything from `first` again,
 * so that a reply that got lost may mean elements twice, but never none.
 *
 * A server that lets us in and takes nothing (a replica is read-only) is in
 * the same trouble as one that is not there: how long to bear it is counted
 * from the first failure since it acknowledged something.
 */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rights.h"
#include "formats/format.h"
#include "formats/redis-url.h"

#define WINDOW	     32		/* batches under way, at most */
#define BATCH_COUNT  1000	/* elements in one, at most */
#define BATCH_BYTES  (60 << 10) /* about when it is full */
#define HEAD	     512	/* room for the command's head */
#define WAIT_SECONDS 10		/* for the server, each time */
#define PAUSE_NS     200000000	/* between attempts to connect */

/* A command in the protocol of Redis, as it is sent. */
struct batch {
	unsigned char *bytes; /* BATCH_BYTES and an element */
	size_t size, room;
	unsigned count; /* elements */
};

struct state {
	struct redis_url url;
	struct format_state inner; /* of url.lines */
	struct format_config config;
	struct output line;
	redisContext *redis; /* NULL: not connected */
	struct batch batches[WINDOW];
	size_t first, sent; /* see above */
	uint64_t pushed;    /* elements */
	uint64_t broken_ns; /* since when nothing is acknowledged, or 0 */
	bool dead;	    /* gave up */
};

/* --- the connection --- */

/* A connected socket, or -1 with errno. */
static int
dial_one(const struct addrinfo *a)
{
	struct timeval wait = { .tv_sec = WAIT_SECONDS };
	int fd, on = 1, saved;

	fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == -1 ||
	    connect(fd, a->ai_addr, a->ai_addrlen) == -1) {
		saved = errno == EINPROGRESS ? ETIMEDOUT : errno;
		close(fd);
		errno = saved;
		return -1;
	}
	if (a->ai_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

/* The same, at the first address that listens. */
static int
dial(const struct state *s)
{
	const struct addrinfo *a = s->url.found != NULL ? s->url.found :
							  &s->url.local;
	int fd = -1;

	for (; fd == -1 && a != NULL; a = a->ai_next)
		fd = dial_one(a);
	return fd;
}

static void
hang_up(struct state *s)
{
	if (s->redis != NULL)
		redisFree(s->redis);
	s->redis = NULL;
}

/* Is this a state of the server that passes? */
static bool
passing(const char *error)
{
	static const char *const codes[] = { "LOADING", "MASTERDOWN",
		"READONLY", "TRYAGAIN", "CLUSTERDOWN", "BUSY", NULL };
	size_t i, n = strcspn(error, " ");

	for (i = 0; codes[i] != NULL; i++)
		if (strlen(codes[i]) == n && memcmp(error, codes[i], n) == 0)
			return true;
	return false;
}

enum answer { GOOD, LOST, REFUSED };

/* Reads a reply; LOST for a connection that is of no more use. */
static enum answer
take_reply(struct format_state *f, struct state *s)
{
	enum answer answer = GOOD;
	void *p = NULL;
	redisReply *reply;

	if (redisGetReply(s->redis, &p) != REDIS_OK || p == NULL) {
		format_fail(f, "redis at %s: %s", s->url.where,
		    s->redis->err == REDIS_ERR_IO && errno == EAGAIN ?
			"no answer" :
			s->redis->errstr);
		hang_up(s);
		return LOST;
	}
	reply = p;
	if (reply->type == REDIS_REPLY_ERROR) {
		format_fail(f, "redis at %s: %.150s", s->url.where, reply->str);
		answer = passing(reply->str) ? LOST : REFUSED;
		if (answer == LOST)
			hang_up(s);
	}
	freeReplyObject(reply);
	return answer;
}

/* A command now and then, its reply waited for. */
static enum answer
command(struct format_state *f, struct state *s, int argc, const char *a,
    const char *b, const char *c)
{
	const char *argv[] = { a, b, c };

	if (redisAppendCommandArgv(s->redis, argc, argv, NULL) != REDIS_OK)
		return LOST;
	return take_reply(f, s);
}

static enum answer
redis_greet(struct format_state *f, struct state *s)
{
	char db[24];
	enum answer answer = GOOD;

	if (s->url.password != NULL)
		answer = s->url.user == NULL || s->url.user[0] == '\0' ?
		    command(f, s, 2, "AUTH", s->url.password, NULL) :
		    command(f, s, 3, "AUTH", s->url.user, s->url.password);
	snprintf(db, sizeof db, "%llu", (unsigned long long)s->url.db);
	if (answer == GOOD && s->url.db != 0)
		answer = command(f, s, 2, "SELECT", db, NULL);
	return answer == GOOD ? command(f, s, 1, "PING", NULL, NULL) : answer;
}

/* Puts a batch on its way. */
static void
redis_send_batch(struct state *s, size_t i)
{
	const struct batch *b = &s->batches[i % WINDOW];

	/* only lack of memory; the reply that never comes will tell */
	redisAppendFormattedCommand(s->redis, (const char *)b->bytes, b->size);
}

static enum answer
connect_once(struct format_state *f, struct state *s)
{
	enum answer answer;
	size_t i;
	int fd = dial(s);

	if (fd == -1) {
		format_fail(f, "redis at %s: %s", s->url.where,
		    strerror(errno));
		return LOST;
	}
	s->redis = redisConnectFd(fd);
	if (s->redis == NULL || s->redis->err != 0) {
		format_fail(f, "redis at %s: %s", s->url.where,
		    s->redis == NULL ? strerror(ENOMEM) : s->redis->errstr);
		hang_up(s);
		return LOST;
	}
	answer = redis_greet(f, s);
	if (answer != GOOD) {
		hang_up(s);
		return answer;
	}
	for (i = 0; i < s->sent; i++)
		redis_send_batch(s, s->first + i);
	return GOOD;
}

/*
 * At once if all was well until now; else, as long as it was asked to try, a
 * little later.  -1 with why.
 */
static int
reconnect(struct format_state *f, struct state *s)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	char why[sizeof f->why];
	enum answer answer = LOST;
	uint64_t left = 0;
	size_t i;

	if (s->broken_ns == 0) {
		s->broken_ns = clock_ns();
		answer = connect_once(f, s);
	}
	while (answer == LOST &&
	    clock_ns() - s->broken_ns < s->url.retry * SECOND) {
		nanosleep(&pause, NULL);
		answer = connect_once(f, s);
	}
	if (answer == GOOD)
		return 0;
	s->dead = true;
	for (i = 0; i <= s->sent && i < WINDOW; i++)
		left += s->batches[(s->first + i) % WINDOW].count;
	memcpy(why, f->why, sizeof why);
	return format_fail(f, "%.180s; %llu results were not acknowledged", why,
	    (unsigned long long)left);
}

/* Waits until at most n batches are under way. */
static int
redis_drain(struct format_state *f, struct state *s, size_t n)
{
	struct batch *b;
	uint64_t left = 0;
	char why[sizeof f->why];
	size_t i;

	while (s->sent > n) {
		if (s->redis == NULL && reconnect(f, s) == -1)
			return -1;
		switch (take_reply(f, s)) {
		case GOOD:
			b = &s->batches[s->first % WINDOW];
			s->pushed += b->count;
			b->count = 0;
			s->first++;
			s->sent--;
			s->broken_ns = 0;
			break;
		case LOST:
			break;
		case REFUSED:
			s->dead = true;
			for (i = 0; i < WINDOW; i++)
				left += s->batches[i].count;
			memcpy(why, f->why, sizeof why);
			return format_fail(f,
			    "%.180s; %llu results were not acknowledged", why,
			    (unsigned long long)left);
		}
	}
	return 0;
}

/* --- batches --- */

/* Writes the head of the command right before the elements. */
static void
seal(const struct state *s, struct batch *b)
{
	char head[HEAD];
	int n = snprintf(head, sizeof head,
	    "*%u\r\n$5\r\nRPUSH\r\n$%zu\r\n%s\r\n", b->count + 2,
	    strlen(s->url.list), s->url.list);

	memmove(b->bytes + n, b->bytes + HEAD, b->size - HEAD);
	memcpy(b->bytes, head, n);
	b->size = b->size - HEAD + n;
}

/* Sends the batch that is being filled, if anything is in it. */
static int
dispatch(struct format_state *f, struct state *s)
{
	struct batch *b = &s->batches[(s->first + s->sent) % WINDOW];
	int done = 0;

	if (b->count == 0)
		return 0;
	seal(s, b);
	s->sent++;
	if (s->redis != NULL) {
		redis_send_batch(s, s->first + s->sent - 1);
		/* out it goes; if not, the next reply is lost */
		while (!done && redisBufferWrite(s->redis, &done) == REDIS_OK)
			;
	}
	/* the next slot of the ring must be free */
	return redis_drain(f, s, WINDOW - 1);
}

static int
redis_push(struct format_state *f, struct state *s, const void *p, size_t n)
{
	struct batch *b = &s->batches[(s->first + s->sent) % WINDOW];
	unsigned char *grown;
	size_t need;

	if (b->count == 0)
		b->size = HEAD;
	need = b->size + n + 32;
	if (need > b->room) {
		need = need < HEAD + BATCH_BYTES + 4096 ?
		    HEAD + BATCH_BYTES + 4096 :
		    need;
		grown = realloc(b->bytes, need);
		if (grown == NULL)
			return format_fail(f, "%s", strerror(ENOMEM));
		b->bytes = grown;
		b->room = need;
	}
	b->size += snprintf((char *)b->bytes + b->size, 24, "$%zu\r\n", n);
	memcpy(b->bytes + b->size, p, n);
	b->size += n;
	b->bytes[b->size++] = '\r';
	b->bytes[b->size++] = '\n';
	b->count++;
	if (b->count < BATCH_COUNT && b->size < BATCH_BYTES)
		return 0;
	return dispatch(f, s);
}

/* --- the format --- */

static int
prepare(struct format_state *f)
{
	struct state *s = calloc(1, sizeof *s);

	f->state = s;
	if (s == NULL || output_open(&s->line, -1) == -1)
		return format_fail(f, "%s", strerror(ENOMEM));
	s->url.packed = true;
	s->url.retry = 30;
	f->rights.may |= RIGHTS_CONNECT;
	if (redis_url_parse(f, &s->url) == -1)
		return -1;
	/* whether it is there at all is said at once */
	return connect_once(f, s) == GOOD ? 0 : -1;
}

static int
open_redis(struct format_state *f)
{
	struct state *s = f->state;

	if (s->url.packed)
		return 0;
	s->config = *f->config;
	s->config.header_row = false;
	s->inner = *f;
	s->inner.out = &s->line;
	s->inner.config = &s->config;
	s->inner.state = NULL;
	if (s->url.lines->open(&s->inner) == -1)
		return format_fail(f, "%s", s->inner.why);
	return 0;
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct state *s = f->state;
	struct value v;
	int rc;

	if (s->url.packed) {
		v = column_value(&f->columns->list[0], item->values,
		    item->nvalues);
		if (v.type != VALUE_BYTES || (v.size != 4 && v.size != 16)) {
			format_fail(f, "packed needs an address in each");
			return 0;
		}
		rc = redis_push(f, s, v.bytes, v.size);
	} else {
		s->line.len = 0;
		if (s->url.lines->record(&s->inner, item) == -1 ||
		    s->line.error != 0)
			return format_fail(f, "%s", strerror(ENOMEM));
		rc = redis_push(f, s, s->line.buf, s->line.len - 1);
	}
	return rc == -1 ? -1 : 1;
}

static int
idle(struct format_state *f)
{
	struct state *s = f->state;

	return dispatch(f, s) == -1 || redis_drain(f, s, 0) == -1 ? -1 : 0;
}

static int
close_redis(struct format_state *f)
{
	struct state *s = f->state;
	size_t i;
	int rc = 0;

	if (s == NULL)
		return 0;
	/* also what came before a failure elsewhere */
	if (!s->dead && s->url.text != NULL)
		rc = idle(f);
	hang_up(s);
	if (s->url.lines != NULL && s->inner.out != NULL)
		s->url.lines->close(&s->inner);
	for (i = 0; i < WINDOW; i++)
		free(s->batches[i].bytes);
	output_close(&s->line);
	if (s->url.found != NULL)
		freeaddrinfo(s->url.found);
	free(s->url.text);
	free(s);
	return rc;
}

const struct format format_redis = {
	.name = "redis",
	.help = "push to a list: --output-args redis://host:port/list",
	.fields = "saddr",
	.elsewhere = true,
	.prepare = prepare,
	.open = open_redis,
	.record = record,
	.idle = idle,
	.close = close_redis,
};
