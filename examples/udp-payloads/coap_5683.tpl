${# Constrained application protocol: RFC 7252, section 3, and RFC 6690:
GET /.well-known/core.
Port 5683.  Answer: 64 45, our four bytes after it, and a list of links; or
another code than 45, such as 84, not found.}
${HEX=44 01}${# confirmable, four bytes of token; GET}
${RAND_BYTE=2}${RAND_BYTE=4}${# message ID, token}
${HEX=bb}.well-known${HEX=04}core${#}
