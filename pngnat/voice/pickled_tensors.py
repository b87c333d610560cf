"""What the pickle in a PyTorch checkpoint says of its tensors, with nothing unpickled.

`torch.load` runs no code that it does not know when it is asked so (weights_only), but it believes what the pickle says
of sizes: where a storage is said to be longer than it is, PyTorch reads beyond it. Here the few operations that
describe a table of tensors are followed on a stack of their own, as pickletools names them, and any other is refused.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

_DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
_MARK = object()
_MOST_DIMENSIONS = 8


@dataclass(frozen=True)
class Storage:
    """A run of numbers, kept under a key. elements: how many it is said to have."""

    key: str
    dtype: torch.dtype
    elements: int


@dataclass(frozen=True)
class PickledTensor:
    """A tensor whose numbers follow each other in a storage, from `offset` on."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]


def describe(pickle: bytes) -> dict[str, PickledTensor]:
    """The tensors in the table that a pickle describes. Raises ValueError where it describes anything else."""
    machine = _Machine()
    for operation, argument, _ in pickletools.genops(pickle):
        machine.follow(operation.name, argument)
    table = machine.stack[0] if len(machine.stack) == 1 else None
    if not isinstance(table, dict) or not all(isinstance(one, PickledTensor) for one in table.values()):
        raise ValueError("it holds no table of tensors")
    return table


class _Machine:
    """Follows a pickle's operations. Tables have names for keys, and no more is made than the operations have bytes."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self._kept: dict[int, Any] = {}

    def follow(self, operation: str, argument: Any) -> None:
        try:
            if operation in _CONSTANTS:
                self.stack.append(_CONSTANTS[operation]())
            elif operation in _ARGUMENTS:
                self.stack.append(argument)
            elif operation in _STEPS:
                _STEPS[operation](self, argument)
            elif operation not in ("PROTO", "STOP"):
                raise ValueError(f"it holds more than tensors ({operation})")
        except (LookupError, TypeError) as error:
            raise ValueError("its description of tensors is damaged") from error

    def since_mark(self) -> list[Any]:
        place = len(self.stack) - 1
        while self.stack[place] is not _MARK:
            if place == 0:
                raise ValueError("its description of tensors is damaged")
            place -= 1
        found = self.stack[place + 1 :]
        del self.stack[place:]
        return found

    def take(self, count: int) -> list[Any]:
        found = [self.stack.pop() for _ in range(count)]
        return found[::-1]

    def set_items(self, rows: list[Any]) -> None:
        table = self.stack[-1]
        for name, value in zip(rows[::2], rows[1::2], strict=True):
            if not isinstance(table, dict) or not isinstance(name, str):
                raise ValueError("it holds more than a table of tensors")
            table[name] = value

    def keep(self, place: int | None) -> None:
        self._kept[len(self._kept) if place is None else place] = self.stack[-1]

    def get(self, place: int) -> None:
        self.stack.append(self._kept[place])

    def name(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        if (module, name) in _CALLS:
            self.stack.append(_CALLS[module, name])
        elif module == "torch" and name in _DTYPES:
            self.stack.append(_DTYPES[name])
        else:
            raise ValueError(f"it holds more than tensors ({module}.{name})")

    def storage(self, _: None) -> None:
        kind, dtype, key, _device, elements = self.stack.pop()
        if (
            kind != "storage"
            or not isinstance(dtype, torch.dtype)
            or not isinstance(key, str)
            or not _is_count(elements)
        ):
            raise ValueError("it holds more than tensors")
        self.stack.append(Storage(key, dtype, elements))

    def call(self, _: None) -> None:
        made, arguments = self.take(2)
        if made not in _CALLS.values():
            raise ValueError("it holds more than tensors")
        self.stack.append(made(*arguments))

    def leave_state(self, _: None) -> None:
        # Of a table: the versions of the modules that its tensors come from.
        self.stack.pop()


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any, *_: Any) -> PickledTensor:
    """What torch._utils._rebuild_tensor_v2 would make."""
    if not isinstance(storage, Storage) or not isinstance(shape, tuple) or len(shape) > _MOST_DIMENSIONS:
        raise ValueError("it holds more than tensors")
    if not all(map(_is_count, (offset, *shape))):
        raise ValueError("it has a tensor of a size that cannot be")
    dense = tuple(math.prod(shape[place + 1 :]) for place in range(len(shape)))
    # A stride of 0 would make any number of elements of one.
    if any(size > 1 and step != own for size, step, own in zip(shape, stride, dense, strict=True)):
        raise ValueError("it has tensors whose numbers do not follow each other; save them again with .contiguous()")
    if offset + math.prod(shape) > storage.elements:
        raise ValueError("it has a tensor that is larger than its storage")
    return PickledTensor(storage, offset, shape)


def _parameter(tensor: Any, *_: Any) -> Any:
    """What torch._utils._rebuild_parameter would make."""
    return tensor


def _table(*rows: Any) -> dict[str, Any]:
    """An empty collections.OrderedDict; its entries are set by other operations."""
    if rows:
        raise ValueError("it holds more than tensors")
    return {}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_CALLS: dict[tuple[str, str], Callable[..., Any]] = {
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("collections", "OrderedDict"): _table,
}
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "MARK": lambda: _MARK,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}
_ARGUMENTS = frozenset(("BINUNICODE", "SHORT_BINUNICODE", "BININT", "BININT1", "BININT2"))
_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    "GLOBAL": _Machine.name,
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.since_mark())),
    "TUPLE1": lambda machine, _: machine.stack.append(tuple(machine.take(1))),
    "TUPLE2": lambda machine, _: machine.stack.append(tuple(machine.take(2))),
    "TUPLE3": lambda machine, _: machine.stack.append(tuple(machine.take(3))),
    "SETITEM": lambda machine, _: machine.set_items(machine.take(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.since_mark()),
    "BINPUT": _Machine.keep,
    "LONG_BINPUT": _Machine.keep,
    "MEMOIZE": _Machine.keep,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "BINPERSID": _Machine.storage,
    "REDUCE": _Machine.call,
    "BUILD": _Machine.leave_state,
}
