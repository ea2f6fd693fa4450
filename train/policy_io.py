# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""Policy folders: config.json and model.safetensors, without further packages.

safetensors: 8 bytes little-endian header length, JSON header {name: {dtype, shape, data_offsets}},
then the raw data. Weights are stored as BF16 (or F32), normalisation always as F32.
"""
import json
import os
import struct

import numpy as np
import torch

DTYPES = {torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16"}
SIZES = ("channels", "token_hidden", "channel_hidden", "blocks", "time_dim", "time_period_min",
         "time_period_max")
DIT_SIZES = ("width", "heads", "mlp_hidden", "blocks", "time_dim", "time_period_min",
             "time_period_max")
NORMALISATION = {"normalize.obs.mean": "obs_mean", "normalize.obs.std": "obs_std",
                 "unnormalize.action.mean": "action_mean", "unnormalize.action.std": "action_std"}
NORMALISATION_HISTORY = {"normalize.command.mean": "command_mean",
                         "normalize.command.std": "command_std"}


def tensor_bytes(t):
    t = t.detach().cpu().contiguous()
    return (t if t.dtype == torch.float32 else t.view(torch.int16)).numpy().tobytes()


def write_aside(path, blob):
    """Nothing is half-written: write aside, then rename."""
    with open(path + ".tmp", "wb") as f:
        f.write(blob)
    os.replace(path + ".tmp", path)


def safetensors_write(path, tensors, metadata):
    header, blobs, offset = {"__metadata__": metadata}, [], 0
    for name in sorted(tensors):
        blob = tensor_bytes(tensors[name])
        header[name] = {"dtype": DTYPES[tensors[name].dtype], "shape": list(tensors[name].shape),
                        "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    write_aside(path, struct.pack("<Q", len(text)) + text + b"".join(blobs))


def safetensors_read(path):
    with open(path, "rb") as f:
        blob = f.read()
    n = struct.unpack("<Q", blob[:8])[0]
    header, data, out = json.loads(blob[8:8 + n]), blob[8 + n:], {}
    header.pop("__metadata__", None)
    for name, h in header.items():
        a, b = h["data_offsets"]
        if h["dtype"] == "F32":
            t = torch.from_numpy(np.frombuffer(data[a:b], dtype="<f4").copy())
        else:
            t = torch.from_numpy(np.frombuffer(data[a:b], dtype="<i2").copy())
            t = t.view({"BF16": torch.bfloat16, "F16": torch.float16}[h["dtype"]])
        out[name] = t.reshape(h["shape"])
    return out


def normalisation(config):
    """Tensor names and the statistics they hold."""
    return {**NORMALISATION, **(NORMALISATION_HISTORY if config.get("history") else {})}


def save_policy(folder, model, stats, task, n_execute, default_steps=10, dtype=torch.bfloat16):
    """Writes config.json and model.safetensors; `model` is a FlowMixer, a Dit or a
    HistoryDit, stats as in dataset.py."""
    os.makedirs(folder, exist_ok=True)
    dit = hasattr(model, "sampler")
    config = {
        "type": "dit" if dit else "flow_mixer", "format_version": 1, "task": task,
        "input_features": {"observation.state": {"type": "STATE", "shape": [model.obs_dim]}},
        "output_features": {"action": {"type": "ACTION", "shape": [model.action_dim]}},
        "horizon": model.sizes["horizon"], "n_action_steps": n_execute,
        "num_inference_steps": default_steps,
    }
    config.update({k: model.sizes[k] for k in (DIT_SIZES if dit else SIZES)})
    if dit:
        config.update(obs_groups=model.obs_groups, sampler=model.sampler,
                      prediction=model.prediction)
    history = getattr(model, "history", None)
    if history:
        config["history"] = {"frames": history[0], "commands": history[1]}
    tensors = {k: v.detach().to(dtype) for k, v in model.state_dict().items()}
    for name, key in normalisation(config).items():
        tensors[name] = torch.as_tensor(stats[key], dtype=torch.float32)
    safetensors_write(os.path.join(folder, "model.safetensors"), tensors, {"format": "pt"})
    write_aside(os.path.join(folder, "config.json"), (json.dumps(config, indent=2) + "\n").encode())


def build_model(config):
    """The untrained network that config.json describes."""
    from model import FlowMixer
    from model_dit import Dit
    from model_history import HistoryDit
    dims = (config["input_features"]["observation.state"]["shape"][0],
            config["output_features"]["action"]["shape"][0])
    if config["type"] == "dit":
        options = dict(obs_groups=config["obs_groups"], sampler=config["sampler"],
                       prediction=config["prediction"],
                       **{k: config[k] for k in DIT_SIZES + ("horizon",)})
        if config.get("history"):
            history = config["history"]["frames"], config["history"]["commands"]
            return HistoryDit(*dims, history, **options)
        return Dit(*dims, **options)
    return FlowMixer(*dims, **{k: config[k] for k in SIZES + ("horizon",)})


def load_policy(folder):
    """(network in fp32, stats, config) of a policy folder."""
    with open(os.path.join(folder, "config.json")) as f:
        config = json.load(f)
    model = build_model(config)
    tensors = safetensors_read(os.path.join(folder, "model.safetensors"))
    stats = {key: tensors.pop(name) for name, key in normalisation(config).items()}
    model.load_state_dict({k: v.float() for k, v in tensors.items()})
    return model.eval(), stats, config


def normalise(stats, name, x):
    return (x - stats[name + "_mean"]) / stats[name + "_std"]


@torch.no_grad()
def infer(model, stats, obs, noise, steps, **reads):
    """Chunk in the task's units from un-normalised observations (B x D) and noise (B x H x A);
    with a HistoryDit also history and window."""
    x = model.sample(normalise(stats, "obs", obs), noise, steps, **reads)
    return x * stats["action_std"] + stats["action_mean"]


def remember(model, stats, history, obs, command):
    """Writes un-normalised observations (B x D) and absolute commands (B x A) to a History."""
    model.remember(history, normalise(stats, "obs", obs), normalise(stats, "command", command))
