"""Sentences of a paragraph, and clauses of a long sentence. Nothing is ever lost: the parts join to the whole."""

from __future__ import annotations

import re

_END = re.compile(r"""(?<=[.!?…])["'”’)\]]*\s+(?=["'“‘(\[]*[A-Z0-9])""")


def split_sentences(text: str) -> list[str]:
    """The sentences of `text`; "".join gives `text` back."""
    ends = [match.end() for match in _END.finditer(text)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True) if end > start]
