# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Sweetspot from Python. `sweetspot.world` puts a simulator behind a task file (docs/bring-your-own-world.md)."""
