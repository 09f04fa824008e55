${# SNMP version 2c: RFC 1901, RFC 3416: get sysDescr.0 (RFC 3418), community
public.
Port 161.  Answer: 30, version 1, the community, a2 for a response, and a
description of the system.  Agents are silent for a wrong community.}
${HEX=30 29 02 01 01}${# message, version}
${HEX=04 06}public${#}
${HEX=a0 1c}${# get}
${HEX=02 04 21}${RAND_BYTE=3}${# request ID}
${HEX=02 01 00 02 01 00}${# error status and index}
${HEX=30 0e 30 0c}${# one variable}
${HEX=06 08 2b 06 01 02 01 01 01 00 05 00}${# 1.3.6.1.2.1.1.1.0}
