${# Media gateway control: RFC 3435, section 2.3.10: audit of all endpoints.
Port 2427.  Answer: a code such as 200 or 500, and our number.}
AUEP 1${RAND_DIGIT=8} *@[${DADDR}] MGCP 1.0
