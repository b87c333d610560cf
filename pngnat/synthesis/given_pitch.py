"""A pitch contour that the caller gives, handed out utterance by utterance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.synthesis.durations import Timeline, numbers


class GivenPitch:
    """f0: (F,) Hz, 0 where there is no voice, one value for each hop of the speech as it is heard, pauses included.

    Raises PngnatError for values that are negative or no numbers.
    """

    def __init__(self, f0: Sequence[float] | np.ndarray, audio: AudioConfig):
        self._f0 = numbers("f0", f0).astype(np.float32)
        if self._f0.ndim != 1 or not np.all(self._f0 >= 0) or not np.all(self._f0 < audio.sample_rate / 2):
            raise PngnatError(
                "f0 must be a list of frequencies in Hz, 0 where there is no voice, one for each frame of the speech"
            )
        self._hop = audio.hop_length
        self._milliseconds = 1000 * audio.hop_length / audio.sample_rate
        self._heard = 0

    def take(self, timeline: Timeline) -> np.ndarray:
        """Hz for each frame (T,) that the model speaks of the next utterance. Raises PngnatError where the contour ends
        before it."""
        hop = self._hop
        centres = (np.arange(timeline.borders[-1] // hop) + 0.5) * hop
        heard = np.concatenate([[0], np.cumsum(timeline.heard)])
        places = (self._heard + np.interp(centres, timeline.borders, heard)) // hop
        self._heard += int(heard[-1])
        if self._heard // hop > len(self._f0):
            raise PngnatError(f"{self._size()}, and the text's speech is longer; give the same durations with it")
        return self._f0[np.minimum(places.astype(int), len(self._f0) - 1)]

    def finish(self) -> None:
        """Raise PngnatError where frames are left over."""
        if len(self._f0) > -(-self._heard // self._hop):
            raise PngnatError(
                f"{self._size()}, and the text's speech has {self._heard // self._hop}; give the same durations with it"
            )

    def _size(self) -> str:
        return f"the given f0 has {len(self._f0)} frames of {self._milliseconds:g} ms"
