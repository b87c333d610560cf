"""Weights between files and modules: written in half precision, and read as untrusted data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from pngnat.errors import PngnatError, shorten
from pngnat.files import atomic_write
from pngnat.untrusted import safe_file
from pngnat.voice.tensor_files import MOST_TENSORS, TensorInfo, open_tensors

_LARGEST_HALF = torch.finfo(torch.float16).max
# Exceptions of reading a damaged file, and of building a module from a damaged card.
_DAMAGE = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    RuntimeError,
    OSError,
    EOFError,
    MemoryError,
    SafetensorError,
)


def build_module(
    folder: Path, name: str, make: Callable[[], nn.Module], left_out: tuple[str, ...] = (), what: str = "voice"
) -> Any:
    """Build a module with `make`, load the weights of a safetensors file into it, and set it to evaluation.

    left_out: prefixes of tensor names to ignore. what: kind of the folder, for messages.
    Raises PngnatError if the file is unsafe, damaged, or does not fit the module.
    """
    path = safe_file(folder, name, what)
    try:
        with open_tensors(path) as file:
            found = {name: info for name, info in file.tensors.items() if not name.startswith(left_out)}
            with _SizeGuard(sum(info.elements for info in found.values())):
                module = make()
            expected = module.state_dict()
            _check_shapes(path, found, expected)
            # Tensor by tensor, so that the file's numbers are not all in memory beside the module's.
            for name, tensor in expected.items():
                tensor.copy_(_finite(path, name, file.read(name)))
    except _DAMAGE as error:
        raise PngnatError(f"{path} is damaged or does not fit its settings ({first_line(error)})") from error
    return module.eval().requires_grad_(False)


def load_weights(folder: Path, name: str, what: str = "voice") -> dict[str, Tensor]:
    """Read all tensors of a safetensors file. Raise PngnatError if it is unsafe or damaged."""
    path = safe_file(folder, name, what)
    try:
        with open_tensors(path) as file:
            return {name: _finite(path, name, file.read(name)) for name in file.tensors}
    except _DAMAGE as error:
        raise PngnatError(f"{path} is damaged ({first_line(error)})") from error


def save_weights(weights: nn.Module | Mapping[str, Tensor], path: Path) -> None:
    """Write a safetensors file atomically, in half precision where it can hold the values (see `to_half`)."""
    table = weights.state_dict() if isinstance(weights, nn.Module) else weights
    with atomic_write(path) as beside:
        save_file({name: to_half(tensor) for name, tensor in table.items()}, beside)


def to_half(tensor: Tensor) -> Tensor:
    """Return a copy of a tensor, in half precision where it can hold the values. safetensors refuses shared memory."""
    fits = tensor.is_floating_point() and (tensor.numel() == 0 or tensor.abs().max() <= _LARGEST_HALF)
    return tensor.detach().cpu().to(torch.float16 if fits else tensor.dtype).contiguous().clone()


class _SizeGuard(TorchFunctionMode):
    """A guard that stops the construction of a module with more parameters than its file, so that a card cannot exhaust
    memory."""

    def __init__(self, parameters: int) -> None:
        super().__init__()
        self.left, self.tensors = parameters, MOST_TENSORS

    def __torch_function__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        # Modules allocate parameters with `empty`, which takes no memory before it is filled.
        if func is torch.empty:
            self.left -= made.numel()
            self.tensors -= 1
            # A network of width 0 has no parameters, and any number of layers.
            if self.left < 0 or self.tensors < 0:
                raise ValueError("it describes a larger model than the file holds")
        return made


def _check_shapes(path: Path, found: Mapping[str, TensorInfo], expected: Mapping[str, Tensor]) -> None:
    for name in sorted(expected.keys() ^ found.keys()):
        raise PngnatError(
            f"{path} is damaged: '{shorten(name, 200)}' "
            f"{'is missing' if name in expected else 'is not part of this model'}"
        )
    for name, info in found.items():
        tensor = expected[name]
        if info.shape != tuple(tensor.shape):
            raise PngnatError(
                f"{path} is damaged: '{name}' is of shape {list(info.shape)} and should be {list(tensor.shape)}"
            )
        if info.dtype.is_floating_point != tensor.dtype.is_floating_point:
            raise PngnatError(
                f"{path} is damaged: '{name}' holds {_kind(info.dtype)} and should hold {_kind(tensor.dtype)}"
            )


def _kind(dtype: torch.dtype) -> str:
    name = str(dtype).removeprefix("torch.")
    return f"{'fractions' if dtype.is_floating_point else 'whole numbers'} ({name})"


def _finite(path: Path, name: str, tensor: Tensor) -> Tensor:
    if not torch.isfinite(tensor.float()).all():
        raise PngnatError(f"{path} is damaged: '{shorten(name, 200)}' holds values that are not finite numbers")
    return tensor


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
