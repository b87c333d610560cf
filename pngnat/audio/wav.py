"""Functions that read, resample and write sound files."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile

from pngnat.audio.sound_writer import sound_writer
from pngnat.errors import PngnatError


def read(path: str | os.PathLike, sample_rate: int, span: tuple[int, int] | None = None) -> np.ndarray:
    """Read a sound file as mono at `sample_rate` Hz: float32 (S,), channels averaged, nominally in [-1, 1].

    span: the first byte and the number of bytes of a sound file within `path`, as in a tar; None is the complete file.
    Raises PngnatError as `read_as_is` does.
    """
    samples, source_rate = read_as_is(path, span)
    return resample(samples.mean(axis=1), source_rate, sample_rate)


def read_as_is(path: str | os.PathLike, span: tuple[int, int] | None = None) -> tuple[np.ndarray, int]:
    """Read a sound file as it was recorded: float32 (S, channels), nominally in [-1, 1], and its sample rate in Hz.

    Reads every format of libsndfile (WAV, FLAC, Ogg Vorbis and Opus, MP3, NIST Sphere, ...) at any rate and bit depth.
    Raises PngnatError for a file that is missing, not a sound, empty, or has samples that are not numbers.
    """
    path = Path(path)
    if not path.is_file():
        raise PngnatError(f"{path}: there is no such file")
    try:
        source = path if span is None else _part(path, *span)
        samples, sample_rate = soundfile.read(source, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, ValueError) as error:
        raise PngnatError(f"{path}: cannot be read as sound ({error}); is it damaged or of another format?") from error
    if len(samples) == 0:
        raise PngnatError(f"{path}: holds no sound; record it again or leave it out")
    if not np.isfinite(samples).all():
        raise PngnatError(f"{path}: holds samples that are no numbers (NaN or infinity); export it again")
    return samples, sample_rate


def _part(path: Path, first: int, count: int) -> io.BytesIO:
    with open(path, "rb") as file:
        file.seek(first)
        return io.BytesIO(file.read(count))


def resample(samples: np.ndarray, source_rate: int, target_rate: int) -> np.ndarray:
    """Resample samples (S,) at `source_rate` Hz to float32 (S * target_rate / source_rate,) at `target_rate` Hz."""
    if source_rate == target_rate:
        return np.ascontiguousarray(samples, dtype=np.float32)
    import soxr  # only recordings need it; speech is made at the rate it is written at

    return soxr.resample(np.asarray(samples, dtype=np.float32), source_rate, target_rate)


def duration(path: str | os.PathLike) -> float:
    """Return the seconds of sound in a file, from its header alone. Raises PngnatError as `read` does."""
    if not Path(path).is_file():
        raise PngnatError(f"{path}: there is no such file")
    try:
        info = soundfile.info(str(path))
    except (soundfile.SoundFileError, OSError) as error:
        raise PngnatError(f"{path}: cannot be read as sound ({error}); is it damaged or of another format?") from error
    return info.frames / info.samplerate


def write(
    path: str | os.PathLike, samples: np.ndarray, sample_rate: int, tags: Mapping[str, str] | None = None
) -> None:
    """Write samples (S,) in [-1, 1] at once; see `sound_writer`."""
    with sound_writer(path, sample_rate, tags) as append:
        append(samples)
