"""Text to utterances."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from pngnat.text.g2p import Pronouncer
from pngnat.text.lexicon import load_lexicon
from pngnat.text.phonemes import PUNCTUATION
from pngnat.text.sentences import split_sentences
from pngnat.text.utterance import Boundary, Utterance, Word

__all__ = ["Frontend", "load_lexicon"]

_WORD = re.compile(r"'?[A-Za-zÀ-ɏ]+(?:['’][A-Za-z]+)*")
_MARKS = str.maketrans({"“": '"', "”": '"', "–": "—", "[": "(", "]": ")", "{": "(", "}": ")"})


class Frontend:
    """English text to utterances. lexicon: the user's pronunciations (see load_lexicon), which win over the dictionary."""

    def __init__(self, lexicon: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._pronouncer = Pronouncer(lexicon)

    def word(self, spelling: str) -> tuple[str, ...]:
        """The phonemes of one normalized word, without context."""
        return self._pronouncer.word(spelling)

    def utterances(self, text: str, on_skipped: Callable[[str], None] | None = None) -> Iterator[Utterance]:
        """The sentences of `text`, one after the other. on_skipped: called with what cannot be spoken."""
        for paragraph in re.split(r"\n\s*\n", text):
            found = [built for sentence in split_sentences(paragraph) if (built := self._sentence(sentence))]
            for index, (words, boundaries) in enumerate(found):
                yield Utterance(words, boundaries, ends_paragraph=index == len(found) - 1)

    def _sentence(self, sentence: str) -> tuple[tuple[Word, ...], tuple[Boundary, ...]] | None:
        words: list[Word] = []
        boundaries: list[Boundary] = []
        between, start = "", 0
        for match in _WORD.finditer(sentence.replace("’", "'")):
            between += sentence[start : match.start()]
            start = match.end()
            if phonemes := self.word(match[0]):
                boundaries.append(Boundary(_marks(between)))
                words.append(Word(match[0], phonemes))
                between = ""
        boundaries.append(Boundary(_marks(between + sentence[start:]).rstrip()))
        return (tuple(words), tuple(boundaries)) if words else None


def _marks(between: str) -> str:
    """The marks in `between` with single spaces, empty where there is only space."""
    known = between.translate(_MARKS).replace("--", "—").replace("...", "…")
    kept = "".join(sign for sign in re.sub(r"\s+", " ", known) if sign == " " or sign in PUNCTUATION)
    return kept if kept.strip() else ""
