/* SPDX-License-Identifier: Apache-2.0 */
/* When a target was scanned; see when.h. */
#include "show/when.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

static int
when_fail(struct when *w, const char *path, const char *why)
{
	snprintf(w->why, sizeof w->why, "%.200s: %.250s", path, why);
	return -1;
}

static const char *
text_of(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, json_type_string))
		return NULL;
	return json_object_get_string(v);
}

/* false, and *n as it was, if there is no such number. */
static bool
number_of(struct json_object *o, const char *key, uint64_t *n)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, json_type_int))
		return false;
	/* a seed over 2^63 is written as a negative number */
	*n = json_object_get_int64(v) < 0 ? (uint64_t)json_object_get_int64(v) :
					    json_object_get_uint64(v);
	return true;
}

static bool
time_of(struct json_object *o, const char *key, time_t *t)
{
	const char *s = text_of(o, key);
	struct tm tm = { 0 };
	long offset;

	if (s == NULL || strptime(s, "%Y-%m-%dT%H:%M:%S%z", &tm) == NULL)
		return false;
	offset = tm.tm_gmtoff;
	*t = timegm(&tm) - offset;
	return true;
}

/* The items of an array, with commas; NULL if there are none, or no memory. */
static char *
joined(struct json_object *o, const char *key)
{
	struct json_object *v;
	size_t n, len = 0;
	char *s = NULL;
	FILE *f;

	if (!json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, json_type_array) ||
	    (n = json_object_array_length(v)) == 0 ||
	    (f = open_memstream(&s, &len)) == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s%s", i > 0 ? "," : "",
		    json_object_get_string(json_object_array_get_idx(v, i)));
	if (fclose(f) == 0)
		return s;
	free(s);
	return NULL;
}

static int
read_operands(struct when *w, struct json_object *o)
{
	struct json_object *v;
	size_t n;

	if (!json_object_object_get_ex(o, "cli_cidr_destinations", &v) ||
	    !json_object_is_type(v, json_type_array))
		return 0;
	n = json_object_array_length(v);
	w->operands = calloc(n + 1, sizeof *w->operands);
	if (w->operands == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		w->operands[i] = strdup(
		    json_object_get_string(json_object_array_get_idx(v, i)) ?:
									      "");
		if (w->operands[i] == NULL)
			return -1;
	}
	return 0;
}

static char *
when_copy(const char *s)
{
	return s != NULL ? strdup(s) : NULL;
}

static int
read_object(struct when *w, const char *path, struct json_object *o)
{
	uint64_t limit;

	w->id = when_copy(text_of(o, "scan_id"));
	w->probe = when_copy(text_of(o, "probe_module"));
	w->ports = joined(o, "target_ports");
	w->sources = joined(o, "source_ips");
	if (w->id == NULL || !number_of(o, "seed", &w->seed) ||
	    !number_of(o, "targets_scanned", &w->scanned) ||
	    !time_of(o, "send_start_time", &w->begin) ||
	    !time_of(o, "send_end_time", &w->end))
		return when_fail(w, path,
		    "no metadata of a scan, which zmap -m writes: scan_id, seed, targets_scanned, send_start_time or send_end_time is missing");
	number_of(o, "shard_num", &w->shard);
	number_of(o, "total_shards", &w->shards);
	if (number_of(o, "max_targets", &limit))
		w->limit = limit;
	if (read_operands(w, o) == -1)
		return when_fail(w, path, strerror(ENOMEM));
	return 0;
}

int
when_open(struct when *w, const char *path)
{
	struct json_object *o;
	int rc;

	*w = (struct when){ .shards = 1, .limit = UINT64_MAX };
	errno = 0;
	o = json_object_from_file(path);
	if (o == NULL)
		return when_fail(w, path,
		    errno != 0 ? strerror(errno) : "not JSON, or cut short");
	rc = read_object(w, path, o);
	json_object_put(o);
	return rc;
}

void
when_close(struct when *w)
{
	for (char **s = w->operands; s != NULL && *s != NULL; s++)
		free(*s);
	free(w->operands);
	free(w->id);
	free(w->ports);
	free(w->sources);
	free(w->probe);
}

/* When the target of this number, from 1, was sent its probe. */
static time_t
time_at(const struct when *w, uint64_t number)
{
	double part = w->scanned > 1 ?
	    (double)(number - 1) / (double)(w->scanned - 1) :
	    0;

	return w->begin + (time_t)(part * difftime(w->end, w->begin));
}

static void
tell_time(const struct when *w, FILE *f, uint64_t number)
{
	time_t t = time_at(w, number);
	char text[64];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof text, "%Y-%m-%d at about %H:%M:%S UTC",
		&tm) == 0)
		snprintf(text, sizeof text, "a day that is no date");
	fprintf(f, "scanned on %s", text);
	if (w->sources != NULL)
		fprintf(f, ", from %s", w->sources);
	if (w->probe != NULL)
		fprintf(f, ", by %s", w->probe);
	fputc('\n', f);
}

bool
when_tell(const struct when *w, FILE *f, const char *line)
{
	const char *says = strstr(line, ": ");
	uint64_t position, shard, number;

	if (says == NULL ||
	    sscanf(says,
		": scanned, position %" SCNu64 ", shard %" SCNu64
		", number %" SCNu64 " of it",
		&position, &shard, &number) != 3) {
		fprintf(f, "%s\n", line);
		return false;
	}
	fprintf(f, "%.*s", (int)(says - line) + 2, line);
	if (shard == w->shard && number <= w->scanned) {
		tell_time(w, f, number);
		return true;
	}
	if (shard != w->shard)
		fprintf(f,
		    "in shard %" PRIu64
		    ", and this metadata does not say more of it\n",
		    shard);
	else
		fprintf(f,
		    "not scanned: the scan ended after %" PRIu64
		    " targets, and this is number %" PRIu64 "\n",
		    w->scanned, number);
	return false;
}
