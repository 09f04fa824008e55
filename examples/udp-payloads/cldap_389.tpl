${# Directories without a connection: RFC 4511, section 4.5, and [MS-ADTS],
section 6.3.3: the root of the directory.
Port 389.  Answer: 30, message 7, 64 with attributes such as namingContexts,
and 65.}
${HEX=30 25 02 01 07}${# message 7}
${HEX=63 20 04 00}${# search from the root}
${HEX=0a 01 00 0a 01 00 02 01 00 02 01 00 01 01 00}${# it alone, no limits}
${HEX=87 0b}objectClass${# is there}
${HEX=30 00}${# all attributes}
