#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""A policy server of the standard library alone: websocket, msgpack and all, for the tests of `remote`.

    policy_server.py PORT_FILE HORIZON ACTION_DIM [BEHAVIOUR]

Writes its port to PORT_FILE. An action is a quarter of the first entries of the state, in every row. BEHAVIOUR: `well`
(the default), `goodbye:N,M` (question N to M of all, counted from 0, close the connection), `grows:N` (from question N
on a chunk has one row more), `key:N` (without `Authorization: Api-Key N` the handshake is refused).
"""
import base64
import hashlib
import os
import socket
import struct
import sys
import threading

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


def read_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def read_frame(sock):
    first, second = read_exactly(sock, 2)
    n = second & 127
    if n == 126:
        n = struct.unpack(">H", read_exactly(sock, 2))[0]
    elif n == 127:
        n = struct.unpack(">Q", read_exactly(sock, 8))[0]
    mask = read_exactly(sock, 4)
    data = read_exactly(sock, n)
    return first & 15, bytes(b ^ mask[i % 4] for i, b in enumerate(data))


def send_frame(sock, opcode, data):
    n = len(data)
    head = bytes([128 | opcode])
    head += bytes([n]) if n < 126 else b"\x7e" + struct.pack(">H", n)  # answers here are short
    sock.sendall(head + data)


def unpack(data, at=0):
    """One value of msgpack, of the kinds that a client sends, and where it ends."""
    b = data[at]
    at += 1
    if b < 0x80:
        return b, at
    if b in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[b], at
    if b >= 0xE0:
        return b - 256, at
    sizes = {0xC4: (1, "bin"), 0xC5: (2, "bin"), 0xC6: (4, "bin"), 0xD9: (1, "str"), 0xDA: (2, "str"),
             0xDB: (4, "str"), 0xDC: (2, "list"), 0xDE: (2, "map"), 0xCC: (1, "int"), 0xCD: (2, "int"),
             0xCE: (4, "int"), 0xCF: (8, "int")}
    if b == 0xCB:
        return struct.unpack(">d", data[at:at + 8])[0], at + 8
    if b in sizes:
        width, kind = sizes[b]
        n = int.from_bytes(data[at:at + width], "big")
        at += width
        if kind == "int":
            return n, at
    elif b < 0x90:
        n, kind = b & 15, "map"
    elif b < 0xA0:
        n, kind = b & 15, "list"
    else:
        n, kind = b & 31, "str"
    if kind in ("str", "bin"):
        text = data[at:at + n]
        return (text.decode() if kind == "str" else text), at + n
    items = []
    for _ in range(n * (2 if kind == "map" else 1)):
        value, at = unpack(data, at)
        items.append(value)
    return (dict(zip(items[::2], items[1::2])) if kind == "map" else items), at


def pack_actions(rows, dim, row):
    data = b"".join(struct.pack("<f", x) for _ in range(rows) for x in row)
    array = (b"\x84\xc4\x0b__ndarray__\xc3\xc4\x04data\xc6" + struct.pack(">I", len(data)) + data +
             b"\xc4\x05dtype\xa3<f4\xc4\x05shape\x92" + bytes([rows, dim]))
    return b"\x81\xa7actions" + array


class Server:
    def __init__(self, horizon, dim, behaviour):
        name, _, numbers = behaviour.partition(":")
        self.horizon, self.dim, self.name = horizon, dim, name
        self.numbers = [int(x) for x in numbers.split(",")] if numbers else []
        self.asked = 0
        self.lock = threading.Lock()

    def answer(self, sock, n, request):
        if self.name == "goodbye" and self.numbers[0] <= n <= self.numbers[1]:
            send_frame(sock, 8, struct.pack(">H", 1001) + b"going away")
            raise ConnectionError
        state = request["observation/state"]
        floats = struct.unpack("<%df" % (len(state[b"data"]) // 4), state[b"data"])
        rows = self.horizon + (1 if self.name == "grows" and n >= self.numbers[0] else 0)
        send_frame(sock, 2, pack_actions(rows, self.dim, [x / 4 for x in floats[:self.dim]]))

    def talk(self, sock):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += read_exactly(sock, 1)
        if self.name == "key" and b"authorization: api-key %d\r\n" % self.numbers[0] not in head.lower():
            sock.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
            return
        lines = [line.split(b":", 1) for line in head.split(b"\r\n") if b":" in line]
        key = [value.strip() for name, value in lines if name.lower() == b"sec-websocket-key"][0]
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        send_frame(sock, 2, b"\x80")
        while True:
            opcode, data = read_frame(sock)
            if opcode == 8:
                send_frame(sock, 8, data[:2])
                return
            if opcode == 2:
                with self.lock:
                    n, self.asked = self.asked, self.asked + 1
                self.answer(sock, n, unpack(data)[0])

    def serve(self, sock):
        try:
            with sock:
                self.talk(sock)
        except (ConnectionError, OSError):
            pass


def main():
    port_file, horizon, dim = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    server = Server(horizon, dim, sys.argv[4] if len(sys.argv) > 4 else "well")
    listening = socket.create_server(("127.0.0.1", 0))
    with open(port_file + ".new", "w", encoding="ascii") as out:
        out.write("%d\n" % listening.getsockname()[1])
    os.rename(port_file + ".new", port_file)
    while True:
        sock, _ = listening.accept()
        threading.Thread(target=server.serve, args=(sock,), daemon=True).start()


if __name__ == "__main__":
    main()
