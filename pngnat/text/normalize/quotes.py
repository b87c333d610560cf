"""Single quotes that quote become double ones; those of contractions, possessives and elisions stay."""

from __future__ import annotations

from pngnat.text.normalize.rules import Rule, rule

_ELISIONS = r"(?:tis|twas|twere|twill|em|til|till|cause|bout|round|neath|n)\b|\d"
_INSIDE = r"[^'\"]"

RULES: tuple[Rule, ...] = (
    rule(
        rf"(?<![\w'])'(?!(?i:{_ELISIONS}))(?=\w)(?P<inside>{_INSIDE}{{1,300}}(?:\w'\w{_INSIDE}{{0,300}}){{0,5}})'(?!\w)",
        lambda m: f'"{m["inside"]}"',
    ),
    rule(r"(?<=[.,!?…])'(?!\w)", lambda m: '"'),
    rule(rf"(?<![\w'])'(?!(?i:{_ELISIONS}))(?=[A-Z])", lambda m: '"'),
)
