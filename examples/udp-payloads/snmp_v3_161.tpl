${# SNMP version 3: RFC 3412, section 6, and RFC 3414, section 4: discovery of
the engine ID.
Port 161.  Answer: a report, a8, with the engine ID, boots and time of the
agent, whatever users it has.}
${HEX=30 3e 02 01 03}${# message, version}
${HEX=30 11 02 04 21}${RAND_BYTE=3}${# message ID}
${HEX=02 03 00 ff e3 04 01 04 02 01 03}${# size, reportable, user model}
${HEX=04 10 30 0e 04 00 02 01 00 02 01 00 04 00 04 00 04 00}${# nobody yet}
${HEX=30 14 04 00 04 00}${# context}
${HEX=a0 0e 02 04 21}${RAND_BYTE=3}${# get, request ID}
${HEX=02 01 00 02 01 00 30 00}${# no variable}
