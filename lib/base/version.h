/* SPDX-License-Identifier: Apache-2.0 */
/* The version of all programs, and of what `make dist` packs. */
#ifndef VERSION_H
#define VERSION_H

#define ZMAP_VERSION "5.0.0"

#endif
