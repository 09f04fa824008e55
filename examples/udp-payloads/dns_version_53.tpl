${# Version of a name server: RFC 4892, a text record in class CHAOS.
Port 53.  Answer: the ID and the question again, and often a string such as
the name and version of the software.}
${RAND_BYTE=2}${# ID}
${HEX=0000 0001 0000 0000 0000}${# a query, one question}
${HEX=07}version${HEX=04}bind${HEX=00}${#}
${HEX=0010 0003}${# TXT, CHAOS}
