# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Anybody's log of trials, decomposed and judged: `sweetspot analyze` from Python, by the same court."""
from __future__ import annotations

import contextlib
import ctypes
import json
import os
import tempfile
from typing import Any, Iterable, Iterator, Mapping, Sequence

from . import _abi as abi
from ._library import SweetspotError, Unsupported, call, check, find_folder, interruptible, json_of, lib
from .computers import computer

Rows = Sequence[Mapping[str, Any]]
REGIMES = {"auto": abi.SPOT_ANALYZE_AUTO, "static": abi.SPOT_ANALYZE_STATIC, "dynamic": abi.SPOT_ANALYZE_DYNAMIC}
GOALS = {"auto": abi.SPOT_ANALYZE_GOAL_REGIME, "energy": abi.SPOT_ANALYZE_GOAL_ENERGY}


def table(rows: list[dict[str, Any]]) -> Any:
    """A DataFrame where pandas is installed, else the list of dicts itself."""
    try:
        import pandas
    except ImportError:
        return rows
    return pandas.DataFrame(rows)


class Analysis:
    """What the judge made of a log.

    json      the document of `sweetspot analyze --json`, byte for byte (docs/json.md)
    data      the same as a dict
    settings  list of dicts, one a platform at an environment speed; one of them in most logs
    text      the verdict in words; of several settings what they say together
    unpredicted  {setting: why there is no prediction of it}, where another computer was asked for
    """

    def __init__(self, document: str, pointer: Any, forecasts: Any = None,
                 unpredicted: Mapping[str, str] | None = None) -> None:
        self.json = document
        self.unpredicted = dict(unpredicted or {})
        self._forecasts = forecasts
        self.data: dict[str, Any] = json.loads(document)
        self.settings: list[dict[str, Any]] = self.data.get("settings", [self.data])
        self._pointer = pointer

    def __del__(self) -> None:
        if getattr(self, "_pointer", None) is not None:
            _destroy(self._pointer, self._forecasts)

    def __repr__(self) -> str:
        return f"<sweetspot.Analysis: {self.text}>"

    @property
    def text(self) -> str:
        return self.data["text"] if "settings" in self.data else self.verdict["text"]

    def _single(self, setting: int | None) -> dict[str, Any]:
        if setting is None and len(self.settings) > 1:
            names = ", ".join(f"{i} '{s['setting']}'" for i, s in enumerate(self.settings))
            raise ValueError(f"a log of {len(self.settings)} settings, expected setting= one of: {names}")
        return self.settings[setting or 0]

    @property
    def verdict(self) -> dict[str, Any]:
        """Of the only setting: `best`, `cheapest`, `text`, ... (docs/json.md, verdict). s in `_s`."""
        verdict: dict[str, Any] = self._single(None)["verdict"]
        return verdict

    @property
    def prediction(self) -> dict[str, Any]:
        """Of the only setting, on the computer that was asked for: `best`, `text`, `points`, ... (docs/json.md)."""
        prediction: dict[str, Any] | None = self._single(None).get("prediction")
        if prediction is None:
            raise ValueError("no prediction was asked for, expected platform= or t_inf_s= of analyze")
        return prediction

    @property
    def points(self) -> Any:
        """Of the only setting: a row an operating point, a DataFrame if pandas is there, else a list of dicts. What
        has an interval is a column by its name, `..._lo` and `..._hi` beside it; times in s; unknown is None."""
        return self.points_of(0 if len(self.settings) == 1 else None)

    def points_of(self, setting: int | None) -> Any:
        """The same of setting number `setting`."""
        return table([_flat(p) for p in self._single(setting)["points"]])

    def figure(self, path: str, setting: int | None = None) -> tuple[str, str]:
        """Draws PATH.svg and PATH.png by gnuplot and returns their names."""
        self._single(setting)
        base = path[:-4] if path.endswith((".svg", ".png")) else path
        s = ctypes.byref(self._pointer.contents.settings[setting or 0])
        call(lib.spot_report_analysis_figure, s, base.encode())
        return f"{base}.svg", f"{base}.png"

    def table(self, setting: int | None = None, wide: bool = False) -> str:
        """The table of `sweetspot analyze`, as text."""
        self._single(setting)
        s = ctypes.byref(self._pointer.contents.settings[setting or 0])
        return json_of(lambda out: lib.spot_report_analysis_table(s, wide, out))

    def prediction_table(self, setting: int | None = None, wide: bool = False) -> str:
        """The table of what is predicted for the other computer."""
        self._single(setting)
        if not self._forecasts or not self._forecasts[setting or 0]:
            raise ValueError("no prediction of it, expected platform= or t_inf_s= of analyze, and data that allow one")
        return json_of(lambda out: lib.spot_report_forecast_table(self._forecasts[setting or 0], wide, out))


