${# Inter-Asterisk exchange, version 2: RFC 5456, section 6.7.1: poke.
Port 4569.  Answer: a full frame with our call number, type 06, 03: pong.}
${HEX=a1}${RAND_BYTE=1}${HEX=0000 00000000 00 00}${# call number, timestamp}
${HEX=06 1e}${# IAX, poke}
