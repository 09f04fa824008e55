${# Teredo: RFC 4380, section 5.2.1: a router solicitation.
Port 3544.  Answer: 00 01, our 8 bytes, perhaps 00 00 with our address, and a
router advertisement of ICMPv6, 86.}
${HEX=0001 00 00}${RAND_BYTE=8}${HEX=00}${# no authentication, a nonce}
${HEX=60000000 0008 3a ff}${# IPv6, ICMPv6}
${HEX=fe80 0000 0000 0000 0000 ffff ffff ffff}${#}
${HEX=ff02 0000 0000 0000 0000 0000 0000 0002}${# all routers}
${HEX=85 00 7d37 00000000}${# router solicitation}
