#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The layering check must catch each kind of breach, and pass a clean tree."""
import sys
from pathlib import Path

from trees import judge

SCRIPT = Path(__file__).with_name("layering.py")

CLEAN = {
    "include/spot/spot.h": '#include "spot/rng.h"\n#include "spot/rollout.h"\n',
    "include/spot/rng.h": "#include <stdint.h>\n",
    "include/spot/rollout.h": '#include "spot/rng.h"\n',
    "src/core/base/alloc.c": "void *f(void) { return malloc(1); }\n",
    "src/core/base/a.c": "/* malloc(1) in a comment; printf(x) too */\n"
                         'const char *s = "abort()";\n'
                         "void f(void) { allocator->free(ctx, p); mem.free(p); spoti_free(p); }\n",
    "src/core/stats/b.c": '#include "core/base/alloc.h"\n#include "spot/rng.h"\n',
    "src/runtime/nn/d.c": '#include <jansson.h>\n#include "core/stats/order.h"\n'
                          "void f(void) { free(text); /* foreign memory: jansson */ }\n",
    "src/lab/study/c.c": '#include "spot/rollout.h"\n#include "lab/sim/x.h"\n',
    "src/lab/sim/mujoco/e.c": '#include <mujoco/mujoco.h>\n#include "lab/sim/mujoco/world.h"\n',
    "src/lab/sim/task.c": '#include "lab/sim/mujoco/backend.h"\n',
    "src/cli/args.h": "int x;\n",
    "src/cli/main.c": '#include "spot/spot.h"\n#include "args.h"\nint f(void) { exit(1); }\n',
}

# name -> (file, its content, what the message must say)
BREACHES = {
    "core knows runtime": ("src/core/base/x.c", '#include "runtime/file/yaml.h"\n',
                           "core must not know runtime"),
    "core knows a public header of lab": ("src/core/stats/x.c", '#include "spot/rollout.h"\n',
                                          "core must not know lab"),
    "runtime knows lab": ("src/runtime/nn/x.c", '#  include "lab/sim/world.h"\n',
                          "runtime must not know lab"),
    "base knows stats": ("src/core/base/x.h", '#include "spot/stats.h"\n',
                         "core/base must not know core/stats"),
    "sim knows rollout": ("src/lab/sim/mujoco/x.c", '#include "spot/rollout.h"\n',
                          "lab/sim must not know lab/rollout"),
    "rollout knows study": ("src/lab/rollout/x.c", '#include "lab/study/x.h"\n',
                            "lab/rollout must not know lab/study"),
    "nn knows policy": ("src/runtime/nn/x.c", '#include "spot/policy.h"\n',
                        "runtime/nn must not know runtime/policy"),
    "cli knows insides": ("src/cli/x.c", '#include "core/base/alloc.h"\n',
                          "expected headers of include/spot/ only"),
    "cli knows lab": ("src/cli/x.c", '#include "lab/study/x.h"\n',
                      "expected headers of include/spot/ only"),
    "public header runs back": ("include/spot/rng.h", '#include "spot/rollout.h"\n',
                                "core must not know lab"),
    "a library of a backend": ("src/lab/demo/x.c", "#include <mujoco/mujoco.h>\n",
                               "outside src/lab/sim/mujoco, expected lab/sim/task.h"),
    "insides of a backend": ("src/lab/sim/x.c", '#include "lab/sim/mujoco/world.h"\n',
                             "outside src/lab/sim/mujoco, expected lab/sim/task.h"),
    "a backend's table from afar": ("src/lab/study/x.c", '#include "lab/sim/mujoco/backend.h"\n',
                                    "outside src/lab/sim/mujoco, expected lab/sim/task.h"),
    "core knows a library": ("src/core/base/x.c", "#include <jansson.h>\n",
                             "expected the C library alone"),
    "malloc": ("src/lab/sim/x.c", "void *f(void)\n{\n    return malloc(1);\n}\n",
               "src/lab/sim/x.c:3: malloc()"),
    "free": ("src/runtime/nn/x.c", "void f(void *p) { (void)0; free (p); }\n", "free()"),
    "print": ("src/lab/sim/x.c", 'void f(void) { printf("x"); }\n', "printf in the library"),
    "stderr": ("src/lab/sim/x.c", 'void f(void) { fputs("x", stderr); }\n', "stderr in the library"),
    "exit": ("src/core/base/x.c", "void f(void) { exit(1); }\n", "exit in the library"),
    "abort": ("src/core/base/x.c", "void f(void) { abort(); }\n", "abort in the library"),
    "long file": ("src/core/base/x.c", "\n" * 601, "601 lines"),
    "unknown module": ("src/lab/misc/x.c", "int x;\n", "unknown module"),
    "unknown hall": ("src/attic/misc/x.c", "int x;\n", "outside the halls"),
    "unknown header": ("src/lab/sim/x.c", '#include "x.h"\n', "is no known header"),
    "header not in the table": ("include/spot/new.h", "int x;\n", "enter this header"),
    "header not in spot.h": ("include/spot/stats.h", "\n", 'does not include "spot/stats.h"'),
}


if __name__ == "__main__":
    sys.exit(judge(SCRIPT, CLEAN, BREACHES))
