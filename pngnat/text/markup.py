"""Markup in a text: `[word](W ER1 D)`, `[word](/wɝd/)`, `{W ER1 D}`, `[pause:0.5]`, `[pace:0.7]`,
`[pitch:2]` and `[mark:NAME]`.

Each piece becomes one private-use character, which no rule of normalization changes, until the words are formed. Of a
Markdown link or image, only the words are spoken. Other brackets and braces are text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pngnat.errors import PngnatError
from pngnat.text.characters import speakable
from pngnat.text.ipa import parse_ipa
from pngnat.text.lexicon import parse_phonemes
from pngnat.text.morphology import common_words
from pngnat.text.phonemes import PHONEMES, VOWELS
from pngnat.text.utterance import Boundary, Place, Word

_FIRST = 0xF0000
_MOST = 0xFFFD
MAX_WORD_PHONEMES = 100
MAX_PAUSE = 30.0
SLOWEST, FASTEST = 0.2, 5.0
# Semitones up or down: one octave, since no vocoder was trained on a pitch beyond it.
LARGEST_PITCH = 12.0
_INSIDE = r"(?:[^\[\]\n]|\[[^\[\]\n]{0,100}\]){1,300}"
_TARGET = r"(?:[^()\n]|\([^()\n]{0,200}\)){1,1000}"
_PIECE = re.compile(
    r"\[pause:(?P<pause>[^\]\n]{0,20})\]|\[pace:(?P<pace>[^\]\n]{0,20})\]"
    r"|\[pitch:(?P<pitch>[^\]\n]{0,20})\]|\[mark:(?P<mark>[^\]\n]{1,200})\]"
    rf"|(?P<image>!?)\[(?P<word>{_INSIDE})\]\((?P<sounds>{_TARGET})\)|\[\^(?P<note>[\w-]{{1,40}})\]"
    r"|[$#%]?\{(?P<raw>[^{}\n]{1,2000})\}"
)
# The dollar signs around a LaTeX formula are no currency.
_FORMULA = re.compile(r"\$(?=[^\s\d])([^$\n]{1,300})(?<=\S)\$(?!\d)")
_IN_FORMULAS = re.compile(r"[\\^_{=]")
_LASTING = re.compile(r"\[(pace|pitch):[^\]\n]{0,20}\]")
_BETWEEN_WORDS = re.compile(r"\[(?:pause|pace|pitch|mark):[^\]\n]{0,200}\]")
_STRESSED = frozenset(phoneme for phoneme in PHONEMES if phoneme[-1] in "012")
_SYMBOLS = frozenset((*PHONEMES, *VOWELS))
_LONGEST_TYPING_ERROR = 3
_LIKE_A_VOWEL = re.compile(r"[A-Z]{2}\d")
_IPA = re.compile(r"\s*/([^/]+)/\s*")
_LINK = re.compile(
    r"""\s*(?:<[^<>]*>|(?:[a-z][a-z+.-]{1,15}:|[/\#?]|\.\.?/|www\.)\S*|[a-z_.-][^\s/]*/(?:[^\s/]+/\S*)?"""
    r"""|\S*\w\.[A-Za-z]\w{1,5}(?:[?\#]\S*)?)"""
    r"""(?:\s+(?:"[^"]*"|'[^']*'))?\s*""",
    re.IGNORECASE,
)
HELD = re.compile(f"[{chr(_FIRST)}-{chr(_FIRST + _MOST)}]")


@dataclass
class Requests:
    """The requests of a writer at one boundary, with the fields of `Boundary`."""

    pause: float | None = None
    pace: float | None = None
    pitch: float | None = None
    places: list[Place] = field(default_factory=list)

    def join(self, other: Requests) -> None:
        """Add the requests of the boundary that follows this one, with no word between."""
        self.places += [Place(place.name, place.after + (self.pause or 0.0)) for place in other.places]
        if other.pause is not None:
            self.pause = (self.pause or 0.0) + other.pause
        self.pace = self.pace if other.pace is None else other.pace
        self.pitch = self.pitch if other.pitch is None else other.pitch

    def boundary(self, marks: str) -> Boundary:
        """Return the boundary with these requests and the punctuation `marks`."""
        return Boundary(marks, self.pause, self.pace, self.pitch, tuple(self.places))


@dataclass(frozen=True)
class Pause:
    """A request for silence, in seconds."""

    seconds: float

    def apply(self, requests: Requests) -> None:
        """Lengthen the pause at the boundary."""
        requests.pause = (requests.pause or 0.0) + self.seconds

    def __str__(self) -> str:
        return f"[pause:{self.seconds:g}]"


@dataclass(frozen=True)
class Pace:
    """A request for another pace: 2 is twice as fast as the default, 0.5 half as fast."""

    factor: float

    def apply(self, requests: Requests) -> None:
        """Set the pace from the boundary on."""
        requests.pace = self.factor

    def __str__(self) -> str:
        return f"[pace:{self.factor:g}]"


@dataclass(frozen=True)
class Pitch:
    """A request for a higher pitch in semitones, or a lower one where negative."""

    semitones: float

    def apply(self, requests: Requests) -> None:
        """Set the pitch from the boundary on."""
        requests.pitch = self.semitones

    def __str__(self) -> str:
        return f"[pitch:{self.semitones:g}]"


@dataclass(frozen=True)
class Mark:
    """A named place, whose time is requested."""

    name: str

    def apply(self, requests: Requests) -> None:
        """Add the place, after the pause so far."""
        requests.places.append(Place(self.name, requests.pause or 0.0))

    def __str__(self) -> str:
        return f"[mark:{self.name}]"


Piece = Word | Pause | Pace | Pitch | Mark


class Markup:
    """The text of a paragraph without its markup, and the pieces of markup.

    text: characters that can be spoken, with a private-use character for each piece.
    """

    def __init__(self, text: str, on_skipped: Callable[[str], None] | None = None) -> None:
        self._pieces: list[Piece] = []
        if "$" in text:
            text = _FORMULA.sub(lambda match: match[1] if _IN_FORMULAS.search(match[1]) else match[0], text)
        parts, start = [], 0
        for match in _PIECE.finditer(text):
            found = _parse(match)
            if found is None:
                continue
            held = [found] if isinstance(found, str) else map(self._hold, found)
            parts += [speakable(text[start : match.start()], on_skipped), *held]
            start = match.end()
        self.text = "".join([*parts, speakable(text[start:], on_skipped)])

    def _hold(self, piece: Piece) -> str:
        if len(self._pieces) == _MOST:
            raise PngnatError(f"there are more than {_MOST} pieces of markup in one paragraph; break it up")
        self._pieces.append(piece)
        held = chr(_FIRST + len(self._pieces) - 1)
        return held if isinstance(piece, Word) else f" {held} "

    def piece(self, held: str) -> Piece:
        """Return the piece that the private-use character `held` stands for."""
        return self._pieces[ord(held) - _FIRST]


def set_aside(text: str) -> tuple[str, list[str]]:
    """Return the text with a private-use character for each piece of markup between words, and the pieces.

    Such a text can be split into sentences; `put_back` restores the pieces."""
    text = HELD.sub("", text)
    pieces = _BETWEEN_WORDS.findall(text)[:_MOST]
    places = iter(range(_FIRST, _FIRST + len(pieces)))
    return _BETWEEN_WORDS.sub(lambda match: chr(next(places)), text, count=len(pieces)) if pieces else text, pieces


def put_back(text: str, pieces: list[str]) -> str:
    """Return a part of a text from `set_aside` as it was written."""
    return HELD.sub(lambda match: pieces[ord(match[0]) - _FIRST], text)


def lasting(text: str) -> dict[str, str]:
    """Return the last `[pace:...]` and `[pitch:...]` of a text by name; they hold after the text too."""
    return {match[1]: match[0] for match in _LASTING.finditer(text)}


def _parse(match: re.Match[str]) -> list[Piece] | str | None:
    """Return the pieces of a match, or the text that is spoken in its place; None for ordinary text."""
    if match["pause"] is not None:
        return [Pause(_seconds(match["pause"]))]
    if match["pace"] is not None:
        return [Pace(_factor(match["pace"]))]
    if match["pitch"] is not None:
        return [Pitch(_semitones(match["pitch"]))]
    if match["note"] is not None:
        return f"({match['note']})"
    if match["mark"] is not None:
        return [Mark(match["mark"].strip())]
    if match["raw"] is not None:
        if not _are_phonemes(match["raw"]):
            # The sign of `${HOME}` and `#{name}` is neither money nor a number.
            return None if match[0].startswith("{") else speakable(match["raw"])
        return [
            _word("{" + " ".join(word.upper().split()) + "}", parse_phonemes(word)) for word in match["raw"].split("|")
        ]
    return _parse_target(match["word"], match["sounds"])


def _parse_target(word: str, target: str) -> list[Piece] | str | None:
    spoken = " ".join(speakable(word).split())
    ipa = _IPA.fullmatch(target)
    if ipa and not _is_path(ipa[1], word):
        return [_word(spoken or target.strip(), parse_ipa(ipa[1]))]
    if _are_phonemes(target):
        return [_word(spoken or "{" + target + "}", parse_phonemes(target))]
    return spoken if _LINK.fullmatch(target) else None


def _are_phonemes(text: str) -> bool:
    """Return whether `text` is meant as ARPAbet, even with a typing error, and not as words or numbers in brackets."""
    symbols = text.replace("|", " ").split()
    if any(letter.islower() for letter in text):
        capital = [symbol.upper() for symbol in symbols]
        return _SYMBOLS.issuperset(capital) and not _STRESSED.isdisjoint(capital)
    valid = [symbol for symbol in symbols if symbol in _SYMBOLS]
    if not valid or not _STRESSED.isdisjoint(valid):
        return bool(valid)
    if len(valid) == len(symbols):
        # A lone letter is the name of something: "the set {N}".
        return len(symbols) > 1 or len(symbols[0]) > 1
    if any(map(_LIKE_A_VOWEL.fullmatch, symbols)):
        return True
    return (
        2 * len(valid) >= len(symbols) and max(map(len, valid)) > 1 and max(map(len, symbols)) <= _LONGEST_TYPING_ERROR
    )


def _is_path(sounds: str, word: str) -> bool:
    """Return whether `/sounds/` is a path and not IPA: plain letters that are a known word or the word of the link."""
    plain = sounds.strip().lower()
    return plain.isascii() and (
        plain == word.strip().lower() or plain in common_words() or not re.fullmatch(r"[a-z' :.]+", plain)
    )


def _word(text: str, phonemes: tuple[str, ...]) -> Word:
    if len(phonemes) > MAX_WORD_PHONEMES:
        raise PngnatError(
            f"'{text[:40]}' has {len(phonemes)} phonemes in one word; put | between words, {MAX_WORD_PHONEMES} is the "
            "most"
        )
    return Word(text, phonemes)


def _seconds(text: str) -> float:
    seconds = _number(text.strip().removesuffix("s"))
    if seconds is None or seconds > MAX_PAUSE:
        raise PngnatError(f"[pause:{text}] needs seconds from 0 to {MAX_PAUSE:g}, for example [pause:0.5]")
    return seconds


def _factor(text: str) -> float:
    factor = _number(text)
    if factor is None or not SLOWEST <= factor <= FASTEST:
        raise PngnatError(
            f"[pace:{text}] needs a number from {SLOWEST:g} (slow) to {FASTEST:g} (fast), for example [pace:0.7]"
        )
    return factor


def _semitones(text: str) -> float:
    number = text.strip()
    semitones = _number(number.lstrip("+-")) if re.match(r"[+-]?[\d.]", number) else None
    if semitones is None or semitones > LARGEST_PITCH:
        raise PngnatError(
            f"[pitch:{text}] needs semitones from -{LARGEST_PITCH:g} to {LARGEST_PITCH:g}, for example [pitch:2]"
        )
    return -semitones if number.startswith("-") else semitones


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*(\d+(\.\d*)?|\.\d+)\s*", text) else None
