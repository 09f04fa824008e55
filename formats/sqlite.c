/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite: rows of a table in an SQLite database, which many scans append to.
 *
 *	scans	one row a segment: scan (its number here), id, probe, started,
 *		ended, status, facts and history as JSON
 *	results	one row a record: scan, then a typed column for each field
 *
 * Columns that the table lacks are added to it.  Rows are committed whenever
 * the program would wait for input, so that no lock is held while it waits,
 * and what kills it takes only what it had just read.
 */
#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/outcome.h"
#include "base/utf8.h"
#include "formats/arguments.h"
#include "formats/facts.h"
#include "formats/format.h"
#include "stream/print.h"

#define BUSY_MS	  10000 /* for another writer, each time */
#define TABLE_MAX 64	/* bytes of the table's name */

struct state {
	char table[TABLE_MAX];
	bool addresses_int; /* else text */
	bool times_ns;	    /* else text */
	char dir[4096];
	sqlite3 *db;
	sqlite3_stmt *insert;
	int64_t scan; /* number of the segment's row in scans; 0: none yet */
	bool in_transaction;
	struct output scratch;
};

static int
sqlite_no_memory(struct format_state *f)
{
	return format_fail(f, "%s", strerror(ENOMEM));
}

static int
sqlite_failed(struct format_state *f, const char *doing)
{
	struct state *s = f->state;

	return format_fail(f, "%s: %s: %s", f->config->path, doing,
	    s->db != NULL ? sqlite3_errmsg(s->db) : strerror(ENOMEM));
}

/* --- arguments --- */

static int
sqlite_take_table(struct format_state *f, const char *value, int word)
{
	struct state *s = f->state;

	(void)word;
	if (strlen(value) >= sizeof s->table || strcmp(value, "scans") == 0)
		return format_misuse(f,
		    "sqlite: table=%s: a name of up to %zu characters, and not scans",
		    value, sizeof s->table - 1);
	strcpy(s->table, value);
	return 0;
}

static int
sqlite_take_addresses(struct format_state *f, const char *value, int word)
{
	struct state *s = f->state;

	(void)value;
	s->addresses_int = word == 1;
	return 0;
}

static int
sqlite_take_times(struct format_state *f, const char *value, int word)
{
	struct state *s = f->state;

	(void)value;
	s->times_ns = word == 1;
	return 0;
}

static const struct format_argument arguments[] = {
	{ "table", .value = "NAME", .take = sqlite_take_table },
	{ "addresses", .words = "text int", .take = sqlite_take_addresses },
	{ "times", .words = "text ns", .take = sqlite_take_times },
	{ .name = NULL },
};

static int
prepare(struct format_state *f)
{
	struct state *s = calloc(1, sizeof *s);
	char *text, any;
	int rc;

	/* seeds itself from a device that it cannot open later */
	sqlite3_initialize();
	sqlite3_randomness(sizeof any, &any);
	f->state = s;
	if (s == NULL || output_open(&s->scratch, -1) == -1)
		return sqlite_no_memory(f);
	snprintf(s->table, sizeof s->table, "results");
	if (f->config->path == NULL)
		return format_misuse(f,
		    "sqlite: a database is no stream: -o names its file");
	if (rights_dir_of(f->config->path, s->dir, sizeof s->dir) == -1)
		return format_misuse(f, "%s: the name is too long",
		    f->config->path);
	if (access(s->dir, X_OK) == -1)
		return format_fail(f, "%s: %s", f->config->path,
		    strerror(errno));
	f->rights.write_dir = s->dir;
	rc = format_arguments(f, "sqlite", arguments, &text);
	free(text);
	return rc;
}

/* --- tables --- */

static int
sqlite_run(struct format_state *f, const char *doing, char *sql)
{
	struct state *s = f->state;
	int rc;

	rc = sql == NULL ? SQLITE_NOMEM :
			   sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	sqlite3_free(sql);
	return rc == SQLITE_OK ? 0 : sqlite_failed(f, doing);
}

static const char *
type_name(const struct state *s, enum field_type type)
{
	switch (type) {
	case FIELD_IP:
		return s->addresses_int ? "INTEGER" : "TEXT";
	case FIELD_TIME:
		return s->times_ns ? "INTEGER" : "TEXT";
	case FIELD_UINT:
	case FIELD_INT:
	case FIELD_BOOL:
		return "INTEGER";
	case FIELD_BYTES:
		return "BLOB";
	case FIELD_TEXT:
	case FIELD_LIST:
	case FIELD_MAP:
		break;
	}
	return "TEXT";
}

static bool
has_column(struct state *s, const char *name)
{
	return sqlite3_table_column_metadata(s->db, NULL, s->table, name, NULL,
		   NULL, NULL, NULL, NULL) == SQLITE_OK;
}

