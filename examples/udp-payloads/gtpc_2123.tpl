${# Control plane of mobile networks: 3GPP TS 29.274, section 7.1.1: echo.
Port 2123.  Answer: 40 02, the same sequence, and a restart counter; or type
03, version not supported.}
${HEX=40 01 0009}${RAND_BYTE=3}${HEX=00}${# version 2, echo request, sequence}
${HEX=03 0001 00 00}${# recovery, 0}
