${# Memcached: its protocol.txt, section "UDP protocol".
Port 11211.  Answer: the same first two bytes, and VERSION 1.6.18 or alike.}
${RAND_BYTE=2}${# request ID}
${HEX=0000 0001 0000}${# the first of one datagram}
version
