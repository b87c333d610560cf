"""The settings of sound that corpora, acoustic model, vocoder and voice have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AudioConfig:
    """Sampling and mel settings (Non-Attentive Tacotron, arXiv 2010.04301, appendix: 50 ms windows every 12.5 ms)."""

    sample_rate: int = 24000
    """Hz."""
    n_fft: int = 2048
    """Samples of the Fourier transform."""
    window_length: int = 1200
    """Samples of the window."""
    hop_length: int = 300
    """Samples between frames."""
    n_mels: int = 128
    """Mel bins, M."""
    f_min: float = 20.0
    """Hz, where the lowest bin begins."""
    f_max: float = 12000.0
    """Hz, where the highest bin ends."""
    log_floor: float = 1e-5
    """The smallest mel magnitude; its natural logarithm is the value of silence."""

    @property
    def frame_rate(self) -> float:
        """Return the mel frames per second."""
        return self.sample_rate / self.hop_length
