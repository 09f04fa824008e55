${# Service location, version 2: RFC 2608, section 10.1: all types of service.
Port 427.  Answer: 02 0a, the same transaction ID, and names such as
service:printer:lpr.}
${HEX=02 09 00001d 0000 000000}${# version, request for types, 29 bytes}
${RAND_BYTE=2}${HEX=0002}en${# transaction ID, language}
${HEX=0000 ffff 0007}DEFAULT${# no responders yet, all authorities}
