/* SPDX-License-Identifier: Apache-2.0 */
/* Who we are to those who are probed; see introduce.h. */
#include "cli/introduce.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/output.h"
#include "cli/ask.h"
#include "cli/compose.h"

#define PLACE	 "/.well-known/probing.txt"
#define YEAR	 (366 * 24 * 60 * 60)
#define PATIENCE "15"	 /* seconds, for curl */
#define LARGEST	 "65536" /* bytes, for curl */

/* --- name and address --- */

static bool
read_address(const char *text, struct sockaddr_storage *a, socklen_t *size)
{
	struct sockaddr_in *four = (struct sockaddr_in *)a;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)a;

	memset(a, 0, sizeof *a);
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
		a->ss_family = AF_INET;
		*size = sizeof *four;
		return true;
	}
	a->ss_family = AF_INET6;
	*size = sizeof *six;
	return inet_pton(AF_INET6, text, &six->sin6_addr) == 1;
}

static bool
same_address(const struct sockaddr *a, const struct sockaddr_storage *b)
{
	if (a->sa_family != b->ss_family)
		return false;
	if (a->sa_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		    ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
		   &((const struct sockaddr_in6 *)b)->sin6_addr, 16) == 0;
}

/* Does the name lead back to the address?  0, or why not. */
static const char *
leads_back(const char *name, const struct sockaddr_storage *address)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_family = address->ss_family };
	struct addrinfo *all, *a;
	bool found = false;
	int rc = getaddrinfo(name, NULL, &hints, &all);

	if (rc != 0)
		return gai_strerror(rc);
	for (a = all; a != NULL; a = a->ai_next)
		found |= same_address(a->ai_addr, address);
	freeaddrinfo(all);
	return found ? NULL : "it has other addresses";
}

void
introduce_own(char four[64], char six[64])
{
	/* documentation addresses: connect(2) of UDP only asks for the route */
	struct sockaddr_in to4 = { .sin_family = AF_INET,
		.sin_port = htons(9) };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(9) };
	socklen_t size = sizeof to4;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	four[0] = six[0] = '\0';
	inet_pton(AF_INET, "192.0.2.1", &to4.sin_addr);
	inet_pton(AF_INET6, "2001:db8::1", &to6.sin6_addr);
	if (connect(fd, (struct sockaddr *)&to4, sizeof to4) == 0 &&
	    getsockname(fd, (struct sockaddr *)&to4, &size) == 0)
		inet_ntop(AF_INET, &to4.sin_addr, four, 64);
	close(fd);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size = sizeof to6;
	if (connect(fd, (struct sockaddr *)&to6, sizeof to6) == 0 &&
	    getsockname(fd, (struct sockaddr *)&to6, &size) == 0)
		inet_ntop(AF_INET6, &to6.sin6_addr, six, 64);
	close(fd);
}

/* --- the file --- */

/* The value of a field of RFC 9116, or NULL; ends the line in text. */
static const char *
field_of(char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	line += n + 1;
	return line + strspn(line, " \t");
}

static time_t
read_time(const char *s)
{
	struct tm tm = { 0 };
	const char *end = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	long zone = 0;
	time_t t = timegm(&tm);

	if (end == NULL)
		return -1;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (*end == 'Z' || *end == 'z')
		return t;
	memset(&tm, 0, sizeof tm);
	if (strptime(end, "%z", &tm) == NULL)
		return -1;
	zone = tm.tm_gmtoff;
	return t - zone;
}

static int
introduce_say(FILE *f, bool good, const char *what)
{
	fprintf(f, "%s: %s\n", good ? "ok" : "WRONG", what);
	return good ? 0 : 1;
}

static int
judge_time(FILE *f, time_t expires, time_t now)
{
	if (expires == -1)
		return introduce_say(f, false,
		    "Expires is missing, or no time such as 2027-06-30T00:00:00Z");
	if (expires <= now)
		return introduce_say(f, false,
		    "the file has expired: make a new one by zmap --probing-txt");
	if (expires - now > YEAR)
		return introduce_say(f, false,
		    "Expires is more than a year away, and is not to be (RFC 9116, 2.5.5)");
	return introduce_say(f, true, "it has not expired");
}

