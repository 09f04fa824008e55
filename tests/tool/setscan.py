#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Changes what the header of a stream says of the scan: setscan.py KEY VALUE
[KEY VALUE]... <stream >stream.  A value is JSON, or text if it is not."""
import io
import json
import sys

import cbor2

args = sys.argv[1:]
stream = io.BytesIO(sys.stdin.buffer.read())
header = cbor2.load(stream)
for key, text in zip(args[::2], args[1::2]):
    try:
        header["scan"][key] = json.loads(text)
    except ValueError:
        header["scan"][key] = text
sys.stdout.buffer.write(cbor2.dumps(cbor2.CBORTag(55799, header)))
sys.stdout.buffer.write(stream.read())
