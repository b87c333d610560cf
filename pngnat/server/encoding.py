"""Sound as the bytes of a file format, in blocks or complete: the only use of pngnat.audio's formats in the servers."""

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
    """An encoder from blocks of samples to the next bytes of a sound.

    kind: a key of MEDIA_TYPES; pcm is signed 16-bit little-endian, without a header. tags: metadata, by the names in
    `formats.TAGS`. `close` returns all bytes of a flac: its header holds the length, and libraries need it.
    Raises PngnatError for a sample rate that the format does not support.
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
        """Encode samples (S,) in [-1, 1]; return the bytes that are ready, often none."""
        self._append(samples)
        return self._take()

    def close(self) -> bytes:
        """End the sound; return its last bytes."""
        self._open.close()
        return self._take()

    def _take(self) -> bytes:
        taken = b"".join(self._ready)
        self._ready.clear()
        return taken


def encode(kind: str, sample_rate: int, blocks: Iterable[np.ndarray], tags: Mapping[str, str]) -> bytes:
    """Return a complete sound file with its length in the header. kind: not pcm. blocks: samples (S_i,) in [-1, 1]."""
    file = io.BytesIO()
    with open_encoder(file, FORMATS[f".{kind}"], sample_rate, tags) as encoder:
        for block in blocks:
            encoder.write(np.clip(block, -1.0, 1.0))
    return file.getvalue()
