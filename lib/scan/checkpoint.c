/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints as text files; see checkpoint.h. */
#include "scan/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "addr/list.h"
#include "base/hex.h"
#include "base/replace.h"

#define MAGIC	"zmap-checkpoint"
#define VERSION 1

static int
id(const char *s, char text[SCANID_TEXT])
{
	uint8_t bytes[SCANID_SIZE];

	if (scanid_scan(s, bytes) == -1)
		return -1;
	memcpy(text, s, SCANID_TEXT);
	return 0;
}

int
checkpoint_from_facts(struct checkpoint *c, const struct facts *f)
{
	*c = (struct checkpoint){
		.seed = f->seed,
		.shards = f->shards,
		.shard = f->shard,
		.position = f->position,
		.copies = f->copies,
		.distance = f->distance,
	};
	errno = 0;
	if (!(f->has & FACT_ID) || id(f->id, c->scan) == -1)
		return -1;
	if (f->has & FACT_LISTS && id(f->lists, c->lists) == -1)
		return -1;
	return ranges_copy(&c->networks.four, &f->networks) == -1 ?
	    -1 :
	    ranges6_copy(&c->networks.six, &f->networks6);
}

static void
checkpoint_print(FILE *f, const struct checkpoint *c)
{
	fprintf(f, MAGIC " %d\nscan %s\n", VERSION, c->scan);
	if (c->lists[0] != '\0')
		fprintf(f, "lists %s\n", c->lists);
	if (c->probe[0] != '\0')
		fprintf(f, "probe %s\n", c->probe);
	fprintf(f,
	    "seed %" PRIu64 "\nshards %" PRIu64 "\nshard %" PRIu64
	    "\nposition %" PRIu64 "\n",
	    c->seed, c->shards, c->shard, c->position);
	if (c->distance != 0)
		fprintf(f, "copies %" PRIu64 "\ndistance %" PRIu64 "\n",
		    c->copies, c->distance);
	if (c->rate != 0)
		fprintf(f, "rate %" PRIu64 "\n", c->rate);
	if (c->has_sent)
		fprintf(f, "sent %" PRIu64 "\n", c->sent);
	if (c->drained)
		fputs("drained\n", f);
	if (c->done)
		fputs("done\n", f);
	for (size_t i = 0; i < c->networks.four.n; i++) {
		uint32_t a = ranges_first(c->networks.four.v[i]);
		uint32_t b = ranges_last(c->networks.four.v[i]);

		fprintf(f, "network %u.%u.%u.%u-%u.%u.%u.%u\n", a >> 24,
		    a >> 16 & 255, a >> 8 & 255, a & 255, b >> 24,
		    b >> 16 & 255, b >> 8 & 255, b & 255);
	}
	for (size_t i = 0; i < c->networks.six.n; i++) {
		char first[IP6_TEXT], last[IP6_TEXT];

		ip6_print(c->networks.six.v[i].first, first);
		ip6_print(c->networks.six.v[i].last, last);
		fprintf(f, "network %s-%s\n", first, last);
	}
	fputs("end\n", f);
}

int
checkpoint_try(const char *path)
{
	struct replace r;

	if (replace_begin(&r, path, 0644) == -1)
		return -1;
	replace_cancel(&r);
	return 0;
}

int
checkpoint_write(const struct checkpoint *c, const char *path)
{
	struct replace r;

	if (replace_begin(&r, path, 0644) == -1)
		return -1;
	checkpoint_print(r.f, c);
	return replace_end(&r, true);
}

static int
checkpoint_number(const char *s, uint64_t *v)
{
	char *end;

	if (*s < '0' || *s > '9')
		return -1;
	errno = 0;
	*v = strtoull(s, &end, 10);
	return errno != 0 || *end != '\0' ? -1 : 0;
}

static int
network(const char *s, struct networks *n)
{
	struct list_entry e;
	struct list l;
	int rc = -1;

	/* a name would make us ask the network */
	if (s[strspn(s, HEX_DIGITS ":.-")] != '\0' || list_text(&l, s) == -1)
		return -1;
	if (list_next(&l, &e) == LIST_ENTRY)
		rc = networks_add(n, &e);
	list_close(&l);
	return rc;
}

/* What a file must have, by bits. */
enum {
	HAS_SCAN = 1,
	HAS_SEED = 2,
	HAS_SHARDS = 4,
	HAS_SHARD = 8,
	HAS_POSITION = 16,
	HAS_ALL = 31,
	HAS_END = 32,
	HAS_SENT = 64,
};

