/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS to strangers, by OpenSSL: nothing is verified, and old versions and
 * weak ciphers are taken, because seeing what is there is the point.  No
 * socket waits in here.
 */
#ifndef TLS_H
#define TLS_H
#include <openssl/ssl.h>
#include <stddef.h>

#include "base/output.h"

enum tls_result {
	TLS_DONE,
	TLS_WANT_READ, /* again when the socket is readable */
	TLS_WANT_WRITE,
	TLS_CLOSED,
	TLS_FAILED, /* tls_why() */
};

/* server_name is asked for (SNI) unless NULL.  NULL for lack of memory. */
SSL_CTX *tls_new(void);
SSL *tls_open(SSL_CTX *, int fd, const char *server_name);
void tls_close(SSL *); /* says goodbye; fd stays open */

enum tls_result tls_handshake(SSL *);
enum tls_result tls_read(SSL *, void *, size_t, size_t *done);
enum tls_result tls_write(SSL *, const void *, size_t, size_t *done);

/* Of the last failure, in words that last. */
const char *tls_why(void);

/*
 * "tls":{version, cipher, subject, issuer, sha256, certificates}, the latter
 * in base64 of DER, the host's own first.  Nothing before there are any.
 */
void tls_report(struct output *, SSL *);

#endif
