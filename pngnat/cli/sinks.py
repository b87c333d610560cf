"""Where spoken sound goes: a sound file, standard output, the loudspeakers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from pngnat.audio.playback import player, to_pcm
from pngnat.audio.sound_writer import sound_writer
from pngnat.synthesis.speech import sound_tags

if TYPE_CHECKING:
    import numpy as np

    from pngnat.synthesis.sentence import Sentence
    from pngnat.synthesis.speech import Speech
    from pngnat.voice.voice import Voice

Sink = Callable[["np.ndarray"], None]


def sinks(output: str | None, voice: Voice, speaker: str | None, play: bool) -> Iterator[AbstractContextManager[Sink]]:
    """Each place as a context that yields a function which takes samples (S,). output: a file, - for raw sound, or None."""
    if output == "-":
        yield nullcontext(_write_raw)
    elif output is not None:
        yield sound_writer(output, voice.sample_rate, sound_tags(voice.name, speaker or voice.card.default_speaker))
    if play:
        yield player(voice.sample_rate)


def send(sentence: Sentence, places: list[Sink], heard_now: bool) -> Speech:
    """Send a sentence's sound to its places. heard_now: someone listens, and gets it as soon as there is any of it."""
    if not heard_now:
        speech = sentence.speech()
        for append in places:
            append(speech.samples)
        return speech
    blocks = []
    for block in sentence.blocks():
        for append in places:
            append(block)
        blocks.append(block)
    return sentence.speech(blocks)


def _write_raw(samples: np.ndarray) -> None:
    sys.stdout.buffer.write(to_pcm(samples))
    sys.stdout.buffer.flush()
