"""Text and a voice to speech: one text or many, at once, sentence by sentence or in blocks of samples."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from pngnat.engine.loading import load_voice
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.synthesis.batch import EncodedBatch, group_by_length
from pngnat.synthesis.options import SpeechKeywords, SpeechOptions
from pngnat.synthesis.planning import Plan, plan_text
from pngnat.synthesis.sentence import Sentence
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.synthesizer import Settled, Synthesizer, TextState
from pngnat.untrusted import shown

if TYPE_CHECKING:
    from typing_extensions import Unpack  # of typing itself from Python 3.11 on

# Sentences of many texts that are sorted by length at a time: enough to find some of one length, and few enough to keep
# in memory.
_WINDOW = 128


def synthesize(text: str, voice: Voice | str | os.PathLike | None = None, **options: Unpack[SpeechKeywords]) -> Speech:
    """Synthesize a text.

    voice: a loaded voice, a bundled voice's name, or a voice folder; None means the first bundled voice.
    options: the fields of SpeechOptions.
    Raises PngnatError where the text is empty or holds nothing that can be spoken, and for options that cannot be met.
    """
    return Speech.join(stream(text, voice, **options))


def stream(
    text: str, voice: Voice | str | os.PathLike | None = None, **options: Unpack[SpeechKeywords]
) -> Iterator[Speech]:
    """Synthesize a text sentence by sentence; joined, the sentences equal the result of `synthesize`.

    Arguments and errors as for `synthesize`. Errors of the arguments are raised at once, errors of the text while
    iterating."""
    return (sentence.speech() for sentence in sentences(text, voice, **options))


def stream_samples(
    text: str, voice: Voice | str | os.PathLike | None = None, **options: Unpack[SpeechKeywords]
) -> Iterator[np.ndarray]:
    """Synthesize a text in blocks of samples, float32 (S_i,); the first comes before its sentence is complete.

    For players and servers, which need the first sound soon. All blocks together cost more work than `stream`; joined,
    they equal `synthesize(...).samples` within 1e-4. Arguments and errors as for `stream`."""
    return (block for sentence in sentences(text, voice, **options) for block in sentence.blocks())


def sentences(
    text: str, voice: Voice | str | os.PathLike | None = None, **options: Unpack[SpeechKeywords]
) -> Iterator[Sentence]:
    """Return the sentences of a text, with their timings and mels, and without their sound.

    Arguments and errors as for `stream`."""
    chosen = SpeechOptions(**options)
    check_text(text)
    synthesizer = Synthesizer.prepare(voice if isinstance(voice, Voice) else load_voice(voice), chosen)
    return _sentences(_Text(text, synthesizer.start()), synthesizer)


def synthesize_many(
    texts: Iterable[str],
    voice: Voice | str | os.PathLike | None = None,
    *,
    batch_size: int = 1,
    **options: Unpack[SpeechKeywords],
) -> Iterator[Speech]:
    """Synthesize texts, each as `synthesize` does with the same options; yields the speeches in the texts' order.

    texts: any number, of an iterator too; some more are taken than have been yielded.
    batch_size: sentences of about one length, of one or of several texts, that PyTorch's models process together. On a
    GPU, 16 or so are faster, and equal `synthesize` within 1e-3. A batch of 1 is as fast on a CPU and equals it
    exactly; ONNX does at any size.
    options: the fields of SpeechOptions, for all texts. `durations`, `f0` and `word_pace` belong to one text and are
    refused.
    Raises PngnatError for a text that cannot be spoken, with its place in the texts, counted from 0; `each_result`
    continues after it."""
    return _or_raise(each_result(texts, voice, batch_size=batch_size, **options))


def each_result(
    texts: Iterable[str],
    voice: Voice | str | os.PathLike | None = None,
    *,
    batch_size: int = 1,
    **options: Unpack[SpeechKeywords],
) -> Iterator[Speech | PngnatError]:
    """Synthesize texts as `synthesize_many` does; yields the error in the place of a text that cannot be spoken."""
    chosen = SpeechOptions(**options)
    if chosen.durations is not None or chosen.f0 is not None or chosen.word_pace:
        raise PngnatError("durations, f0 and word_pace are of one text; speak it with synthesize")
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise PngnatError(f"batch_size must be a whole number from 1 on, and is {batch_size!r}")
    if isinstance(texts, str):
        raise PngnatError("synthesize_many takes a list of texts, and this is one text; speak it with synthesize")
    synthesizer = Synthesizer.prepare(voice if isinstance(voice, Voice) else load_voice(voice), chosen)
    return _results((_Text(text, synthesizer.start()) for text in texts), synthesizer, batch_size)


def check_text(text: str) -> None:
    """Raise PngnatError for a text that is empty, or that no Unicode encoding can hold."""
    if not isinstance(text, str):
        raise PngnatError(f"the text must be a str, and is {shown(text)}")
    if not text.strip():
        raise PngnatError("the text is empty; there is nothing to speak")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise PngnatError(f"the text is not valid Unicode at its character {error.start + 1}; is it UTF-8?") from error


@dataclass(eq=False)
class _Text:
    """One of the texts."""

    text: str
    state: TextState
    parts: list[Speech] = field(default_factory=list)
    """The speech of its sentences so far."""
    error: PngnatError | None = None
    """The error that ended it."""


@dataclass(eq=False)
class _Step:
    """A sentence of a text, or, without a plan, the text's end."""

    text: _Text
    plan: Plan | None = None
    settled: Settled | None = None


