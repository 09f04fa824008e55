/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of many places; see follow.h.  A file is opened anew for each look:
 * so it may be replaced, no place costs a descriptor, and NFS shows what was
 * written.
 */
#include "show/follow.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_BYTES 65536
#define PLACES_MAX 65536 /* of a directory, too: memory is bounded */
#define READS_MAX  256	 /* of a place in one go, so that all have a turn */

enum kind { FILE_PLACE, DIRECTORY, SOCKET };

struct place {
	char *path;
	enum kind kind;
	union {
		struct sockaddr any;
		struct sockaddr_un un;
		struct sockaddr_in in;
	} address;
	socklen_t address_size;
	int fd; /* of a socket or pipe, or -1 */
	dev_t dev;
	ino_t ino;
	off_t at;
	char *buf; /* an unfinished line */
	size_t used;
	bool skip; /* the rest of a line that is too long */
	void *memory;
};

struct follow {
	struct place *places;
	size_t n;
};

struct follow *
follow_new(void)
{
	return calloc(1, sizeof(struct follow));
}

void
follow_free(struct follow *f)
{
	size_t i;

	for (i = 0; f != NULL && i < f->n; i++) {
		if (f->places[i].fd != -1)
			close(f->places[i].fd);
		free(f->places[i].path);
		free(f->places[i].buf);
		free(f->places[i].memory);
	}
	if (f != NULL)
		free(f->places);
	free(f);
}

static struct place *
add(struct follow *f, const char *path)
{
	struct place *p;

	if (f->n == PLACES_MAX)
		return NULL;
	p = realloc(f->places, (f->n + 1) * sizeof *p);
	if (p == NULL)
		return NULL;
	f->places = p;
	p += f->n;
	*p = (struct place){ .fd = -1, .path = strdup(path) };
	if (p->path == NULL)
		return NULL;
	f->n++;
	return p;
}

static int
unix_socket(struct place *p, const char *path)
{
	struct sockaddr_un *a = &p->address.un;

	if (strlen(path) >= sizeof a->sun_path)
		return -1;
	p->kind = SOCKET;
	a->sun_family = AF_UNIX;
	strcpy(a->sun_path, path);
	p->address_size = sizeof *a;
	return 0;
}

/* "192.0.2.1:9000": a name would have to be asked for each time. */
static int
tcp_socket(struct place *p, const char *text)
{
	struct sockaddr_in *a = &p->address.in;
	const char *colon = strrchr(text, ':');
	char host[INET_ADDRSTRLEN], *end;
	unsigned long port;

	if (colon == NULL || colon - text >= (int)sizeof host)
		return -1;
	snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
	port = strtoul(colon + 1, &end, 10);
	if (inet_pton(AF_INET, host, &a->sin_addr) != 1 || *end != '\0' ||
	    port == 0 || port > 65535)
		return -1;
	p->kind = SOCKET;
	a->sin_family = AF_INET;
	a->sin_port = htons(port);
	p->address_size = sizeof *a;
	return 0;
}

int
follow_add(struct follow *f, const char *place, char *why, size_t whysize)
{
	struct place *p = add(f, place);
	struct stat st;
	int rc = 0;

	if (p == NULL) {
		snprintf(why, whysize, "%s: %s", place,
		    f->n == PLACES_MAX ? "too many" : strerror(ENOMEM));
		return -1;
	}
	if (strncmp(place, "unix:", 5) == 0)
		rc = unix_socket(p, place + 5);
	else if (strncmp(place, "tcp:", 4) == 0)
		rc = tcp_socket(p, place + 4);
	else if (stat(place, &st) == 0 && S_ISDIR(st.st_mode))
		p->kind = DIRECTORY;
	else if (stat(place, &st) == 0 && S_ISSOCK(st.st_mode))
		rc = unix_socket(p, place);
	if (rc == -1)
		snprintf(why, whysize,
		    "%s: not a path, unix:PATH or tcp:ADDRESS:PORT", place);
	return rc;
}

/* --- reading --- */

