from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hydra.utils import get_class
from omegaconf import OmegaConf
from omegaconf.errors import ConfigKeyError, MissingMandatoryValue, ValidationError

from pngnat.config.schema import build, schema
from pngnat.errors import PngnatError


@dataclass(frozen=True)
class Part:
    size: int = 3
    shares: tuple[float, ...] = (0.5, 0.5)


@dataclass(frozen=True)
class Base:
    folder: Path
    note: str | None = None


@dataclass(frozen=True)
class Whole(Base):
    part: Part = field(default_factory=lambda: Part(size=4))
    more: Part | None = None
    folders: Sequence[Path] = ()
    sources: Mapping[str, Any] = field(default_factory=dict)
    either: str | Mapping[str, str] | None = None


def built(*overrides: str, values: dict | None = None) -> Whole:
    config = OmegaConf.merge(OmegaConf.structured(schema(Whole)), values or {}, OmegaConf.from_dotlist(list(overrides)))
    return build(Whole, config)


def test_without_overrides_it_is_the_dataclass():
    assert built("folder=here") == Whole(Path("here"))


def test_every_field_can_be_set():
    found = built(
        "folder=7", "note=x", "part.size=1", "part.shares=[1,0]", "more.size=2", "folders=[a,b]", "either=file"
    )
    assert found == Whole(Path("7"), "x", Part(1, (1.0, 0.0)), Part(2), (Path("a"), Path("b")), {}, "file")
    assert built("folder=x", values={"either": {"a": "b"}}).either == {"a": "b"}


def test_what_has_a_target_is_built():
    kind = f"{Part.__module__}.Part"
    try:
        get_class(kind)
    except Exception:
        kind = "pathlib.PurePosixPath"
    found = built("folder=x", values={"sources": {"one": {"_target_": kind}}})
    assert not isinstance(found.sources["one"], Mapping)


@pytest.mark.parametrize(
    ("overrides", "error"),
    [
        (["folder=x", "part.size=large"], ValidationError),
        (["folder=x", "part.sise=2"], ConfigKeyError),
        (["folder=x", "part=2"], ValidationError),
        ([], MissingMandatoryValue),
    ],
)
def test_what_does_not_fit_is_refused(overrides, error):
    with pytest.raises(error):
        built(*overrides)


def test_a_lost_field_is_named():
    config = OmegaConf.structured(schema(Whole))
    OmegaConf.set_struct(config, False)
    with pytest.raises(PngnatError, match="lost their 'folder'"):
        build(Whole, OmegaConf.masked_copy(config, ["part"]))
