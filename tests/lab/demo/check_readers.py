#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Has robomimic 0.3 itself read recorded demonstrations and train on them, also as LIBERO calls it.

    check_readers.py WRITE_DEMOS TASK.yaml ROOT

robomimic lies where scripts/peers put it (SPOT_PEERS, default ROOT/build/peers). Exit status 77 (skipped) where it, h5py
or PyTorch is missing. What robomimic imports for images and plots alone is replaced by empty modules. Of LIBERO nothing is
installed: its data sets are robomimic's SequenceDataset, and here it is made with the arguments of LIBERO's get_dataset.
"""
import json
import os
import subprocess
import sys
import tempfile
import types

EPISODES = 24
KEYS = ["state", "anchor", "gripper_x", "cube_z"]


class Empty(types.ModuleType):
    """A module in which everything can be found and nothing does anything."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return sys.modules.get(f"{self.__name__}.{name}") or type(name, (), {})


for module in ("matplotlib", "matplotlib.pyplot", "matplotlib.cm", "imageio", "torchvision", "torchvision.models",
               "torchvision.transforms", "torchvision.transforms.functional"):
    sys.modules[module] = Empty(module)
peers = os.environ.get("SPOT_PEERS") or os.path.join(sys.argv[3], "build", "peers")
sys.path.insert(0, os.path.join(peers, "robomimic"))
try:
    import h5py
    import numpy as np
    import torch

    import robomimic
    from robomimic.utils import env_utils, file_utils, obs_utils, train_utils
    from robomimic.utils.dataset import SequenceDataset
    from robomimic.algo import algo_factory
    from robomimic.config import config_factory
    from robomimic.envs.env_base import EnvType
except ImportError as problem:
    print(f"skipped: {problem} (scripts/peers installs robomimic)")
    sys.exit(77)


def check_items(path, f, mask, **how):
    """Every item of a data set against what h5py reads."""
    data = SequenceDataset(hdf5_path=path, obs_keys=KEYS, dataset_keys=["actions", "rewards", "dones", "label_ok"],
                           filter_by_attribute=mask, load_next_obs=True, **how)
    names = [name.decode() for name in f[f"mask/{mask}"][:]]
    rows = [(f["data"][name], t) for name in names for t in range(f["data"][name].attrs["num_samples"])]
    assert data.n_demos == len(names) and len(data) == len(rows) > 0
    for i in range(0, len(rows), 7):
        group, t = rows[i]
        item = data[i]
        for key in KEYS:
            assert np.array_equal(item["obs"][key][0], group["obs"][key][t]), key
            last = t + 1 == group.attrs["num_samples"]
            after = group["next_obs"][key][t] if last else group["obs"][key][t + 1]
            assert np.array_equal(item["next_obs"][key][0], after), key
        assert np.array_equal(item["actions"][0], group["actions"][t].astype(item["actions"].dtype))
        assert item["label_ok"][0] == group["label_ok"][t]
    return set(names)


def train_once(path):
    """Behaviour cloning on one batch, with the training and validation sets that its configuration names."""
    config = config_factory("bc")
    with config.values_unlocked():
        config.train.data = path
        config.observation.modalities.obs.low_dim = KEYS
        config.train.hdf5_filter_key = "train"
        config.train.hdf5_validation_filter_key = "valid"
        config.experiment.validate = True
    obs_utils.initialize_obs_utils_with_config(config)
    shapes = file_utils.get_shape_metadata_from_dataset(path, all_obs_keys=config.all_obs_keys)
    train, valid = train_utils.load_data_for_training(config, obs_keys=shapes["all_obs_keys"])
    assert train.n_demos + valid.n_demos == EPISODES and not set(train.demos) & set(valid.demos)
    model = algo_factory("bc", config, shapes["all_shapes"], shapes["ac_dim"], torch.device("cpu"))
    batch = next(iter(torch.utils.data.DataLoader(train, batch_size=64, shuffle=True)))
    info = model.train_on_batch(model.process_batch_for_training(batch), 0)
    assert np.isfinite(float(info["losses"]["action_loss"]))


def check_images(writer, task, folder):
    """A batch with images as robomimic takes them: planes first, between 0 and 1."""
    path = os.path.join(folder, "images.hdf5")
    done = subprocess.run([writer, task, "3", path, "images"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if "OpenGL" in done.stderr:
        print("nothing can be drawn here: images were not read")
        return
    obs_utils.initialize_obs_utils_with_obs_specs({"obs": {"low_dim": ["state"], "rgb": ["front_image"]}})
    data = SequenceDataset(hdf5_path=path, obs_keys=["state", "front_image"], dataset_keys=["actions"],
                           load_next_obs=False, hdf5_cache_mode="low_dim", filter_by_attribute="train")
    with h5py.File(path, "r") as f:
        images = f["data/demo_0/obs/front_image"][:]
    assert len(data) > len(images) > 10
    batch = obs_utils.process_obs_dict({key: torch.as_tensor(np.asarray(value))
                                        for key, value in data[7]["obs"].items()})
    want = images[7].transpose(2, 0, 1).astype(np.float32) / 255
    assert np.array_equal(batch["front_image"][0].numpy(), want)


def check_libero(path, f):
    data = SequenceDataset(hdf5_path=path, obs_keys=["state", "anchor"], dataset_keys=["actions"], load_next_obs=False,
                           frame_stack=10, seq_length=10, pad_frame_stack=True, pad_seq_length=True, get_pad_mask=False,
                           goal_mode=None, hdf5_cache_mode="low_dim", hdf5_use_swmr=False, hdf5_normalize_obs=None,
                           filter_by_attribute=None)
    assert data.n_demos == EPISODES == f["data"].attrs["num_demos"]
    assert len(data) == f["data"].attrs["total"] and data[len(data) - 1]["actions"].shape == (19, 5)
    problem = json.loads(f["data"].attrs["problem_info"])
    assert "".join(problem["language_instruction"]).strip('"')


def main():
    assert robomimic.__version__.startswith("0.3"), robomimic.__version__
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "demo.hdf5")
        subprocess.run([sys.argv[1], sys.argv[2], str(EPISODES), path], check=True, stdout=subprocess.DEVNULL)
        env = file_utils.get_env_metadata_from_dataset(path)
        assert env_utils.get_env_type(env_meta=env) == EnvType.GYM_TYPE and not env_utils.is_robosuite_env(env)
        obs_utils.initialize_obs_utils_with_obs_specs({"obs": {"low_dim": KEYS, "rgb": []}})
        with h5py.File(path, "r", swmr=True, libver="latest") as f:  # as robomimic opens it
            train = check_items(path, f, "train", hdf5_cache_mode="low_dim")
            valid = check_items(path, f, "valid", hdf5_cache_mode=None)
            assert len(train) + len(valid) == EPISODES and not train & valid and len(valid) == EPISODES // 10
            assert check_items(path, f, "undisturbed_train", hdf5_cache_mode="low_dim") <= train
        with h5py.File(path, "r") as f:
            check_libero(path, f)
        train_once(path)
        check_images(sys.argv[1], os.path.join(sys.argv[3], "tasks/panda-lift/task.yaml"), folder)
    print("robomimic reads it whole, and trains on it")


if __name__ == "__main__":
    main()
