#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Every key of every verb's JSON is explained in docs/json.md, and every key explained there occurs.

    check_json.py DOCS/JSON.MD VERB=FILE...

A key is written as a path: `points[].success.k`. `*` stands for any one name. VERB is a section of the document;
tune, analyze and their points and verdict share theirs.
"""
import json
import re
import sys
from pathlib import Path


def sections(text):
    """{heading: {key: type}}, headings as words."""
    found, name = {}, ""
    for line in text.splitlines():
        if line.startswith("#"):
            name = line.lstrip("# ").replace("`", "")
        row = re.match(r"\| `([^`]+)` \| ([^|]+) \| (.+) \|$", line)
        if row:
            assert row.group(1) not in found.setdefault(name, {}), f"twice: {line}"
            assert row.group(3).strip(), f"no explanation: {line}"
            found[name][row.group(1)] = row.group(2)
    return found


def documented(text):
    s = sections(text)
    points = {f"points[].{k}": v for k, v in s["Of points[]"].items()}
    verdict = {f"verdict.{k}": v for k, v in s["Of verdict"].items()}
    shared = {**s["tune and analyze"], **points, **verdict}
    judged = {k: v for k, v in shared.items() if k.split("[")[0].split(".")[0] in
              ("regime", "decides", "baseline", "points", "verdict")}
    tune = {**shared, **s["tune alone"], **{f"confirm.{k}": v for k, v in points.items()}}
    own = s["analyze alone"]
    inner = {k: v for k, v in own.items() if k.startswith("prediction")}
    analyze = {**shared, **own, **{f"settings[].{k}": v for k, v in {**judged, **inner}.items()}}
    return {"tune": tune, "analyze": analyze,
            **{v: s[v] for v in ("rollout", "bench", "check", "list", "demo", "inspect", "metrics", "plan", "distortion", "timing",
                                     "serve")}}


TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}


def fits(value, kind):
    kind = kind.split(",")[0] if not kind.startswith("[") else "pair"
    if value is None:
        return True
    if kind == "pair":
        return isinstance(value, list) and len(value) == 2
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "integer or string":
        return isinstance(value, (int, str))
    if kind.startswith("array of"):
        return isinstance(value, list)
    if kind == "integer" and isinstance(value, bool):
        return False
    return isinstance(value, TYPES[kind])


def walk(value, path, each):
    """Calls each(path, value) for every member of every object."""
    if isinstance(value, dict):
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            each(here, inner)
            walk(inner, here, each)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict):
                walk(inner, f"{path}[]", each)


def main():
    docs = documented(Path(sys.argv[1]).read_text(encoding="utf-8"))
    seen = {verb: set() for verb in docs}
    breaches = []
    for word in sys.argv[2:]:
        verb, _, file = word.partition("=")

        def each(path, value, verb=verb, file=file):
            star = re.sub(r"(\.knobs|\bmotion|\.metrics|\.read_from|^mean)\.\w+", r"\1.*", path)
            known = docs[verb].get(path, docs[verb].get(star))
            if known is None:
                breaches.append(f"{file}: key '{path}' of {verb} is not in docs/json.md")
            elif not fits(value, known.strip()):
                breaches.append(f"{file}: '{path}' is {value!r}, docs/json.md says {known}")
            seen[verb].update((path, star))

        walk(json.loads(Path(file).read_text(encoding="utf-8")), "", each)
    def bare(keys):
        """The same key of a setting, or of fresh seeds, is the same key."""
        return {re.sub(r"^(settings\[\]|confirm)\.", "", key) for key in keys}

    judged = bare(seen["tune"] | seen["analyze"])
    for verb, keys in docs.items():
        there = judged if verb in ("tune", "analyze") else seen[verb]
        for key in sorted(bare(keys) - there if seen[verb] else ()):
            breaches.append(f"docs/json.md: '{key}' of {verb} occurs in no output of the test")
    print("\n".join(sorted(set(breaches))) or f"{sum(map(len, seen.values()))} keys are as docs/json.md says")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
