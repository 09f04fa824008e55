/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel is to hand over: all that may be an answer to a scan, in
 * the words of pcap-filter(7), and as little else as these can say.
 */
#ifndef CAPTURE_FILTER_H
#define CAPTURE_FILTER_H
#include <stddef.h>

#include "probe/probe.h"
#include "scan/scan.h"

/* Into buf: what the kernel should let through.  -1: it does not fit. */
int capture_filter(const struct scan *, const struct probe *, char *buf,
    size_t size);

#endif
