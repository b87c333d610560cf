"""pngnat: speech in the voice of a person, by PnG BERT and Non-Attentive Tacotron.

import pngnat
pngnat.synthesize("Hello there.").save("hello.wav")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pngnat.version import __version__

if TYPE_CHECKING:
    from pngnat.engine.loading import load_voice
    from pngnat.engine.voice import Voice
    from pngnat.errors import PngnatError
    from pngnat.synthesis.controls import WordDurations
    from pngnat.synthesis.options import SpeechOptions
    from pngnat.synthesis.speech import Speech
    from pngnat.synthesis.synthesize import stream, stream_samples, synthesize, synthesize_many
    from pngnat.text.phonemize import Phonemized, phonemize
    from pngnat.voice.card import Blend, list_voices

_HOMES = {
    "Blend": "voice.card",
    "Phonemized": "text.phonemize",
    "PngnatError": "errors",
    "Speech": "synthesis.speech",
    "SpeechOptions": "synthesis.options",
    "Voice": "engine.voice",
    "WordDurations": "synthesis.controls",
    "list_voices": "voice.card",
    "load_voice": "engine.loading",
    "phonemize": "text.phonemize",
    "stream": "synthesis.synthesize",
    "stream_samples": "synthesis.synthesize",
    "synthesize": "synthesis.synthesize",
    "synthesize_many": "synthesis.synthesize",
}
__all__ = [
    "Blend",
    "Phonemized",
    "PngnatError",
    "Speech",
    "SpeechOptions",
    "Voice",
    "WordDurations",
    "__version__",
    "list_voices",
    "load_voice",
    "phonemize",
    "stream",
    "stream_samples",
    "synthesize",
    "synthesize_many",
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
