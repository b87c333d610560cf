"""Which other pronunciations of a word an aligner should listen for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pngnat.text.phonemes import VOWELS

# Both are one word with two forms that the front end itself chooses between by the next sound.
_TWO_FORMS = frozenset({"a", "the"})


def alternatives(spelling: str, chosen: Sequence[str], variants: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """The pronunciations to choose from by ear: `chosen` (what the front end says) first, then those that are other
    words to the ear.

    "read" has two; so has "either". Weak forms ("to" as T AH0), reduced vowels ("ticket" with IH0 or AH0) and dropped
    consonants ("next" without T) are no alternatives: the front end always writes the full form, and a model that is to
    speak from its phonemes must learn from the sentence where that is reduced. What differs in stress alone cannot be
    heard by an aligner either."""
    found = {without_stress(chosen): tuple(chosen)}
    for other in variants:
        phones = without_stress(other)
        if phones not in found and (spelling.lower() in _TWO_FORMS or _distinct(chosen, other)):
            found[phones] = tuple(other)
    return list(found.values())


def without_stress(phonemes: Sequence[str]) -> tuple[str, ...]:
    """ARPAbet with its stress digits taken off."""
    return tuple(phoneme.rstrip("012") for phoneme in phonemes)


def _distinct(chosen: Sequence[str], other: Sequence[str]) -> bool:
    first, second = _skeleton(chosen), _skeleton(other)
    if first == second or _is_weak(first) != _is_weak(second):
        return False
    return not (_drops_consonants(first, second) or _drops_consonants(second, first))


def _is_weak(skeleton: Sequence[str]) -> bool:
    return not any(phone in VOWELS for phone in skeleton)


def _skeleton(phonemes: Sequence[str]) -> tuple[str, ...]:
    """Consonants and stressed vowels. An unstressed vowel leaves nothing but the R of ER."""
    kept = []
    for phoneme in phonemes:
        if not phoneme.endswith("0"):
            kept.append(phoneme.rstrip("12"))
        elif phoneme == "ER0":
            kept.append("R")
    return tuple(kept)


def _drops_consonants(longer: Sequence[str], shorter: Sequence[str]) -> bool:
    """Whether `shorter` is `longer` with some of its consonants left out."""
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