static int
checkpoint_take(struct checkpoint *c, const char *key, const char *value,
    int *has)
{
	static const struct {
		const char *key;
		size_t at;
		int bit;
	} numbers[] = {
		{ "seed", offsetof(struct checkpoint, seed), HAS_SEED },
		{ "shards", offsetof(struct checkpoint, shards), HAS_SHARDS },
		{ "shard", offsetof(struct checkpoint, shard), HAS_SHARD },
		{ "position", offsetof(struct checkpoint, position),
		    HAS_POSITION },
		{ "sent", offsetof(struct checkpoint, sent), HAS_SENT },
		{ "rate", offsetof(struct checkpoint, rate), 0 },
		{ "copies", offsetof(struct checkpoint, copies), 0 },
		{ "distance", offsetof(struct checkpoint, distance), 0 },
		{ .key = NULL },
	};

	for (int i = 0; numbers[i].key != NULL; i++)
		if (strcmp(key, numbers[i].key) == 0) {
			*has |= numbers[i].bit;
			return checkpoint_number(value,
			    (uint64_t *)((char *)c + numbers[i].at));
		}
	if (strcmp(key, "scan") == 0) {
		*has |= HAS_SCAN;
		return id(value, c->scan);
	}
	if (strcmp(key, "lists") == 0)
		return id(value, c->lists);
	if (strcmp(key, "probe") == 0)
		return id(value, c->probe);
	if (strcmp(key, "network") == 0)
		return network(value, &c->networks);
	if (strcmp(key, "drained") == 0)
		c->drained = true;
	if (strcmp(key, "done") == 0)
		c->done = true;
	if (strcmp(key, "end") == 0)
		*has |= HAS_END;
	return 0;
}

static int
checkpoint_read_lines(struct checkpoint *c, FILE *f, const char *path,
    char *why, size_t whysize)
{
	char line[256], *value;
	uint64_t version;
	int n = 1, has = 0;

	if (fgets(line, sizeof line, f) == NULL ||
	    strncmp(line, MAGIC " ", sizeof MAGIC) != 0) {
		snprintf(why, whysize, "%s: not a checkpoint", path);
		return -1;
	}
	line[strcspn(line, "\n")] = '\0';
	if (checkpoint_number(line + sizeof MAGIC, &version) == -1 ||
	    version != VERSION) {
		snprintf(why, whysize,
		    "%s: checkpoint of version %s; this program reads version %d",
		    path, line + sizeof MAGIC, VERSION);
		return -1;
	}
	while (!(has & HAS_END) && fgets(line, sizeof line, f) != NULL) {
		n++;
		/* half a line is what a full disk leaves */
		if (line[strcspn(line, "\n")] == '\0')
			break;
		line[strcspn(line, "\n")] = '\0';
		value = line + strcspn(line, " ");
		if (*value != '\0')
			*value++ = '\0';
		if (checkpoint_take(c, line, value, &has) == -1) {
			snprintf(why, whysize, "%s:%d: bad %s", path, n, line);
			return -1;
		}
	}
	if ((has & HAS_ALL) != HAS_ALL || !(has & HAS_END)) {
		snprintf(why, whysize, "%s: the checkpoint is cut short", path);
		return -1;
	}
	c->has_sent = (has & HAS_SENT) != 0;
	if (c->shards == 0 || c->shard >= c->shards) {
		snprintf(why, whysize,
		    "%s: there is no shard %" PRIu64 " of %" PRIu64, path,
		    c->shard, c->shards);
		return -1;
	}
	networks_normalise(&c->networks);
	return 0;
}

int
checkpoint_read(struct checkpoint *c, const char *path, char *why,
    size_t whysize)
{
	FILE *f = fopen(path, "re");
	int rc;

	*c = (struct checkpoint){ 0 };
	if (f == NULL) {
		snprintf(why, whysize, "%s: %s", path, strerror(errno));
		return -1;
	}
	rc = checkpoint_read_lines(c, f, path, why, whysize);
	fclose(f);
	if (rc == -1)
		checkpoint_free(c);
	return rc;
}

/* An option that names the wrong file must not destroy that file. */
int
checkpoint_may_replace(const struct checkpoint *c, const char *path, char *why,
    size_t whysize)
{
	struct checkpoint old;
	struct stat st;
	int rc = -1;

	if (stat(path, &st) == -1)
		return 0; /* if it can't be made, writing it will say so */
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, whysize, "%s: not a regular file", path);
		return -1;
	}
	if (st.st_size == 0)
		return 0;
	if (checkpoint_read(&old, path, why, whysize) == -1)
		return -1;
	/* done, and begun anew; or to its very end once more */
	if (old.done &&
	    (strcmp(old.scan, c->scan) != 0 || old.shard != c->shard ||
		old.position > c->position))
		rc = 0;
	else if (strcmp(old.scan, c->scan) != 0 || old.shard != c->shard ||
	    old.position > c->position)
		snprintf(why, whysize,
		    "%s: belongs to an unfinished scan; continue it with --resume, or remove the file",
		    path);
	else if (old.probe[0] != '\0' && strcmp(old.probe, c->probe) != 0)
		snprintf(why, whysize,
		    "%s: the probe module, its arguments or the number of probes are not those of the checkpoint",
		    path);
	else
		rc = 0;
	checkpoint_free(&old);
	return rc;
}

void
checkpoint_free(struct checkpoint *c)
{
	networks_free(&c->networks);
}
