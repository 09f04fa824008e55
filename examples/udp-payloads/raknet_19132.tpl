${# Minecraft Bedrock: RakNet (Jenkins Software), unconnected ping.
Port 19132.  Answer: 1c, our 8 bytes, the server's, the same magic, and
MCPE;name;...}
${HEX=01}${RAND_BYTE=8}${# time}
${HEX=00ffff00fefefefefdfdfdfd12345678}${# magic}
${RAND_BYTE=8}${# who asks}
