"""Sizes of an acoustic model in conf/model/: all of its settings but those that depend on the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, make_dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from omegaconf import OmegaConf

from pngnat.config.schema import register, schema_fields
from pngnat.models.png_nat import ENCODERS, PngNatConfig

_BY_DATA = ("speakers", "vocabulary_size")

ModelSizes = Annotated[Mapping[str, Any], PngNatConfig, "speakers", "encoder.vocabulary_size"]


@cache
def sizes_schema(kind: str) -> type:
    """Return the schema of conf/model/ for one kind of encoder (`ENCODERS`); the defaults are those of the papers."""
    encoder = make_dataclass("Encoder", [("kind", str, kind), *schema_fields(ENCODERS[kind][0], _BY_DATA)])
    rest = schema_fields(PngNatConfig, (*_BY_DATA, "encoder"))
    return make_dataclass("Sizes", [("encoder", encoder, field(default_factory=encoder)), *rest])


def read_sizes(file: Path) -> dict[str, Any]:
    """Return the settings in a file of conf/model/, over the defaults of its kind."""
    values: Any = OmegaConf.to_container(OmegaConf.load(file))
    kind = values.pop("defaults")[0].removesuffix("_schema")
    sizes: Any = OmegaConf.to_container(OmegaConf.merge(OmegaConf.structured(sizes_schema(kind)), values))
    return sizes


def model_config(sizes: Mapping[str, Any], vocabulary_size: int, speakers: int) -> PngNatConfig:
    """Return the model's settings: sizes, and the settings that depend on the data."""
    encoder = {**sizes["encoder"], "vocabulary_size": vocabulary_size}
    return PngNatConfig.from_dict({**sizes, "encoder": encoder, "speakers": speakers})


for _kind in ENCODERS:
    register(f"{_kind}_schema", sizes_schema(_kind), group="model")
