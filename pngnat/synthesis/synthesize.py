"""Text and a voice to speech: sentence by sentence, with control over every duration."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pngnat.audio.noise import noise_source
from pngnat.engine.interface import AcousticEngine, Pitch
from pngnat.engine.loading import load_voice
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.synthesis.blending import blend_durations
from pngnat.synthesis.durations import (
    LONGEST_PAUSE,
    LONGEST_PHONEME,
    LONGEST_SPOKEN_PAUSE,
    SPOKEN_REQUESTED_PAUSE,
    GivenDurations,
    GivenWeights,
    Timeline,
    apply_pace,
    check_seconds,
    fit_words,
    lay_out,
    requested_paces,
    requested_pitches,
)
from pngnat.synthesis.given_pitch import GivenPitch
from pngnat.synthesis.options import SpeechKeywords, SpeechOptions
from pngnat.synthesis.reading import ReadTogether, ReadUtterance
from pngnat.synthesis.sentence import Sentence
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.timings import TimedMark, TimedPhoneme, TimedWord
from pngnat.text.frontend import Frontend
from pngnat.text.lexicon import checked_lexicon, load_lexicon
from pngnat.text.markup import LARGEST_PITCH
from pngnat.text.tokenizer import PngTokens
from pngnat.text.utterance import Boundary, Utterance, Word
from pngnat.untrusted import shown
from pngnat.voice.loading import loaded_once

if TYPE_CHECKING:
    from typing_extensions import Unpack  # of typing itself from Python 3.11 on

# Attention grows with the square of the length. No sentence is that long, but a run of letters without a space may be.
MOST_PHONEMES = 400
# The most of an asked pause that stays at the end of a sentence; the rest leads the next.
_TAIL = 0.1
_SENTENCE_END = ".?!…"
# Of predicted seconds. Engines, and batches of several sizes, differ in the seventh; a frame's pitch that is moved by
# so little moves all pulses after it.
_DECIMALS = 3


def synthesize(text: str, voice: Voice | str | os.PathLike | None = None, **options: Unpack[SpeechKeywords]) -> Speech:
    """Speak a text.

    voice: a loaded voice, a bundled voice's name, or a voice folder; None means the first bundled voice.
    options: the fields of SpeechOptions.
    Raises PngnatError where the text is empty or holds nothing that can be spoken, and for options that cannot be met.
    """
    return Speech.join(stream(text, voice, **options))


def stream(
    text: str, voice: Voice | str | os.PathLike | None = None, **options: Unpack[SpeechKeywords]
) -> Iterator[Speech]:
    """Speak a text sentence by sentence, each as soon as it is made; joined, they are what `synthesize` returns.

    Arguments and errors as for `synthesize`; those of the arguments are raised at once, those of the text while
    iterating."""
    return (sentence.speech() for sentence in sentences(text, voice, **options))


def stream_samples(
    text: str, voice: Voice | str | os.PathLike | None = None, **options: Unpack[SpeechKeywords]
) -> Iterator[np.ndarray]:
    """Speak a text in blocks of samples, float32 (S_i,), of which the first comes before its sentence is done.

    For players and servers, which want the first sound soon; all blocks together cost some more work than `stream`, and
    joined they are `synthesize(...).samples` within 1e-4. Arguments and errors as for `stream`."""
    return (block for sentence in sentences(text, voice, **options) for block in sentence.blocks())


def sentences(
    text: str, voice: Voice | str | os.PathLike | None = None, **options: Unpack[SpeechKeywords]
) -> Iterator[Sentence]:
    """What `stream` and `stream_samples` are made of: sentences whose times are settled, and whose sound each is to be
    made in its turn."""
    chosen = SpeechOptions(**options)
    check_text(text)
    speaking = Speaking(voice if isinstance(voice, Voice) else load_voice(voice), chosen)
    return speaking.speak(text)


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


@dataclass(frozen=True, eq=False)
class Planned:
    """What is to be said in one go, with what stands around it. skipped: what the text before it held that cannot be
    spoken."""

    utterance: Utterance
    tokens: PngTokens
    before: Utterance | None
    after: Utterance | None
    skipped: list[str]


class Speaking:
    """One call's way through a text: its utterances are planned, then settled, both in their order, and then the text
    is finished."""

    def __init__(self, voice: Voice, options: SpeechOptions, frontend: Frontend | None = None):
        self.voice, self.options = voice, options
        self.speaker = voice.card.default_speaker if options.speaker is None else options.speaker
        self.row = voice.card.row(self.speaker)
        blend = options.blend
        if blend is None and self.speaker == voice.card.default_speaker:
            blend = voice.card.blend
        self.professional = voice.professional_model(blend.professional) if blend else None
        self.weights = GivenWeights(blend.weight) if blend else None
        self.given = None if options.durations is None else GivenDurations(options.durations)
        self.f0 = None if options.f0 is None else GivenPitch(options.f0, voice.card.audio)
        voice.vocoder.check_pitch(options.f0 is not None or options.pitch != 0)
        self.frontend = frontend or _frontend(options.lexicon, voice.card.lexicon)
        self.noise = noise_source(options.seed)
        self.words_spoken = 0
        self.requested_pace, self.requested_pitch, self.requested_silence = 1.0, 0.0, 0.0

    def speak(self, text: str) -> Iterator[Sentence]:
        """The text's sentences, one at a time. Raises PngnatError as `plan`, `settle` and `finish` do."""
        for plan in self.plan(text):
            (reading,) = ReadTogether([plan.tokens], self.voice.card.audio.frame_rate)
            yield self.settle(plan, reading)
        self.finish()

    def plan(self, text: str) -> Iterator[Planned]:
        """What is to be said. Raises PngnatError where that is nothing."""
        skipped: list[str] = []
        utterances = (
            piece
            for utterance in self.frontend.utterances(text, skipped.append, self.options.ssml)
            for piece in pieces(utterance)
        )
        before = None
        for utterance, after in _with_next(utterances):
            plan = Planned(utterance, self.voice.tokenizer.encode(utterance), before, after, skipped.copy())
            skipped.clear()
            yield plan
            before = utterance
        if before is None:
            named = f" ({'; '.join(skipped[:3])})" if skipped else ""
            raise PngnatError(f"nothing in the text can be spoken{named}")

    def finish(self) -> None:
        """Raise PngnatError where more durations, weights, pitches or paces were given than the text has places for."""
        for control in (self.given, self.weights if self.given is None else None, self.f0):
            if control is not None:
                control.finish()
        for word in self.options.word_pace:
            if not 0 <= word < self.words_spoken:
                raise PngnatError(f"word_pace names word {word}, and the text has words 0 to {self.words_spoken - 1}")

    def settle(self, plan: Planned, reading: ReadUtterance) -> Sentence:
        """Settle when what is said. Raises PngnatError where the options or the text ask for what cannot be."""
        utterance, tokens = plan.utterance, plan.tokens
        paces, self.requested_pace = requested_paces(utterance, tokens, self.requested_pace)
        seconds = self._durations(reading, utterance, paces)
        seconds = apply_pace(seconds, tokens, self.options.pace, self.options.word_pace, self.words_spoken)
        self.words_spoken += len(utterance.words)
        check_seconds(seconds, tokens)
        exact = self._silences(seconds, tokens, utterance, plan.before, plan.after)
        timeline = lay_out(seconds, tokens, exact, self.voice.card.audio)
        reading.settle(timeline.spoken)
        return Sentence(
            said=self._said(timeline, tokens, utterance, plan.skipped),
            voice=self.voice,
            reading=reading,
            row=self.row,
            timeline=timeline,
            noise=self.noise,
            pitch=self._pitch(utterance, tokens, timeline),
            watermark=self.options.watermark,
        )

    def _pitch(self, utterance: Utterance, tokens: PngTokens, timeline: Timeline) -> Pitch:
        """Raised by one number, or frame by frame where the text changes it within the utterance."""
        asked, self.requested_pitch = requested_pitches(utterance, tokens, self.requested_pitch)
        semitones = asked + self.options.pitch
        if np.abs(semitones).max() > LARGEST_PITCH:
            raise PngnatError(
                f"the pitch that the text and the caller ask for together must lie within {LARGEST_PITCH:g} semitones"
            )
        alike = (semitones == semitones[0]).all()
        raised = (
            float(semitones[0])
            if alike
            else timeline.of_frames(semitones, self.voice.card.audio.hop_length).astype(np.float32)
        )
        pitch = Pitch(None if self.f0 is None else self.f0.take(timeline), raised)
        self.voice.vocoder.check_pitch(pitch.is_requested)
        return pitch

    def _durations(self, reading: ReadUtterance, utterance: Utterance, paces: np.ndarray) -> np.ndarray:
        """(N,) seconds at pace 1: given, or predicted, blended, and divided by the paces (N,) that the text asks
        for."""
        tokens = reading.tokens
        given = None
        if self.given is not None:
            given = self.given.take(tokens, [word.text for word in utterance.words])
            if not self.given.of_words:
                return given.copy()
        seconds = self._predict(reading, self.voice.acoustic, self.row)
        if self.professional and self.weights:
            professional = self._predict(reading, *self.professional)
            seconds = blend_durations(seconds, professional, self.weights.take(len(seconds)))
        seconds = seconds / paces
        return seconds if given is None else fit_words(seconds, tokens, given)

    def _predict(self, reading: ReadUtterance, model: AcousticEngine, row: int) -> np.ndarray:
        seconds = reading.durations(model, row).astype(np.float64)
        if not np.isfinite(seconds).all():
            raise PngnatError(f"the voice '{self.voice.name}' is damaged: the durations it predicts are no numbers")
        return np.clip(np.round(seconds, _DECIMALS), 0.0, LONGEST_PHONEME)

    def _silences(
        self,
        seconds: np.ndarray,
        tokens: PngTokens,
        utterance: Utterance,
        before: Utterance | None,
        after: Utterance | None,
    ) -> dict[int, float]:
        """Exact lengths of silences by token; shortens in `seconds` what the model is to speak of them."""
        silent = np.flatnonzero(tokens.word_index < 0).tolist()
        exact: dict[int, float] = {}
        if self.given is None or self.given.of_words:
            exact = {silent[place]: pause for place, pause in _requested_pauses(utterance, before, after).items()}
            self._count_silence(sum(exact.values()))
            for token, pause in exact.items():
                seconds[token] = min(pause, SPOKEN_REQUESTED_PAUSE)
            if before is not None and 0 not in exact:
                exact[0] = seconds[0] + self._pause_after(before)
        for token in silent:
            if token not in exact and seconds[token] > LONGEST_SPOKEN_PAUSE:
                exact[token] = seconds[token]
                seconds[token] = LONGEST_SPOKEN_PAUSE
        return exact

    def _count_silence(self, seconds: float) -> None:
        """A few letters can ask for minutes, and a text may come from a stranger."""
        self.requested_silence += seconds
        if self.requested_silence > self.options.max_pause:
            raise PngnatError(
                f"the text asks for more than {self.options.max_pause:g} seconds of silence in all; max_pause allows more"
            )

    def _pause_after(self, utterance: Utterance) -> float:
        """Seconds of silence to add after an utterance: none where it ends within a sentence."""
        pauses = self.voice.card.pauses
        sentence = pauses.sentence if self.options.pause is None else self.options.pause
        if utterance.ends_paragraph:
            longer = max(sentence, pauses.paragraph)
            return longer if self.options.paragraph_pause is None else self.options.paragraph_pause
        return sentence if any(mark in utterance.boundaries[-1].marks for mark in _SENTENCE_END) else 0.0

    def _said(self, timeline: Timeline, tokens: PngTokens, utterance: Utterance, skipped: list[str]) -> Speech:
        """All of the Speech but its samples."""
        borders = timeline.seconds(self.voice.sample_rate).tolist()
        indices = [None if index < 0 else int(index) for index in tokens.word_index]
        phonemes = [TimedPhoneme(*row) for row in zip(tokens.symbols, borders[:-1], borders[1:], indices, strict=True)]
        words = []
        for index, (word, boundary) in enumerate(zip(utterance.words, utterance.boundaries[1:], strict=True)):
            inside = np.flatnonzero(tokens.word_index == index)
            words.append(TimedWord(word.text, borders[inside[0]], borders[inside[-1] + 1], boundary.marks))
        silence = np.zeros(0, dtype=np.float32)
        marks = _timed_marks(utterance, tokens, borders)
        return Speech(
            silence,
            self.voice.sample_rate,
            utterance.text,
            words,
            phonemes,
            skipped,
            self.voice.name,
            self.speaker,
            marks,
        )


