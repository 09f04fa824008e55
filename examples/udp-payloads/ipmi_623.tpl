${# IPMI: specification v2.0, section 22.13: get channel authentication
capabilities.
Port 623.  Answer: 06 00 ff 07 and, behind 38, 00 for success, the channel,
and the ways to log in.}
${HEX=06 00 ff 07}${# RMCP 1.0, no acknowledgement, IPMI}
${HEX=00 00000000 00000000 09}${# no session, nine bytes}
${HEX=20 18 c8}${# to the BMC, application, checksum}
${HEX=81 00 38 8e 04 b5}${# channel here, IPMI 2.0, administrator}
