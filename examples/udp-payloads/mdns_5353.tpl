${# Multicast DNS: RFC 6762, section 5.5, and RFC 6763, section 9.
Which services are there, asked directly.  The ID is 0.
Port 5353.  Answer: 0000 84 00 and pointers such as _http._tcp.local.}
${HEX=0000 0000 0001 0000 0000 0000}${#}
${HEX=09}_services${HEX=07}_dns-sd${HEX=04}_udp${HEX=05}local${HEX=00}${#}
${HEX=000c 8001}${# PTR, IN, answer to me alone}