def _timed_marks(utterance: Utterance, tokens: PngTokens, borders: Sequence[float]) -> list[TimedMark]:
    """The places that the text names: in an asked pause as far on as it says, else where the next word begins, or the
    last one ends."""
    marks = []
    last = len(utterance.words)
    for number, (boundary, token) in enumerate(
        zip(utterance.boundaries, np.flatnonzero(tokens.word_index < 0).tolist(), strict=True)
    ):
        start, end = borders[token], borders[token + 1]
        for place in boundary.places:
            inside = boundary.pause is not None or number == last
            marks.append(TimedMark(place.name, min(start + place.after, end) if inside else end))
    return marks


def _requested_pauses(utterance: Utterance, before: Utterance | None, after: Utterance | None) -> dict[int, float]:
    """Seconds of the pauses that the writer asked for, by boundary. One between two utterances is shared by both."""
    inner = range(1, len(utterance.words))
    asked = {place: pause for place in inner if (pause := utterance.boundaries[place].pause) is not None}
    leading = _requested_between(before, utterance)
    if leading is not None:
        asked[0] = leading if before is None else leading - _tail(leading)
    trailing = _requested_between(utterance, after)
    if trailing is not None:
        asked[len(utterance.words)] = trailing if after is None else _tail(trailing)
    for pause in asked.values():
        if not 0 <= pause <= LONGEST_PAUSE:
            raise PngnatError(f"a pause must last from 0 to {LONGEST_PAUSE:g} seconds, and is {pause:g}")
    return asked