@dataclass(eq=False)
class _Batch:
    """Sentences that the models process together."""

    steps: list[_Step]
    encoded: EncodedBatch
    mels: list[np.ndarray] = field(default_factory=list)
    """(M, T_i) of each sentence, once the first of them is needed; the timings of all are settled before."""

    def mel(self, step: _Step, synthesizer: Synthesizer) -> np.ndarray:
        """Return the mel (M, T) of a sentence."""
        if not self.mels:
            seconds = [one.settled.timeline.spoken if one.settled else None for one in self.steps]
            self.mels = self.encoded.generate_mels(synthesizer.voice.acoustic, synthesizer.row, seconds)
        return self.mels[self.steps.index(step)]


def _sentences(text: _Text, synthesizer: Synthesizer) -> Iterator[Sentence]:
    for _, sentence in _process([text], synthesizer, window=1, batch_size=1):
        if text.error:
            raise text.error
        if sentence:
            yield sentence


def _results(texts: Iterable[_Text], synthesizer: Synthesizer, batch_size: int) -> Iterator[Speech | PngnatError]:
    for text, sentence in _process(texts, synthesizer, _WINDOW, batch_size):
        if sentence:
            try:
                text.parts.append(sentence.speech())
            except PngnatError as error:
                text.error = error
        else:
            yield text.error or Speech.join(text.parts)


def _or_raise(results: Iterable[Speech | PngnatError]) -> Iterator[Speech]:
    for number, result in enumerate(results):
        if isinstance(result, PngnatError):
            raise PngnatError(f"text {number}: {result}") from result
        yield result


def _process(
    texts: Iterable[_Text], synthesizer: Synthesizer, window: int, batch_size: int
) -> Iterator[tuple[_Text, Sentence | None]]:
    """Yield the sentences of each text in order, and after them the text with None.

    window: sentences that are planned, encoded and settled before the first of them is yielded.
    An error of a text is stored in it, and its other sentences are left out."""
    steps = (step for text in texts for step in _plan(text, synthesizer))
    while current := list(islice(steps, window)):
        batches = _make_batches([step for step in current if step.plan], synthesizer, batch_size)
        # All sentences are settled before the first mel: those of a batch get their mels together.
        for step in current:
            _settle(step, batches.get(step), synthesizer)
        for step in current:
            if step.plan is None:
                yield step.text, None
            elif sentence := _finish_sentence(step, batches[step], synthesizer):
                yield step.text, sentence


def _plan(text: _Text, synthesizer: Synthesizer) -> Iterator[_Step]:
    try:
        check_text(text.text)
        for plan in plan_text(text.text, synthesizer.frontend, synthesizer.voice.tokenizer, synthesizer.options.ssml):
            yield _Step(text, plan)
            if text.error:
                break
    except PngnatError as error:
        text.error = error
    yield _Step(text)


def _make_batches(steps: list[_Step], synthesizer: Synthesizer, batch_size: int) -> dict[_Step, _Batch]:
    """Return the batch of each sentence."""
    tokens = [step.plan.tokens for step in steps if step.plan]
    batches: dict[_Step, _Batch] = {}
    for group in group_by_length(tokens, batch_size):
        encoded = EncodedBatch([tokens[index] for index in group], synthesizer.voice.card.audio.frame_rate)
        batch = _Batch([steps[index] for index in group], encoded)
        batches |= {step: batch for step in batch.steps}
    return batches


def _settle(step: _Step, batch: _Batch | None, synthesizer: Synthesizer) -> None:
    """Settle the timings and the pitch of a sentence, or check the end of a text."""
    text = step.text
    if text.error:
        return
    try:
        if step.plan and batch:
            encoded, index = batch.encoded, batch.steps.index(step)
            step.settled = synthesizer.settle(
                step.plan, text.state, lambda model, row: encoded.predict_durations(model, row, index)
            )
        else:
            synthesizer.finish(text.state)
    except PngnatError as error:
        text.error = error


def _finish_sentence(step: _Step, batch: _Batch, synthesizer: Synthesizer) -> Sentence | None:
    """Return a settled sentence with its mel, or None where its text has an error."""
    if step.text.error or step.plan is None or step.settled is None:
        return None
    try:
        mel = batch.mel(step, synthesizer)
    except PngnatError as error:
        step.text.error = error
        return None
    return Sentence(
        voice=synthesizer.voice,
        timings=step.settled.timings,
        timeline=step.settled.timeline,
        mel=mel,
        pitch=step.settled.pitch,
        number=step.plan.number,
        noise=step.text.state.noise,
        watermark=synthesizer.options.watermark,
    )
