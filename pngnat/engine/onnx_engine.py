"""The engine `onnx`: the graphs of a voice folder behind the interface, without PyTorch."""

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


class OnnxEncoding:
    """See `interface.Encoding`. Processes utterances one at a time: batching is no faster on a CPU, and so a batch
    gives exactly the results of its utterances alone."""

    def __init__(self, model: OnnxAcoustic, utterances: Sequence[PngTokens]) -> None:
        self._model, self._encoded = model, [_encode(model.encoder, tokens) for tokens in utterances]

    def predict_durations(self, rows: Sequence[int]) -> np.ndarray:
        """See `interface.Encoding.predict_durations`."""
        run = self._model.durations.run
        return _stacked([run([inputs["states"].shape[:2]], **inputs)[0][0] for inputs in self._with_speakers(rows)])

    def generate_mels(self, rows: Sequence[int], seconds: np.ndarray) -> np.ndarray:
        """See `interface.Encoding.generate_mels`."""
        pairs = zip(self._with_speakers(rows), np.asarray(seconds, dtype=np.float32), strict=True)
        return _stacked([self._mel(inputs, tokens) for inputs, tokens in pairs])

    def _with_speakers(self, rows: Sequence[int]) -> list[dict[str, np.ndarray]]:
        return [
            {**inputs, "speakers": np.array([row], dtype=np.int64)}
            for row, inputs in zip(rows, self._encoded, strict=True)
        ]

    def _mel(self, inputs: dict[str, np.ndarray], seconds: np.ndarray) -> np.ndarray:
        """Return (M, T) of one utterance. seconds: (N',) of its tokens, and padding after them, which is ignored."""
        seconds, audio, reduction = seconds[: inputs["states"].shape[1]], self._model.audio, self._model.reduction
        frames = round(seconds.sum(dtype=np.float64) * audio.frame_rate)
        positions = position_in_token(seconds * np.float32(audio.frame_rate), -(-frames // reduction) * reduction)
        timing = {"seconds": seconds[None], "positions": positions[None], "frames": np.array([frames], dtype=np.int64)}
        return self._model.mel.run([(1, audio.n_mels, len(positions))], **inputs, **timing)[0][0, :, :frames]


def _encode(encoder: Graph, tokens: PngTokens) -> dict[str, np.ndarray]:
    """Return the inputs of the other two graphs for an utterance: states (1, N, D) and phoneme_lengths (1,)."""
    rows = {name: getattr(tokens, name)[None] for name in ("ids", "segments", "word_positions")}
    lengths, phoneme_lengths = (
        np.array([size], dtype=np.int64) for size in (len(tokens.ids), tokens.num_phoneme_tokens)
    )
    (states,) = encoder.run(
        [(1, tokens.num_phoneme_tokens, None)], **rows, lengths=lengths, phoneme_lengths=phoneme_lengths
    )
    return {"states": states, "phoneme_lengths": phoneme_lengths}


def _stacked(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return rows (..., T_i) as one array (B, ..., T), with zeros after the shorter ones."""
    longest = max(row.shape[-1] for row in rows)
    return np.stack([np.pad(row, [(0, 0)] * (row.ndim - 1) + [(0, longest - row.shape[-1])]) for row in rows])


class OnnxAcoustic:
    """See `interface.AcousticEngine`."""

    def __init__(self, encoder: Graph, durations: Graph, mel: Graph, audio: AudioConfig, reduction: int) -> None:
        self.encoder, self.durations, self.mel, self.audio, self.reduction = encoder, durations, mel, audio, reduction

    def encode(self, utterances: Sequence[PngTokens]) -> OnnxEncoding:
        """See `interface.AcousticEngine.encode`."""
        return OnnxEncoding(self, utterances)


def position_in_token(durations: np.ndarray, frames: int) -> np.ndarray:
    """Return the frames since the start of the token that holds each frame's middle, float32 (T,).

    durations: (N,) in frames."""
    ends, times = durations.astype(np.float64).cumsum(), np.arange(frames) + 0.5
    token = np.minimum(np.searchsorted(ends, times, side="right"), len(ends) - 1)
    return np.maximum(times - (ends - durations)[token], 0).astype(np.float32)


def onnx_voice(folder: Path, threads: int | None = None) -> Voice:
    """Return the voice in an exported folder. Raises PngnatError where it is damaged or unsafe."""
    card = read_card(folder)
    safe_file(folder, TOKENIZER)
    tokenizer = PngTokenizer.load(folder)
    professional = _acoustic(folder, PROFESSIONAL, card, threads) if card.professional else None
    return Voice(
        card,
        tokenizer,
        _acoustic(folder, ACOUSTIC, card, threads),
        _vocoder(folder, card, threads),
        professional,
        "onnx",
    )


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
