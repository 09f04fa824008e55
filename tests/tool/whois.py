# SPDX-License-Identifier: Apache-2.0
"""A name server and a web server that say who 198.51.100.7 is.

	whois.py CERT KEY NAME BACK FILE COMMAND...

NAME is the address's name (PTR), or - for none; BACK is the address of that
name; FILE is what https://NAME/.well-known/probing.txt has, or - for 404.
Runs the command while both are there, and ends with its status.
"""
import http.server
import ipaddress
import socket
import ssl
import subprocess
import sys
import threading

cert, key, name, back, path = sys.argv[1:6]
ADDRESS = "198.51.100.7"


def labels(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".")) + b"\0"


def answer(query):
    """One answer to one question, or NXDOMAIN."""
    at, parts = 12, []
    while query[at]:
        parts.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    asked, kind = ".".join(parts).lower(), query[at + 1:at + 3]
    data = None
    if kind == b"\0\x0c" and name != "-":
        if asked == ipaddress.ip_address(ADDRESS).reverse_pointer:
            data = labels(name)
    elif kind == b"\0\x01" and asked == name:
        data = ipaddress.ip_address(back).packed
    known = asked == name
    flags = b"\x81\x80" if data is not None or known else b"\x81\x83"
    reply = query[:2] + flags + b"\0\1" + (b"\0\1" if data else b"\0\0")
    reply += b"\0\0\0\0" + query[12:at + 5]
    if data:
        reply += b"\xc0\x0c" + kind + b"\0\1\0\0\0\x3c"
        reply += len(data).to_bytes(2, "big") + data
    return reply


def names(s):
    while True:
        query, peer = s.recvfrom(4096)
        s.sendto(answer(query), peer)


class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        found = path != "-" and self.path == "/.well-known/probing.txt"
        body = open(path, "rb").read() if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
dns.bind(("127.0.0.1", 53))
# first: the web server asks for the name of its own address
threading.Thread(target=names, args=(dns,), daemon=True).start()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
web = http.server.ThreadingHTTPServer((ADDRESS, 443), Web)
web.socket = context.wrap_socket(web.socket, server_side=True)
threading.Thread(target=web.serve_forever, daemon=True).start()
sys.exit(subprocess.run(sys.argv[6:]).returncode)
