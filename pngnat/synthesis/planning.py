"""The plan of a text: its utterances with their tokens and neighbours, and the front end."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pngnat.errors import PngnatError
from pngnat.text.frontend import Frontend
from pngnat.text.lexicon import checked_lexicon, load_lexicon
from pngnat.text.tokenizer import PngTokenizer, PngTokens
from pngnat.text.utterance import Boundary, Utterance, Word
from pngnat.voice.loading import loaded_once

# Attention grows with the square of the length. No sentence is that long, but a run of letters without a space may be.
MOST_PHONEMES = 400


@dataclass(frozen=True, eq=False)
class Plan:
    """An utterance that is synthesized in one go: a sentence, or a part of a long one."""

    utterance: Utterance
    tokens: PngTokens
    number: int
    """The place of the utterance in the text, counted from 0."""
    before: Utterance | None
    """The utterance before this one in the text."""
    after: Utterance | None
    """The utterance after this one in the text."""
    skipped: list[str]
    """Descriptions of the parts of the text since the last utterance that cannot be spoken."""


def plan_text(text: str, frontend: Frontend, tokenizer: PngTokenizer, ssml: bool | None) -> Iterator[Plan]:
    """Yield the plan of each utterance of a text. Raises PngnatError for bad markup, and where nothing can be spoken.

    ssml: whether the text is SSML; None decides by its beginning."""
    skipped: list[str] = []
    utterances = (piece for utterance in frontend.utterances(text, skipped.append, ssml) for piece in pieces(utterance))
    before = None
    for number, (utterance, after) in enumerate(_with_next(utterances)):
        plan = Plan(utterance, tokenizer.encode(utterance), number, before, after, skipped.copy())
        skipped.clear()
        yield plan
        before = utterance
    if before is None:
        named = f" ({'; '.join(skipped[:3])})" if skipped else ""
        raise PngnatError(f"nothing in the text can be spoken{named}")


def pieces(utterance: Utterance, most: int = MOST_PHONEMES) -> Iterator[Utterance]:
    """Yield the utterance, or its parts where it is one word of more than `most` phonemes.

    The front end cuts longer utterances between words."""
    word, parts = utterance.words[0], -(-len(utterance.words[0].phonemes) // most)
    if len(utterance.words) > 1 or parts < 2:
        yield utterance
        return
    first, last = utterance.boundaries
    for part in range(parts):
        # The letters are divided as the phonemes are, so that each part has a spelling.
        text = word.text[len(word.text) * part // parts : len(word.text) * (part + 1) // parts]
        phonemes = word.phonemes[len(word.phonemes) * part // parts : len(word.phonemes) * (part + 1) // parts]
        at_end = part == parts - 1
        boundaries = (first if part == 0 else Boundary(), last if at_end else Boundary())
        yield Utterance((Word(text, phonemes),), boundaries, utterance.ends_paragraph and at_end)


def _with_next(utterances: Iterable[Utterance]) -> Iterator[tuple[Utterance, Utterance | None]]:
    """Yield each utterance with the following one."""
    held = None
    for utterance in utterances:
        if held is not None:
            yield held, utterance
        held = utterance
    if held is not None:
        yield held, None


def find_frontend(
    lexicon: Mapping[str, tuple[str, ...]] | str | os.PathLike | None, voice_lexicon: Mapping[str, tuple[str, ...]]
) -> Frontend:
    """Return a front end with the caller's lexicon and the voice's, which the caller's overrides.

    Raises PngnatError for a lexicon that cannot be read."""
    if lexicon is None and not voice_lexicon:
        return _plain_frontend()
    if lexicon is None or isinstance(lexicon, Mapping):
        return Frontend({**voice_lexicon, **checked_lexicon(lexicon)})
    try:
        found = os.stat(lexicon)
        version = (found.st_mtime_ns, found.st_size)
    except (OSError, ValueError):
        version = (0, 0)  # load_lexicon reports the error
    return _frontend_of_file(os.path.abspath(lexicon), version, tuple(voice_lexicon.items()))


@loaded_once(keep=4)
def _frontend_of_file(
    path: str, _version: tuple[int, int], voice_lexicon: tuple[tuple[str, tuple[str, ...]], ...]
) -> Frontend:
    """Return a front end with a lexicon file, from memory after the first call: files may be long, texts short."""
    return Frontend({**dict(voice_lexicon), **load_lexicon(path)})


@loaded_once(keep=1)
def _plain_frontend() -> Frontend:
    return Frontend()
