"""The decisions about a text's utterances before their sound: durations, silences, pitch and timings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pngnat.engine.interface import AcousticEngine, Pitch
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.synthesis.blending import blend_durations
from pngnat.synthesis.controls import GivenDurations, GivenPitch, GivenWeights
from pngnat.synthesis.durations import (
    LONGEST_PHONEME,
    Timeline,
    apply_pace,
    check_seconds,
    fit_words,
    lay_out,
    requested_paces,
    requested_pitches,
)
from pngnat.synthesis.options import SpeechOptions
from pngnat.synthesis.pauses import (
    LONGEST_SPOKEN_PAUSE,
    SPOKEN_REQUESTED_PAUSE,
    long_silences,
    requested_silences,
    silent_tokens,
)
from pngnat.synthesis.planning import Plan, find_frontend
from pngnat.synthesis.sentence import SentenceNoise
from pngnat.synthesis.timings import TimedMark, TimedPhoneme, TimedWord, Timings
from pngnat.text.frontend import Frontend
from pngnat.text.markup import LARGEST_PITCH
from pngnat.text.tokenizer import PngTokens
from pngnat.text.utterance import Utterance
from pngnat.voice.card import Blend

_SENTENCE_END = ".?!…"
# Decimals of predicted seconds. Engines, and batches of several sizes, differ in the seventh; a frame's pitch that is
# moved by so little moves all later pulses.
_DECIMALS = 3

Predict = Callable[[AcousticEngine, int], np.ndarray]
"""Returns the seconds (N,) of an utterance's tokens that a model predicts for a speaker row."""


@dataclass(eq=False)
class TextState:
    """The values that change from utterance to utterance of one text."""

    durations: GivenDurations | None
    weights: GivenWeights | None
    f0: GivenPitch | None
    noise: SentenceNoise
    pace: float = 1.0
    """The pace that markup has set."""
    pitch: float = 0.0
    """The semitones that markup has set."""
    silence: float = 0.0
    """Seconds of silence that markup has requested so far."""
    words: int = 0
    """Words so far."""


@dataclass(frozen=True, eq=False)
class Settled:
    """The timings and the pitch of an utterance."""

    timings: Timings
    timeline: Timeline
    pitch: Pitch


