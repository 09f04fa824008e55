${# OpenVPN: its "Protocol details", a client's hard reset, without tls-auth.
Port 1194.  Answer: 40, 8 bytes of the server's, 01 00000000, and our 8 bytes;
servers with tls-auth or tls-crypt are silent.}
${HEX=38}${# P_CONTROL_HARD_RESET_CLIENT_V2, key 0}
${RAND_BYTE=8}${# session ID}
${HEX=00 00000000}${# nothing acknowledged, packet 0}