int
introduce_text(FILE *f, const char *url, char *text, time_t now)
{
	bool contact = false, canonical = false, other = false, opt_out;
	const char *value;
	time_t expires = -1;
	int wrong = 0;
	char *line, *rest = text;

	opt_out = strcasestr(text, "opt-out") != NULL ||
	    strcasestr(text, "opt out") != NULL ||
	    strcasestr(text, "optout") != NULL ||
	    strcasestr(text, "exclu") != NULL;
	while ((line = strsep(&rest, "\r\n")) != NULL) {
		if ((value = field_of(line, "Contact")) != NULL)
			contact |= strncmp(value, "mailto:", 7) == 0 ||
			    strncmp(value, "https:", 6) == 0 ||
			    strncmp(value, "tel:", 4) == 0;
		else if ((value = field_of(line, "Expires")) != NULL)
			expires = read_time(value);
		else if ((value = field_of(line, "Canonical")) != NULL) {
			canonical |= strcmp(value, url) == 0;
			other = true;
		}
	}
	wrong += introduce_say(f, contact,
	    contact ? "it has a contact" :
		      "it has no Contact: mailto:, https: or tel:");
	wrong += judge_time(f, expires, now);
	wrong += introduce_say(f, opt_out,
	    opt_out ?
		"it says how to opt out" :
		"it does not say how to opt out: a comment or the Description can");
	if (other && !canonical)
		wrong += introduce_say(f, false,
		    "its Canonical names another place, so it may belong to another scanner");
	return wrong;
}

/* curl's status; what it got is in text, ended by a NUL. */
static int
introduce_get(const char *url, struct output *text)
{
	static const char *const words[] = { "--silent", "--show-error",
		"--fail", "--location", "--proto", "=https", "--max-time",
		PATIENCE, "--max-filesize", LARGEST, NULL };
	struct command c = { .name = "curl", .program = "curl" };
	int status;

	if (compose_add(&c, "curl") == -1)
		return -1;
	for (int i = 0; words[i] != NULL; i++)
		if (compose_add(&c, words[i]) == -1)
			return -1;
	if (compose_add(&c, url) == -1 || output_open(text, -1) == -1)
		return -1;
	status = ask(&c, false, text);
	output_byte(text, '\0');
	for (size_t i = 0; i < c.argc; i++)
		free(c.argv[i]);
	free(c.argv);
	return status;
}

static int
look_at_file(FILE *f, const char *host, time_t now)
{
	bool six = strchr(host, ':') != NULL;
	char url[1200], line[1400];
	struct output text = { .buf = NULL };
	int status, wrong;

	snprintf(url, sizeof url, "https://%s%s%s" PLACE, six ? "[" : "", host,
	    six ? "]" : "");
	status = introduce_get(url, &text);
	if (status == -1 || status == 127)
		return -1;
	snprintf(line, sizeof line, "%s %s", url,
	    status == 0 ? "is there" : "cannot be read, as curl says above");
	wrong = introduce_say(f, status == 0, line);
	if (status == 0)
		wrong += introduce_text(f, url, (char *)text.buf, now);
	output_close(&text);
	return wrong;
}

int
introduce_check(FILE *f, const char *address, time_t now)
{
	struct sockaddr_storage a;
	char name[NI_MAXHOST], line[NI_MAXHOST + 256];
	const char *why;
	socklen_t size;
	int rc, wrong = 0;

	if (!read_address(address, &a, &size))
		return introduce_say(f, false, "not an address");
	rc = getnameinfo((struct sockaddr *)&a, size, name, sizeof name, NULL,
	    0, NI_NAMEREQD);
	if (rc != 0) {
		snprintf(line, sizeof line,
		    "%s has no name (PTR): %s; its provider can give it one",
		    address, gai_strerror(rc));
		wrong += introduce_say(f, false, line);
		rc = look_at_file(f, address, now);
		return rc == -1 ? -1 : wrong + rc;
	}
	snprintf(line, sizeof line, "%s is %s", address, name);
	introduce_say(f, true, line);
	why = leads_back(name, &a);
	snprintf(line, sizeof line, "%s leads back to %s%s%s", name, address,
	    why != NULL ? ", or should: " : "", why != NULL ? why : "");
	wrong += introduce_say(f, why == NULL, line);
	rc = look_at_file(f, name, now);
	return rc == -1 ? -1 : wrong + rc;
}
