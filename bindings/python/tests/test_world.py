# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The worker without sweetspot: spaces, options, errors in one line, and messages over a socket.

Needs numpy and msgpack. Spaces are stand-ins called as gymnasium's: that is all that is asked of them.
"""
import socket
import struct
import threading
import unittest

import msgpack
import numpy as np

from sweetspot import world
from sweetspot.world_env import ActionWriter, ObservationReader, World, WorldError, fit


class Box:
    def __init__(self, low, high, shape, dtype=np.float32):
        self.shape, self.dtype = shape, np.dtype(dtype)
        self.low, self.high = np.full(shape, low, dtype), np.full(shape, high, dtype)


class Discrete:
    shape, dtype = (), np.dtype(np.int64)

    def __init__(self, n, start=0):
        self.n, self.start = n, start


class Dict:
    def __init__(self, spaces):
        self.spaces = spaces


class Tuple:
    pass


class Spaces(unittest.TestCase):
    def test_a_dict_is_flattened_in_sorted_order(self):
        eye = Box(0, 255, (2, 4, 3), np.uint8)
        reader = ObservationReader(Dict({"b": Box(0, 9, (2, 2)), "a": Discrete(5), "eye": eye}))
        image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
        row, images = reader.read({"b": np.array([[1.0, 2.0], [3.0, 4.0]]), "a": 7, "eye": image})
        self.assertEqual(reader.size, 5)
        self.assertEqual(row.tolist(), [7.0, 1.0, 2.0, 3.0, 4.0])
        self.assertEqual(row.dtype, np.float32)
        self.assertEqual(reader.cameras, {"eye": (2, 4)})
        np.testing.assert_array_equal(images["eye"], image)

    def test_pictures_alone_have_a_state_of_one_zero(self):
        reader = ObservationReader(Box(0, 255, (2, 4, 3), np.uint8))
        row, images = reader.read(np.ones((2, 4, 3), np.uint8))
        self.assertEqual((reader.size, row.tolist(), list(images)), (1, [0.0], ["observation"]))

    def test_what_is_not_as_the_space_says_is_refused(self):
        reader = ObservationReader(Dict({"a": Box(0, 9, (2,)), "eye": Box(0, 255, (2, 4, 3), np.uint8)}))
        eye = np.zeros((2, 4, 3), np.uint8)
        for value, says in (({"a": np.zeros(3), "eye": eye}, "'a' has shape [3], expected [2]"),
                            ({"eye": eye}, "has no 'a'"),
                            ({"a": np.array([0, np.inf]), "eye": eye}, "number 1 of the observation 'a' is inf"),
                            ({"a": np.zeros(2), "eye": eye.astype(float)}, "'eye' is float64"),
                            (np.zeros(2), "is ndarray, expected a dict")):
            with self.assertRaises(WorldError) as caught:
                reader.read(value)
            self.assertIn(says, str(caught.exception))
        for space in (Tuple(), Dict({"a": Tuple()})):
            with self.assertRaises(WorldError):
                ObservationReader(space)
        with self.assertRaises(WorldError):
            ActionWriter(Dict({"a": Box(0, 1, (1,))}))

    def test_actions_are_cut_off_and_rounded(self):
        box = ActionWriter(Box(-1, 2, (2, 1)))
        written = box.write(np.array([5.0, -0.5]))
        self.assertEqual((written.tolist(), written.dtype), ([[2.0], [-0.5]], np.float32))
        whole = ActionWriter(Box(0, 3, (2,), np.int32))
        self.assertEqual(whole.write(np.array([1.6, 9.0])).tolist(), [2, 3])
        number = ActionWriter(Discrete(3, start=4))
        # halves go to the even number, as numpy rounds
        self.assertEqual([number.write(np.array([x])) for x in (4.5, 5.5, 4.51, -9.0, 99.0)], [4, 6, 5, 4, 6])
        self.assertEqual((number.low[0], number.high[0]), (4.0, 6.0))

    def test_a_picture_is_centred(self):
        frame = np.zeros((2, 4, 3), np.uint8)
        frame[:, :2] = 9
        out = fit(frame, 8, 8)  # twice as large, two rows of black above and below
        self.assertEqual(out.shape, (8, 8, 3))
        self.assertTrue((out[2:6, :4] == 9).all())
        self.assertEqual(int(out.sum()), 4 * 4 * 3 * 9)


class Words(unittest.TestCase):
    def test_options(self):
        self.assertEqual(world.read_options(["a=1", "b=2.5", "c=true", "d=x=y", "e=none", "f=nan", "g=-3"]),
                         {"a": 1, "b": 2.5, "c": True, "d": "x=y", "e": None, "f": "nan", "g": -3})
        for word in ("a", "=1", "1a=2"):
            with self.assertRaises(WorldError):
                world.read_options([word])

    def test_an_exception_is_one_line_with_its_place(self):
        try:
            raise ValueError("first\n  and last ")
        except ValueError as error:
            self.assertRegex(world.describe(error), r"^ValueError: and last \(test_world.py:\d+\)$")
        try:
            raise KeyError("x" * 999)
        except KeyError as error:
            line = world.describe(error)
            self.assertLess(len(line), 256)
            self.assertRegex(line, r"\(test_world.py:\d+\)$")
        self.assertEqual(world.describe(WorldError("as it is")), "as it is")

    def test_unknown_worlds_are_refused(self):
        for name in ("gym", ":x", "x:"):
            with self.assertRaises(WorldError):
                world.make_world(name, {})


class Counter:
    """An environment that counts."""

    observation_space, action_space = Box(0, 99, (1,)), Box(-1, 1, (1,))

    def reset(self, seed):
        self.n = seed
        return np.array([self.n], np.float32), {}

    def step(self, action):
        self.n += 1
        return np.array([self.n], np.float32), 0.5, False, self.n > 9, {"is_success": self.n == 7}


class Messages(unittest.TestCase):
    def talk(self, requests, env):
        ours, theirs = socket.socketpair()
        original = world.make_world
        world.make_world = lambda name, options: World(env, ["counter"])
        codes = []
        try:
            thread = threading.Thread(
                target=lambda: codes.append(world.serve(world.Channel(theirs.detach()), "x:y", {})))
            thread.start()
            stream = ours.makefile("rwb")
            answers = [self.read(stream)]
            for request in requests:
                body = msgpack.packb(request, default=world.pack_array)
                stream.write(struct.pack("<I", len(body)) + body)
                stream.flush()
                answers.append(self.read(stream))
            ours.shutdown(socket.SHUT_RDWR)
            thread.join(10)
        finally:
            world.make_world = original
            stream.close()
            ours.close()
        return answers, codes

    def read(self, stream):
        size, = struct.unpack("<I", stream.read(4))
        return msgpack.unpackb(stream.read(size), object_hook=world.unpack_array)

    def test_a_conversation(self):
        step = {"op": "step", "action": np.zeros(1, np.float32)}
        answers, codes = self.talk([{"op": "reset", "seed": 5}, step, step], Counter())
        hello, start, one, two = answers
        self.assertEqual((hello["hello"], hello["protocol"], hello["engine"], hello["version"]),
                         ("sweetspot.world", 1, "counter", "0"))
        self.assertEqual((hello["obs_dim"], hello["action_dim"], hello["state_dim"]), (1, 1, 0))
        self.assertEqual([a["obs"].tolist() for a in (start, one, two)], [[5.0], [6.0], [7.0]])
        self.assertEqual([a["success"] for a in (start, one, two)], [None, False, True])
        self.assertEqual((two["reward"], two["terminated"], two["truncated"]), (0.5, False, False))
        self.assertEqual(codes, [0])

    def test_steps_in_one_request_stop_where_the_episode_does(self):
        step = {"op": "step", "action": np.zeros(1, np.float32), "k": 4}
        answers, codes = self.talk([{"op": "reset", "seed": 1}, step, step, step], Counter())
        hello, _, four, success, end = answers
        self.assertTrue(hello["repeats"])
        self.assertEqual([a["obs"].tolist() for a in (four, success, end)], [[5.0], [7.0], [10.0]])
        self.assertEqual([a["rewards"].tolist() for a in (four, success, end)], [[0.5] * 4, [0.5] * 2, [0.5] * 3])
        self.assertEqual([(a["success"], a["truncated"]) for a in (four, success, end)],
                         [(False, False), (True, False), (False, True)])
        self.assertEqual(codes, [0])

    def test_the_first_failure_ends_it(self):
        answers, codes = self.talk([{"op": "dance"}], Counter())
        self.assertIn("request 'dance' is unknown", answers[1]["error"])
        self.assertEqual(codes, [1])


if __name__ == "__main__":
    unittest.main()
