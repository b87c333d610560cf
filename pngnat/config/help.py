"""The fields of settings with their defaults and docstrings, read from the source: nothing heavy is imported to show
help."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

REQUIRED = "..."


@dataclass(frozen=True)
class Setting:
    """One field that can be set."""

    name: str
    """With the names of what it is part of, as `schedule.steps`."""
    default: str
    """As it is written in YAML; `REQUIRED` where there is none."""
    doc: str
    """The string literal below the field; empty where there is none."""


def settings_of(path: str, values: Mapping[str, Any] | None = None) -> list[Setting]:
    """All fields of a dataclass, those of the dataclasses in it one by one; those that must be given come first.

    A mapping `Annotated[Mapping[str, Any], Part, "name"]` has the fields of the dataclass `Part`, without the one
    called `name`.
    path: the dataclass, as "pngnat.training.runs.RunConfig". values: what YAML files say instead of its defaults.
    Raises LookupError where there is no such class.
    """
    module, _, name = path.rpartition(".")
    found = _find(module, name)
    if found is None:
        raise LookupError(f"{path} is no dataclass")
    settings = list(_settings(found, "", {}, values or {}))
    return sorted(settings, key=lambda one: one.default != REQUIRED)


def settings_text(settings: Sequence[Setting], width: int | None = None) -> str:
    """For a terminal: each setting with its default, and below it what it means."""
    width = width or min(shutil.get_terminal_size().columns, 100)
    lines = []
    for one in settings:
        lines.append(f"  {one.name}={one.default}")
        lines += textwrap.wrap(one.doc, width, initial_indent="      ", subsequent_indent="      ")
    return "\n".join(lines)


def yaml_values(name: str, folders: Sequence[Path]) -> dict[str, Any]:
    """What a config's YAML files say, those in its list of defaults included, without Hydra's own settings.

    folders: where they are looked for, in this order. A default that is no file, as a schema, says nothing here.
    """
    import yaml

    path = next((folder / f"{name}.yaml" for folder in folders if (folder / f"{name}.yaml").is_file()), None)
    own = yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path else {}
    own.pop("hydra", None)
    values: dict[str, Any] = {}
    group = f"{name.rpartition('/')[0]}/" if "/" in name else ""
    for default in [*own.pop("defaults", []), *(["_self_"] if own else [])]:
        if default == "_self_":
            _merge(values, own)
        elif isinstance(default, str):
            _merge(values, yaml_values(group + default, folders))
        else:
            ((where, choice),) = default.items()
            folder, _, package = where.removeprefix("override ").partition("@")
            if not folder.startswith("hydra"):
                _merge(values, _at(package or folder.replace("/", "."), yaml_values(f"{folder}/{choice}", folders)))
    return values


def _at(package: str, values: dict[str, Any]) -> dict[str, Any]:
    for name in reversed(package.split(".")):
        values = {name: values}
    return values


def _merge(values: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, Mapping) and isinstance(values.get(name), dict):
            _merge(values[name], value)
        else:
            values[name] = value


@dataclass(frozen=True)
class _Class:
    """A class and the module in whose source it stands."""

    module: str
    node: ast.ClassDef


@cache
def _source(module: str) -> ast.Module | None:
    """Found without importing the packages that it is in, whose `__init__` may be heavy."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None:
        return None
    bases = [Path(place).joinpath(*rest) for place in spec.submodule_search_locations or ()]
    files = [path for base in bases for path in (base.with_suffix(".py"), base / "__init__.py")]
    path = next((path for path in files if path.is_file()), Path(spec.origin) if spec.origin and not rest else None)
    return ast.parse(path.read_text(encoding="utf-8")) if path else None


def _statement(module: str, name: str) -> tuple[str, ast.stmt] | None:
    """The class or assignment of that name in a module, or where the module has it from, with the module that it stands
    in."""
    source = _source(module)
    for node in source.body if source else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            return module, node
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [name]:
            return module, node
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _statement(node.module, alias.name)
    return None


def _find(module: str, name: str) -> _Class | None:
    """The dataclass that a name in a module stands for; None where it stands for something else."""
    found = _statement(module, name)
    if found is None or not isinstance(found[1], ast.ClassDef):
        return None
    decorators = " ".join(map(ast.unparse, found[1].decorator_list))
    return _Class(found[0], found[1]) if "dataclass" in decorators else None


def _annotation(module: str, annotation: ast.expr) -> tuple[str, ast.expr]:
    """What an annotation says, where it is the name of another one, and the module that says it."""
    found = _statement(module, annotation.id) if isinstance(annotation, ast.Name) else None
    return (found[0], found[1].value) if found and isinstance(found[1], ast.Assign) else (module, annotation)


def _settings(
    found: _Class, prefix: str, given: Mapping[str, ast.expr], values: Mapping[str, Any]
) -> Iterator[Setting]:
    """given: what the default of the field that this class is in says instead of this class's defaults. values: what
    YAML says."""
    for name, (owner, node, doc) in _fields(found).items():
        default = given.get(name, _default(node.value))
        module, annotation = _annotation(owner.module, node.annotation)
        parts = list(ast.walk(annotation))
        kinds = [_find(module, part.id) for part in parts if isinstance(part, ast.Name)]
        nested = next((kind for kind in kinds if kind), None)
        hidden = [
            f"{prefix}{name}.{part.value}"
            for part in parts
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]
        said = values.get(name)
        if nested is None or (name in values and not isinstance(said, Mapping)):
            shown = _yaml(said) if name in values else _written(default)
            yield Setting(prefix + name, shown, doc)
            continue
        if name not in values and isinstance(default, ast.Constant):
            yield Setting(prefix + name, _written(default), doc)
        arguments = (
            {word.arg: word.value for word in default.keywords if word.arg} if isinstance(default, ast.Call) else {}
        )
        inner = _settings(nested, f"{prefix}{name}.", arguments, said or {})
        yield from (one for one in inner if one.name not in hidden)


def _fields(found: _Class) -> dict[str, tuple[_Class, ast.AnnAssign, str]]:
    """Those of the classes that it inherits from first."""
    fields: dict[str, tuple[_Class, ast.AnnAssign, str]] = {}
    for base in found.node.bases:
        inherited = _find(found.module, base.id) if isinstance(base, ast.Name) else None
        fields |= _fields(inherited) if inherited else {}
    body = found.node.body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            doc = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else None
            fields[node.target.id] = (found, node, " ".join(doc.split()) if isinstance(doc, str) else "")
    return fields


def _default(value: ast.expr | None) -> ast.expr | None:
    """The default's expression; of a `field` with a factory, what the factory makes."""
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "field"):
        return value
    words = {word.arg: word.value for word in value.keywords}
    factory = words.get("default_factory")
    if factory is None:
        return words.get("default")
    return factory.body if isinstance(factory, ast.Lambda) else ast.Call(factory, [], [])


def _written(default: ast.expr | None) -> str:
    if default is None:
        return REQUIRED
    try:
        return _yaml(ast.literal_eval(default))
    except ValueError:
        return {"dict()": "{}", "list()": "[]", "tuple()": "[]"}.get(ast.unparse(default), ast.unparse(default))


def _yaml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ",".join(_yaml(one) for one in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_yaml(one)}" for name, one in value.items()) + "}"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return REQUIRED if value == "???" else str(value)
