/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options in force: what zmap(1) was told by its command line, by ZMAP_*
 * variables of the environment, and by a configuration file, in this order
 * of precedence.  Each setting remembers where it came from.
 *
 * A higher source replaces a lower one option by option: `-b x` on the command
 * line replaces every blacklist-file line of the file.  Options that contradict
 * each other (rate and bandwidth) count as one for this.  Within one source
 * only lists may be given several times.
 */
#ifndef CONFIG_H
#define CONFIG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/option.h"

/* From low to high. */
enum config_source {
	CONFIG_FILE,
	CONFIG_ENVIRONMENT,
	CONFIG_ARGUMENT,
};

struct setting {
	const struct option_def *def;
	char *value; /* NULL: a flag, or left out */
	enum config_source source;
	char *where;   /* "zmap.conf:3", "ZMAP_RATE" */
	bool off;      /* a flag switched off */
	bool replaced; /* by a higher source */
};

struct config {
	struct setting *settings;
	size_t count;
	char *why;     /* last error */
	char *unknown; /* variables that are no settings, or NULL */
};

/*
 * All of these return -1 with the reason in config->why (in words, with the
 * name of file and line or of the variable), or NULL there for lack of memory.
 */

/* value may be NULL.  A ~ at the start of a path becomes a home directory. */
int config_add(struct config *, const struct option_def *, const char *value,
    enum config_source, const char *where);

/*
 * Lines of `name value`, `name = value` or `name`, the value in quotes or not,
 * with # comments.  A file that is not there is an error only if it must be.
 */
int config_file(struct config *, const char *path, bool must);

/*
 * Every ZMAP_* that names a setting; an empty value counts as unset.  Others
 * (images of containers and Kubernetes make some) are listed as unknown, and
 * so is what is no setting but asks for an answer, as --version does.
 */
int config_environment(struct config *, char **environment);

/* Does the command line ask for what no setting has a say in? */
bool config_asks(const struct config *);

/* Settles which setting replaces which; call last. */
void config_settle(struct config *);
void config_free(struct config *);

/* Is it in force?  (A flag that was switched off is not.) */
bool config_has(const struct config *, enum option_id);

/* A dry run, of any kind? */
bool config_sends_nothing(const struct config *);

/* The last value given in force, or NULL. */
const char *config_value(const struct config *, enum option_id);
const struct setting *config_setting(const struct config *, enum option_id);

/*
 * What zmap itself was told, as status lines for zmap-status (cli/inforce.h).
 */
struct output;
void config_facts(const struct config *, struct output *);

/*
 * The form that config_file reads, with the origin of each as a comment.  -1 as
 * above, also at a value that has no such form.
 */
int config_print(struct config *, FILE *);

#endif
