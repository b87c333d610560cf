"""Many texts at once: what the models read is batched by length, across texts; what comes out is what each text alone
would be."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from pngnat.engine.loading import load_voice
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.synthesis.options import SpeechKeywords, SpeechOptions
from pngnat.synthesis.reading import ReadTogether, ReadUtterance
from pngnat.synthesis.sentence import Sentence
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.synthesize import Planned, Speaking, check_text

if TYPE_CHECKING:
    from typing_extensions import Unpack  # of typing itself from Python 3.11 on

# Sentences that are sorted by length at a time: enough to find some of a length, and few enough to keep in memory.
_SORTED = 128
# Padded tokens that are read at a time: attention takes memory by the square of the longest.
_MOST_TOKENS = 4096


def synthesize_many(
    texts: Iterable[str],
    voice: Voice | str | os.PathLike | None = None,
    *,
    batch_size: int = 1,
    **options: Unpack[SpeechKeywords],
) -> Iterator[Speech]:
    """Speak texts, each as `synthesize` would with the same options; gives the speeches in the texts' order.

    texts: may be any number, and come from an iterator; some more are taken than are given back.
    batch_size: sentences, of one text or several and of about the same length, that PyTorch's models read together. On
    a GPU 16 or so are quicker, and give what `synthesize` gives within 1e-3. One at a time is as quick on a processor,
    and gives exactly that; so does ONNX.
    options: the fields of SpeechOptions, for all of the texts, but `durations`, `f0` and `word_pace`, which are of one
    text.
    Raises PngnatError for a text that cannot be spoken, with its place in the texts, counted from 0; `each_result` goes
    on after it."""
    return _or_raised(each_result(texts, voice, batch_size=batch_size, **options))


def each_result(
    texts: Iterable[str],
    voice: Voice | str | os.PathLike | None = None,
    *,
    batch_size: int = 1,
    **options: Unpack[SpeechKeywords],
) -> Iterator[Speech | PngnatError]:
    """As `synthesize_many`; of a text that cannot be spoken, the error that says why."""
    chosen = SpeechOptions(**options)
    if chosen.durations is not None or chosen.f0 is not None or chosen.word_pace:
        raise PngnatError("durations, f0 and word_pace are of one text; speak it with synthesize")
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise PngnatError(f"batch_size must be a whole number from 1 on, and is {batch_size!r}")
    if isinstance(texts, str):
        raise PngnatError("synthesize_many takes a list of texts, and this is one text; speak it with synthesize")
    return _results(texts, voice if isinstance(voice, Voice) else load_voice(voice), batch_size, chosen)


@dataclass
class _Text:
    """One text's way: what is spoken of it, until it is complete or an error ends it."""

    speaking: Speaking
    parts: list[Speech] = field(default_factory=list)
    error: PngnatError | None = None

    def result(self) -> Speech | PngnatError:
        return Speech.join(self.parts) if self.error is None else self.error


@dataclass
class _Step:
    """A sentence of a text, or, without a plan, the text's end."""

    text: _Text
    plan: Planned | None = None
    reading: ReadUtterance | None = None
    sentence: Sentence | None = None


def _or_raised(results: Iterable[Speech | PngnatError]) -> Iterator[Speech]:
    for number, result in enumerate(results):
        if isinstance(result, PngnatError):
            raise PngnatError(f"text {number}: {result}") from result
        yield result


def _results(
    texts: Iterable[str], voice: Voice, batch_size: int, options: SpeechOptions
) -> Iterator[Speech | PngnatError]:
    steps = _steps(texts, voice, options)
    while window := list(islice(steps, _SORTED)):
        _read(window, batch_size, voice.card.audio.frame_rate)
        # All are settled before the first is made: those that were read together get their mels together.
        for step in window:
            _settle(step)
        for step in window:
            if step.sentence and not step.text.error:
                _sound(step.text, step.sentence)
            if step.plan is None:
                yield step.text.result()


def _steps(texts: Iterable[str], voice: Voice, options: SpeechOptions) -> Iterator[_Step]:
    first = Speaking(voice, options)
    for words in texts:
        text = _Text(Speaking(voice, options, first.frontend))
        try:
            check_text(words)
            for plan in text.speaking.plan(words):
                yield _Step(text, plan)
        except PngnatError as error:
            text.error = error
        yield _Step(text)


def _read(steps: list[_Step], batch_size: int, frame_rate: float) -> None:
    """Give each step its reading, together with others of about its length."""
    planned = [(step, step.plan.tokens) for step in steps if step.plan]
    planned.sort(key=lambda one: len(one[1].ids), reverse=True)
    while planned:
        count = max(1, min(batch_size, _MOST_TOKENS // len(planned[0][1].ids)))
        group, planned = planned[:count], planned[count:]
        together = ReadTogether([tokens for _, tokens in group], frame_rate)
        for (step, _), reading in zip(group, together, strict=True):
            step.reading = reading


def _settle(step: _Step) -> None:
    text = step.text
    if text.error:
        return
    try:
        if step.plan and step.reading:
            step.sentence = text.speaking.settle(step.plan, step.reading)
        else:
            text.speaking.finish()
    except PngnatError as error:
        text.error = error


def _sound(text: _Text, sentence: Sentence) -> None:
    try:
        text.parts.append(sentence.speech())
    except PngnatError as error:
        text.error = error
