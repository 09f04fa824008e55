${# Network file system: RFC 5531, section 9, and RFC 1813: procedure 0, which
does nothing.
Port 2049.  Answer: the same transaction ID, 00000001, and all 0: accepted; or
the versions that there are.}
${RAND_BYTE=4}${# transaction ID}
${HEX=00000000 00000002}${# call, RPC version 2}
${HEX=000186a3 00000003 00000000}${# program 100003, version 3, null}
${HEX=00000000 00000000 00000000 00000000}${# no credentials, no verifier}
