${# Forwarding control of mobile networks: 3GPP TS 29.244, section 7.4.2:
heartbeat.
Port 8805.  Answer: 20 02, the same sequence, and when the peer started.}
${HEX=20 01 000c}${RAND_BYTE=3}${HEX=00}${# version 1, heartbeat, sequence}
${HEX=0060 0004 e9000000}${# when we started, seconds since 1900}