static void
take_bytes(struct place *p, const char *bytes, size_t n, follow_take *take,
    void *ctx)
{
	const char *nl;
	size_t part;

	while (n > 0) {
		nl = memchr(bytes, '\n', n);
		part = nl != NULL ? (size_t)(nl - bytes) : n;
		if (p->used + part > LINE_BYTES)
			p->skip = true;
		if (!p->skip) {
			memcpy(p->buf + p->used, bytes, part);
			p->used += part;
		}
		if (nl != NULL) {
			if (!p->skip && p->used > 0)
				take(ctx,
				    &(struct follow_line){ .text = p->buf,
					.len = p->used,
					.place = p->path,
					.memory = &p->memory });
			p->used = 0;
			p->skip = false;
			part++;
		}
		bytes += part;
		n -= part;
	}
}

static void
follow_begin(struct place *p)
{
	p->at = 0;
	p->used = 0;
	p->skip = false;
}

static void
follow_read_all(struct place *p, int fd, bool by_offset, follow_take *take,
    void *ctx)
{
	char buf[16384];
	ssize_t n = 0;
	int i;

	if (p->buf == NULL && (p->buf = malloc(LINE_BYTES)) == NULL)
		return;
	for (i = 0; i < READS_MAX; i++) {
		n = by_offset ? pread(fd, buf, sizeof buf, p->at) :
				read(fd, buf, sizeof buf);
		if (n <= 0)
			break;
		p->at += n;
		take_bytes(p, buf, n, take, ctx);
	}
	/* a pipe without a writer may get one; a socket is connected again */
	if (!by_offset && n == 0 && p->kind == SOCKET) {
		close(p->fd);
		p->fd = -1;
		follow_begin(p);
	}
}

static void
read_file(struct place *p, follow_take *take, void *ctx)
{
	int fd = p->fd;
	struct stat st;

	if (fd == -1)
		fd = open(p->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	/* one that has come since is a socket */
	if (fd == -1 && errno == ENXIO && stat(p->path, &st) == 0 &&
	    S_ISSOCK(st.st_mode))
		unix_socket(p, p->path);
	if (fd == -1)
		return;
	if (fstat(fd, &st) == -1)
		st.st_mode = 0;
	if (S_ISFIFO(st.st_mode)) {
		p->fd = fd;
		follow_read_all(p, fd, false, take, ctx);
		return;
	}
	if (S_ISREG(st.st_mode)) {
		if (p->dev != st.st_dev || p->ino != st.st_ino ||
		    st.st_size < p->at)
			follow_begin(p);
		p->dev = st.st_dev;
		p->ino = st.st_ino;
		follow_read_all(p, fd, true, take, ctx);
	}
	/* nor was it known before what it is */
	if (S_ISDIR(st.st_mode))
		p->kind = DIRECTORY;
	close(fd);
}

static void
read_socket(struct place *p, follow_take *take, void *ctx)
{
	if (p->fd == -1) {
		p->fd = socket(p->address.any.sa_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (p->fd != -1 &&
		    connect(p->fd, &p->address.any, p->address_size) == -1 &&
		    errno != EINPROGRESS) {
			close(p->fd);
			p->fd = -1;
		}
	}
	if (p->fd == -1)
		return;
	errno = 0;
	follow_read_all(p, p->fd, false, take, ctx);
	if (p->fd != -1 && errno != 0 && errno != EAGAIN && errno != ENOTCONN) {
		close(p->fd);
		p->fd = -1;
		follow_begin(p);
	}
}

static bool
known(const struct follow *f, const char *path)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strcmp(f->places[i].path, path) == 0)
			return true;
	return false;
}

/* Files that are new in there; not hidden ones, nor those half written. */
static void
look_into(struct follow *f, size_t i)
{
	DIR *d = opendir(f->places[i].path);
	const struct dirent *e;
	char path[4096];
	struct stat st;
	size_t len;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		len = strlen(e->d_name);
		if (e->d_name[0] == '.' ||
		    (len > 4 && strcmp(e->d_name + len - 4, ".tmp") == 0) ||
		    (size_t)snprintf(path, sizeof path, "%s/%s",
			f->places[i].path, e->d_name) >= sizeof path ||
		    known(f, path) || stat(path, &st) == -1 ||
		    !S_ISREG(st.st_mode))
			continue;
		add(f, path);
	}
	closedir(d);
}

void
follow_read(struct follow *f, follow_take *take, void *ctx)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		switch (f->places[i].kind) {
		case DIRECTORY:
			look_into(f, i);
			break;
		case SOCKET:
			read_socket(&f->places[i], take, ctx);
			break;
		case FILE_PLACE:
			read_file(&f->places[i], take, ctx);
			break;
		}
}
