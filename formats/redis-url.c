/* SPDX-License-Identifier: Apache-2.0 */
/* The server and its list; see redis-url.h. */
#include "formats/redis-url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/number.h"

#define NAME_MAX_LEN 256 /* of a list */

extern const struct format format_csv, format_json;

/* Takes %hh out of s, in place. */
static void
decode(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++)
		if (*s == '%' && hex_byte(s + 1) > 0) {
			*to++ = hex_byte(s + 1);
			s += 2;
		} else
			*to++ = *s;
	*to = '\0';
}

static int
take_option(struct format_state *f, struct redis_url *s, char *option)
{
	char *value = strchr(option, '=');

	if (value != NULL)
		*value++ = '\0';
	else
		value = option + strlen(option);
	if (strcmp(option, "format") == 0) {
		s->packed = strcmp(value, "packed") == 0;
		s->lines = strcmp(value, "csv") == 0 ? &format_csv :
		    strcmp(value, "json") == 0	     ? &format_json :
						       NULL;
		if (s->packed || s->lines != NULL)
			return 0;
		return format_misuse(f, "format=%s: packed, csv or json",
		    value);
	}
	if (strcmp(option, "db") == 0) {
		if (number_whole(value, 0, 1 << 20, &s->db) == 0)
			return 0;
	} else if (strcmp(option, "retry") == 0) {
		if (number_whole(value, 0, 1 << 20, &s->retry) == 0)
			return 0;
	} else
		return format_misuse(f, "redis knows no option '%s'", option);
	return format_misuse(f, "%s=%s: must be a whole number from 0 to %d",
	    option, value, 1 << 20);
}

static int
find_host(struct format_state *f, struct redis_url *s, const char *host,
    const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	int rc = getaddrinfo(host, port, &hints, &s->found);

	if (rc == 0)
		return 0;
	s->found = NULL;
	return format_fail(f, "redis at %s: %s", s->where, gai_strerror(rc));
}

/* [[user]:password@]host[:port]/list */
static int
take_tcp(struct format_state *f, struct redis_url *s, char *at)
{
	char *host = at, *port = "6379", *slash, *sign;

	slash = strchr(at, '/');
	if (slash == NULL || slash[1] == '\0')
		return format_misuse(f, "redis://host:port/list: no list");
	*slash = '\0';
	s->list = slash + 1;
	sign = strrchr(at, '@');
	if (sign != NULL) {
		*sign = '\0';
		host = sign + 1;
		sign = strchr(at, ':');
		if (sign == NULL)
			return format_misuse(f,
			    "redis://user:password@...: no password");
		*sign = '\0';
		s->user = at;
		s->password = sign + 1;
	}
	snprintf(s->where, sizeof s->where, "%s", host);
	if (*host == '[' && (sign = strchr(host, ']')) != NULL) {
		host++;
		*sign++ = '\0';
	} else
		sign = strchr(host, ':');
	if (sign != NULL && *sign == ':') {
		*sign = '\0';
		port = sign + 1;
	}
	if (*host == '\0')
		host = "127.0.0.1";
	return find_host(f, s, host, port);
}

/* /path/of/socket/list */
static int
take_local(struct format_state *f, struct redis_url *s, char *at)
{
	char *slash = strrchr(at, '/');

	if (slash == NULL || slash == at || slash[1] == '\0')
		return format_misuse(f, "local://path/of/socket/list: no %s",
		    slash == at ? "socket" : "list");
	*slash = '\0';
	s->list = slash + 1;
	decode(at);
	if (strlen(at) >= sizeof s->socket.sun_path)
		return format_misuse(f, "%s: path too long for a socket", at);
	s->socket.sun_family = AF_UNIX;
	strcpy(s->socket.sun_path, at);
	s->local = (struct addrinfo){
		.ai_family = AF_UNIX,
		.ai_addr = (struct sockaddr *)&s->socket,
		.ai_addrlen = sizeof s->socket,
	};
	snprintf(s->where, sizeof s->where, "%s", at);
	/* the socket may be for this user alone */
	f->rights.keep_user = 1;
	return 0;
}

int
redis_url_parse(struct format_state *f, struct redis_url *s)
{
	char *at, *option, *save;
	int rc;

	if (f->config->args == NULL)
		return format_misuse(f,
		    "redis needs --output-args redis://host:port/list");
	s->text = strdup(f->config->args);
	if (s->text == NULL)
		return format_fail(f, "%s", strerror(ENOMEM));
	option = strchr(s->text, '?');
	if (option != NULL) {
		*option++ = '\0';
		for (option = strtok_r(option, "&", &save); option != NULL;
		     option = strtok_r(NULL, "&", &save))
			if (take_option(f, s, option) == -1)
				return -1;
	}
	at = strstr(s->text, "://");
	if (at != NULL && strncmp(s->text, "redis:", 6) == 0)
		rc = take_tcp(f, s, at + 3);
	else if (at != NULL && strncmp(s->text, "local:", 6) == 0)
		rc = take_local(f, s, at + 3);
	else
		return format_misuse(f,
		    "--output-args %s: neither redis://host:port/list nor local://path/list",
		    f->config->args);
	if (rc == -1)
		return -1;
	decode((char *)s->list);
	if (s->password != NULL) {
		decode((char *)s->user);
		decode((char *)s->password);
	} else
		s->password = getenv("REDISCLI_AUTH");
	if (strlen(s->list) > NAME_MAX_LEN)
		return format_misuse(f, "the name of the list is too long");
	if (s->packed && f->config->fields != NULL)
		return format_misuse(f,
		    "packed addresses take no -f; format=csv or json do");
	return 0;
}
