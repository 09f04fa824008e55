#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TCP servers with manners of all kinds, one to a port.

    talker.py [--tls CERTIFICATE KEY] &

    7001 greeting   says who was asked, and hangs up
    7002 silent     accepts and says nothing
    7003 reset      accepts and resets
    7004 slow       a byte every 100 ms, without end
    7005 endless    as many bytes as are taken, without end
    7006 closed     accepts and hangs up
    7007 binary     all 256 bytes
    7008 echo       the first read, sent back
    7009 cut        some bytes and then a reset
    7010 big        300000 bytes after a request
    7011 open       a greeting, and then it listens on
    7012 pieces     three lines, 200 ms apart
    7443 tls        a greeting, in TLS
"""
import asyncio
import resource
import socket
import ssl
import struct
import sys


def reset(writer):
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))


async def greeting(reader, writer):
    host, port = writer.get_extra_info("sockname")
    writer.write(b"I am %s:%d\r\n" % (host.encode(), port))


async def silent(reader, writer):
    await reader.read()


async def resetting(reader, writer):
    reset(writer)


async def slow(reader, writer):
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.1)


async def endless(reader, writer):
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def closed(reader, writer):
    pass


async def binary(reader, writer):
    writer.write(bytes(range(256)))


async def echo(reader, writer):
    writer.write(await reader.read(65536))


async def cut(reader, writer):
    writer.write(b"some")
    await writer.drain()
    await asyncio.sleep(0.05)
    reset(writer)


async def big(reader, writer):
    await reader.read(65536)
    writer.write(b"y" * 299999 + b"\n")


async def listening(reader, writer):
    await greeting(reader, writer)
    await reader.read()


async def pieces(reader, writer):
    for n in b"123":
        writer.write(b"line %c\n" % n)
        await writer.drain()
        await asyncio.sleep(0.2)
    await reader.read()


def serve(talk):
    async def handle(reader, writer):
        try:
            await talk(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (OSError, ssl.SSLError):
            writer.close()
    return handle


async def main(tls):
    talks = {7001: greeting, 7002: silent, 7003: resetting, 7004: slow,
             7005: endless, 7006: closed, 7007: binary, 7008: echo,
             7009: cut, 7010: big, 7011: listening, 7012: pieces}
    for port, talk in talks.items():
        await asyncio.start_server(serve(talk), "0.0.0.0", port,
                                   backlog=4096)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        await asyncio.start_server(serve(greeting), "0.0.0.0", 7443,
                                   ssl=context)
    print("ready", flush=True)
    await asyncio.Event().wait()

resource.setrlimit(resource.RLIMIT_NOFILE,
                   (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
asyncio.run(main(sys.argv[2:4] if sys.argv[1:2] == ["--tls"] else None))
