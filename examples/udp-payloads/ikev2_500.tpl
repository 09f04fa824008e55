${# Internet key exchange, version 2: RFC 7296, section 1.2: IKE_SA_INIT.
AES-CBC-128, HMAC-SHA2-256, group 14.
Port 500.  Answer: our 8 bytes, 8 others, and 21 20 22 20 with a security
association and keys, or 29 20 22 20 with a notification, such as 0e,
NO_PROPOSAL_CHOSEN.}
${RAND_BYTE=8}${HEX=0000000000000000}${# both parties' SPIs}
${HEX=21 20 22 08 00000000 00000178}${# SA next, 2.0, from the initiator}
${HEX=22 00 0030}${# SA; key exchange next}
${HEX=00 00 002c 01 01 00 04}${# one proposal, IKE, four transforms}
${HEX=03 00 000c 01 00 000c 800e 0080}${# AES-CBC, 128 bits}
${HEX=03 00 0008 02 00 0005}${# PRF-HMAC-SHA2-256}
${HEX=03 00 0008 03 00 000c}${# HMAC-SHA2-256-128}
${HEX=00 00 0008 04 00 000e}${# 2048-bit MODP}
${HEX=28 00 0108 000e 0000}${RAND_BYTE=256}${# key exchange; nonce next}
${HEX=00 00 0024}${RAND_BYTE=32}${# nonce}
