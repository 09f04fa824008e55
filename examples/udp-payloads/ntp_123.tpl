${# Network time protocol: RFC 5905, section 7.3, a client's request.
Port 123.  Answer: 48 bytes or more, the lower three bits of the first are 4,
and our 8 random bytes are at 24, as the originate timestamp.}
${HEX=e3 00 00 00}${# leap unknown, version 4, client}
${HEX=00000000 00000000 00000000}${# root delay, dispersion, reference}
${HEX=0000000000000000 0000000000000000 0000000000000000}${#}
${RAND_BYTE=8}${# transmit timestamp}
