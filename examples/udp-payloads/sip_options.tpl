${# Session initiation protocol: RFC 3261, section 11: which methods are there.
Port 5060.  Answer: SIP/2.0 and a status, 200 or one of 4xx, with the Call-ID
and the tag of From again, and often User-Agent or Server.}
OPTIONS sip:${RAND_ALPHA=8}@${DADDR} SIP/2.0
Via: SIP/2.0/UDP ${SADDR}:${SPORT};branch=z9hG4bK${RAND_ALPHANUM=16};rport;alias
From: <sip:${RAND_ALPHA=8}@${SADDR}:${SPORT}>;tag=${RAND_DIGIT=8}
To: <sip:${RAND_ALPHA=8}@${DADDR}>
Call-ID: ${RAND_DIGIT=10}@${SADDR}
CSeq: 1 OPTIONS
Contact: <sip:${RAND_ALPHA=8}@${SADDR}:${SPORT}>
Max-Forwards: 20
User-Agent: ${RAND_ALPHA=8}
Accept: text/plain
Content-Length: 0

