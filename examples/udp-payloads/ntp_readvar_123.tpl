${# Control messages of NTP: RFC 9327, section 2: read the system's variables.
Port 123.  Answer: 16 82 or d6 82 and text such as version="ntpd 4.2.8".}
${HEX=16 02}${# version 2, control; read variables}
${RAND_BYTE=2}${# sequence}
${HEX=0000 0000 0000 0000}${# status, association 0, offset, count}
