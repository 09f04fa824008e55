${# BACnet/IP: ASHRAE 135, annex J: read the device's object name.
Port 47808.  Answer: 81 0a, and 30 with our invoke ID, 0c, and the name; or 50
and an error.}
${HEX=81 0a 0011 01 04}${# unicast, 17 bytes; an answer is wanted}
${HEX=00 05}${RAND_BYTE=1}${HEX=0c}${# confirmed, invoke ID, read property}
${HEX=0c 023fffff 19 4d}${# this device, object name}
