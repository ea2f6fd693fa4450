# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""LIBERO's own reader, get_dataset of libero.lifelong, on demonstrations that `sweetspot demo` recorded and on files that
convert wrote. It asks for robomimic 0.2.0, which needs a numpy before 1.24; here it has 0.3.0."""
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from stand_ins import import_peer
from sweetspot import convert as tool_of
from test_convert import LIBERO, write_robomimic

h5py = pytest.importorskip("h5py")
pytest.importorskip("torch")

LENGTH = 10  # of the sequences that LIBERO trains on


@pytest.fixture(scope="module")
def get_dataset():
    import_peer("robomimic", "matplotlib", "matplotlib.pyplot", "matplotlib.cm", "imageio", "PIL", "torchvision",
                "torchvision.models", "torchvision.transforms", "torchvision.transforms.functional")
    import_peer("libero", folder="libero_reader")
    # libero.lifelong imports every learner and what they need: the reader's file alone is what is asked for
    import libero

    path = Path(libero.__file__).parent / "lifelong/datasets.py"
    spec = importlib.util.spec_from_file_location("libero_lifelong_datasets", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compare(module, path, keys):
    """Every item, with the task's embedding as LIBERO's learners are given it, against the numbers in the file."""
    data, shapes = module.get_dataset(str(path), {"rgb": [], "low_dim": keys}, seq_len=LENGTH)
    with h5py.File(path) as file:
        names = sorted(file["data"], key=lambda name: int(name[5:]))
        lengths = [len(file[f"data/{name}/actions"]) for name in names]
        assert shapes["ac_dim"] == file["data/demo_0/actions"].shape[1]
        assert {k: tuple(v) for k, v in shapes["all_shapes"].items()} == {
            k: file[f"data/demo_0/obs/{k}"].shape[1:] for k in keys}
        assert (data.n_demos, data.total_num_sequences) == (len(names), sum(lengths))
        where = [(name, t, n) for name, n in zip(data.demos, (lengths[names.index(d)] for d in data.demos)) for t in range(n)]
        told = module.SequenceVLDataset(data, 7)
        assert len(told) == len(where)
        for i, (demo, t, n) in enumerate(where):
            item = told[i]
            stop, group = min(t + LENGTH, n), file[f"data/{demo}"]
            padding = np.repeat(group["actions"][n - 1:n], LENGTH - (stop - t), axis=0)
            assert np.allclose(item["actions"], np.concatenate([group["actions"][t:stop], padding]), rtol=1e-6, atol=1e-12)
            for key in keys:
                assert np.allclose(item["obs"][key][:stop - t], group[f"obs/{key}"][t:stop], rtol=1e-6, atol=1e-12)
            assert item["task_emb"] == 7


def test_demonstrations_are_read(get_dataset, tool, tmp_path):
    path = tmp_path / "demo.hdf5"
    tool("demo", "--task", "press-button", "--episodes", 3, "--out", path, "--quiet")
    compare(get_dataset, path, ["state", "q1", "gripper_opening"])


def test_converted_files_are_read(get_dataset, tmp_path):
    source, out = write_robomimic(tmp_path / "theirs.hdf5", LIBERO), tmp_path / "ours.hdf5"
    tool_of.convert("libero", str(source), out=str(out))
    compare(get_dataset, out, ["ee_states", "joint_states", "gripper_states"])
