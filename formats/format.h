/*
 * The contract of output formats: how zmap-out prints records.
 *
 * A format is one exported const struct; everything else in its file is
 * static, and formats/format.c has a line for it.  It writes through the
 * `struct output` that it is given, never prints messages and never exits.
 */
#ifndef FORMAT_H
#define FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "field.h"
#include "header.h"
#include "stream.h"

/*
 * Where bytes go: buffered, flushed before a read that may block, with a
 * sticky error, so that only output_flush() need be checked.
 */
struct output {
	int		 fd;
	unsigned char	*buf;
	size_t		 len, size;
	int		 error;		/* errno of the first failure */
};

struct format_config {
	const char	*args;		/* --output-args, or NULL */
	bool		 header_row;	/* wanted where the format has one */
	char *const	*argv;		/* of zmap-out, for histories */
};

struct format_state {
	struct output		*out;
	const struct format_config *config;
	const struct header	*header;	/* of the current segment */
	struct field_ref	*columns;	/* what -f selected */
	size_t			 ncolumns;
	void			*state;		/* the format's own, or NULL */
	const char		*why;		/* set when returning -1 */
};

struct format {
	const char	*name;		/* must be set */
	const char	*help;		/* one line; must be set */
	const char	*default_fields; /* if -f is not given; NULL: saddr.. */

	/*
	 * At the first segment, with the columns known, and again at each
	 * later one.  All callbacks return -1 with why set.  May be NULL.
	 */
	int	(*open)(struct format_state *);
	int	(*segment)(struct format_state *);

	/* A record.  Must be set. */
	int	(*record)(struct format_state *, const struct stream_item *);

	/* Events and ends.  May be NULL. */
	int	(*event)(struct format_state *, const struct stream_item *);

	/* Before a read that may block: what is pending goes out.  May be NULL. */
	int	(*idle)(struct format_state *);

	/* After the last record; frees state.  May be NULL. */
	int	(*close)(struct format_state *);
};

extern const struct format *const format_table[]; /* by name, NULL at the end */
const struct format	*format_lookup(const char *name);

#endif
