"""Sound files written block by block, so that an hour of speech needs no more memory than a sentence."""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from pngnat.audio.formats import FORMATS, format_of, open_encoder
from pngnat.files import atomic_write, unwritable

# libsndfile's Vorbis encoder overflows its stack if it gets minutes of sound at once.
_BLOCK = 65536


@contextmanager
def sound_writer(
    path: str | os.PathLike, sample_rate: int, tags: Mapping[str, str] | None = None
) -> Iterator[Callable[[np.ndarray], None]]:
    """Write a mono sound file atomically: it appears when the `with` block ends without an error.

    path: ends in .wav, .flac (both 16 bit), .ogg (Vorbis), .mp3 or .opus, which determines the format. tags: text to
    store, by the names in `formats.TAGS`. Yields a function that appends samples (S,) in [-1, 1]; values outside are
    clipped. Before the block runs, raises PngnatError for another ending, a sample rate that the format does not
    support, an unknown tag, or a path that cannot be written.
    """
    sound_format = format_of(path)
    with atomic_write(path) as beside:
        with _writing(path):
            file = open_encoder(beside, sound_format, sample_rate, tags)

        def append(samples: np.ndarray) -> None:
            with _writing(path):
                _encode(file, samples)

        try:
            yield append
        finally:
            with _writing(path):
                file.close()


@contextmanager
def sound_stream(
    write: Callable[[bytes], object], ending: str, sample_rate: int, tags: Mapping[str, str] | None = None
) -> Iterator[Callable[[np.ndarray], None]]:
    """Write a mono sound file to a pipe or a connection: pass its bytes to `write` in their order.

    Arguments, yield and errors as for `sound_writer`. ending: a key of `formats.FORMATS`, .mp3 for example. The header
    cannot contain the length of the sound: WAV has the greatest length, as in other programs' streams, and FLAC marks
    it as unknown. An exception of `write` is raised where samples are appended, or at the end of the block.
    """
    sound_format = FORMATS[ending]
    stream = _Stream(endless_wav=sound_format.container == "WAV")
    file = open_encoder(stream, sound_format, sample_rate, tags)

    def append(samples: np.ndarray) -> None:
        if len(samples):
            _encode(file, samples)
            write(stream.take())

    try:
        yield append
    except BaseException:
        file.close()
        raise
    file.close()
    write(stream.take())


def encoded(samples: np.ndarray, ending: str, sample_rate: int, tags: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of a mono sound file of samples (S,) in [-1, 1]. Arguments and errors as for `sound_stream`."""
    held = io.BytesIO()
    with open_encoder(held, FORMATS[ending], sample_rate, tags) as file:
        _encode(file, samples)
    return held.getvalue()


class _Stream:
    """A file object for libsndfile that keeps bytes until they are taken.

    It never raises, because libsndfile's callbacks only print exceptions. libsndfile rewrites the header at the end;
    bytes that were taken before do not change.
    """

    def __init__(self, endless_wav: bool) -> None:
        self._taken = 0
        self._held = bytearray()
        self._position = 0
        self._endless_wav = endless_wav

    def write(self, data: bytes) -> int:
        fresh = bytes(data)[max(self._taken - self._position, 0) :]
        start = max(self._position - self._taken, 0)
        self._held[start : start + len(fresh)] = fresh
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._taken + len(self._held)}[whence]
        self._position = origin + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def take(self) -> bytes:
        """Return the bytes since the last call."""
        data, self._held = self._held, bytearray()
        if self._endless_wav and not self._taken and data:
            _make_endless(data)
        self._taken += len(data)
        return bytes(data)


def _make_endless(wav: bytearray) -> None:
    """Set the sizes in a WAV file's header to the greatest value, which readers take as: up to the end."""
    chunk = 12
    while wav[chunk : chunk + 4] != b"data":
        chunk += 8 + int.from_bytes(wav[chunk + 4 : chunk + 8], "little")
    wav[4:8] = wav[chunk + 4 : chunk + 8] = b"\xff" * 4


def _encode(file: soundfile.SoundFile, samples: np.ndarray) -> None:
    samples = np.clip(np.asarray(samples, dtype=np.float32), -1.0, 1.0)
    for start in range(0, len(samples), _BLOCK):
        file.write(samples[start : start + _BLOCK])


@contextmanager
def _writing(path: str | os.PathLike) -> Iterator[None]:
    try:
        yield
    except soundfile.SoundFileError as error:
        # libsndfile reports "System error" for every error of the system.
        full = shutil.disk_usage(Path(path).parent).free < _BLOCK
        raise unwritable(path, OSError(errno.ENOSPC, "") if full else error) from error
    except OSError as error:
        raise unwritable(path, error) from error