static int
make_tables(struct format_state *f)
{
	struct state *s = f->state;
	const struct column *c;
	size_t i;

	if (sqlite_run(f, "making tables",
		sqlite3_mprintf(
		    "CREATE TABLE IF NOT EXISTS scans (scan INTEGER PRIMARY KEY, id TEXT, probe TEXT, started TEXT, ended TEXT, status TEXT, facts TEXT, history TEXT);CREATE TABLE IF NOT EXISTS \"%w\" (scan INTEGER REFERENCES scans(scan));",
		    s->table)) == -1)
		return -1;
	for (i = 0; i < f->columns->count; i++) {
		c = &f->columns->list[i];
		if (!has_column(s, c->name) &&
		    sqlite_run(f, "adding a column",
			sqlite3_mprintf(
			    "ALTER TABLE \"%w\" ADD COLUMN \"%w\" %s;",
			    s->table, c->name, type_name(s, c->type))) == -1)
			return -1;
	}
	return 0;
}

static int
prepare_insert(struct format_state *f)
{
	struct state *s = f->state;
	sqlite3_str *sql = sqlite3_str_new(s->db);
	char *text;
	size_t i;
	int rc;

	sqlite3_finalize(s->insert);
	s->insert = NULL;
	sqlite3_str_appendf(sql, "INSERT INTO \"%w\" (scan", s->table);
	for (i = 0; i < f->columns->count; i++)
		sqlite3_str_appendf(sql, ", \"%w\"", f->columns->list[i].name);
	sqlite3_str_appendf(sql, ") VALUES (?");
	for (i = 0; i < f->columns->count; i++)
		sqlite3_str_appendf(sql, ", ?");
	sqlite3_str_appendf(sql, ")");
	text = sqlite3_str_finish(sql);
	rc = text == NULL ?
	    SQLITE_NOMEM :
	    sqlite3_prepare_v2(s->db, text, -1, &s->insert, NULL);
	sqlite3_free(text);
	return rc == SQLITE_OK ? 0 : sqlite_failed(f, "preparing");
}

/* --- scans --- */

