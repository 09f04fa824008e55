${# Port mapper: RFC 5531, section 9, and RFC 1833, section 3: dump.
Port 111.  Answer: the same transaction ID, 00000001, 00000000, then a list of
program, version, protocol and port, each behind a 00000001.}
${RAND_BYTE=4}${# transaction ID}
${HEX=00000000 00000002}${# call, RPC version 2}
${HEX=000186a0 00000002 00000004}${# program 100000, version 2, dump}
${HEX=00000000 00000000 00000000 00000000}${# no credentials, no verifier}
