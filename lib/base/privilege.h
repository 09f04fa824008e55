/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privilege: what to say to who may not do what a program is for.
 */
#ifndef PRIVILEGE_H
#define PRIVILEGE_H
#include <stddef.h>

/*
 * "not permitted to send packets (Operation not permitted): use sudo, or
 * once: sudo setcap cap_net_raw+ep /usr/bin/zmap-send".  errno is kept.
 */
void privilege_missing(const char *to, const char *capabilities, char *why,
    size_t size);

#endif
