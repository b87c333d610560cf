"""Sound files written block by block, so that an hour of speech needs no more memory than a sentence."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from pngnat.errors import PngnatError
from pngnat.files import atomic_write, unwritable

# What each suffix is written as. WAV is 16 bit because players and Praat all read it.
FORMATS = {".wav": ("WAV", "PCM_16"), ".flac": ("FLAC", "PCM_16"), ".ogg": ("OGG", "VORBIS")}
# libsndfile's names for text in a file.
TAGS = ("title", "copyright", "software", "artist", "comment", "date", "album", "license", "tracknumber", "genre")
# libsndfile's Vorbis encoder overflows its stack when it is handed minutes of sound at once.
_BLOCK = 65536


@contextmanager
def sound_writer(
    path: str | os.PathLike, sample_rate: int, tags: Mapping[str, str] | None = None
) -> Iterator[Callable[[np.ndarray], None]]:
    """A mono sound file that grows beside its place and appears there, whole, when the `with` block ends without an error.

    path: ends in .wav, .flac (both 16 bit) or .ogg (Vorbis), which names the format. tags: text to store, by the names in TAGS.
    Yields a function that appends samples (S,) in [-1, 1]; values outside are clipped.
    Raises PngnatError for another ending, an unknown tag or a place that cannot be written, before the block runs.
    """
    check_ending(path)
    for name in tags or {}:
        if name not in TAGS:
            raise PngnatError(f"{path}: '{name}' is no tag for a sound file; use one of {', '.join(TAGS)}")
    container, subtype = FORMATS[Path(path).suffix.lower()]
    with atomic_write(path) as beside:
        with _writing(path):
            file = soundfile.SoundFile(beside, "w", sample_rate, 1, subtype, format=container)
            for name, text in (tags or {}).items():
                setattr(file, name, text)

        def append(samples: np.ndarray) -> None:
            samples = np.clip(np.asarray(samples, dtype=np.float32), -1.0, 1.0)
            with _writing(path):
                for start in range(0, len(samples), _BLOCK):
                    file.write(samples[start : start + _BLOCK])

        try:
            yield append
        finally:
            with _writing(path):
                file.close()


def check_ending(path: str | os.PathLike) -> None:
    """Raise PngnatError unless the path's ending names a format that can be written."""
    if Path(path).suffix.lower() not in FORMATS:
        raise PngnatError(f"{path}: cannot write this kind of file; use one of {', '.join(FORMATS)}")


@contextmanager
def _writing(path: str | os.PathLike) -> Iterator[None]:
    try:
        yield
    except soundfile.SoundFileError as error:
        # libsndfile says "System error" for all that the system refuses.
        full = shutil.disk_usage(Path(path).parent).free < _BLOCK
        raise unwritable(path, OSError(errno.ENOSPC, "") if full else error) from error
    except OSError as error:
        raise unwritable(path, error) from error
