# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""A function of the observation as a policy server of openpi's protocol, for tests: no package of ours is used.

    with serve(lambda obs: [[...]]) as url: ...          actions (horizon, action_dim) of obs (obs_dim,) float32
"""
import asyncio
import contextlib
import threading

import msgpack
import numpy as np
import websockets


def unpack(value):
    """numpy's arrays of openpi's dialect, whose keys are bytes."""
    if b"__ndarray__" in value or "__ndarray__" in value:
        value = {key.decode() if isinstance(key, bytes) else key: item for key, item in value.items()}
        return np.frombuffer(value["data"], value["dtype"]).reshape(value["shape"])
    return value


def pack(array):
    array = np.ascontiguousarray(array, np.float32)
    return {b"__ndarray__": True, b"data": array.tobytes(), b"dtype": "<f4", b"shape": list(array.shape)}


@contextlib.contextmanager
def serve(policy):
    async def talk(connection):
        await connection.send(msgpack.packb({}))
        async for message in connection:
            seen = msgpack.unpackb(message, object_hook=unpack, strict_map_key=False)
            actions = policy(seen["observation/state"])
            await connection.send(msgpack.packb({"actions": pack(actions)}))

    async def run(ready, stop):
        async with websockets.serve(talk, "127.0.0.1", 0, compression=None, max_size=None) as server:
            ready.set_result(server.sockets[0].getsockname()[1])
            await stop.wait()

    loop, ready = asyncio.new_event_loop(), __import__("concurrent.futures").futures.Future()
    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(run(ready, stop),))
    thread.start()
    try:
        yield f"ws://127.0.0.1:{ready.result(30)}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
