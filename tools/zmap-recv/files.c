/* SPDX-License-Identifier: Apache-2.0 */
/* Files beside the results; see args.h. */
#include "tools/zmap-recv/args.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/log.h"
#include "base/outfile.h"
#include "recv/dense-file.h"
#include "targets/among.h"

static int
write_kept(void *ctx, const unsigned char *p, size_t n, uint64_t records)
{
	(void)records;
	return outfile_write(ctx, p, n);
}

/* It holds the key: no other user may read it. */
struct stream_out *
recv_open_keep(struct outfile *f, const char *path,
    const struct stream_item *header)
{
	struct stream_sink sink = { .write = write_kept, .ctx = f };
	struct stream_out *keep;

	if (path == NULL)
		return NULL;
	if (outfile_open(f, path, 0600) == -1 || file_private(f->fd) == -1)
		err(EXIT_FAILURE, "%s", path);
	keep = stream_out_sink(sink);
	if (keep == NULL || stream_pass(keep, header) == -1 ||
	    stream_flush(keep) == -1)
		err(EXIT_FAILURE, "%s", path);
	return keep;
}

/* What of a prefix has been asked; of a scan that can be computed. */
static uint64_t
count_probed(void *ctx, const struct dense_prefix *p, const struct reply *r,
    uint64_t position)
{
	uint32_t first = get32(p->address);

	if (r != NULL)
		among_answered(ctx, r->target, r->target_port);
	return among_sent(ctx, first, first | (UINT32_MAX >> p->length),
	    p->port, position);
}

void
recv_open_dense(const struct args *a, struct receiver *r,
    const struct scan *scan)
{
	struct among *among; /* lives as long as the program */

	if (a->dense == NULL)
		return;
	if (outfile_open(r->dense_file, a->dense, 0666) == -1)
		err(EXIT_FAILURE, "%s", a->dense);
	r->dense = dense_new(scan, a->dense_share / 100);
	among = among_open(&scan->facts);
	if (r->dense == NULL || (among == NULL && errno != 0))
		err(EXIT_FAILURE, "memory");
	if (among != NULL)
		dense_counted(r->dense, count_probed, among);
}

enum outcome
recv_write_dense(const struct args *a, const struct receiver *r,
    const struct header *h, enum outcome outcome, char *const argv[])
{
	struct stream_out *out;
	int rc = -1;

	if (r->dense == NULL || !r->dense_file->taken)
		return outcome;
	out = stream_out_sink(
	    (struct stream_sink){ .write = write_kept, .ctx = r->dense_file });
	if (out != NULL)
		rc = dense_write(r->dense, out, h, r->probe->ports, outcome,
		    argv);
	stream_out_free(out);
	if (rc == -1 || outfile_close(r->dense_file) == -1) {
		warn("%s", a->dense);
		outcome = OUTCOME_FAILED;
	}
	if (dense_forgotten(r->dense) > 0)
		log_say(r->log, LOG_LEVEL_WARN,
		    "%s: %" PRIu64
		    " answers not counted, because memory was full: prefixes may be missing",
		    a->dense, dense_forgotten(r->dense));
	return outcome;
}
