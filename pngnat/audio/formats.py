"""The formats of sound files that pngnat writes, with libsndfile's settings for each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile

from pngnat.errors import PngnatError


@dataclass(frozen=True)
class SoundFormat:
    """The settings of a sound file format, by libsndfile's names."""

    container: str
    subtype: str
    level: float | None = None
    """The compression, from 0 (the most bits per second) to 1 (the fewest)."""
    constant: bool = False
    """Whether the bit rate is constant, so that a player can tell the length of a stream without a header."""
    rates: tuple[int, ...] | None = None
    """The sample rates in Hz that the encoder supports; None for all."""


# WAV is 16 bit because players and Praat all read it. libsndfile divides an encoder's range of bit rates evenly: at 24
# kHz the level of MP3 is 64 kbit/s, as on LibriVox for one speaker, and that of Opus 48 kbit/s, above the 24 to 32 that
# Xiph recommends for speech.
FORMATS = {
    ".wav": SoundFormat("WAV", "PCM_16"),
    ".flac": SoundFormat("FLAC", "PCM_16"),
    ".ogg": SoundFormat("OGG", "VORBIS"),
    ".mp3": SoundFormat(
        "MP3", "MPEG_LAYER_III", 0.632, True, (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
    ),
    ".opus": SoundFormat("OGG", "OPUS", 0.832, False, (8000, 12000, 16000, 24000, 48000)),
}
# libsndfile's names for text in a file.
TAGS = ("title", "copyright", "software", "artist", "comment", "date", "album", "license", "tracknumber", "genre")


def format_of(path: str | os.PathLike) -> SoundFormat:
    """Return the format of a path's ending. Raises PngnatError for an ending without a format."""
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        raise PngnatError(f"{path}: cannot write this kind of file; use one of {', '.join(FORMATS)}")
    return FORMATS[ending]


def _check(sound_format: SoundFormat, sample_rate: int, tags: Mapping[str, str] | None) -> None:
    for name in tags or {}:
        if name not in TAGS:
            raise PngnatError(f"'{name}' is no tag for a sound file; use one of {', '.join(TAGS)}")
    if sound_format.rates is not None and sample_rate not in sound_format.rates:
        known = ", ".join(map(str, sound_format.rates))
        kind = sound_format.subtype.replace("MPEG_LAYER_III", "MP3")
        raise PngnatError(f"{kind} can have {known} Hz, and the sound has {sample_rate}; write .wav, .flac or .ogg")


def open_encoder(
    place: Any, sound_format: SoundFormat, sample_rate: int, tags: Mapping[str, str] | None
) -> soundfile.SoundFile:
    """Open a mono sound file.

    place: a path, or an object with `write`, `seek` and `tell` that raises nothing.

    Raises PngnatError for a sample rate (Hz) that the format does not know, and for an unknown tag.
    """
    _check(sound_format, sample_rate, tags)
    mode = "CONSTANT" if sound_format.constant else None
    container, subtype, level = sound_format.container, sound_format.subtype, sound_format.level
    file = soundfile.SoundFile(
        place, "w", sample_rate, 1, subtype, format=container, compression_level=level, bitrate_mode=mode
    )
    for name, text in (tags or {}).items():
        setattr(file, name, text)
    return file
