"""Playback of sound while it is synthesized."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from pngnat.errors import PngnatError

# Programs that play raw 16-bit mono sound from their standard input; {rate} is the sample rate in Hz.
_PLAYERS = (
    "paplay --raw --format=s16le --channels=1 --rate={rate}",
    "aplay -q -t raw -f S16_LE -c 1 -r {rate}",
    "ffplay -nodisp -autoexit -loglevel quiet -f s16le -ch_layout mono -ar {rate} -i -",
    "play -q -t raw -e signed -b 16 -c 1 -r {rate} -",
)


def to_pcm(samples: np.ndarray) -> bytes:
    """Return samples (S,) in [-1, 1] as signed 16-bit little-endian PCM; values outside are clipped."""
    return np.round(np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()


@contextmanager
def player(sample_rate: int) -> Iterator[Callable[[np.ndarray], None]]:
    """Yield a function that plays samples (S,), one call after another; leaving the block waits for the end.

    Uses the package sounddevice where it works, else a player program. Raises PngnatError where there is neither.
    """
    with _device(sample_rate) or _program(sample_rate) as append:
        yield append


def _device(sample_rate: int):
    try:
        import sounddevice

        device = sounddevice.RawOutputStream(samplerate=sample_rate, channels=1, dtype="int16")
    # OSError: the PortAudio library is missing; PortAudioError: there is no loudspeaker.
    except (ImportError, OSError):
        return None
    except sounddevice.PortAudioError:
        return None
    return _opened(device)


@contextmanager
def _opened(device) -> Iterator[Callable[[np.ndarray], None]]:
    with device:
        yield lambda samples: device.write(to_pcm(samples))


@contextmanager
def _program(sample_rate: int) -> Iterator[Callable[[np.ndarray], None]]:
    command = next((words for words in (line.split() for line in _PLAYERS) if shutil.which(words[0])), None)
    if command is None:
        programs = ", ".join(line.split()[0] for line in _PLAYERS)
        raise PngnatError(
            f"nothing here can play sound: pip install sounddevice, or install one of {programs}, or use -o FILE"
        )
    process = subprocess.Popen(
        [word.format(rate=sample_rate) for word in command], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    pipe = process.stdin
    assert pipe is not None

    def append(samples: np.ndarray) -> None:
        try:
            pipe.write(to_pcm(samples))
            pipe.flush()
        except BrokenPipeError as error:
            raise PngnatError(f"{command[0]} stopped before the end; is there a loudspeaker? Use -o FILE") from error

    try:
        yield append
        pipe.close()
        if process.wait():
            raise PngnatError(f"{command[0]} could not play the sound (exit code {process.returncode}); use -o FILE")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
