/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiles and runs filter expressions; see filter.h.
 *
 * Numbers, addresses and truth values are all compared as intervals of
 * integers: `ttl > 10` is ttl in [11, 2^64-1], a prefix is an interval of
 * addresses, `=` one of length one.  Texts are looked up in a sorted list.
 * Negation is pushed down to the tests, where it also leaves null alone:
 * De Morgan's rules hold in SQL's logic of true, false and unknown, and
 * without a `!` above the tests, unknown may count as false.
 */
#include "filter/filter.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "filter/pattern.h"

enum test_kind {
	TEST_NUMBER,  /* uint, int, bool or time in intervals */
	TEST_ADDRESS, /* ip in intervals */
	TEST_TEXT,    /* text or bytes among strings */
	TEST_REGEX,
	TEST_NULL,
};

struct interval {
	__int128 lo, hi; /* both included */
};

struct string {
	const char *text;
	size_t size;
};

/* The program stops with these as next test. */
#define PASS UINT32_MAX
#define DROP (UINT32_MAX - 1)

struct test {
	enum test_kind kind;
	bool negate;
	bool computed;	  /* the field is a view */
	uint32_t yes, no; /* next test */
	size_t index;	  /* of the field */
	size_t count;
	struct interval one; /* if count is 1 */
	/* of addresses of IPv6 */
	size_t count6;
	struct interval *intervals6;
	union {
		struct interval *intervals; /* ascending, apart */
		struct string *strings;	    /* ascending */
		regex_t *regex;
	};
	struct field_ref ref;
};

struct filter {
	const char *text;
	struct expr expr;
	struct test *tests;
	uint32_t ntests;
	uint32_t start;
};

static void
clear(struct filter *f)
{
	struct test *t;
	uint32_t i;

	for (i = 0; i < f->ntests; i++) {
		t = &f->tests[i];
		if (t->kind == TEST_REGEX && t->regex != NULL)
			regfree(t->regex);
		/* all members of the union are pointers to one allocation */
		free(t->regex);
		free(t->intervals6);
	}
	free(f->tests);
	f->tests = NULL;
	f->ntests = 0;
}

struct filter *
filter_new(const char *text, struct expr_error *error)
{
	struct filter *f = calloc(1, sizeof *f);

	if (f == NULL) {
		*error = (struct expr_error){ .why = "out of memory" };
		return NULL;
	}
	f->text = text;
	f->start = PASS;
	if (expr_parse(&f->expr, text, error) == -1) {
		free(f);
		return NULL;
	}
	return f;
}

void
filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	clear(f);
	expr_free(&f->expr);
	free(f);
}

/* --- compiling --- */

struct binding {
	struct filter *f;
	const struct field *fields;
	size_t nfields;
	struct expr_error *error;
};

static bool
is_number(enum field_type type)
{
	return type == FIELD_UINT || type == FIELD_INT || type == FIELD_BOOL ||
	    type == FIELD_TIME;
}

static bool
is_text(enum field_type type)
{
	return type == FIELD_TEXT || type == FIELD_BYTES;
}

static const char *
filter_describe(enum field_type type)
{
	switch (type) {
	case FIELD_IP:
		return "an address";
	case FIELD_UINT:
	case FIELD_INT:
	case FIELD_TIME:
		return "a number";
	case FIELD_BOOL:
		return "true or false";
	case FIELD_TEXT:
		return "text";
	case FIELD_BYTES:
		return "bytes";
	case FIELD_LIST:
		return "a list";
	case FIELD_MAP:
		return "a map";
	}
	return "unknown";
}

static int
mismatch(struct binding *b, const struct expr_node *node, const struct test *t,
    const struct expr_literal *l)
{
	static const char *const names[] = {
		[LITERAL_NUMBER] = "a number",
		[LITERAL_ADDRESS] = "an address",
		[LITERAL_ADDRESS6] = "an address",
		[LITERAL_WORD] = "a word",
		[LITERAL_STRING] = "text",
	};

	return expr_fail(b->error, &l->span, "%s is %s, and this is %s",
	    node->field, filter_describe(t->ref.type), names[l->kind]);
}

