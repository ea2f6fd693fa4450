# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""robomimic's own reader on files that convert wrote, also as LIBERO calls it."""
import numpy as np
import pytest
from stand_ins import import_peer
from sweetspot import convert as tool_of
from test_convert import LIBERO, ROBOMIMIC, write_robomimic

h5py = pytest.importorskip("h5py")
pytest.importorskip("torch")


@pytest.fixture(scope="module")
def robomimic():
    return import_peer("robomimic", "matplotlib", "matplotlib.pyplot", "matplotlib.cm", "imageio", "torchvision",
                       "torchvision.models", "torchvision.transforms", "torchvision.transforms.functional")


@pytest.mark.parametrize("kind,names,keys", [("robomimic", ROBOMIMIC, ["robot0_eef_pos", "object"]),
                                             ("libero", LIBERO, ["ee_states", "robot0_eef_pos"])])
def test_every_item_is_what_was_converted(robomimic, tmp_path, kind, names, keys):
    from robomimic.envs.env_base import EnvType
    from robomimic.utils import file_utils, obs_utils
    from robomimic.utils.dataset import SequenceDataset

    source, out = write_robomimic(tmp_path / "theirs.hdf5", names), tmp_path / "ours.hdf5"
    tool_of.convert(kind, str(source), out=str(out))
    obs_utils.initialize_obs_utils_with_obs_specs({"obs": {"low_dim": keys, "rgb": [], "depth": [], "scan": []}})
    data = SequenceDataset(hdf5_path=str(out), obs_keys=keys, dataset_keys=["actions", "rewards", "dones"], seq_length=5,
                           pad_seq_length=True, load_next_obs=False, hdf5_cache_mode="low_dim")
    with h5py.File(source) as file:
        lengths = [len(file[f"data/demo_{i}/actions"]) for i in range(2)]
        assert (data.n_demos, len(data)) == (2, sum(lengths))
        for i in range(0, len(data), 5):
            demo, t = (0, i) if i < lengths[0] else (1, i - lengths[0])
            item, group = data[i], file[f"data/demo_{demo}"]
            stop = min(t + 5, lengths[demo])
            assert np.allclose(item["actions"][:stop - t], group["actions"][t:stop], rtol=1e-6)
            first = "robot0_eef_pos" if kind == "robomimic" else "ee_states"
            assert np.allclose(item["obs"][first][:stop - t], group[f"obs/{first}"][t:stop], rtol=1e-6)
            assert np.array_equal(item["dones"][:stop - t].ravel(), np.arange(t, stop) == lengths[demo] - 1)
    meta = file_utils.get_env_metadata_from_dataset(str(out))
    assert (meta["env_kwargs"]["control_freq"], meta["type"]) == (20, EnvType.GYM_TYPE)
