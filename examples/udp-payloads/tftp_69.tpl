${# Trivial file transfer: RFC 1350, section 5: a file that will not be there.
Port 69.  Answer, from another port: 0005 and an error code and text; or 0003,
data.  Scan with --validate-source-port=disable, as udp does anyway.}
${HEX=0001}${# read request}
${RAND_ALPHA=12}${HEX=00}octet${HEX=00}${#}
