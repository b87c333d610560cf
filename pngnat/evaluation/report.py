"""Output of measurements: a table for readers, JSON for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from pngnat.files import write_text


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows with the same keys as a Markdown table, numbers aligned right; None is an empty cell."""
    heads = list(rows[0])
    cells = [[_cell(row[head]) for head in heads] for row in rows]
    widths = [max(len(head), *(len(line[column]) for line in cells)) for column, head in enumerate(heads)]
    right = [all(isinstance(row[head], int | float | None) for row in rows) for head in heads]
    rule = ["-" * (width - 1) + (":" if aligned else "-") for width, aligned in zip(widths, right, strict=True)]
    lines = [heads, rule, *cells]
    return "\n".join(
        "| "
        + " | ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(line, widths, right, strict=True))
        + " |"
        for line in lines
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def write_json(path: str | os.PathLike, content: Mapping[str, Any]) -> None:
    """Write a report atomically. Raise PngnatError if it cannot be written."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
