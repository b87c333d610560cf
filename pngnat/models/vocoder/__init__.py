"""Vocoders: mel spectrogram to sound."""

from pngnat.models.vocoder.pitch import PitchConfig
from pngnat.models.vocoder.vocoder import Vocoder, VocoderConfig

__all__ = ["PitchConfig", "Vocoder", "VocoderConfig"]
