# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The schedule against the closed forms of TISED (Eq. 1-3 and the combined form), as the tests in C are."""
import numpy as np
import pytest
import sweetspot

HORIZON, N_TICKS = 16, 3000


def run(latency, deliver=False, **options):
    """Actions as (tick, observed at, index, age), and the schedule; each action carries when it was seen and its index."""
    schedule = sweetspot.Schedule(horizon=HORIZON, action_dim=2, anchor_dim=1, ticks_per_action=10, **options)
    acts, coming = [], None
    for tick in range(N_TICKS):
        if coming is not None and tick == coming[0]:
            schedule.deliver(coming[1], tick, anchor=[coming[2]])
            coming = None
        while (event := schedule.next(tick)) is not None:
            if event.kind == "observe":
                chunk = np.stack([np.full(HORIZON, tick), np.arange(HORIZON)], axis=1)
                if deliver:
                    coming = (tick + latency, chunk, tick)
                else:
                    schedule.submit(chunk, latency, anchor=[tick])
            else:
                seen, index = map(int, event.action)
                assert (event.index, event.age_ticks, event.anchor[0]) == (index, tick - seen, seen)
                acts.append((tick, seen, index, event.first))
    return acts, schedule


def chunk_ticks(acts):
    starts = [tick for tick, _, _, first in acts if first]
    gaps = set(np.diff(starts[1:]))
    assert len(gaps) == 1, gaps
    return gaps.pop()


@pytest.mark.parametrize("execute,overlap", [(8, 0), (8, 3), (5, 5), (1, 1)])
@pytest.mark.parametrize("latency", [7, 25, 49, 130])
@pytest.mark.parametrize("deliver", [False, True])
def test_chunk_time_and_age_are_the_closed_forms(execute, overlap, latency, deliver):
    acts, schedule = run(latency, deliver, execute=execute, overlap=overlap)
    delay = max(0, latency - 10 * overlap)
    assert chunk_ticks(acts) == 10 * execute + delay
    ages = {tick - seen for tick, seen, _, first in acts[2 * execute:] if first}
    assert ages == {max(latency, 10 * overlap)}
    stats = schedule.stats
    assert stats["actions"] == len(acts) and stats["chunks"] == sum(first for *_, first in acts)
    assert stats["wait_ticks"] >= (stats["chunks"] - 1) * delay


def test_skip_starts_with_the_action_of_now():
    acts, _ = run(25, execute=8, overlap=4, align="skip")
    assert {index for _, _, index, first in acts[8:] if first} == {4}
    acts, schedule = run(25, execute=8, schedule="cadence", overhead_ticks=3)
    assert chunk_ticks(acts) == 80
    assert schedule.stats["dropped"] > 0


def test_a_first_action_may_come_before_the_others():
    schedule = sweetspot.Schedule(horizon=4, action_dim=1, execute=4)
    acted = []
    for tick in range(12):
        while (event := schedule.next(tick)) is not None:
            if event.kind == "observe":
                schedule.submit(np.zeros((4, 1)), 6, first_ticks=2)
            else:
                acted.append(tick)
    assert acted[:4] == [2, 6, 7, 8]


def test_reset_and_what_is_refused():
    schedule = sweetspot.Schedule(horizon=4, action_dim=2, execute=2)
    assert [e.kind for e in schedule.poll(0)] == ["observe"]
    schedule.reset()
    assert schedule.stats["inferences"] == 0 and [e.kind for e in schedule.poll(0)] == ["observe"]
    with pytest.raises(ValueError, match=r"a chunk of shape \(3, 2\), expected \(4, 2\)"):
        schedule.submit(np.zeros((3, 2)), 1)
    bad = np.zeros((4, 2))
    bad[2, 1] = np.nan  # no robot is to get it
    for hand_over in (lambda: schedule.submit(bad, 1), lambda: schedule.deliver(bad, 0)):
        with pytest.raises(ValueError, match="number 1 of action 2 of the chunk is nan, expected a finite one"):
            hand_over()
    schedule.submit(np.zeros((4, 2)), 1)
    with pytest.raises(sweetspot.SweetspotError, match="not allowed in this state"):
        schedule.submit(np.zeros((4, 2)), 1)
    with pytest.raises(sweetspot.SweetspotError, match="overlap"):
        sweetspot.Schedule(horizon=4, action_dim=2, execute=2, overlap=3)
    with pytest.raises(ValueError, match="align 'rtc', expected one of: none, skip"):
        sweetspot.Schedule(horizon=4, action_dim=2, execute=2, align="rtc")
    with pytest.raises(ValueError, match="an anchor of shape"):
        sweetspot.Schedule(horizon=1, action_dim=1, execute=1, anchor_dim=2).submit([[0.0]], 0, anchor=[1.0])
    with pytest.raises(ValueError, match="an anchor of .*, expected finite numbers"):
        sweetspot.Schedule(horizon=1, action_dim=1, execute=1, anchor_dim=1).submit([[0.0]], 0, anchor=[np.nan])
