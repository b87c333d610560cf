"""The one definition of sound that corpora, acoustic model, vocoder and voice share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AudioConfig:
    """Sampling and mel settings (Non-Attentive Tacotron, arXiv 2010.04301, appendix: 50 ms windows every 12.5 ms).

    sample_rate: Hz. n_fft, window_length, hop_length: samples. n_mels: M. f_min, f_max: Hz.
    log_floor: the smallest mel magnitude; its natural logarithm is the value of silence.
    """

    sample_rate: int = 24000
    n_fft: int = 2048
    window_length: int = 1200
    hop_length: int = 300
    n_mels: int = 128
    f_min: float = 20.0
    f_max: float = 12000.0
    log_floor: float = 1e-5

    @property
    def frame_rate(self) -> float:
        """Mel frames per second."""
        return self.sample_rate / self.hop_length
