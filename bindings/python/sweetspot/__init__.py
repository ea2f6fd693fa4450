# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Sweetspot from Python: at which operating point a robot policy does its task soonest, most often, or cheapest.

`sweetspot.world` puts a simulator behind a task file (docs/bring-your-own-world.md). What else there is, with a recipe
each: docs/python.md. Parts are loaded when they are first used.
"""
