# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
#
#   make quickstart   installs what is missing, builds, finds the sweet spot of the conveyor task
#   make check        the same build, then every test and check; ends in ctest's summary

JOBS       := $(shell nproc 2>/dev/null || echo 2)
SWEETSPOT  := build/src/cli/sweetspot
QUICK_TUNE := tune --task ur5e-conveyor --platform agx-orin-30w --seeds 250 --out runs/quickstart

.PHONY: quickstart check setup build asan docs-tables clean

quickstart: setup
	cmake --preset release
	cmake --build build --parallel $(JOBS) --target sweetspot
	$(SWEETSPOT) $(QUICK_TUNE)

# The clang build with sanitizers goes first: its unit tests, and 5 s of each fuzz target.
check: setup asan build
	scripts/peers --print
	ctest --preset release --parallel $(JOBS)

setup:
	scripts/setup

build: setup
	cmake --preset release
	cmake --build build --parallel $(JOBS)

asan: setup
	cmake --preset asan
	cmake --build build-asan --parallel $(JOBS)
	ctest --preset asan --parallel $(JOBS)

# The outputs that the documents quote, from the commands beside them.
docs-tables: build
	scripts/docs-tables

clean:
	rm -rf build build-dev build-asan build-tsan build-clang build-aarch64