def _requested_between(first: Utterance | None, second: Utterance | None) -> float | None:
    pauses = [
        side.pause
        for side in (first and first.boundaries[-1], second and second.boundaries[0])
        if side and side.pause is not None
    ]
    return sum(pauses) if pauses else None


def _tail(pause: float) -> float:
    return min(pause / 2, _TAIL)


def pieces(utterance: Utterance, most: int = MOST_PHONEMES) -> Iterator[Utterance]:
    """The utterance, or parts of it where it is one word of more than `most` phonemes; the front end cuts between
    words."""
    word, parts = utterance.words[0], -(-len(utterance.words[0].phonemes) // most)
    if len(utterance.words) > 1 or parts < 2:
        yield utterance
        return
    first, last = utterance.boundaries
    for part in range(parts):
        # The letters are shared out as the phonemes are, so that each part has its own spelling.
        text = word.text[len(word.text) * part // parts : len(word.text) * (part + 1) // parts]
        phonemes = word.phonemes[len(word.phonemes) * part // parts : len(word.phonemes) * (part + 1) // parts]
        at_end = part == parts - 1
        boundaries = (first if part == 0 else Boundary(), last if at_end else Boundary())
        yield Utterance((Word(text, phonemes),), boundaries, utterance.ends_paragraph and at_end)


def _with_next(utterances: Iterable[Utterance]) -> Iterator[tuple[Utterance, Utterance | None]]:
    """Each utterance with the one that follows it."""
    held = None
    for utterance in utterances:
        if held is not None:
            yield held, utterance
        held = utterance
    if held is not None:
        yield held, None


def _frontend(
    given: Mapping[str, tuple[str, ...]] | str | os.PathLike | None, own: Mapping[str, tuple[str, ...]]
) -> Frontend:
    if given is None and not own:
        return _plain_frontend()
    if given is None or isinstance(given, Mapping):
        return Frontend({**own, **checked_lexicon(given)})
    try:
        found = os.stat(given)
        version = (found.st_mtime_ns, found.st_size)
    except (OSError, ValueError):
        version = (0, 0)  # reading it says what is wrong
    return _frontend_of_file(os.path.abspath(given), version, tuple(own.items()))


@loaded_once(keep=4)
def _frontend_of_file(path: str, _version: tuple[int, int], own: tuple[tuple[str, tuple[str, ...]], ...]) -> Frontend:
    """Many short texts ask for the same lexicon, which may be long."""
    return Frontend({**dict(own), **load_lexicon(path)})


@loaded_once(keep=1)
def _plain_frontend() -> Frontend:
    return Frontend()