def _flat(point: Mapping[str, Any]) -> dict[str, Any]:
    """A point as one row: intervals become columns."""
    row: dict[str, Any] = {}
    for key, value in point.items():
        if isinstance(value, dict):
            for inner, x in value.items():
                row[key if inner in ("value", "mean") else f"{key}_{inner}"] = x
        elif isinstance(value, list) or key.endswith("_95"):
            lo, hi = value if isinstance(value, list) and len(value) == 2 else (None, None)
            row[f"{key[:-3] if key.endswith('_95') else key}_lo"] = lo
            row[f"{key[:-3] if key.endswith('_95') else key}_hi"] = hi
        else:
            row[key] = value
    return row


def _cell(value: Any) -> str:
    """As the reader of CSV files takes it: nothing for what is unknown, 17 digits for a number."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return "1" if value else "0"
    text = repr(float(value)) if isinstance(value, float) else str(value)
    if any(c in text for c in ',"\n\r'):
        return '"' + text.replace('"', '""').replace("\r", " ").replace("\n", " ") + '"'
    return text


def _write_rows(rows: Iterable[Mapping[str, Any]], path: str) -> None:
    rows = list(rows)
    if not rows:
        raise ValueError("no rows, expected a log with one trial at least")
    columns: dict[str, None] = {}
    for row in rows:
        columns.update(dict.fromkeys(str(c) for c in row))
    with open(path, "w", encoding="utf-8") as out:
        for line in [dict(zip(columns, columns)), *rows]:
            out.write(",".join(_cell(line.get(c)) for c in columns) + "\n")


def _read(log: Any, source: Any) -> None:
    """One source into the log: a path as `sweetspot analyze` takes it, a DataFrame, or a list of dicts."""
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        twice = sorted({str(c) for c in source.columns[source.columns.duplicated()]})
        if twice:  # which of them is meant?
            raise ValueError(f"a DataFrame that has twice: {', '.join(twice)}; expected each column once")
        source = source.to_dict("records")
    if not isinstance(source, (str, os.PathLike)):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rows.csv")
            _write_rows(source, path)
            try:
                call(lib.spot_analyze_log_csv, log, path.encode())
            except SweetspotError as error:
                raise SweetspotError(error.status, str(error).replace(path, "rows")) from None
        return
    name = os.fspath(source)
    if name.startswith("published:"):
        folder = find_folder("published", "dom_cr.csv")
        call(lib.spot_analyze_log_published, log, folder.encode(), name[10:].encode())
    elif os.path.isdir(name):
        call(lib.spot_analyze_log_tune, log, name.encode())
    elif name.endswith(".sqlite") or _is_sqlite(name):
        call(lib.spot_analyze_log_store, log, name.encode())
    elif name.endswith(".json"):
        call(lib.spot_analyze_log_lerobot, log, name.encode())
    else:
        call(lib.spot_analyze_log_csv, log, name.encode())


def _is_sqlite(name: str) -> bool:
    try:
        with open(name, "rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return False


def analyze(*sources: Any, baseline: str | None = None, regime: str = "auto", goal: str = "auto",
            map: str | Mapping[str, str] | None = None, session: str | None = None, paired: bool = False,
            action_s: float = 0.0, n_action: int = 0, budget_s: float = 0.0, effect: float = 0.0,
            resamples: int | None = None, platform: Any = None, charge_as: str | None = None, alpha_from: Any = None,
            t_inf_s: float | None = None) -> Analysis:
    """Judges logs of trials: which operating point does the task best, and whether the data supports it.

    sources    one or more of: a DataFrame or a list of dicts, a row an episode (point, seed, success, time_s, ...) or
               a row a point (docs/analyze.md has the columns); the path of a CSV, of a folder or store of
               `sweetspot tune`, of LeRobot's eval_info.json; `published:NAME`
    baseline   name of the point that others are compared with; None = the source's, else its first
    regime     `static` (time decides), `dynamic` (success decides), or `auto`: the source says
    goal       `auto`, or `energy`: joules a success
    map        columns by our names: {"old": "new"} or "old=new,old=new"
    session    the column that tells sessions apart, in which seeds are used again
    paired     numbers of trials pair as seeds do
    action_s   seconds an action, n_action actions a chunk, budget_s seconds that a failure is charged: where the
               source does not say; 0 = unknown
    effect     smallest effect of interest, a share of time or of success, for the trials needed; 0 = the one that
               the trials show
    resamples  of bootstraps; None = 10000
    platform   predict how the sweet spot moves to this computer, a profile's name or file, from the same trials;
               charge_as: the class of model that is charged there (needed); alpha_from: a profile made by
               `sweetspot bench --out`: what a point saved there, it saves on it
    t_inf_s    or to one on which the baseline's inference takes so many seconds

    Raises SweetspotError with `file:row: what, expected`; of rows that were handed over, the file is `rows`.
    """
    if not sources:
        raise ValueError("no source, expected rows, a DataFrame or a path")
    for name, value, known in (("regime", regime, REGIMES), ("goal", goal, GOALS)):
        if value not in known:
            raise ValueError(f"{name} {value!r}, expected one of: {', '.join(known)}")
    for name, number in (("action_s", action_s), ("n_action", n_action), ("budget_s", budget_s)):
        if not 0 <= number < float("inf"):
            raise ValueError(f"{name}={number!r}, expected 0 or more")
    if not 0 <= effect < 1:
        raise ValueError(f"effect={effect!r}, expected a share, 0 to less than 1")
    if resamples is not None and not 100 <= resamples <= 1000000:
        raise ValueError(f"resamples={resamples!r}, expected 100 to 1000000")
    config = abi.spot_analyze_config()
    lib.spot_analyze_config_default(ctypes.byref(config))
    if map is not None and not isinstance(map, str):
        map = ",".join(f"{old}={new}" for old, new in map.items())
    config.map = map.encode() if map else None
    config.session = session.encode() if session else None
    config.baseline = baseline.encode() if baseline else None
    config.paired, config.regime, config.goal = paired, REGIMES[regime], GOALS[goal]
    config.action_s, config.n_action, config.budget_s, config.effect = action_s, n_action, budget_s, effect
    if resamples is not None:
        config.resamples = resamples

    def work() -> Analysis:  # all of it: after Ctrl-C it goes on for a while, by itself
        with _target(platform, charge_as, alpha_from, t_inf_s) as target:
            return _judge(config, sources, target)

    analysis: Analysis = interruptible(work)
    return analysis


@contextlib.contextmanager
def _target(platform: Any, charge_as: str | None, alpha_from: Any, t_inf_s: float | None) -> Iterator[Any]:
    """The spot_analyze_target of another computer; None = none was asked for."""
    if platform is not None and t_inf_s is not None:
        raise ValueError("platform= and t_inf_s=: expected one of them")
    if platform is not None and charge_as is None:
        raise ValueError("platform=: expected charge_as= with it, the class of model whose latency is charged there")
    if platform is None and (alpha_from is not None or charge_as is not None):
        raise ValueError("charge_as= and alpha_from=: expected with platform=, whose latencies they are about")
    target = abi.spot_analyze_target()
    if platform is None:
        target.t_inf_s = t_inf_s or 0.0
        yield None if t_inf_s is None else target
        return
    with computer(platform, alpha_from) as target.platform:
        target.model_class = charge_as.encode() if charge_as else None
        yield target


def _judge(config: abi.spot_analyze_config, sources: Sequence[Any], target: Any) -> Analysis:
    log = ctypes.POINTER(abi.spot_analyze_log)()
    out = ctypes.POINTER(abi.spot_analysis)()
    forecasts, unpredicted = None, {}
    check(lib.spot_analyze_log_create(ctypes.byref(config), ctypes.byref(log)))
    try:
        for source in sources:
            _read(log, source)
        call(lib.spot_analyze, log, ctypes.byref(out))
        if target is not None:
            forecasts = (ctypes.POINTER(abi.spot_forecast) * out.contents.n_settings)()
            unpredicted = _predict(log, out, target, forecasts)
        document = json_of(lambda stream: lib.spot_report_analysis_json(out, forecasts, stream))
    except BaseException:
        _destroy(out, forecasts)
        raise
    finally:
        lib.spot_analyze_log_destroy(log)
    return Analysis(document, out, forecasts, unpredicted)


def _predict(log: Any, analysis: Any, target: Any, forecasts: Any) -> dict[str, str]:
    """Fills the forecasts of all settings; of those whose data do not allow one, the reason by name."""
    why: dict[str, str] = {}
    for i in range(analysis.contents.n_settings):
        forecast = ctypes.POINTER(abi.spot_forecast)()
        try:
            call(lib.spot_analyze_forecast, log, analysis, i, ctypes.byref(target), ctypes.byref(forecast))
            forecasts[i] = forecast
        except Unsupported as error:
            why[analysis.contents.settings[i].name.decode("utf-8", "replace")] = str(error)
    if len(why) == analysis.contents.n_settings:
        raise Unsupported(abi.SPOT_E_UNSUPPORTED, "; ".join(f"no prediction from '{n}': {w}" for n, w in why.items()))
    return why


def _destroy(analysis: Any, forecasts: Any) -> None:
    for forecast in forecasts or ():
        lib.spot_forecast_destroy(forecast)
    if analysis:
        lib.spot_analysis_destroy(analysis)
