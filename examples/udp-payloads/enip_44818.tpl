${# EtherNet/IP: ODVA, "The CIP networks library", volume 2, section 2-4.2: list
identity.
Port 44818.  Answer: 63 00, our 8 bytes at 12, and vendor, serial number and
product name.}
${HEX=6300 0000 00000000 00000000}${# no session}
${RAND_BYTE=8}${HEX=00000000}${# context}
