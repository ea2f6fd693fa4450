# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Packages of others as scripts/peers puts them into folders of their own (SPOT_PEERS, default build/peers), for
Debian's Python, which has PyTorch: without what they would bring for pictures and plots alone."""
import os
import sys
import types

import pytest
from conftest import ROOT


class Empty(types.ModuleType):
    """A module in which everything can be found and nothing does anything."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return sys.modules.get(f"{self.__name__}.{name}") or type(name, (), {})


def import_peer(name, *without, folder=None):
    """The package, of the folder of its name or another, with empty modules in place of those that are named; skips
    where it is not."""
    for module in without:
        sys.modules.setdefault(module, Empty(module))
    sys.path.insert(0, os.path.join(os.environ.get("SPOT_PEERS", str(ROOT / "build/peers")), folder or name))
    return pytest.importorskip(name, reason=f"scripts/peers installs {name}")
