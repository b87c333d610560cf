"""What a writer can put into the text: `[word](W ER1 D)`, `{W ER1 D}`, `[pause:0.5]` and `[pace:0.7]`.

Each piece becomes one private-use character, which the rules of normalization pass by, and is put back when words are formed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pngnat.errors import PngnatError
from pngnat.text.characters import speakable
from pngnat.text.lexicon import parse_phonemes
from pngnat.text.utterance import Word

_FIRST = 0xF0000
_MOST = 0xFFFD
MAX_WORD_PHONEMES = 100
MAX_PAUSE = 30.0
SLOWEST, FASTEST = 0.2, 5.0
_PIECE = re.compile(
    r"\[pause:(?P<pause>[^\]\n]{0,20})\]|\[pace:(?P<pace>[^\]\n]{0,20})\]"
    r"|\[(?P<word>[^\[\]\n]{1,100})\]\((?P<sounds>[^()\n]{1,600})\)|\{(?P<raw>[^{}\n]{1,2000})\}"
)
# In capitals it must be phonemes, and a mistake is an error; anything else is ordinary text in brackets.
_MEANT = re.compile(r"[A-Z0-9 |]+")
HELD = re.compile(f"[{chr(_FIRST)}-{chr(_FIRST + _MOST)}]")


@dataclass(frozen=True)
class Pause:
    """Silence that the writer asks for, in seconds."""

    seconds: float


@dataclass(frozen=True)
class Pace:
    """How fast the writer wants what follows: 2 is twice as fast as usual, 0.5 half."""

    factor: float


Piece = Word | Pause | Pace


class Markup:
    """The text of a paragraph with its markup taken out, and what was taken out.

    text: characters that can be spoken, one private-use character for each piece of markup.
    """

    def __init__(self, text: str, on_skipped: Callable[[str], None] | None = None) -> None:
        self._pieces: list[Piece] = []
        parts, start = [], 0
        for match in _PIECE.finditer(text):
            found = _parse(match)
            if found is None:
                continue
            parts += [speakable(text[start : match.start()], on_skipped), *map(self._hold, found)]
            start = match.end()
        self.text = "".join([*parts, speakable(text[start:], on_skipped)])

    def _hold(self, piece: Piece) -> str:
        if len(self._pieces) == _MOST:
            raise PngnatError(f"there are more than {_MOST} pieces of markup in one paragraph; break it up")
        self._pieces.append(piece)
        held = chr(_FIRST + len(self._pieces) - 1)
        return held if isinstance(piece, Word) else f" {held} "

    def piece(self, held: str) -> Piece:
        """What the private-use character `held` stands for."""
        return self._pieces[ord(held) - _FIRST]


def _parse(match: re.Match[str]) -> list[Piece] | None:
    if match["pause"] is not None:
        return [Pause(_seconds(match["pause"]))]
    if match["pace"] is not None:
        return [Pace(_factor(match["pace"]))]
    if match["raw"] is not None:
        if not _MEANT.fullmatch(match["raw"]):
            return None
        return [_word("{" + " ".join(word.split()) + "}", word) for word in match["raw"].split("|")]
    if not _MEANT.fullmatch(match["sounds"]):
        return None
    return [_word(" ".join(speakable(match["word"]).split()) or "{" + match["sounds"] + "}", match["sounds"])]


def _word(text: str, sounds: str) -> Word:
    phonemes = parse_phonemes(sounds)
    if len(phonemes) > MAX_WORD_PHONEMES:
        raise PngnatError(f"'{text[:40]}' has {len(phonemes)} phonemes in one word; put | between words, {MAX_WORD_PHONEMES} is the most")
    return Word(text, phonemes)


def _seconds(text: str) -> float:
    seconds = _number(text.strip().removesuffix("s"))
    if seconds is None or seconds > MAX_PAUSE:
        raise PngnatError(f"[pause:{text}] wants seconds from 0 to {MAX_PAUSE:g}, for example [pause:0.5]")
    return seconds


def _factor(text: str) -> float:
    factor = _number(text)
    if factor is None or not SLOWEST <= factor <= FASTEST:
        raise PngnatError(f"[pace:{text}] wants a number from {SLOWEST:g} (slow) to {FASTEST:g} (fast), for example [pace:0.7]")
    return factor


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*(\d+(\.\d*)?|\.\d+)\s*", text) else None
