${# Datagram TLS 1.2: RFC 6347, section 4.2, and RFC 5246, section 7.4.1.2.
Ports 443, 4433, 5684 and others.  Answer: 16 feff and 03, a request to prove
our address by a cookie; or 02, the server's hello; or 15, an alert.}
${HEX=16 feff 0000 000000000000 0056}${# handshake, epoch 0}
${HEX=01 00004a 0000 000000 00004a}${# client hello, whole}
${HEX=fefd}${RAND_BYTE=32}${# DTLS 1.2, random}
${HEX=00 00}${# no session, no cookie}
${HEX=0008 c02b c02f c00a 002f}${# cipher suites}
${HEX=01 00}${# no compression}
${HEX=0018}${# extensions}
${HEX=000a 0006 0004 001d 0017}${# x25519, secp256r1}
${HEX=000d 000a 0008 0403 0804 0401 0201}${# signatures}
