/* SPDX-License-Identifier: Apache-2.0 */
/* TLS without waiting; see tls.h. */
#include "tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/escape.h"
#include "report.h"

SSL_CTX *
tls_new(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:eNULL");
	SSL_CTX_set_options(ctx,
	    SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF |
		SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
		SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
	return ctx;
}

SSL *
tls_open(SSL_CTX *ctx, int fd, const char *server_name)
{
	SSL *ssl = SSL_new(ctx);

	if (ssl == NULL)
		return NULL;
	if (SSL_set_fd(ssl, fd) != 1 ||
	    (server_name != NULL &&
		SSL_set_tlsext_host_name(ssl, server_name) != 1)) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_connect_state(ssl);
	return ssl;
}

void
tls_close(SSL *ssl)
{
	ERR_clear_error();
	if (SSL_is_init_finished(ssl))
		SSL_shutdown(ssl);
	SSL_free(ssl);
}

static enum tls_result
result(SSL *ssl, int rc)
{
	if (rc > 0)
		return TLS_DONE;
	switch (SSL_get_error(ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	case SSL_ERROR_SYSCALL:
		return errno == 0 ? TLS_CLOSED : TLS_FAILED;
	default:
		return TLS_FAILED;
	}
}

enum tls_result
tls_handshake(SSL *ssl)
{
	ERR_clear_error();
	errno = 0;
	return result(ssl, SSL_do_handshake(ssl));
}

enum tls_result
tls_read(SSL *ssl, void *to, size_t n, size_t *done)
{
	ERR_clear_error();
	errno = 0;
	return result(ssl, SSL_read_ex(ssl, to, n, done));
}

enum tls_result
tls_write(SSL *ssl, const void *p, size_t n, size_t *done)
{
	ERR_clear_error();
	errno = 0;
	return result(ssl, SSL_write_ex(ssl, p, n, done));
}

const char *
tls_why(void)
{
	unsigned long e = ERR_peek_error();
	const char *reason = ERR_reason_error_string(e);

	if (e == 0)
		return errno == 0 ? "closed in the handshake" : strerror(errno);
	return reason != NULL ? reason : "unknown failure of TLS";
}

static void
report_name(struct output *o, const char *key, const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	if (bio == NULL)
		return;
	/* as RFC 2253 writes names, but UTF-8 as it is */
	X509_NAME_print_ex(bio, name, 0,
	    XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	n = BIO_get_mem_data(bio, &text);
	output_format(o, ",\"%s\":", key);
	escape_json(o, text, n > 0 ? n : 0);
	BIO_free(bio);
}

static void
report_certificate(struct output *o, const X509 *x)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	output_text(o, "\"");
	if (n > 0)
		report_base64(o, der, n);
	output_text(o, "\"");
	OPENSSL_free(der);
}

void
tls_report(struct output *o, SSL *ssl)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	X509 *x = SSL_get0_peer_certificate(ssl);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int i;

	if (x == NULL)
		return;
	output_format(o, ",\"tls\":{\"version\":\"%s\",\"cipher\":\"%s\"",
	    SSL_get_version(ssl), SSL_get_cipher_name(ssl));
	report_name(o, "subject", X509_get_subject_name(x));
	report_name(o, "issuer", X509_get_issuer_name(x));
	output_text(o, ",\"sha256\":\"");
	if (X509_digest(x, EVP_sha256(), digest, &n) == 1)
		escape_hex(o, digest, n);
	output_text(o, "\",\"certificates\":[");
	for (i = 0; i < sk_X509_num(chain); i++) {
		if (i > 0)
			output_text(o, ",");
		report_certificate(o, sk_X509_value(chain, i));
	}
	output_text(o, "]}");
}
