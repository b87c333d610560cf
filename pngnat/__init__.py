"""pngnat: speech in the voice of a person, by PnG BERT and Non-Attentive Tacotron.

import pngnat
pngnat.synthesize("Hello there.").save("hello.wav")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pngnat.blending import Blend
    from pngnat.durations import WordDurations
    from pngnat.errors import PngnatError
    from pngnat.speech import Speech
    from pngnat.synthesis import SpeechOptions, stream, stream_samples, synthesize
    from pngnat.voice import Voice, load_voice
    from pngnat.voice_folder import list_voices

__version__ = "0.1.0"

_HOMES = {
    "Blend": "blending",
    "PngnatError": "errors",
    "Speech": "speech",
    "SpeechOptions": "synthesis",
    "Voice": "voice",
    "WordDurations": "durations",
    "list_voices": "voice_folder",
    "load_voice": "voice",
    "stream": "synthesis",
    "stream_samples": "synthesis",
    "synthesize": "synthesis",
}
__all__ = [
    "Blend",
    "PngnatError",
    "Speech",
    "SpeechOptions",
    "Voice",
    "WordDurations",
    "list_voices",
    "load_voice",
    "stream",
    "stream_samples",
    "synthesize",
]


def __getattr__(name: str):
    """Import a public name at its first use: PyTorch takes a second, and `pngnat --help` should not wait for it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'pngnat' has no attribute {name!r}")
    value = getattr(import_module(f"pngnat.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
