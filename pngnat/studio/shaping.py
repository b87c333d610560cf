"""The shaping of a sentence: its sound with durations and a pitch that the user has changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.synthesis.durations import LONGEST_PAUSE
from pngnat.synthesis.sentence import Sentence
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.synthesize import check_text, sentences
from pngnat.text.markup import LARGEST_PITCH, lasting, put_back, set_aside
from pngnat.text.sentences import paragraphs
from pngnat.text.sentences import sentences as split
from pngnat.voice.card import Blend

# Sentences in the cache, so that a change between two shapes needs no synthesis.
_CACHED = 128


@dataclass(frozen=True)
class Shape:
    """A sentence with its changes."""

    text: str
    """The sentence."""
    speaker: str | None = None
    """The speaker; None means the default."""
    durations: tuple[float, ...] | None = None
    """Seconds of each token, see `SpeechOptions.durations`; None takes the predicted ones."""
    bends: tuple[float, ...] | None = None
    """Semitones at the middle of each token, with straight lines between; None changes nothing."""
    professional: str | None = None
    """The speaker whose rhythm is borrowed; ignored with `durations`."""
    weight: float = 0.5
    """The weight of the professional's durations in the blend."""

    def __post_init__(self) -> None:
        if self.bends is not None and not np.all(np.abs(self.bends) <= LARGEST_PITCH):
            raise PngnatError(f"the pitch can be changed by at most {LARGEST_PITCH:g} semitones")


def split_text(text: str) -> list[str]:
    """Split a text into sentences that can be shaped one by one.

    A pace or pitch of an earlier sentence that still applies is written before each. Raises PngnatError for an empty
    text.
    """
    check_text(text)
    found: list[str] = []
    lasting_markup: dict[str, str] = {}
    plain, pieces = set_aside(text)
    parts = [part for paragraph in paragraphs(plain) for part in split(paragraph)]
    for sentence in (put_back(part, pieces).strip() for part in parts):
        if sentence:
            before = [piece for name, piece in lasting_markup.items() if not sentence.startswith(f"[{name}:")]
            found.append(" ".join([*before, sentence]))
        lasting_markup |= lasting(sentence)
    return found


class Shaper:
    """A synthesizer of shaped sentences with a cache, so that only changed sentences are synthesized again."""

    def __init__(self) -> None:
        self._cache: OrderedDict[tuple[Voice, Shape], Speech] = OrderedDict()
        self._lock = threading.Lock()

    def synthesize(self, shape: Shape, voice: Voice) -> Speech:
        """Return the speech of a shaped sentence. Raises PngnatError for changes that do not fit the sentence."""
        key = (voice, shape)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
        speech = _synthesize(shape, voice)
        with self._lock:
            self._cache[key] = speech
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return speech

    def synthesize_all(self, shapes: Sequence[Shape], voice: Voice, pause: float | None = None) -> Speech:
        """Return the speech of several sentences, with silence between them.

        pause: seconds of silence; None takes the voice's pause. Raises PngnatError as `synthesize` does.
        """
        seconds = voice.card.pauses.sentence if pause is None else pause
        if not 0 <= seconds <= LONGEST_PAUSE:
            raise PngnatError(f"a pause lasts from 0 to {LONGEST_PAUSE:g} seconds")
        parts = [self.synthesize(shape, voice) for shape in shapes]
        return Speech.join([*(with_silence(part, seconds) for part in parts[:-1]), *parts[-1:]])


def with_silence(speech: Speech, seconds: float) -> Speech:
    """Return the speech with seconds of silence added at its end, as a part of its last token."""
    count = round(seconds * speech.sample_rate)
    last = speech.phonemes[-1]
    return replace(
        speech,
        samples=np.concatenate([speech.samples, np.zeros(count, dtype=np.float32)]),
        phonemes=[*speech.phonemes[:-1], replace(last, end=last.end + count / speech.sample_rate)],
    )


def _synthesize(shape: Shape, voice: Voice) -> Speech:
    blend = Blend(shape.professional, shape.weight) if shape.professional and shape.durations is None else None
    unshaped = sentences(shape.text, voice, speaker=shape.speaker, durations=shape.durations, blend=blend)
    if shape.bends is None:
        return Speech.join(sentence.speech() for sentence in unshaped)
    bends, parts = np.array(shape.bends), []
    for sentence in unshaped:
        own, bends = np.split(bends, [len(sentence.timings.phonemes)])
        parts.append(_bent(sentence, own).speech())
    if len(bends):
        raise PngnatError("there are more changes of pitch than the sentence has phonemes")
    return Speech.join(parts)


def _bent(sentence: Sentence, bends: np.ndarray) -> Sentence:
    """Return the sentence with its pitch raised by semitones (N,) at the middle of each token."""
    if len(bends) < len(sentence.timings.phonemes):
        raise PngnatError("there are fewer changes of pitch than the sentence has phonemes")
    borders, hop = sentence.timeline.borders, sentence.voice.card.audio.hop_length
    frames = np.arange(0.5, borders[-1] / hop) * hop
    # Tokens of no length are left out: they lie at the same place as their neighbours.
    sounding = np.diff(borders) > 0
    middles = ((borders[:-1] + borders[1:]) / 2)[sounding]
    curve = np.interp(frames, middles, bends[sounding])
    sentence.voice.vocoder.check_pitch(bool(curve.any()))
    return replace(
        sentence, pitch=replace(sentence.pitch, semitones=(sentence.pitch.semitones + curve).astype(np.float32))
    )