static void
sqlite_time_text(uint64_t ns, char *buf, size_t size)
{
	time_t t = (time_t)(ns / 1000000000);
	char second[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		strftime(second, sizeof second, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(buf, size, "%s.%06u", second, (unsigned)(ns / 1000 % 1000000));
}

/* The segment's row in scans. */
static int
add_scan(struct format_state *f)
{
	struct state *s = f->state;
	const struct header *h = f->header;
	char id[64] = "", probe[64] = "", started[48] = "";
	uint64_t start;
	struct output history;
	int rc;

	dict_text(&h->scan, "id", id, sizeof id);
	dict_text(&h->scan, "probe", probe, sizeof probe);
	if (dict_uint(&h->scan, "start", &start) == 0)
		sqlite_time_text(start, started, sizeof started);
	if (output_open(&history, -1) == -1)
		return sqlite_no_memory(f);
	s->scratch.len = 0;
	facts_history(&history, h);
	output_byte(&history, '\0');
	if (facts_scan(&s->scratch, h) == -1 || history.error != 0) {
		output_close(&history);
		return sqlite_no_memory(f);
	}
	output_byte(&s->scratch, '\0');
	rc = sqlite_run(f, "adding the scan",
	    sqlite3_mprintf(
		"INSERT INTO scans (id, probe, started, status, facts, history) VALUES (nullif(%Q, ''), nullif(%Q, ''), nullif(%Q, ''), 'running', %Q, %Q)",
		id, probe, started, s->scratch.buf, history.buf));
	output_close(&history);
	s->scan = sqlite3_last_insert_rowid(s->db);
	return rc;
}

static int
sqlite_begin(struct format_state *f)
{
	struct state *s = f->state;

	if (s->in_transaction)
		return 0;
	if (sqlite_run(f, "locking", sqlite3_mprintf("BEGIN IMMEDIATE")) == -1)
		return -1;
	s->in_transaction = true;
	return 0;
}

static int
commit(struct format_state *f)
{
	struct state *s = f->state;

	if (!s->in_transaction)
		return 0;
	if (sqlite_run(f, "committing", sqlite3_mprintf("COMMIT")) == -1)
		return -1;
	s->in_transaction = false;
	return 0;
}

/*
 * Nothing is touched before the first record or the end has come: by then the
 * scan has been accepted by every stage.
 */
static int
start_scan(struct format_state *f)
{
	struct state *s = f->state;

	if (s->db == NULL) {
		if (sqlite3_open_v2(f->config->path, &s->db,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			NULL) != SQLITE_OK)
			return sqlite_failed(f, "opening");
		sqlite3_busy_timeout(s->db, BUSY_MS);
	}
	if (sqlite_begin(f) == -1 || make_tables(f) == -1 || add_scan(f) == -1)
		return -1;
	return prepare_insert(f);
}

static int
segment(struct format_state *f)
{
	struct state *s = f->state;

	s->scan = 0;
	return 0;
}

/* --- records --- */

static int
bind_text(struct state *s, int i, const struct value *v)
{
	const char *text = (const char *)v->bytes;
	size_t size = v->size;

	if (!utf8_valid(v->bytes, v->size)) {
		size = utf8_clean(output_room(&s->scratch, size * 3), size * 3,
		    v->bytes, v->size);
		text = (const char *)s->scratch.buf;
	}
	return sqlite3_bind_text(s->insert, i, text, (int)size,
	    SQLITE_TRANSIENT);
}

/* An address or nested value, as it is printed. */
static int
bind_printed(struct state *s, int i, const struct value *v,
    enum field_type type)
{
	if (type == FIELD_IP)
		print_address(&s->scratch, v->bytes, v->size);
	else
		print_json(&s->scratch, v, type);
	return sqlite3_bind_text(s->insert, i, (const char *)s->scratch.buf,
	    (int)s->scratch.len, SQLITE_TRANSIENT);
}

static int
bind_number(struct state *s, int i, const struct value *v, enum field_type type)
{
	char text[48];

	if (v->type != VALUE_INT && v->number > INT64_MAX)
		return -1;
	if (type == FIELD_TIME && !s->times_ns) {
		sqlite_time_text(v->number, text, sizeof text);
		return sqlite3_bind_text(s->insert, i, text, -1,
		    SQLITE_TRANSIENT);
	}
	return sqlite3_bind_int64(s->insert, i, (int64_t)v->number);
}

/* A result of SQLite, or -1 for a value that the column's type cannot hold. */
static int
sqlite_bind(struct state *s, int i, const struct value *v, enum field_type type)
{
	s->scratch.len = 0;
	switch (v->type) {
	case VALUE_NULL:
		return sqlite3_bind_null(s->insert, i);
	case VALUE_UINT:
	case VALUE_INT:
	case VALUE_BOOL:
		return bind_number(s, i, v, type);
	case VALUE_FLOAT:
		return sqlite3_bind_double(s->insert, i, v->real);
	case VALUE_TEXT:
		return bind_text(s, i, v);
	case VALUE_BYTES:
		break;
	case VALUE_LIST:
	case VALUE_MAP:
		return bind_printed(s, i, v, type);
	}
	if (type != FIELD_IP)
		return sqlite3_bind_blob(s->insert, i, v->bytes, (int)v->size,
		    SQLITE_TRANSIENT);
	if (v->size != 4 && v->size != 16)
		return -1;
	if (!s->addresses_int)
		return bind_printed(s, i, v, type);
	return v->size == 4 ?
	    sqlite3_bind_int64(s->insert, i, get32(v->bytes)) :
	    -1;
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct state *s = f->state;
	struct column *c;
	struct value v;
	size_t i;
	int rc;

	if (s->scan == 0 && start_scan(f) == -1)
		return -1;
	if (sqlite_begin(f) == -1)
		return -1;
	sqlite3_bind_int64(s->insert, 1, s->scan);
	for (i = 0; i < f->columns->count; i++) {
		c = &f->columns->list[i];
		v = column_value(c, item->values, item->nvalues);
		rc = sqlite_bind(s, (int)i + 2, &v, c->type);
		if (rc == -1) {
			format_fail(f,
			    "a value of %s has no place in its column",
			    c->name);
			return 0;
		}
		if (rc != SQLITE_OK)
			return sqlite_failed(f, "binding");
	}
	if (sqlite3_step(s->insert) != SQLITE_DONE) {
		sqlite_failed(f, "adding a row");
		sqlite3_reset(s->insert);
		return -1;
	}
	sqlite3_reset(s->insert);
	return 1;
}

/* What the row in scans says when its scan is over. */
static int
end_scan(struct format_state *f, const char *status)
{
	struct state *s = f->state;
	char now[48];

	if (s->scan == 0 && start_scan(f) == -1)
		return -1;
	sqlite_time_text(clock_wall_ns(), now, sizeof now);
	if (sqlite_begin(f) == -1 ||
	    sqlite_run(f, "ending the scan",
		sqlite3_mprintf(
		    "UPDATE scans SET status = %Q, ended = %Q WHERE scan = %lld",
		    status, now, (long long)s->scan)) == -1)
		return -1;
	s->scan = 0;
	return commit(f);
}

static int
event(struct format_state *f, const struct stream_item *item)
{
	if (item->what != STREAM_END)
		return 0;
	return end_scan(f, outcome_name(stream_end_outcome(item)));
}

static int
close_sqlite(struct format_state *f)
{
	struct state *s = f->state;
	int rc = 0;

	if (s == NULL)
		return 0;
	/* a stream without an end: what came is kept, and the row says so */
	if (s->db != NULL && s->scan != 0)
		rc = end_scan(f, f->complete ? "cut" : "failed");
	sqlite3_finalize(s->insert);
	if (sqlite3_close(s->db) != SQLITE_OK && rc == 0)
		rc = sqlite_failed(f, "closing");
	output_close(&s->scratch);
	free(s);
	return rc;
}

const struct format format_sqlite = {
	.name = "sqlite",
	.help = "rows of an SQLite database, which many scans append to",
	.fields = "*",
	.stored = true,
	.opens = true,
	.appends = FORMAT_ITSELF,
	.prepare = prepare,
	.segment = segment,
	.record = record,
	.event = event,
	.idle = commit,
	.close = close_sqlite,
};
