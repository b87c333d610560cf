"""A sentence to shape: its sound with every length and the pitch in one's own hands, made again where they change."""

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
from pngnat.voice.blending import Blend

# Sentences that stay made: going back and forth between two shapes costs nothing.
_KEPT = 128


@dataclass(frozen=True)
class Shape:
    """How to say a sentence, or what a text has between two full stops.

    durations: seconds of each token, see `SpeechOptions.durations`; None leaves them to the voice. bends: semitones at
    the middle of each token, a straight line between; None bends nothing. professional, weight: whose rhythm to borrow
    and how much of it, which `durations` make void."""

    text: str
    speaker: str | None = None
    durations: tuple[float, ...] | None = None
    bends: tuple[float, ...] | None = None
    professional: str | None = None
    weight: float = 0.5

    def __post_init__(self) -> None:
        if self.bends is not None and not np.all(np.abs(self.bends) <= LARGEST_PITCH):
            raise PngnatError(f"the pitch can be bent by {LARGEST_PITCH:g} semitones up or down")


def split_text(text: str) -> list[str]:
    """The sentences of a text, each to be shaped on its own, with the pace and pitch that hold since an earlier one
    written before it.

    Raises PngnatError for an empty text.
    """
    check_text(text)
    found: list[str] = []
    holding: dict[str, str] = {}
    held, pieces = set_aside(text)
    parts = [part for paragraph in paragraphs(held) for part in split(paragraph)]
    for sentence in (put_back(part, pieces).strip() for part in parts):
        if sentence:
            found.append(
                " ".join(
                    [*(piece for name, piece in holding.items() if not sentence.startswith(f"[{name}:")), sentence]
                )
            )
        holding |= lasting(sentence)
    return found


class Shaper:
    """Says sentences, and remembers the last ones, so that of a text only what has changed is made again."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[Voice, Shape], Speech] = OrderedDict()
        self._lock = threading.Lock()

    def say(self, shape: Shape, voice: Voice) -> Speech:
        """The sentence as it is shaped. Raises PngnatError where that cannot be."""
        key = (voice, shape)
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        speech = _say(shape, voice)
        with self._lock:
            self._made[key] = speech
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return speech

    def say_all(self, shapes: Sequence[Shape], voice: Voice, pause: float | None = None) -> Speech:
        """Several sentences, with silence between. pause: its seconds, None for the voice's. Raises PngnatError as
        `say` does."""
        seconds = voice.card.pauses.sentence if pause is None else pause
        if not 0 <= seconds <= LONGEST_PAUSE:
            raise PngnatError(f"a pause lasts from 0 to {LONGEST_PAUSE:g} seconds")
        parts = [self.say(shape, voice) for shape in shapes]
        return Speech.join([*(with_silence(part, seconds) for part in parts[:-1]), *parts[-1:]])


def with_silence(speech: Speech, seconds: float) -> Speech:
    """The speech with a longer silence at its end, which its last token owns."""
    count = round(seconds * speech.sample_rate)
    last = speech.phonemes[-1]
    return replace(
        speech,
        samples=np.concatenate([speech.samples, np.zeros(count, dtype=np.float32)]),
        phonemes=[*speech.phonemes[:-1], replace(last, end=last.end + count / speech.sample_rate)],
    )


def _say(shape: Shape, voice: Voice) -> Speech:
    blend = Blend(shape.professional, shape.weight) if shape.professional and shape.durations is None else None
    made = sentences(shape.text, voice, speaker=shape.speaker, durations=shape.durations, blend=blend)
    if shape.bends is None:
        return Speech.join(sentence.speech() for sentence in made)
    bends, parts = np.array(shape.bends), []
    for sentence in made:
        own, bends = np.split(bends, [len(sentence.said.phonemes)])
        parts.append(_bent(sentence, own).speech())
    if len(bends):
        raise PngnatError("there are more places to bend the pitch at than the sentence has sounds")
    return Speech.join(parts)


def _bent(sentence: Sentence, bends: np.ndarray) -> Sentence:
    """The sentence with its pitch raised by these semitones (N,) at the middle of each token."""
    if len(bends) < len(sentence.said.phonemes):
        raise PngnatError("there are fewer places to bend the pitch at than the sentence has sounds")
    borders, hop = sentence.timeline.borders, sentence.voice.card.audio.hop_length
    frames = np.arange(0.5, borders[-1] / hop) * hop
    # Silences of no length share a place with their neighbours; what sounds decides.
    sounding = np.diff(borders) > 0
    middles = ((borders[:-1] + borders[1:]) / 2)[sounding]
    curve = np.interp(frames, middles, bends[sounding])
    sentence.voice.vocoder.check_pitch(bool(curve.any()))
    return replace(
        sentence, pitch=replace(sentence.pitch, semitones=(sentence.pitch.semitones + curve).astype(np.float32))
    )
