"""What a text is heard as, written so that a table of tests can show it, and the tables."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pngnat.text.frontend import Frontend

HERE = Path(__file__).parents[1] / "text"
_NAME_OF_A = ("EY1",)


@lru_cache(maxsize=1)
def frontend() -> Frontend:
    return Frontend()


def said(text: str) -> str:
    """The sentences joined by " | ", in lower case; what is spelled out stands in single letters, the letter A as
    "ay"."""
    return " | ".join(_shown(utterance) for utterance in frontend().utterances(text))


def _shown(utterance) -> str:
    parts = [utterance.boundaries[0].marks]
    for word, boundary in zip(utterance.words, utterance.boundaries[1:], strict=True):
        parts += [_word(word), boundary.marks or " "]
    return "".join(parts).strip().lower()


def _word(word) -> str:
    """ "AI" as "ay i", "DVDs" as "d v ds"."""
    base = word.text.removesuffix("s") if word.text[:-1].isupper() else word.text
    base = base.removesuffix("'")
    joined = frontend().pronouncer.letters(base) if base.isascii() else ()
    if not (base.isupper() and joined) or word.phonemes[: len(joined)] != joined:
        return "ay" if word.phonemes == _NAME_OF_A else word.text
    return " ".join("ay" if letter == "A" else letter for letter in base) + word.text[len(base) :]


def phonemes(text: str) -> str:
    """The phonemes of all words between slashes."""
    return (
        "/"
        + " ".join(sound for one in frontend().utterances(text) for word in one.words for sound in word.phonemes)
        + "/"
    )


def rows(name: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """(kind, written, answers that are right) of a table in tests/text."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(kind, written, tuple(answers.split(" || "))) for kind, written, answers in cells]


def heard(written: str, answers: tuple[str, ...]) -> str:
    """What is heard, in the form that `answers` have."""
    return phonemes(written) if answers[0].startswith("/") else said(written)


def share_right(name: str) -> dict[str, tuple[int, int]]:
    """By kind: rows that are heard as they should be, and all rows of the kind."""
    shares: dict[str, tuple[int, int]] = {}
    for kind, written, answers in rows(name):
        right, total = shares.get(kind, (0, 0))
        shares[kind] = (right + (heard(written, answers) in answers), total + 1)
    return shares