static int
compare_intervals(const void *a, const void *b)
{
	const struct interval *x = a, *y = b;

	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

static int
compare_strings(const void *a, const void *b)
{
	const struct string *x = a, *y = b;
	size_t n = x->size < y->size ? x->size : y->size;
	int order = n == 0 ? 0 : memcmp(x->text, y->text, n);

	return order != 0 ? order : x->size < y->size ? -1 : x->size > y->size;
}

static int
filter_no_memory(struct binding *b, const struct expr_node *node)
{
	return expr_fail(b->error, &node->span, "out of memory");
}

/* A quoted address is an address, too. */
static bool
quoted_address(const struct expr_literal *l, struct interval *i, bool *six)
{
	const char *end;
	struct in_addr a;
	struct ip6 b;

	if (l->kind != LITERAL_STRING || strlen(l->text) != l->size)
		return false;
	end = l->text + l->size;
	*six = inet_pton(AF_INET, l->text, &a) != 1;
	if (*six && (l->size == 0 || ip6_parse(&b, l->text, end) != end))
		return false;
	i->lo = i->hi = *six ? expr_ip6(b) : ntohl(a.s_addr);
	return true;
}

/* Of an address, also whether it is of IPv6. */
static int
interval_of(struct binding *b, const struct expr_node *node,
    const struct test *t, const struct expr_literal *l, struct interval *i,
    bool *six)
{
	*i = (struct interval){ l->lo, l->hi };
	*six = l->kind == LITERAL_ADDRESS6;
	if (t->ref.type == FIELD_IP) {
		if (l->kind == LITERAL_ADDRESS || *six ||
		    quoted_address(l, i, six))
			return 0;
	} else if (l->kind == LITERAL_NUMBER)
		return 0;
	else if (t->ref.type == FIELD_BOOL && l->kind == LITERAL_WORD &&
	    (strcmp(l->text, "true") == 0 || strcmp(l->text, "false") == 0)) {
		i->lo = i->hi = l->text[0] == 't';
		return 0;
	}
	return mismatch(b, node, t, l);
}

/* What the node compares with; NULL if that is nothing. */
static const struct expr_literal *
literals(const struct binding *b, const struct expr_node *node)
{
	return node->count > 0 ? &b->f->expr.literals[node->first] : NULL;
}

static const struct interval none = { 1, 0 };

/* What is below, above, ...; it may come out empty, lo over hi. */
static struct interval
compared(enum expr_op op, struct interval i, bool six)
{
	const __int128 most6 = (__int128)(~(unsigned __int128)0 >> 1);
	const __int128 least = six ? -most6 - 1 : INT64_MIN;
	const __int128 most = six ? most6 : UINT64_MAX;

	switch (op) {
	case EXPR_LT:
		return i.lo == least ? none :
				       (struct interval){ least, i.lo - 1 };
	case EXPR_LE:
		return (struct interval){ least, i.hi };
	case EXPR_GT:
		return i.hi == most ? none :
				      (struct interval){ i.hi + 1, most };
	case EXPR_GE:
		return (struct interval){ i.lo, most };
	default:
		return i;
	}
}

static int
room_for(struct binding *b, const struct expr_node *node, struct test *t,
    size_t n)
{
	t->intervals = calloc(n, sizeof *t->intervals);
	t->intervals6 = calloc(n, sizeof *t->intervals6);
	if (t->intervals == NULL || t->intervals6 == NULL)
		return filter_no_memory(b, node);
	return 0;
}

static void
add_interval(struct test *t, struct interval i, bool six)
{
	if (six)
		t->intervals6[t->count6++] = i;
	else
		t->intervals[t->count++] = i;
}

/* Sorts them and joins those that touch; how many that leaves. */
static size_t
filter_join(struct interval *v, size_t n)
{
	struct interval *i, *last = v;

	if (n == 0)
		return 0;
	qsort(v, n, sizeof *v, compare_intervals);
	for (i = v + 1; i < v + n; i++) {
		if (i->lo > last->hi && i->lo - 1 > last->hi)
			*++last = *i;
		else if (i->hi > last->hi)
			last->hi = i->hi;
	}
	return last + 1 - v;
}

static int
bind_intervals(struct binding *b, const struct expr_node *node, struct test *t)
{
	const struct expr_literal *l = literals(b, node);
	struct interval i;
	size_t n;
	bool six;

	t->kind = t->ref.type == FIELD_IP ? TEST_ADDRESS : TEST_NUMBER;
	if (node->op == EXPR_TRUE) {
		if (t->ref.type != FIELD_BOOL)
			return expr_fail(b->error, &node->span,
			    "%s is %s: compare it with something", node->field,
			    filter_describe(t->ref.type));
		t->one = (struct interval){ 1, 1 };
		t->count = 1;
		return 0;
	}
	if (node->op == EXPR_NE || node->op == EXPR_NOT_IN)
		t->negate = !t->negate;
	if (room_for(b, node, t, node->count + 1) == -1)
		return -1;
	for (n = 0; n < node->count; n++) {
		if (interval_of(b, node, t, &l[n], &i, &six) == -1)
			return -1;
		i = compared(node->op, i, six);
		if (i.lo <= i.hi)
			add_interval(t, i, six);
	}
	t->count = filter_join(t->intervals, t->count);
	t->count6 = filter_join(t->intervals6, t->count6);
	if (t->count == 0)
		add_interval(t, none, false);
	t->one = t->intervals[0];
	return 0;
}

static int
bind_strings(struct binding *b, const struct expr_node *node, struct test *t)
{
	const struct expr_literal *l = literals(b, node);
	size_t n;

	t->kind = TEST_TEXT;
	switch (node->op) {
	case EXPR_EQ:
	case EXPR_IN:
		break;
	case EXPR_NE:
	case EXPR_NOT_IN:
		t->negate = !t->negate;
		break;
	case EXPR_TRUE:
		return expr_fail(b->error, &node->span,
		    "%s is %s: compare it with something", node->field,
		    filter_describe(t->ref.type));
	default:
		return expr_fail(b->error, &node->op_span,
		    "%s is %s, which has no order: only =, !=, in and ~ work",
		    node->field, filter_describe(t->ref.type));
	}
	t->count = node->count;
	t->strings = calloc(node->count + 1, sizeof *t->strings);
	if (t->strings == NULL)
		return filter_no_memory(b, node);
	for (n = 0; n < node->count; n++) {
		if (l[n].kind != LITERAL_WORD && l[n].kind != LITERAL_STRING)
			return mismatch(b, node, t, &l[n]);
		t->strings[n] = (struct string){ l[n].text, l[n].size };
	}
	qsort(t->strings, t->count, sizeof *t->strings, compare_strings);
	return 0;
}

static int
bind_regex(struct binding *b, const struct expr_node *node, struct test *t)
{
	const struct expr_literal *l = literals(b, node);
	char why[128];

	if (!is_text(t->ref.type))
		return expr_fail(b->error, &node->op_span,
		    "%s is %s: regular expressions are for text", node->field,
		    filter_describe(t->ref.type));
	if (l->kind != LITERAL_WORD && l->kind != LITERAL_STRING)
		return mismatch(b, node, t, l);
	if (strlen(l->text) != l->size)
		return expr_fail(b->error, &l->span,
		    "a regular expression cannot hold a zero byte");
	if (node->op == EXPR_NOT_MATCH)
		t->negate = !t->negate;
	t->regex = calloc(1, sizeof *t->regex);
	if (t->regex == NULL)
		return filter_no_memory(b, node);
	if (pattern_compile(t->regex, l->text, why, sizeof why) == -1)
		return expr_fail(b->error, &l->span,
		    "bad regular expression: %s", why);
	t->kind = TEST_REGEX;
	return 0;
}

/* Where to go on from a test, which may be negated. */
struct branch {
	bool negate;
	uint32_t yes, no;
};

/* Adds the program of a test, and sets *at to where it begins. */
static int
writer_test(struct binding *b, const struct expr_node *node,
    const struct branch *to, uint32_t *at)
{
	struct filter *f = b->f;
	struct test *t = &f->tests[f->ntests];

	/* a kind that clear() has nothing more to do for */
	*t = (struct test){ .kind = TEST_NULL,
		.negate = to->negate,
		.yes = to->yes,
		.no = to->no };
	*at = f->ntests++;
	if (field_find(b->fields, b->nfields, node->field, &t->ref) == -1) {
		if (b->nfields == 0)
			return expr_fail(b->error, &node->span,
			    "the records of this stream have no fields");
		return expr_fail(b->error, &node->span, "unknown field '%s'",
		    node->field);
	}
	t->index = t->ref.index;
	t->computed = t->ref.view != VIEW_SELF;
	if (node->op == EXPR_NULL || node->op == EXPR_NOT_NULL) {
		t->negate ^= node->op == EXPR_NOT_NULL;
		return 0;
	}
	if (node->op == EXPR_MATCH || node->op == EXPR_NOT_MATCH)
		return bind_regex(b, node, t);
	if (is_number(t->ref.type) || t->ref.type == FIELD_IP)
		return bind_intervals(b, node, t);
	if (is_text(t->ref.type))
		return bind_strings(b, node, t);
	return expr_fail(b->error, &node->op_span,
	    "%s is %s: only 'is null' and 'is not null' work", node->field,
	    filter_describe(t->ref.type));
}

/*
 * Programs are written from the end, so that every jump is to a test that is
 * there already.  Chains of && and || lean to the left: they loop here, and
 * only parentheses nest.
 */
static int
emit(struct binding *b, size_t index, struct branch to, uint32_t *at)
{
	const struct expr_node *node;
	uint32_t right;
	bool both;

	for (;;) {
		node = &b->f->expr.nodes[index];
		switch (node->kind) {
		case EXPR_TEST:
			return writer_test(b, node, &to, at);
		case EXPR_NOT:
			to.negate = !to.negate;
			index = node->left;
			continue;
		case EXPR_AND:
		case EXPR_OR:
			both = (node->kind == EXPR_AND) != to.negate;
			if (emit(b, node->right, to, &right) == -1)
				return -1;
			if (both)
				to.yes = right;
			else
				to.no = right;
			index = node->left;
			continue;
		}
	}
}

int
filter_bind(struct filter *f, const struct field *fields, size_t n,
    struct expr_error *error)
{
	struct binding b = { f, fields, n, error };

	clear(f);
	f->start = PASS;
	if (f->expr.nnodes == 0)
		return 0;
	f->tests = calloc(f->expr.nnodes, sizeof *f->tests);
	if (f->tests == NULL) {
		*error = (struct expr_error){ .why = "out of memory" };
		return -1;
	}
	return emit(&b, f->expr.root, (struct branch){ false, PASS, DROP },
	    &f->start);
}

/* --- running --- */

/* Of a test: 1 true, 0 false, -1 unknown. */
static int
among(const struct interval *i, size_t n, __int128 v)
{
	size_t half;

	while (n > 1) {
		half = n / 2;
		if (i[half].lo <= v)
			i += half;
		n -= half;
	}
	return n > 0 && v >= i->lo && v <= i->hi;
}

static int
in_intervals(const struct test *t, __int128 v)
{
	if (t->count == 1)
		return v >= t->one.lo && v <= t->one.hi;
	return among(t->intervals, t->count, v);
}

static int
test_number(const struct test *t, const struct value *v)
{
	switch (v->type) {
	case VALUE_UINT:
	case VALUE_BOOL:
		return in_intervals(t, v->number);
	case VALUE_INT:
		return in_intervals(t, (int64_t)v->number);
	default:
		return -1;
	}
}

static int
test_address(const struct test *t, const struct value *v)
{
	if (v->type != VALUE_BYTES)
		return -1;
	if (v->size == IP6_SIZE)
		return among(t->intervals6, t->count6,
		    expr_ip6(ip6_get(v->bytes)));
	if (v->size != 4)
		return -1;
	return in_intervals(t, get32(v->bytes));
}

static int
test_text(const struct test *t, const struct value *v)
{
	struct string s = { (const char *)v->bytes, v->size };

	if (v->type != VALUE_TEXT && v->type != VALUE_BYTES)
		return -1;
	if (t->count == 1)
		return s.size == t->strings->size &&
		    (s.size == 0 ||
			memcmp(s.text, t->strings->text, s.size) == 0);
	return bsearch(&s, t->strings, t->count, sizeof s, compare_strings) !=
	    NULL;
}

static int
test_regex(const struct test *t, const struct value *v)
{
	/* with REG_STARTEND, zero bytes are bytes like others */
	regmatch_t span = { .rm_so = 0, .rm_eo = v->size };

	if (v->type != VALUE_TEXT && v->type != VALUE_BYTES)
		return -1;
	return regexec(t->regex, (const char *)v->bytes, 1, &span,
		   REG_STARTEND) == 0;
}

static int
test_run(struct test *t, const struct value *record, size_t n)
{
	static const struct value null;
	struct value computed;
	const struct value *v;

	if (t->computed) {
		computed = field_value(&t->ref, record, n);
		v = &computed;
	} else
		v = t->index < n ? &record[t->index] : &null;
	switch (t->kind) {
	case TEST_NUMBER:
		return test_number(t, v);
	case TEST_ADDRESS:
		return test_address(t, v);
	case TEST_TEXT:
		return test_text(t, v);
	case TEST_REGEX:
		return test_regex(t, v);
	case TEST_NULL:
		return v->type == VALUE_NULL;
	}
	return -1;
}

bool
filter_match(struct filter *f, const struct value *record, size_t n)
{
	uint32_t at = f->start;
	struct test *t;
	int result;

	while (at < DROP) {
		t = &f->tests[at];
		result = test_run(t, record, n);
		at = result >= 0 && (result != 0) != t->negate ? t->yes : t->no;
	}
	return at == PASS;
}

/* --- showing errors --- */

int
filter_carets(const char *text, const struct expr_error *error, char *buf,
    size_t size)
{
	size_t begin = error->span.at, end, at, n = 0, width;

	buf[0] = '\0';
	if (error->in_file || begin > strlen(text))
		return -1;
	while (begin > 0 && text[begin - 1] != '\n')
		begin--;
	end = begin + strcspn(text + begin, "\n");
	at = error->span.at - begin;
	/* of a long line, what is around the place */
	if (at > 60) {
		begin += at - 60;
		at = 60;
	}
	width = end - begin > 76 ? 76 : end - begin;
	if (size < 2 * 80 + 4)
		return -1;
	for (end = 0; end < width; end++)
		buf[n++] = isprint((unsigned char)text[begin + end]) ?
		    text[begin + end] :
		    text[begin + end] == '\t' ? ' ' :
						'?';
	buf[n++] = '\n';
	memset(buf + n, ' ', at);
	n += at;
	end = error->span.len;
	if (end == 0)
		end = 1;
	if (end > 80 - at)
		end = 80 - at;
	if (at + end > width && at < width)
		end = width - at;
	memset(buf + n, '^', end);
	n += end;
	buf[n] = '\0';
	return 0;
}
