"""Shouted sentences become words in lower case, so that what stays in capitals is an initialism."""

from __future__ import annotations

import re

from pngnat.text.initialisms import is_initialism

_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")


def is_shouted(text: str) -> bool:
    """Whether the sentence is in capitals throughout, and at least two of its words are ordinary ones."""
    words = [word for word in _WORD.findall(text) if len(word) > 1]
    return all(word.isupper() for word in words) and sum(not is_initialism(word, shouted=True) for word in words) >= 2


def calm(text: str) -> str:
    """`text` as it is, or, when it is shouted, in lower case but for its initialisms and "I"."""
    if not is_shouted(text):
        return text
    return _WORD.sub(
        lambda match: match[0] if is_initialism(match[0], shouted=True) or match[0][0] == "I" and len(match[0]) < 2 else match[0].lower(),
        text,
    )
