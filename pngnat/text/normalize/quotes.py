"""Single quotes that quote become double ones; those of contractions, possessives and elisions stay."""

from __future__ import annotations

import re

from pngnat.text.normalize.rules import Rule, after

_ELISIONS = r"(?:tis|twas|twere|twill|em|til|till|cause|bout|round|neath|n)\b|\d"
_INSIDE = r"[^'\"]"


def _quoted(match: re.Match[str]) -> str | None:
    """Double quotes, unless the last one is of a word without its end ("'Twas nothin' much")."""
    if re.search(r"(?:in|\b(?:th|o|ol|an|wi))$", match["inside"]) and after(match, r"[^']*[\w.,!?]'(?!\w)"):
        return None
    return f'"{match["inside"]}"'


RULES: tuple[Rule, ...] = (
    Rule(
        rf"(?<![\w'])'(?!(?i:{_ELISIONS}))(?=\w)(?P<inside>{_INSIDE}{{1,300}}(?:\w'\w{_INSIDE}{{0,300}}){{0,5}})'(?!\w)",
        _quoted,
    ),
    Rule(r"(?<=[.,!?…])'(?!\w)", lambda m: '"'),
    Rule(rf"(?<![\w'])'(?!(?i:{_ELISIONS}))(?=[A-Z])", lambda m: '"'),
)
