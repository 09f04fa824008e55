${# Discovery of UPnP devices: UPnP Device Architecture 1.1, section 1.3.2.
Port 1900.  Answer: HTTP/1.1 200 OK, with LOCATION, SERVER and USN.}
M-SEARCH * HTTP/1.1
HOST: ${DADDR}:${DPORT}
MAN: "ssdp:discover"
MX: 1
ST: ssdp:all

