${# Layer two tunnelling: RFC 2661, section 6.1: start of a control connection.
Port 1701.  Answer: c8 02 and a message of type 0002, or 0004, stop, with a
result; both with a host name.}
${HEX=c802 0038 0000 0000 0000 0000}${# control, length, no tunnel yet}
${HEX=8008 0000 0000 0001}${# start-control-connection-request}
${HEX=8008 0000 0002 0100}${# protocol version 1.0}
${HEX=800a 0000 0003 00000003}${# framing: both}
${HEX=800a 0000 0007}zmap${# host name}
${HEX=8008 0000 0009 21}${RAND_BYTE=1}${# our tunnel ID}
