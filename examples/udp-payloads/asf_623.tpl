${# Remote management control: DMTF DSP0136 (ASF 2.0), section 3.2.4.2: ping.
Port 623.  Answer: 06 00 ff 06 000011be 40, the same tag, and what is there:
the eighth byte from the end is 81 for IPMI.}
${HEX=06 00 ff 06}${# RMCP 1.0, no acknowledgement, ASF}
${HEX=000011be 80}${RAND_BYTE=1}${HEX=00 00}${# presence ping, tag}
