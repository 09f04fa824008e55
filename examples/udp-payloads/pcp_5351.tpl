${# Port control: RFC 6887, sections 7.1 and 14.1: announce.
Port 5351.  Answer: 02 80 00, a result, and the seconds since the start; or
00 80 0001 from those that only know NAT-PMP.}
${HEX=02 00 0000 00000000}${# version, announce, no lifetime}
${HEX=0000 0000 0000 0000 0000 ffff}${SADDR_N}${# our address}
