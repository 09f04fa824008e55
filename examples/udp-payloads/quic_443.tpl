${# QUIC: RFC 9000, sections 6 and 15: a version that is kept free, so that
servers say which they have.
Port 443.  Answer: a first byte over 80, 00000000, our connection IDs the other
way round, and versions of four bytes.}
${HEX=c0 1a2a3a4a}${# long header, version}
${HEX=08}${RAND_BYTE=8}${HEX=08}${RAND_BYTE=8}${# connection IDs}
${HEX=00 4497}${# as an initial packet goes on: no token, 1175 bytes}
${RAND_BYTE=1175}${# 1200 in all, or there is no answer}