@dataclass(frozen=True, eq=False)
class Synthesizer:
    """A voice with options, for any number of texts; it does not change while they are synthesized."""

    voice: Voice
    options: SpeechOptions
    frontend: Frontend
    speaker: str
    """The speaker's name."""
    row: int
    """The speaker's row in the acoustic model."""
    blend: Blend | None
    """The blend that the options or the voice's card name."""
    professional: tuple[AcousticEngine, int] | None
    """The model and the row of the blend's professional."""

    @classmethod
    def prepare(cls, voice: Voice, options: SpeechOptions) -> Synthesizer:
        """Return the synthesizer. Raises PngnatError for a speaker, professional, pitch or lexicon it cannot have."""
        card = voice.card
        speaker = card.default_speaker if options.speaker is None else options.speaker
        row = card.row(speaker)
        blend = options.blend
        if blend is None and speaker == card.default_speaker:
            blend = card.blend
        professional = voice.professional_model(blend.professional) if blend else None
        voice.vocoder.check_pitch(options.f0 is not None or options.pitch != 0)
        return cls(voice, options, find_frontend(options.lexicon, card.lexicon), speaker, row, blend, professional)

    def start(self) -> TextState:
        """Return the state at the beginning of a text. Raises PngnatError for controls that cannot be used."""
        options = self.options
        return TextState(
            durations=None if options.durations is None else GivenDurations(options.durations),
            weights=GivenWeights(self.blend.weight) if self.blend else None,
            f0=None if options.f0 is None else GivenPitch(options.f0, self.voice.card.audio),
            noise=SentenceNoise(options.seed),
        )

    def finish(self, state: TextState) -> None:
        """Raise PngnatError where the controls have more durations, weights, pitches or paces than the text needs."""
        for control in (state.durations, state.weights if state.durations is None else None, state.f0):
            if control is not None:
                control.finish()
        for word in self.options.word_pace:
            if not 0 <= word < state.words:
                raise PngnatError(f"word_pace names word {word}, and the text has words 0 to {state.words - 1}")

    def settle(self, plan: Plan, state: TextState, predict: Predict) -> Settled:
        """Return the timings and the pitch of the text's next utterance, and move the state on.

        Raises PngnatError where the options or the markup cannot be met."""
        utterance, tokens = plan.utterance, plan.tokens
        paces, state.pace = requested_paces(utterance, tokens, state.pace)
        seconds = self._durations(plan, state, predict, paces)
        seconds = apply_pace(seconds, tokens, self.options.pace, self.options.word_pace, state.words)
        state.words += len(utterance.words)
        check_seconds(seconds, tokens)
        spoken, exact = self._silences(plan, state, seconds)
        timeline = lay_out(spoken, tokens, exact, self.voice.card.audio)
        return Settled(self._timings(plan, timeline), timeline, self._pitch(plan, state, timeline))

    def _durations(self, plan: Plan, state: TextState, predict: Predict, paces: np.ndarray) -> np.ndarray:
        """Return (N,) seconds at pace 1: given, or predicted, blended, and divided by the paces (N,) of the markup."""
        given = None
        if state.durations is not None:
            given = state.durations.take(plan.tokens, [word.text for word in plan.utterance.words])
            if not state.durations.of_words:
                return given.copy()
        seconds = self._predicted(predict, self.voice.acoustic, self.row)
        if self.professional and state.weights:
            professional = self._predicted(predict, *self.professional)
            seconds = blend_durations(seconds, professional, state.weights.take(len(seconds)))
        seconds = seconds / paces
        return seconds if given is None else fit_words(seconds, plan.tokens, given)

    def _predicted(self, predict: Predict, model: AcousticEngine, row: int) -> np.ndarray:
        seconds = predict(model, row).astype(np.float64)
        if not np.isfinite(seconds).all():
            raise PngnatError(f"the voice '{self.voice.name}' is damaged: the durations it predicts are no numbers")
        return np.clip(np.round(seconds, _DECIMALS), 0.0, LONGEST_PHONEME)

    def _silences(self, plan: Plan, state: TextState, seconds: np.ndarray) -> tuple[np.ndarray, dict[int, float]]:
        """Return the seconds (N,) in the mel, and by token the exact seconds of silences in the final sound.

        Three kinds of silences have exact lengths: those that markup requests, the leading one of all but the first
        utterance, to which the pause after a sentence is added, and those that are longer than the models have learned.
        The mel has only a part of requested and of long silences."""
        requested: dict[int, float] = {}
        leading: dict[int, float] = {}
        if state.durations is None or state.durations.of_words:
            requested = requested_silences(plan.utterance, plan.tokens, plan.before, plan.after)
            self._count_requested(state, sum(requested.values()))
            if plan.before is not None and 0 not in requested:
                leading = {0: seconds[0] + self._pause_after(plan.before)}
        exact = {**requested, **leading}
        long = {token: pause for token, pause in long_silences(seconds, plan.tokens).items() if token not in exact}
        spoken = seconds.copy()
        for token, pause in requested.items():
            spoken[token] = min(pause, SPOKEN_REQUESTED_PAUSE)
        for token in long:
            spoken[token] = LONGEST_SPOKEN_PAUSE
        return spoken, {**exact, **long}

    def _count_requested(self, state: TextState, seconds: float) -> None:
        """Add to the requested silence. Raises PngnatError above the limit: a few letters can request minutes, and a
        text may be untrusted."""
        state.silence += seconds
        if state.silence > self.options.max_pause:
            raise PngnatError(
                f"the text asks for more than {self.options.max_pause:g} seconds of silence in all; "
                "max_pause allows more"
            )

    def _pause_after(self, utterance: Utterance) -> float:
        """Return the seconds of silence to add after an utterance: 0 where it ends within a sentence."""
        pauses = self.voice.card.pauses
        sentence = pauses.sentence if self.options.pause is None else self.options.pause
        if utterance.ends_paragraph:
            longer = max(sentence, pauses.paragraph)
            return longer if self.options.paragraph_pause is None else self.options.paragraph_pause
        return sentence if any(mark in utterance.boundaries[-1].marks for mark in _SENTENCE_END) else 0.0

    def _pitch(self, plan: Plan, state: TextState, timeline: Timeline) -> Pitch:
        """Return the pitch: raised by one number, or frame by frame where markup changes it within the utterance."""
        requested, state.pitch = requested_pitches(plan.utterance, plan.tokens, state.pitch)
        semitones = requested + self.options.pitch
        if np.abs(semitones).max() > LARGEST_PITCH:
            raise PngnatError(
                f"the pitch that the text and the caller ask for together must lie within {LARGEST_PITCH:g} semitones"
            )
        constant = (semitones == semitones[0]).all()
        raised = (
            float(semitones[0])
            if constant
            else timeline.of_frames(semitones, self.voice.card.audio.hop_length).astype(np.float32)
        )
        pitch = Pitch(None if state.f0 is None else state.f0.take(timeline), raised)
        self.voice.vocoder.check_pitch(pitch.is_requested)
        return pitch

    def _timings(self, plan: Plan, timeline: Timeline) -> Timings:
        utterance, tokens = plan.utterance, plan.tokens
        borders = timeline.seconds(self.voice.sample_rate).tolist()
        indices = [None if index < 0 else int(index) for index in tokens.word_index]
        words = []
        for index, (word, boundary) in enumerate(zip(utterance.words, utterance.boundaries[1:], strict=True)):
            inside = np.flatnonzero(tokens.word_index == index)
            words.append(TimedWord(word.text, borders[inside[0]], borders[inside[-1] + 1], boundary.marks))
        return Timings(
            words=words,
            phonemes=[
                TimedPhoneme(*row) for row in zip(tokens.symbols, borders[:-1], borders[1:], indices, strict=True)
            ],
            text=[utterance.text],
            skipped=plan.skipped,
            voice=self.voice.name,
            speaker=self.speaker,
            duration=borders[-1],
            marks=_timed_marks(utterance, tokens, borders),
        )


def _timed_marks(utterance: Utterance, tokens: PngTokens, borders: Sequence[float]) -> list[TimedMark]:
    """Return the places that the text names. borders: (N + 1,) seconds.

    In a requested pause, or after the last word, a place lies as far into the silence as the text says; elsewhere where
    the next word begins."""
    marks = []
    last = len(utterance.words)
    for number, (boundary, token) in enumerate(zip(utterance.boundaries, silent_tokens(tokens), strict=True)):
        start, end = borders[token], borders[token + 1]
        for place in boundary.places:
            inside = boundary.pause is not None or number == last
            marks.append(TimedMark(place.name, min(start + place.after, end) if inside else end))
    return marks
