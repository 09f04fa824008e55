${# NAT port mapping: RFC 6886, section 3.2: the external address.
Port 5351.  Answer: 00 80, a result, seconds, and the address.}
${HEX=00 00}${#}
