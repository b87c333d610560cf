"""Dataclasses as schemas beneath Hydra's YAML files: a default stands in the dataclass alone, and each field can be set
all the same.

OmegaConf takes dataclasses too, but makes frozen ones read-only and knows no unions. What it cannot check (unions,
mappings) is left as it is written; a mapping with `_target_` in it is built by `hydra.utils.instantiate`."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, field, fields, is_dataclass, make_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Optional, TypeVar, Union, get_args, get_origin, get_type_hints

import omegaconf
from hydra.core.config_store import ConfigStore
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from pngnat.errors import PngnatError

_Settings = TypeVar("_Settings")
_SCALARS = (bool, int, float, str)


def register(name: str, settings: type, group: str | None = None) -> None:
    """Let a YAML's list of defaults name the fields and defaults of a dataclass."""
    ConfigStore.instance().store(name, schema(settings), group)


@cache
def schema(settings: type) -> type:
    """A dataclass with the same fields and defaults that OmegaConf can change; a field without a default is a missing
    value."""
    return make_dataclass(settings.__name__, schema_fields(settings))


def schema_fields(settings: type, without: Sequence[str] = ()) -> list[tuple[str, Any, Any]]:
    """Name, type and default of each field, for `make_dataclass`."""
    hints = get_type_hints(settings)
    kept = [one for one in fields(settings) if one.name not in without]
    return [(one.name, _annotation(hints[one.name]), _default(one, hints[one.name])) for one in kept]


def build(settings: type[_Settings], config: DictConfig) -> _Settings:
    """The dataclass that a composed config describes.

    Raises OmegaConf's errors for missing values and wrong interpolations, and PngnatError where a field was taken out.
    """
    return _built(settings, OmegaConf.to_container(config, resolve=True, throw_on_missing=True))


def _optional(hint: Any) -> tuple[Any, bool]:
    """A type without its `None`, and whether it has one; `Any` for other unions."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    return (kinds[0] if len(kinds) == 1 else Any), len(kinds) < len(get_args(hint))


def _annotation(hint: Any) -> Any:
    kind, optional = _optional(hint)
    # OmegaConf's own paths take no folder whose name is a number.
    kind = str if kind is Path else kind
    known: Any
    if isinstance(kind, type) and is_dataclass(kind):
        known = schema(kind)
    elif _is_sequence(kind):
        item = _annotation(get_args(kind)[0])
        known = types.GenericAlias(list, (item,)) if item in _SCALARS else Any
    elif _is_mapping(kind) and is_dataclass(get_args(kind)[1]):
        known = types.GenericAlias(dict, (str, schema(get_args(kind)[1])))
    else:
        known = kind if kind in _SCALARS else Any
    return Optional[known] if optional and known is not Any else known  # noqa: UP045 (OmegaConf knows no `known | None` of its own types)


def _is_sequence(kind: Any) -> bool:
    return get_origin(kind) in (tuple, list, Sequence)


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) in (dict, Mapping)


def _default(one: Any, hint: Any) -> Any:
    if one.default is MISSING and one.default_factory is MISSING:
        kind = _optional(hint)[0]
        return (
            field(default_factory=schema(kind))
            if isinstance(kind, type) and is_dataclass(kind)
            else field(default=omegaconf.MISSING)
        )
    value = one.default if one.default_factory is MISSING else one.default_factory()
    return field(default_factory=lambda: _changeable(value))


def _changeable(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return schema(type(value))(**{one.name: _changeable(getattr(value, one.name)) for one in fields(value)})
    if isinstance(value, Mapping):
        return {name: _changeable(kept) for name, kept in value.items()}
    if isinstance(value, tuple | list):
        return [_changeable(kept) for kept in value]
    return str(value) if isinstance(value, Path) else value


def _built(hint: Any, value: Any) -> Any:
    kind = _optional(hint)[0]
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(value, Mapping):
        hints = get_type_hints(kind)
        for one in fields(kind):
            if one.name not in value and one.default is MISSING and one.default_factory is MISSING:
                raise PngnatError(f"the settings have lost their '{one.name}', which has no default")
        return kind(**{name: _built(hints.get(name), kept) for name, kept in value.items()})
    if _is_sequence(kind) and isinstance(value, list):
        return tuple(_built(get_args(kind)[0], kept) for kept in value)
    if _is_mapping(kind) and isinstance(value, Mapping) and is_dataclass(get_args(kind)[1]):
        return {name: _built(get_args(kind)[1], kept) for name, kept in value.items()}
    if isinstance(value, dict | list):
        return instantiate(value, _convert_="all")
    return Path(value) if kind is Path and value is not None else value
