${# X display manager: XDMCP version 1.1 (X.Org): query.
Port 177.  Answer: 0001 0005, willing, with host name and status; or 0001 0006,
unwilling.}
${HEX=0001 0002 0001 00}${# version, query, no authentication names}
