"""Files from strangers, read within limits, so that no file costs much more memory or time than its size says.

Voices, vocoders, tokenizers and timings all come through here. What a limit allows is far more than any honest file
has."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import stat
from pathlib import Path
from typing import Any, get_type_hints

from pngnat.errors import PngnatError, is_printable, shorten
from pngnat.files import read_limited

MIB = 2**20
# Bytes of a file, by its ending.
LARGEST_FILES = {
    **dict.fromkeys((".safetensors", ".onnx"), 1024 * MIB),
    **{".json": 8 * MIB, ".yaml": MIB // 16, ".md": MIB, ".wav": 16 * MIB},
}
# Values in a JSON file: an empty list takes 60 bytes of memory, and 3 in the file.
MOST_VALUES = 2_000_000
# Digits of a fraction; Python takes long over more.
_MOST_DIGITS = 100
LONGEST_NAME, LONGEST_TEXT = 1000, 10_000
# Of a model's settings: the largest number, and the largest of those that say how often something is done or how far
# something reaches.
LARGEST_NUMBER = 1_000_000
LARGEST_SETTINGS = {
    **dict.fromkeys(("layers", "blocks", "convolutions", "num_layers"), 64),
    **dict.fromkeys(("kernel", "reduction", "heads"), 256),
    "corrections": 8,
}
_MOST_ENTRIES, _DEEPEST = 64, 4
_KINDS: dict[Any, Any] = {int: int, float: (int, float), bool: bool, str: str}


def safe_file(folder: Path, name: str, what: str = "voice") -> Path:
    """The path of the file `name` in the folder of a voice, or of what else.

    Raises PngnatError where it is missing, larger than such a file can be, no ordinary file, or a link out of the
    folder."""
    path = folder / name
    try:
        found = path.stat()
        inside = path.resolve(strict=True).is_relative_to(folder.resolve(strict=True))
    except (OSError, RuntimeError, ValueError) as error:
        raise PngnatError(
            f"{folder} is no complete {what}: {name} cannot be read ({getattr(error, 'strerror', None) or error})"
        ) from error
    if not inside:
        raise PngnatError(f"{folder} is not safe to use: {name} leads out of the folder")
    if not stat.S_ISREG(found.st_mode):
        raise PngnatError(f"{folder} is no {what}: {name} is no ordinary file")
    if found.st_size > LARGEST_FILES[path.suffix]:
        raise PngnatError(f"{folder} is no {what}: {name} is too large ({found.st_size / MIB:.1f} MB)")
    return path


def read_json(path: str | os.PathLike, largest: int = LARGEST_FILES[".json"]) -> Any:
    """What a JSON file in UTF-8 says. Raises PngnatError where it cannot be read, is too large, or is none that
    `parse_json` reads."""
    data = read_limited(path, largest)
    try:
        return parse_json(data.decode("utf-8"))
    except ValueError as error:
        raise PngnatError(f"{path} is damaged ({error})") from error


def parse_json(text: str) -> Any:
    """The value of a JSON text. Raises ValueError for what is none, for numbers that are infinite or endless, names
    that are given twice, halves of characters, and nesting beyond all use."""
    if sum(map(text.count, "{[,")) > MOST_VALUES:
        raise ValueError(f"it has more than {MOST_VALUES} values")
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_float=_float, parse_constant=_no_number)
        if re.search(r"\\u[dD][89a-fA-F]", text):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError("it holds half a character") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return value


def read_yaml(path: str | os.PathLike) -> Any:
    """What a YAML file says. Raises PngnatError where it cannot be read, is too large, asks for objects of Python, or
    has aliases: a few hundred bytes of them can stand for gigabytes."""
    import yaml

    class Loader(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("it has aliases, which are not read")
            return super().compose_node(parent, index)

    text = read_limited(path, LARGEST_FILES[".yaml"])
    try:
        return yaml.load(text, Loader)
    # yaml's errors are Exceptions of its own, and what it builds values with raises more kinds.
    except Exception as error:
        raise PngnatError(f"{path} is damaged ({error or type(error).__name__})") from error


class Section:
    """An object of a settings file, whose values are asked for by name and kind. path: what messages call it."""

    def __init__(self, path: str, values: Any) -> None:
        self.path, self.values = path, values
        if not isinstance(values, dict):
            raise PngnatError(f"{path} is damaged: it holds no object with settings where one belongs")

    def text(self, key: str, default: str | None = None) -> str:
        """A text that a terminal may show, which may have lines; without a default it must be there."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or len(value) > LONGEST_TEXT or (default is None and not value):
            raise self.wrong(key, "should be text")
        if not is_printable(value.translate({ord("\n"): None, ord("\r"): None, ord("\t"): None})):
            raise self.wrong(key, "should be text without control characters")
        return value

    def name(self, key: str) -> str:
        """A text of one line."""
        value = self.text(key)
        if len(value) > LONGEST_NAME or not is_printable(value):
            raise self.wrong(key, "should be a name on one line")
        return value

    def texts(self) -> dict[str, str]:
        """All values, which must be texts, by their names."""
        for name in self.values:
            if len(name) > LONGEST_NAME or not is_printable(name):
                raise self.wrong(name, "should have a name on one line")
        return {name: self.text(name, "") for name in self.values}

    def number(self, key: str, smallest: float, largest: float, default: float | None = None) -> float:
        """A number from `smallest` to `largest`; raises PngnatError for anything else."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not smallest <= value <= largest:
            raise self.wrong(key, f"should be a number from {smallest} to {largest}")
        return value

    def integer(self, key: str, smallest: int, largest: int) -> int:
        """A whole number from `smallest` to `largest`; raises PngnatError for anything else."""
        value = self.number(key, smallest, largest)
        if not isinstance(value, int):
            raise self.wrong(key, "should be a whole number")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false; `default` where it is not there."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "should be true or false")
        return value

    def section(self, key: str) -> Section:
        """A part that must be there; raises PngnatError where it is none."""
        value = self.values.get(key)
        if not isinstance(value, dict):
            raise self.wrong(key, "should be an object")
        return Section(self.path, value)

    def optional(self, key: str) -> Section | None:
        """A part that may be missing."""
        return None if self.values.get(key) is None else self.section(key)

    def checked(self) -> dict[str, Any]:
        """The values as they are, once each is known to be a flag, a short text, a number that a model's setting can
        be, or an object or a short list of such."""
        for key, value in self.values.items():
            self._check(key, value, _DEEPEST)
        return self.values

    def _check(self, key: Any, value: Any, depth: int) -> None:
        if isinstance(value, (dict, list)):
            if depth == 0 or len(value) > _MOST_ENTRIES:
                raise self._wrong(key, f"should have {_MOST_ENTRIES} entries at most, {_DEEPEST} levels deep", value)
            for name, entry in value.items() if isinstance(value, dict) else ((key, entry) for entry in value):
                self._check(name, entry, depth - 1)
        elif isinstance(value, (int, float)):
            limit = LARGEST_SETTINGS.get(key, LARGEST_NUMBER)
            # In this order: a whole number may be too large for a float.
            if not (abs(value) <= limit and math.isfinite(value)):
                raise self._wrong(key, f"should be a number up to {limit}", value)
        elif value is not None and not (isinstance(value, str) and len(value) <= 100 and is_printable(value)):
            raise self._wrong(key, "should be a number or a short text", value)

    def wrong(self, key: str, reason: str) -> PngnatError:
        """The error that says what is wrong with a value."""
        return self._wrong(key, reason, self.values.get(key))

    def _wrong(self, key: Any, reason: str, value: Any) -> PngnatError:
        name = f"'{shorten(key, 60)}'" if isinstance(key, str) else shown(key)
        return PngnatError(f"{self.path} is damaged: {name} {reason}, and is {shown(value)}")


def check_types(settings: Any) -> None:
    """Raise TypeError where a dataclass of settings, or one inside it, has a value of another type than its fields say;
    what a file says is checked in `Section.checked` for its size alone."""
    kinds = get_type_hints(type(settings))
    for entry in dataclasses.fields(settings):
        value, kind = getattr(settings, entry.name), kinds[entry.name]
        if dataclasses.is_dataclass(value):
            check_types(value)
        elif kind in _KINDS and (not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind is not bool)):
            raise TypeError(f"{entry.name} should be of the type {kind.__name__}, and is {shown(value)}")


def shown(value: Any) -> str:
    """A value as a message quotes it, whatever its size."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**30:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, (dict, list, tuple, set)):
        return f"a {type(value).__name__} of {len(value)}"
    return shorten(repr(value), 60)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        places = {name: place for place, (name, _) in enumerate(pairs)}
        twice = next(name for place, (name, _) in enumerate(pairs) if places[name] != place)
        raise ValueError(f"it has {shown(twice)} twice in one object")
    return values


def _float(digits: str) -> float:
    value = float(digits)
    if len(digits) > _MOST_DIGITS or not math.isfinite(value):
        raise ValueError(f"it has the number {shorten(digits, 60)}, which is too large or too long")
    return value


def _no_number(name: str) -> None:
    raise ValueError(f"it has {name}, which is no number")
