"""Written sentences to spoken words: an ordered list of rules, the most specific first.

No library fits: wetext normalizes "$1,299.99" wrongly and writes months in lower case, num2words is LGPL, and inflect
has only numbers. The tables in tests/text test the rules."""

from __future__ import annotations

import re

from pngnat.text.normalize import (
    abbreviations,
    counting,
    dates,
    equations,
    money,
    pairs,
    phone,
    plurals,
    roman,
    symbols,
    units,
    web,
)
from pngnat.text.normalize.case import lower_shouting

# In the order in which they apply.
_ORDER = (
    symbols.QUOTES,
    web.RULES,
    pairs.VERSES,
    roman.HEADINGS,
    abbreviations.BEFORE_NUMBERS,
    phone.RULES,
    equations.RULES,
    plurals.RULES,
    dates.RULES,
    money.RULES,
    units.RULES,
    units.WITHOUT_NUMBERS,
    abbreviations.RULES,
    roman.RULES,
    pairs.RULES,
    counting.WITHOUT_NUMBERS,
    counting.RULES,
    symbols.RULES,
)
_RULES = tuple(one for kind in _ORDER for one in kind)


def normalize(sentence: str) -> str:
    """Return the spoken text of a sentence with its punctuation; capitals that stay are initialisms or begin a name.

    `sentence` has plain quotes and no characters that cannot be spoken (see characters.py).
    """
    text = lower_shouting(sentence)
    signs = frozenset(text)
    for one in _RULES:
        if not one.needs or not signs.isdisjoint(one.needs):
            text = one.apply(text)
    return re.sub(r"\s+", " ", text).strip()
