"""Weights from a file into a module, with nothing executed and nothing taken on trust."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from pngnat.errors import PngnatError

# What reading a damaged file, or building what a damaged card describes, may raise.
_DAMAGE = (ValueError, TypeError, KeyError, ArithmeticError, AssertionError, RuntimeError, OSError, SafetensorError, pickle.UnpicklingError)

_RENAMED = {"enter": "proj_in", "leave": "proj_out", "widen": "expand", "narrow": "contract", "mix": "depthwise"}


def build_module(path: Path, make: Callable[[], nn.Module], left_out: tuple[str, ...] = ()) -> Any:
    """The module that `make` makes, with the weights of a file, ready to speak.

    path: .safetensors, or .bin as PyTorch saves it. left_out: beginnings of names that the file has and the module does not.
    Raises PngnatError where the file is damaged or does not fit the module.
    """
    try:
        weights = {name: tensor for name, tensor in read_weights(path).items() if not name.startswith(left_out)}
        with _SizeGuard(sum(tensor.numel() for tensor in weights.values())):
            module = make()
    except _DAMAGE as error:
        raise PngnatError(f"{path} is damaged or does not fit its settings ({first_line(error)})") from error
    _check_tensors(path, weights, module.state_dict())
    module.load_state_dict(weights)
    return module.eval().requires_grad_(False)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name. A .bin file may hold tensors alone: PyTorch's restricted unpickler refuses all else."""
    if path.suffix == ".bin":
        weights = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(weights, dict) or not all(isinstance(tensor, Tensor) for tensor in weights.values()):
            raise ValueError("it holds no table of tensors")
        return weights
    with safe_open(path, framework="pt") as file:
        return {_now(name): file.get_tensor(name) for name in file.keys()}


def _now(name: str) -> str:
    """What a tensor is called now: voices of version 0.1 say `enter` for `proj_in`, and the like."""
    return ".".join(_RENAMED.get(part, part) for part in name.split("."))


class _SizeGuard(TorchFunctionMode):
    """Stops the building of a module that has more parameters than its file holds: a card must not be able to use up the memory."""

    def __init__(self, parameters: int):
        super().__init__()
        self.left = parameters

    def __torch_function__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        # Modules make their parameters with `empty`, whose memory is not taken before it is filled.
        if func is torch.empty:
            self.left -= made.numel()
            if self.left < 0:
                raise ValueError("it describes a larger model than the file holds")
        return made


def _check_tensors(path: Path, found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    for name in sorted(expected.keys() ^ found.keys()):
        raise PngnatError(f"{path} is damaged: '{name}' {'is missing' if name in expected else 'is no part of this model'}")
    for name, tensor in found.items():
        if tensor.shape != expected[name].shape or tensor.is_floating_point() != expected[name].is_floating_point():
            shapes = f"{list(tensor.shape)} and should be {list(expected[name].shape)}"
            raise PngnatError(f"{path} is damaged: '{name}' is of shape {shapes}")
        if not torch.isfinite(tensor.float()).all():
            raise PngnatError(f"{path} is damaged: '{name}' holds values that are no numbers")


def first_line(error: Exception) -> str:
    """What an error says, as far as a person wants to read."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
