/* SPDX-License-Identifier: Apache-2.0 */
/* A choice of words; see words.h. */
#include "base/words.h"

#include <stdio.h>
#include <string.h>

int
words_find(const char *words, const char *text)
{
	size_t n, len = strlen(text);
	int i;

	for (i = 0; *words != '\0'; i++) {
		n = strcspn(words, " ");
		if (n == len && memcmp(words, text, n) == 0)
			return i;
		words += n + strspn(words + n, " ");
	}
	return -1;
}

size_t
words_list(const char *words, char *buf, size_t size)
{
	size_t n, at = 0;

	while (*words != '\0' && at < size) {
		n = strcspn(words, " ");
		at += snprintf(buf + at, size - at, "%.*s", (int)n, words);
		words += n + strspn(words + n, " ");
		if (*words != '\0' && at < size)
			at += snprintf(buf + at, size - at, "%s",
			    strchr(words, ' ') != NULL ? ", " : " or ");
	}
	return at;
}
