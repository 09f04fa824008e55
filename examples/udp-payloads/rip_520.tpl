${# Routing information, version 2: RFC 2453, section 3.9.1: the whole table.
Port 520.  Answer: 02 02 or 02 01 and routes of 20 bytes each.}
${HEX=01 02 0000}${# request, version 2}
${HEX=0000 0000 00000000 00000000 00000000 00000010}${# all: metric 16}
