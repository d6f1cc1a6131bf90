"""Eyes for a language model: an untrained vision encoder in llama.cpp's file format (GGUF).

A text model that is served with these takes photographs as a trained one does: they are decoded,
scaled, encoded and placed into its context. It sees noise.
"""

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Value = bool | int | float | str | list[float]
SIDE, PATCH = 32, 16
"""Pixels: a photograph becomes four tokens."""
WIDTH, HIDDEN, NUM_LAYERS, NUM_HEADS = 32, 64, 2, 2
ALIGNMENT = 32
"""Bytes to whose multiples GGUF pads what follows."""


def write_eyes(path: Path, language_width: int) -> Path:
    """An encoder of the kind that LLaVA has, for a model with so many numbers per token."""
    layer = {f"attn_{part}": (WIDTH, WIDTH) for part in ("q", "k", "v", "out")}
    layer |= {"ffn_up": (HIDDEN, WIDTH), "ffn_down": (WIDTH, HIDDEN)}
    random = np.random.default_rng(0)
    tensors: dict[str, NDArray[np.float64]] = {
        "v.patch_embd.weight": random.normal(0.0, 0.02, (WIDTH, 3, PATCH, PATCH)),
        "v.class_embd": random.normal(0.0, 0.02, WIDTH),
        "v.position_embd.weight": random.normal(0.0, 0.02, ((SIDE // PATCH) ** 2 + 1, WIDTH)),
    }
    linear = {
        f"v.blk.{n}.{name}": shape for n in range(NUM_LAYERS) for name, shape in layer.items()
    }
    linear |= {"mm.0": (language_width, WIDTH), "mm.2": (language_width, language_width)}
    for name, shape in linear.items():
        tensors[f"{name}.weight"] = random.normal(0.0, 0.02, shape)
        tensors[f"{name}.bias"] = np.zeros(shape[0])
    for name in (
        "v.pre_ln",
        *(f"v.blk.{n}.{norm}" for n in range(NUM_LAYERS) for norm in ("ln1", "ln2")),
    ):
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = np.ones(WIDTH), np.zeros(WIDTH)
    known: dict[str, Value] = {
        "general.architecture": "clip",
        "general.type": "mmproj",
        "general.file_type": 0,
        "clip.has_vision_encoder": True,
        "clip.projector_type": "mlp",
        "clip.use_gelu": True,
        "clip.vision.image_size": SIDE,
        "clip.vision.patch_size": PATCH,
        "clip.vision.embedding_length": WIDTH,
        "clip.vision.feed_forward_length": HIDDEN,
        "clip.vision.block_count": NUM_LAYERS,
        "clip.vision.projection_dim": language_width,
        "clip.vision.attention.head_count": NUM_HEADS,
        "clip.vision.attention.layer_norm_epsilon": 1e-5,
        "clip.vision.image_mean": [0.5, 0.5, 0.5],
        "clip.vision.image_std": [0.5, 0.5, 0.5],
    }
    path.write_bytes(_encoded(known, tensors))
    return path


def _encoded(known: Mapping[str, Value], tensors: Mapping[str, NDArray[np.float64]]) -> bytes:
    """https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, version 3."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(known))
    for name, value in known.items():
        head += _text(name) + _value(value)
    data = b""
    for name, tensor in tensors.items():
        sizes = struct.pack(f"<I{tensor.ndim}Q", tensor.ndim, *reversed(tensor.shape))
        head += _text(name) + sizes + struct.pack("<IQ", 0, len(data))  # 0: 32-bit floats
        data += _padded(tensor.astype("<f4").tobytes())
    return _padded(head) + data


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % ALIGNMENT)


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(value: Value) -> bytes:
    """The number of its type, and the value."""
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + _text(value)
    return struct.pack(f"<IIQ{len(value)}f", 9, 6, len(value), *value)
