${# User plane of mobile networks: 3GPP TS 29.281, section 7.2.1: echo.
Port 2152.  Answer: 32 02, the same sequence, and 0e 00, recovery.}
${HEX=32 01 0004 00000000}${# version 1, echo request, no tunnel}
${RAND_BYTE=2}${HEX=00 00}${# sequence}
