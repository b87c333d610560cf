"""Where spoken sound goes: a sound file, standard output, the loudspeakers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from pngnat.audio.playback import player, to_pcm
from pngnat.audio.sound_writer import sound_stream, sound_writer
from pngnat.synthesis.speech import sound_tags

if TYPE_CHECKING:
    import numpy as np

    from pngnat.engine.voice import Voice
    from pngnat.synthesis.sentence import Sentence
    from pngnat.synthesis.speech import Speech

Sink = Callable[["np.ndarray"], None]


def sinks(
    output: str | None, voice: Voice, speaker: str | None, play: bool, streamed: str = "raw"
) -> Iterator[AbstractContextManager[Sink]]:
    """Yield each place as a context, which yields a function that takes samples (S,).

    output: a file, - for standard output, or None. streamed: what - gets: wav, flac, ogg, mp3, opus, or raw, 16-bit
    samples alone."""
    tags = sound_tags(voice.name, speaker or voice.card.default_speaker)
    if output == "-" and streamed == "raw":
        yield nullcontext(lambda samples: _write_out(to_pcm(samples)))
    elif output == "-":
        yield sound_stream(_write_out, f".{streamed}", voice.sample_rate, tags)
    elif output is not None:
        yield sound_writer(output, voice.sample_rate, tags)
    if play:
        yield player(voice.sample_rate)


def send(sentence: Sentence, places: list[Sink], live: bool) -> Speech:
    """Send a sentence's sound to its places. live: somebody listens, and gets each block as soon as it is computed."""
    if not live:
        speech = sentence.speech()
        for append in places:
            append(speech.samples)
        return speech
    blocks = []
    for block in sentence.blocks():
        for append in places:
            append(block)
        blocks.append(block)
    return sentence.join(blocks)


def _write_out(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
