"""The table of the papers in docs/research.md names code that exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "research.md").read_text(encoding="utf-8")
PLACES = re.findall(r"^\|[^|]*\| `([\w/]+\.py)` `([\w.]+)` \|", PAGE, re.MULTILINE)


def line_of(path: Path, symbol: str) -> int | None:
    """Return the line that defines a class, a function or, after a dot, a method."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    found = None
    for name in symbol.split("."):
        found = next((node for node in body if getattr(node, "name", None) == name), None)
        if found is None:
            return None
        body = found.body
    return found.lineno


def test_table_covers_both_papers():
    assert len(PLACES) >= 20


@pytest.mark.parametrize(("file", "symbol"), PLACES)
def test_row_names_code_that_exists(file, symbol):
    assert line_of(ROOT / "pngnat" / file, symbol), f"docs/research.md: there is no {symbol} in pngnat/{file}"
