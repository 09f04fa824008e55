${# Kerberos version 5: RFC 4120, section 5.4.1: a first ticket.
Port 88.  Answer: 7e, an error that names the realm, such as 06, no such
client, or 44, another realm.}
${HEX=6a 81 83 30 81 80 a1 03 02 01 05 a2 03 02 01 0a}${# AS-REQ, version 5}
${HEX=a4 74 30 72}${# body}
${HEX=a0 07 03 05 00 40 81 00 10}${# forwardable, renewable, canonicalize}
${HEX=a1 11 30 0f a0 03 02 01 01 a1 08 30 06 1b 04}zmap${# client}
${HEX=a2 0d 1b 0b}EXAMPLE.COM${# realm}
${HEX=a3 20 30 1e a0 03 02 01 02 a1 17 30 15 1b 06}krbtgt${HEX=1b 0b}EXAMPLE.COM${#}
${HEX=a5 11 18 0f}20370101000000Z${# until}
${HEX=a7 06 02 04 21}${RAND_BYTE=3}${# nonce}
${HEX=a8 08 30 06 02 01 12 02 01 11}${# AES}
