/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interface: network interfaces by the names that people and streams give.
 *
 * A name goes into structures of fixed size, of the kernel's and of
 * libraries', that not all of them check. So it is looked up here, and what
 * goes on from here is the kernel's own name for the device.
 */
#ifndef INTERFACE_H
#define INTERFACE_H
#include <net/if.h>

enum { INTERFACE_NAME_MAX = 127 }; /* bytes of an alternative name */

/* Can this be the name of an interface?  0, or -1 with *why. */
int interface_check(const char *name, const char **why);

/*
 * The device of this name, of this alternative name (ip-link(8), altname), or
 * of which this may be the label of an address, such as eth0:1: then 1.  Else
 * 0, or -1 with errno.
 */
int interface_find(const char *name, char own[IF_NAMESIZE], unsigned *index);

/*
 * Is this address one of this machine's, as the kernel's table of routes has
 * it? AF_INET or AF_INET6, in network order. 1, 0, or -1 with errno.
 */
int interface_owns(int family, const void *address);

#endif
