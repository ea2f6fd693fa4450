# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The table of `sweetspot analyze`, read back: every cell against the JSON's figure, and which columns stay."""
import math
import re

def near_enough(cell, value, factor, digits):
    """Whether a cell shows the figure, `-` for none; `digits` as in printf."""
    if value is None:
        return cell.startswith("-")
    shown = float(cell.split()[0])
    unit = 10.0 ** -int(digits[2]) if digits[3] == "f" else 10.0 ** (math.floor(math.log10(abs(shown) or 1)) - 3)
    return abs(shown - factor * value) <= 0.5001 * unit + 1e-8 * abs(shown)


# header of the table: where it stands in the JSON, factor, how it is printed
TABLE = {"alpha": (lambda p: p["alpha"], 1, "%.3f"), "n'": (lambda p: p["overlap"], 1, "%.0f"),
         "T_inf ms": (lambda p: p["t_inf_s"], 1e3, "%.4g"), "T_ck ms": (lambda p: p["t_chunk_s"], 1e3, "%.4g"),
         "eta": (lambda p: p["eta_chunk"], 1, "%.3f"), "N": (lambda p: p["chunks"], 1, "%.4g"),
         "N/N0": (lambda p: p["inflation"], 1, "%.3f"), "delay ms": (lambda p: p["delay_s"], 1e3, "%.4g"),
         "age ms": (lambda p: p["age_s"], 1e3, "%.4g"), "T s": (lambda p: p["time_s"]["mean"], 1, "%.4g"),
         "success % [95]": (lambda p: p["success"]["rate"], 100, "%.1f"),
         "T budget s": (lambda p: p["failure_budget_time_s"], 1, "%.4g"),
         "eta_task": (lambda p: p["eta_task"]["value"], 1, "%.3f"), "T/N s": (lambda p: p["cycle_s"], 1, "%.3f"),
         "N/N0 common": (lambda p: p["inflation_common"]["value"], 1, "%.3f"),
         "eta_task common": (lambda p: p["eta_task_common"]["value"], 1, "%.3f"),
         "residual": (lambda p: p["residual"], 1, "%.3f"),
         "s/success": (lambda p: p["expected_time_to_success_s"], 1, "%.4g"),
         "J/success": (lambda p: p["joules_per_success"], 1, "%.4g"),
         "p better": (lambda p: p["p_better"], 1, "%.4g"), "p worse": (lambda p: p["p_worse"], 1, "%.4g")}
# columns that stay longer than others where not all fit: success is explained by delays, time by chunks
STAYS = {"dynamic": [("delay", "eta"), ("age", "N/N0 common"), ("T_inf", "T_ck")],
         "static": [("eta", "delay"), ("eta_task", "age"), ("T_inf", "alpha")]}


def columns_of(text, first):
    """The rows of the table whose first row names `first`: lists of (header, cell)."""
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.split()[:1] == ["point"])
    header = re.split(r"\s{2,}", lines[at].strip())
    return header, [re.split(r"\s{2,}", line[3:].strip()) for line in lines[at + 1:] if line[3:].startswith(first)]


def check_tables(wide, narrow, got):
    """The wide table shows the figures of the JSON, the narrow one what is needed most. Returns how many cells were
    compared, and how many columns gave way to another."""
    header, rows = columns_of(wide, "p")
    n_cell = n_dropped = 0
    for cells, p in zip(rows, got["points"], strict=True):
        assert cells[0] == p["point"] and len(cells) == len(header), (header, cells)
        for name, cell in zip(header[1:], cells[1:]):
            if name in TABLE:
                figure, factor, digits = TABLE[name]
                assert near_enough(cell, figure(p), factor, digits), (name, cell, figure(p))
                n_cell += 1
    kept = [line for line in narrow.splitlines() if line.split()[:1] == ["point"]][0].split()
    for more_needed, less in STAYS[got["regime"]]:
        names = [h for h in header if h.split()[0] in (more_needed, less)]
        # what is the same at every point is said above the table
        if len(names) == 2 and all(len({c[header.index(h)] for c in rows}) > 1 for h in names):
            assert less not in kept or more_needed in kept, (got["regime"], more_needed, less, narrow)
            n_dropped += more_needed in kept and less not in kept
    return n_cell, n_dropped
