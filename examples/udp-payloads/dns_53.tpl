${# Domain name system: RFC 1035, section 4.1.
An address record of example.com is asked for, with recursion.
Port 53.  Answer: the same two bytes of ID, 81 80 or alike, and the question
again; with the address from servers that serve strangers, without from others.}
${RAND_BYTE=2}${# ID}
${HEX=0100}${# a query, recursion desired}
${HEX=0001 0000 0000 0000}${# one question}
${HEX=07}example${HEX=03}com${HEX=00}${#}
${HEX=0001 0001}${# A, IN}
