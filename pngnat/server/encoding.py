"""Sound as the bytes of a format, while it is made or whole: the one place where the servers meet pngnat.audio."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from contextlib import ExitStack

import numpy as np

from pngnat.audio.formats import FORMATS, open_encoder
from pngnat.audio.playback import to_pcm
from pngnat.audio.sound_writer import sound_stream

MEDIA_TYPES = {"mp3": "audio/mpeg", "opus": "audio/ogg", "flac": "audio/flac", "wav": "audio/wav", "pcm": "audio/pcm"}


class Encoder:
    """Turns blocks of samples into the next bytes of a sound.

    kind: one of MEDIA_TYPES; pcm is signed 16-bit little-endian, without a header. tags: metadata, by the names in
    `formats.TAGS`. All of a flac comes when it is closed: its header holds the length, and libraries refuse one
    without.
    Raises PngnatError for a sample rate that the format does not know.
    """

    def __init__(self, kind: str, sample_rate: int, tags: Mapping[str, str]) -> None:
        self._ready: list[bytes] = []
        self._open = ExitStack()
        if kind == "pcm":
            self._append = lambda samples: self._ready.append(to_pcm(samples))
        elif kind == "flac":
            blocks: list[np.ndarray] = []
            self._append = blocks.append
            self._open.callback(lambda: self._ready.append(encode(kind, sample_rate, blocks, tags)))
        else:
            self._append = self._open.enter_context(sound_stream(self._ready.append, f".{kind}", sample_rate, tags))

    def write(self, samples: np.ndarray) -> bytes:
        """samples (S,) in [-1, 1], to the bytes that are ready, often none."""
        self._append(samples)
        return self._take()

    def close(self) -> bytes:
        """The last bytes."""
        self._open.close()
        return self._take()

    def _take(self) -> bytes:
        taken = b"".join(self._ready)
        self._ready.clear()
        return taken


def encode(kind: str, sample_rate: int, blocks: Iterable[np.ndarray], tags: Mapping[str, str]) -> bytes:
    """A whole sound file, whose header knows its length. blocks: samples (S_i,) in [-1, 1]. kind: all but pcm."""
    file = io.BytesIO()
    with open_encoder(file, FORMATS[f".{kind}"], sample_rate, tags) as encoder:
        for block in blocks:
            encoder.write(np.clip(block, -1.0, 1.0))
    return file.getvalue()
