/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where another program of this build is.  Programs of one build belong
 * together, so the one beside us comes before one of this name elsewhere.
 */
#ifndef BESIDE_H
#define BESIDE_H

/*
 * The path of an executable file by its name in the folder of our own, such as
 * "zmap-send" or "libexec/zmap-map", or a copy of `otherwise` if there is none.
 * To be freed; NULL for lack of memory.
 */
char *beside(const char *name, const char *otherwise);

#endif
