# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""A script for LIBERO's libero_object/0, from the state alone: grasp the soup from above and drop it into the basket.

It keeps no memory: what to do next follows from where hand, can and basket are, and how far the fingers are open. A
chunk is planned by moving the hand, and what it holds, as far as the arm's controller moves it at 20 Hz.
"""
import numpy as np

HORIZON = 16
HAND, FINGERS, CAN, BASKET = slice(0, 3), slice(6, 8), slice(8, 11), slice(22, 25)
METRES_A_STEP = 0.0105  # of an action of 1, once the arm moves
OPEN, SHUT = -1.0, 1.0
WIDE = 0.07  # m between the fingers: nothing is held
ABOVE, LIFTED = 0.09, 0.28  # m over the can; of the hand on its way
NEAR = 0.015


def act(hand, width, can, basket):
    """Where to go, and what the fingers do."""
    if np.linalg.norm(can[:2] - basket[:2]) < 2 * NEAR:
        return np.append(basket[:2], hand[2]), OPEN
    if width < WIDE and np.linalg.norm(hand - can) < 0.06:  # it is held
        if hand[2] < LIFTED - 2 * NEAR:
            return np.append(hand[:2], LIFTED), SHUT
        return np.append(basket[:2], LIFTED), SHUT
    if np.linalg.norm(hand[:2] - can[:2]) > NEAR:
        return np.append(can[:2], max(can[2] + ABOVE, hand[2] if width < WIDE else 0.0)), OPEN
    if hand[2] > can[2] + NEAR:
        return can, OPEN
    return can, SHUT


def plan(obs):
    """(HORIZON, 7): x, y, z, three rotations, fingers."""
    obs = np.asarray(obs, float)
    hand, can, basket = obs[HAND].copy(), obs[CAN].copy(), obs[BASKET]
    width = float(obs[FINGERS][0] - obs[FINGERS][1])
    chunk = np.zeros((HORIZON, 7))
    for row in chunk:
        goal, fingers = act(hand, width, can, basket)
        row[:3] = np.clip((goal - hand) / (2 * METRES_A_STEP), -1.0, 1.0)
        row[6] = fingers
        way = row[:3] * METRES_A_STEP
        held = width < WIDE and np.linalg.norm(hand - can) < 0.06
        hand += way
        can += way if held and fingers == SHUT else 0.0
        width = float(np.clip(width - 0.008 * fingers, 0.05 if held or fingers == SHUT else 0.0, 0.08))
    return chunk
