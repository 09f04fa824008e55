${# Mumble: its protocol documentation, "Ping packet".
Port 64738.  Answer: the version, our 8 bytes, users, slots and bandwidth.}
${HEX=00000000}${RAND_BYTE=8}${#}
