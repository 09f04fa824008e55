${# Nodes of BitTorrent: BEP 5, "DHT queries": ping.
Port 6881.  Answer: d1:rd2:id20:, the node's ID, and our two letters of
transaction as 1:t2.}
d1:ad2:id20:${RAND_ALPHANUM=20}e1:q4:ping1:t2:${RAND_ALPHANUM=2}1:y1:qe${#}
