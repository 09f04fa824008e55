${# Internet key exchange, version 1: RFC 2408, section 3.1, and RFC 2409:
main mode.  AES-CBC-128, SHA2-256, pre-shared key, group 14.
Port 500.  Answer: our 8 bytes, 8 others, and 01 10 02 with a security
association, or 0b 10 05 with a notification, such as 0e, NO-PROPOSAL-CHOSEN.}
${RAND_BYTE=8}${HEX=0000000000000000}${# both parties' cookies}
${HEX=01 10 02 00 00000000 00000054}${# SA next, 1.0, identity protection}
${HEX=00 00 0038 00000001 00000001}${# IPsec, identity only}
${HEX=00 00 002c 01 01 00 01}${# one proposal, ISAKMP, one transform}
${HEX=00 00 0024 01 01 0000}${# by IKE}
${HEX=8001 0007 800e 0080}${# AES-CBC, 128 bits}
${HEX=8002 0004 8003 0001 8004 000e}${# SHA2-256, pre-shared key, group 14}
${HEX=800b 0001 800c 7080}${# for 8 hours}
