"""Alternative pronunciations of a word for an aligner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pngnat.text.phonemes import VOWELS

# One word with two forms; the front end chooses by the next sound.
_TWO_FORMS = frozenset({"a", "the"})


def alternatives(spelling: str, chosen: Sequence[str], variants: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """Return the pronunciations to choose from: `chosen` (the front end's) first, then those that an aligner can tell
    apart.

    "read" has two, and "either" has two. Weak forms ("to" as T AH0), reduced vowels ("ticket" with IH0 or AH0) and
    dropped consonants ("next" without T) are no alternatives: the front end always writes the full form, and the model
    must learn from the sentence when it is reduced. An aligner cannot tell differences of stress alone.
    """
    found = {without_stress(chosen): tuple(chosen)}
    for other in variants:
        phones = without_stress(other)
        if phones not in found and (spelling.lower() in _TWO_FORMS or _distinct(chosen, other)):
            found[phones] = tuple(other)
    return list(found.values())


def without_stress(phonemes: Sequence[str]) -> tuple[str, ...]:
    """Return ARPAbet without stress digits."""
    return tuple(phoneme.rstrip("012") for phoneme in phonemes)


def _distinct(chosen: Sequence[str], other: Sequence[str]) -> bool:
    first, second = _skeleton(chosen), _skeleton(other)
    if first == second or _is_weak(first) != _is_weak(second):
        return False
    return not (_drops_consonants(first, second) or _drops_consonants(second, first))


def _is_weak(skeleton: Sequence[str]) -> bool:
    return not any(phone in VOWELS for phone in skeleton)


def _skeleton(phonemes: Sequence[str]) -> tuple[str, ...]:
    """Return consonants and stressed vowels. Of an unstressed vowel, only the R of ER stays."""
    kept = []
    for phoneme in phonemes:
        if not phoneme.endswith("0"):
            kept.append(phoneme.rstrip("12"))
        elif phoneme == "ER0":
            kept.append("R")
    return tuple(kept)


def _drops_consonants(longer: Sequence[str], shorter: Sequence[str]) -> bool:
    """Return whether `shorter` is `longer` without some of its consonants."""
    rest = iter(longer)
    for phone in shorter:
        for candidate in rest:
            if candidate == phone:
                break
            if candidate in VOWELS:
                return False
        else:
            return False
    return not any(phone in VOWELS for phone in rest)
