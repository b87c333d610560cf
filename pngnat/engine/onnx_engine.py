"""The engine `onnx`: a voice folder's graphs behind the interface, with no PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pngnat.audio.config import AudioConfig
from pngnat.engine.graph import Graph
from pngnat.engine.onnx_vocoder import OnnxVocoder, VocoderSettings
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.text.tokenizer import PngTokenizer, PngTokens
from pngnat.untrusted import safe_file
from pngnat.voice.card import ACOUSTIC, CARD, PROFESSIONAL, TOKENIZER, VOCODER, VoiceCard, read_card
from pngnat.voice.graphs.files import ACOUSTIC_PARTS, VOCODER_PARTS, graph_file


class OnnxReading:
    """See `interface.Reading`."""

    def __init__(self, model: OnnxAcoustic, utterances: Sequence[PngTokens]) -> None:
        self._model = model
        self._lengths = np.array([tokens.num_phoneme_tokens for tokens in utterances])
        rows = {name: _padded([getattr(tokens, name) for tokens in utterances]) for name in ("ids", "segments", "word_positions")}
        lengths = np.array([len(tokens.ids) for tokens in utterances])
        self._shape = (len(utterances), int(self._lengths.max()))
        (self._states,) = model.encoder.run([(*self._shape, None)], **rows, lengths=lengths, phoneme_lengths=self._lengths)

    def durations(self, rows: Sequence[int]) -> np.ndarray:
        """See `interface.Reading.durations`."""
        return self._model.durations.run([self._shape], **self._shared(rows))[0]

    def mel(self, rows: Sequence[int], seconds: np.ndarray) -> np.ndarray:
        """See `interface.Reading.mel`."""
        seconds = np.asarray(seconds, dtype=np.float32)
        seconds = np.where(np.arange(seconds.shape[1]) < self._lengths[:, None], seconds, np.float32(0))
        rate, reduction = self._model.audio.frame_rate, self._model.reduction
        frames = np.round(seconds.astype(np.float64).sum(1) * rate).astype(np.int64)
        longest = int(frames.max())
        positions = position_in_token(seconds * np.float32(rate), -(-longest // reduction) * reduction)
        inputs = {**self._shared(rows), "seconds": seconds, "positions": positions, "frames": frames}
        (made,) = self._model.mel.run([(len(seconds), self._model.audio.n_mels, positions.shape[1])], **inputs)
        return made[:, :, :longest]

    def _shared(self, rows: Sequence[int]) -> dict[str, np.ndarray]:
        return {"states": self._states, "speakers": np.array(rows, dtype=np.int64), "phoneme_lengths": self._lengths}


class OnnxAcoustic:
    """See `interface.AcousticEngine`."""

    def __init__(self, encoder: Graph, durations: Graph, mel: Graph, audio: AudioConfig, reduction: int) -> None:
        self.encoder, self.durations, self.mel, self.audio, self.reduction = encoder, durations, mel, audio, reduction

    def read(self, utterances: Sequence[PngTokens]) -> OnnxReading:
        """See `interface.AcousticEngine.read`."""
        return OnnxReading(self, utterances)


def position_in_token(durations: np.ndarray, frames: int) -> np.ndarray:
    """Frames since the start of the token that each frame's middle falls into, float32 (B, T). durations: (B, N) in frames."""
    ends = durations.astype(np.float64).cumsum(1)
    starts = ends - durations
    times = np.arange(frames) + 0.5
    positions = np.empty((len(durations), frames), dtype=np.float32)
    for row, until in enumerate(ends):
        token = np.minimum(np.searchsorted(until, times, side="right"), len(until) - 1)
        positions[row] = np.maximum(times - starts[row, token], 0)
    return positions


def onnx_voice(folder: Path, threads: int | None = None) -> Voice:
    """The voice in a folder that was exported. Raises PngnatError where it is damaged or not safe to use."""
    card = read_card(folder)
    safe_file(folder, TOKENIZER)
    tokenizer = PngTokenizer.load(folder)
    professional = _acoustic(folder, PROFESSIONAL, card, threads) if card.professional else None
    return Voice(card, tokenizer, _acoustic(folder, ACOUSTIC, card, threads), _vocoder(folder, card, threads), professional, "onnx")


def _acoustic(folder: Path, weights: str, card: VoiceCard, threads: int | None) -> OnnxAcoustic:
    values = card.professional.acoustic if weights == PROFESSIONAL and card.professional else card.acoustic
    try:
        reduction = values["decoder"]["reduction"]
    except (KeyError, TypeError) as error:
        raise PngnatError(f"{folder / CARD} is damaged: the settings of {weights} cannot be used ({error})") from error
    if type(reduction) is not int or reduction < 1:
        raise PngnatError(f"{folder / CARD} is damaged: 'reduction' should be a whole number above 0")
    encoder, durations, mel = (Graph(folder, graph_file(weights, part), threads) for part in ACOUSTIC_PARTS)
    return OnnxAcoustic(encoder, durations, mel, card.audio, reduction)


def _vocoder(folder: Path, card: VoiceCard, threads: int | None) -> OnnxVocoder:
    try:
        settings = VocoderSettings.of(card.vocoder)
    except (KeyError, TypeError, ValueError) as error:
        raise PngnatError(f"{folder / CARD} is damaged: the vocoder's settings cannot be used ({error})") from error
    pitch, filters = (Graph(folder, graph_file(VOCODER, part), threads) for part in VOCODER_PARTS)
    return OnnxVocoder(card.audio, settings, pitch, filters)


def _padded(rows: Sequence[np.ndarray]) -> np.ndarray:
    """(L_i,) rows as int64 (B, L), padded with 0."""
    padded = np.zeros((len(rows), max(len(row) for row in rows)), dtype=np.int64)
    for into, row in zip(padded, rows, strict=True):
        into[: len(row)] = row
    return padded
