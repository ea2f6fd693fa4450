#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""A call by openpi-client and its like, for bench/wire.

    wire_openpi.py BYTES CALLS

openpi-client's WebsocketClientPolicy calls a server of `websockets` that decodes the observation with openpi-client's
msgpack_numpy and encodes it again as the answer, in another thread of this process with a loop of its own. Prints the
seconds of each call, a line each, after ten to warm up.
"""
import asyncio
import sys
import threading
import time

import numpy
import websockets.asyncio.server as server
from openpi_client import msgpack_numpy, websocket_client_policy

WARM_UP = 10


async def answer(connection):
    packer = msgpack_numpy.Packer()
    await connection.send(packer.pack({}))
    async for message in connection:
        await connection.send(packer.pack(msgpack_numpy.unpackb(message)))


def serve(port):
    """Serves on any port, which is put into `port`, until the process ends."""
    async def run():
        async with server.serve(answer, "127.0.0.1", 0, compression=None, max_size=None) as s:
            port.append(s.sockets[0].getsockname()[1])
            await asyncio.Future()

    asyncio.run(run())


def main():
    size, calls = int(sys.argv[1]), int(sys.argv[2])
    port = []
    threading.Thread(target=serve, args=(port,), daemon=True).start()
    while not port:
        time.sleep(0.01)
    policy = websocket_client_policy.WebsocketClientPolicy("127.0.0.1", port[0])
    observation = {
        "observation/image": numpy.zeros(size, numpy.uint8),
        "observation/state": numpy.zeros(8, numpy.float32),
        "prompt": "pick up the cup",
    }
    for i in range(WARM_UP + calls):
        start = time.perf_counter()
        result = policy.infer(observation)
        took = time.perf_counter() - start
        assert result["observation/image"].nbytes == size
        if i >= WARM_UP:
            print(took)


if __name__ == "__main__":
    main()
