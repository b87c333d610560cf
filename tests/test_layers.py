"""Imports go one way: from each package to those above it in CONTRIBUTING.md's list, and never in a circle."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in ROOT.glob("pngnat/**/*.py")
}
# The public names and `python -m pngnat` are doors to everything; nothing else imports them.
DOORS = ("pngnat", "pngnat.__main__")


def listed_packages() -> list[str]:
    """The packages in the order of CONTRIBUTING.md's list."""
    block = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("```\npngnat/\n")[1].split("```")[0]
    return re.findall(r"^  (\w+)/", block, re.MULTILINE)


def imports(module: str, file: Path) -> Iterator[tuple[int, str]]:
    """The line and the module of each import of ours, those inside functions and those for types alone included."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names if name.name in FILES)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "pngnat":
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                yield node.lineno, inner if inner in FILES else node.module


GRAPH = {module: list(imports(module, file)) for module, file in FILES.items() if module not in DOORS}


def layer(module: str) -> int:
    """The place of a module's package in the list; -1 for the root's modules, which everything may import."""
    parts = module.split(".")
    return (
        listed_packages().index(parts[1])
        if f"pngnat.{parts[1]}" in FILES and (ROOT / "pngnat" / parts[1]).is_dir()
        else -1
    )


def test_every_package_is_listed():
    packages = {path.parent.name for path in (ROOT / "pngnat").glob("*/__init__.py")}
    assert packages == set(listed_packages())


def test_no_import_goes_up():
    wrong = [
        f"{FILES[module].relative_to(ROOT)}:{line} imports {target}, which is not above it in CONTRIBUTING.md"
        for module, found in GRAPH.items()
        for line, target in found
        if target in DOORS or layer(target) > layer(module)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_import_leads_back():
    done: set[str] = set()

    def visit(module: str, way: list[str]) -> None:
        names = [step.split(":")[0] for step in way]
        assert module not in names, f"a circle: {' -> '.join(way[names.index(module) :])} imports {module}"
        if module in GRAPH and module not in done:
            for line, target in GRAPH[module]:
                visit(target, [*way, f"{module}:{line}"])
            done.add(module)

    for module in GRAPH:
        visit(module, [])
