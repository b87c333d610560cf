"""The spoken text of a text without a voice: sentences, words and phonemes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pngnat.errors import PngnatError
from pngnat.text.frontend import Frontend
from pngnat.text.lexicon import load_lexicon
from pngnat.text.markup import Mark, Pace, Pause, Pitch
from pngnat.text.utterance import Boundary, Utterance


@dataclass(frozen=True)
class Phonemized:
    """The spoken text of a text; printed, it is a table.

    sentences: words with their phonemes, and the requests between them. skipped: the characters that cannot be spoken.
    """

    sentences: tuple[Utterance, ...]
    skipped: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The normalized text, a line for each paragraph."""
        parts = [sentence.text + ("\n" if sentence.ends_paragraph else " ") for sentence in self.sentences]
        return "".join(parts).strip()

    def __str__(self) -> str:
        widest = max((len(word.text) for sentence in self.sentences for word in sentence.words), default=0)
        return "\n\n".join("\n".join([sentence.text, *_rows(sentence, min(widest, 24))]) for sentence in self.sentences)


def phonemize(
    text: str, lexicon: Mapping[str, tuple[str, ...]] | str | os.PathLike | None = None, ssml: bool | None = None
) -> Phonemized:
    """Return the spoken text of `text`.

    lexicon: pronunciations by word, or a file of them, which take precedence over the dictionary. ssml: whether the
    text is SSML; None means that it is SSML where it begins with <speak>. Raises PngnatError for markup and files that
    cannot be read, and for a text that cannot be spoken at all."""
    words = lexicon if lexicon is None or isinstance(lexicon, Mapping) else load_lexicon(lexicon)
    skipped: list[str] = []
    sentences = tuple(Frontend(words).utterances(text, skipped.append, ssml))
    if not sentences:
        raise PngnatError(f"nothing in the text can be spoken{f' ({skipped[0]})' if skipped else ''}")
    return Phonemized(sentences, tuple(skipped))


def _rows(sentence: Utterance, width: int) -> Iterator[str]:
    for boundary, word in zip(sentence.boundaries, (*sentence.words, None), strict=True):
        if requests := _requests(boundary):
            yield f"    {requests}"
        if word is not None:
            yield f"    {word.text:<{width}}  {' '.join(word.phonemes)}"


def _requests(boundary: Boundary) -> str:
    """Return the markup of the requests at a boundary."""
    values = ((Pause, boundary.pause), (Pace, boundary.pace), (Pitch, boundary.pitch))
    pieces = [kind(value) for kind, value in values if value is not None]
    return " ".join(map(str, [*pieces, *(Mark(place.name) for place in boundary.places)]))
