${# Session traversal utilities for NAT: RFC 8489, section 5: binding.
Port 3478.  Answer: 0101, a length, 2112a442, our 12 bytes, and our own address
as XOR-MAPPED-ADDRESS (0020).}
${HEX=0001 0000 2112a442}${#}
${RAND_BYTE=12}${# transaction ID}
