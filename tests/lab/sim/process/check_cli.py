# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The tool over a world that misbehaves: exit codes, one line each, files whole or absent, and no process left behind.

    check_cli.py SWEETSPOT ROOT       by the Python of scripts/peers; PYTHONPATH has bindings/python
"""
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from policy_server import serve

TOOL = sys.argv[1]
HERE = Path(__file__).resolve().parent
os.environ["PYTHONPATH"] += f":{HERE}"


def write(folder, options, more=""):
    (folder / "task.yaml").write_text(f"""name: toy
backend: process
command: ['{sys.executable}', -m, sweetspot.world, 'toy:make', {options}]
control: {{rate_hz: 10}}
time_limit_s: 4
{more}""")


def rollout(folder, url, options, more="", seed=20, n=16):
    for file in folder.glob("episodes.csv*"):
        file.unlink()
    write(folder, options, more)
    done = subprocess.run([TOOL, "rollout", "--task", folder / "task.yaml", "--policy", url, "--seeds", str(n), "--seed",
                           str(seed), "--threads", "2", "--quiet", "--episodes", folder / "episodes.csv"],
                          capture_output=True, text=True)
    return done, (folder / "episodes.csv").exists()


def ours(folder):
    """Processes of workers of this folder's task: they run in it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            found += [entry.parent.name] if entry.resolve() == folder.resolve() else []
        except OSError:
            pass
    return found


def expect_gone(folder):
    for _ in range(200):
        if not ours(folder):
            return
        time.sleep(0.05)
    raise AssertionError(f"left behind: {ours(folder)}")


def check_failures(folder, url):
    # beyond step 22 nothing is done from seed 22 on: three in a row end the job, and no file says otherwise
    for options, more, says in (("mode=exits, at=22", "", "in a row: the world's process exited with 3"),
                                ("mode=hangs, at=22", "timeout_s: 5\n", "did not answer 'step' for 5 s")):
        done, written = rollout(folder, url, options, more)
        assert done.returncode == 1 and not written, done
        assert says in done.stderr and "Traceback" not in done.stderr, done.stderr
        assert done.stdout == "", done.stdout
        expect_gone(folder)
    # one is an invalid episode
    done, written = rollout(folder, url, "mode=raises, bad_seed=3, at=1", seed=1, n=24)
    assert done.returncode == 0 and written, done
    assert "1 of 24 episodes, in no figure below; seed 3: KeyError: 'cup' (toy.py:" in done.stdout, done.stdout
    assert "23/23" in done.stdout and "1 of 24 episodes are invalid" in done.stderr, done
    # a second worker is not needed, and the report says what is known of the world instead
    done, written = rollout(folder, url, "", seed=5, n=8)
    assert done.returncode == 0 and written, done
    assert "  repeats    not known: no seed began twice; 'sweetspot check' tries one" in done.stdout, done.stdout
    # nobody escapes, however often it changes its process
    done, written = rollout(folder, url, "mode=hops", seed=5, n=8)
    assert done.returncode == 0 and written, done
    expect_gone(folder)
    # success that is never told
    done, written = rollout(folder, url, "mode=mute")
    assert done.returncode == 1 and "every episode is invalid" in done.stderr, done
    expect_gone(folder)


def check_refusals(folder, url):
    (folder / "task.yaml").write_text("name: toy\nbackend: process\ncommand: [venv/bin/python3]\n"
                                      "control: {rate_hz: 10}\ntime_limit_s: 4\n")
    for verb in (["rollout", "--policy", url, "--task"], ["check"]):
        done = subprocess.run([TOOL, *verb, folder / "task.yaml"], capture_output=True, text=True)
        assert done.returncode == 2, done
        assert "task.yaml:3: command: no program 'venv/bin/python3', expected one in PATH or by its path" in \
            done.stderr, done


def check_ctrl_c(folder, url):
    """Once, what runs is finished first; twice, at once: the world hangs, and goes with us."""
    write(folder, "mode=hangs, at=22, mark=mark")  # a trial is shorter
    tool = subprocess.Popen([TOOL, "rollout", "--task", folder / "task.yaml", "--policy", url, "--seed", "30"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(600):
        if (folder / "mark").exists():
            break
        time.sleep(0.1)
    assert ours(folder)
    tool.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert tool.poll() is None
    tool.send_signal(signal.SIGINT)
    assert tool.wait(20) != 0
    expect_gone(folder)


def main():
    with tempfile.TemporaryDirectory() as name, serve(lambda obs: [[1.0]]) as url:
        folder = Path(name)
        check_refusals(folder, url)
        check_failures(folder, url)
        check_ctrl_c(folder, url)
    print("worlds that misbehave: as expected")


main()
