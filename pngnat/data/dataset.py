"""Training batches of the acoustic model from aligned recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from pngnat.audio import pitch
from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel
from pngnat.data.corpus import Recording
from pngnat.data.features import FeatureStore
from pngnat.data.prosody import token_prosody
from pngnat.data.recordings import as_recordings
from pngnat.errors import PngnatError
from pngnat.models.batch import PngBatch, pad_rows
from pngnat.text.tokenizer import PngTokenizer, PngTokens


@dataclass(frozen=True)
class Example:
    """One recording: tokens, durations of the N phoneme-segment tokens in seconds, log-mel (T, M), speaker row, and
    prosody (N, 2).

    samples, f0: (T * hop,) and (T,) Hz, for a mel and a prosody that are computed later.
    """

    id: str
    tokens: PngTokens
    durations: np.ndarray
    mel: np.ndarray | None
    speaker: int
    prosody: np.ndarray | None = None
    samples: np.ndarray | None = None
    f0: np.ndarray | None = None


# Few different shapes: oneDNN compiles a kernel for each shape, which takes longer than padding.
FRAME_MULTIPLE = 32
TOKEN_MULTIPLE = 16


@dataclass(frozen=True)
class AcousticBatch:
    """A batch of B recordings. durations: (B, N) seconds, 0 at padding; mel: (B, T, M), 0 at padding; speaker: (B,);
    frames: (B,); prosody: (B, N, 2), see `token_prosody`, or None. A batch that is not measured yet (see `measured`)
    has samples (B, T * hop), f0 (B, T) in Hz if prosody is needed, and an empty mel (B, 0, M)."""

    ids: tuple[str, ...]
    tokens: PngBatch
    durations: Tensor
    mel: Tensor
    speaker: Tensor
    frames: Tensor
    prosody: Tensor | None = None
    samples: Tensor | None = None
    f0: Tensor | None = None

    @classmethod
    def collate(cls, examples: Sequence[Example], hop: int = 1) -> AcousticBatch:
        """Return the padded batch of examples. hop: samples of a frame, for examples without a mel."""
        if any(example.mel is None for example in examples):
            frames = [len(_there(example.samples)) // hop for example in examples]
            mel = torch.zeros(len(examples), 0, 0)
        else:
            frames = [len(_there(example.mel)) for example in examples]
            mel = pad_rows([torch.from_numpy(_there(example.mel)) for example in examples], FRAME_MULTIPLE)
        return cls(
            ids=tuple(example.id for example in examples),
            tokens=PngBatch.collate([example.tokens for example in examples], TOKEN_MULTIPLE),
            durations=pad_rows([torch.from_numpy(example.durations) for example in examples]),
            mel=mel,
            speaker=torch.tensor([example.speaker for example in examples]),
            frames=torch.tensor(frames),
            prosody=_padded([example.prosody for example in examples]),
            samples=_padded([example.samples for example in examples]),
            f0=_padded([example.f0 for example in examples]),
        )

    def measured(self, audio: AudioConfig) -> AcousticBatch:
        """Return the batch with mel and prosody, computed on the device of its samples; the same batch if it has
        them."""
        if self.samples is None:
            return self
        frames = self.frames.tolist()
        # One by one, so that no recording's last frames contain padding.
        mels = [
            log_mel(row[: count * audio.hop_length], audio).T for row, count in zip(self.samples, frames, strict=True)
        ]
        prosody = None
        if self.f0 is not None:
            tokens, rate = self.tokens.phoneme_lengths.tolist(), audio.frame_rate
            f0, durations = self.f0.cpu().numpy(), self.durations.cpu().numpy()
            rows = [
                token_prosody(f0[row, :count], mel.cpu().numpy(), durations[row, : tokens[row]], rate)
                for row, (mel, count) in enumerate(zip(mels, frames, strict=True))
            ]
            prosody = _padded(rows, self.samples.device)
        return replace(self, mel=pad_rows(mels, FRAME_MULTIPLE), prosody=prosody, samples=None, f0=None)

    @property
    def seconds(self) -> float:
        """Seconds of sound in the batch, without padding."""
        return float(self.durations.sum())

    def to(self, device: torch.device | str) -> AcousticBatch:
        """Return the batch on another device."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return AcousticBatch(
            **{name: value.to(device) if hasattr(value, "to") else value for name, value in values.items()}
        )


def _there(array: np.ndarray | None) -> np.ndarray:
    if array is None:
        raise ValueError("a batch is of recordings with mels, or of recordings without")
    return array


def _padded(arrays: Sequence[np.ndarray | None], device: torch.device | str = "cpu") -> Tensor | None:
    """Return the arrays padded with zeros to one length; None if the first is None."""
    return None if arrays[0] is None else pad_rows([torch.from_numpy(_there(array)).to(device) for array in arrays])


class AcousticDataset(Dataset[Example]):
    """Recordings of a prepared corpus. speakers: names in the order of the model's speaker table. with_prosody: for a
    model with prosody."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        tokenizer: PngTokenizer,
        speakers: Sequence[str],
        features: FeatureStore,
        with_prosody: bool = False,
    ):
        rows = {name: row for row, name in enumerate(speakers)}
        self.recordings = as_recordings(recordings)
        unknown = sorted(set(self.recordings.speakers) - set(rows))
        if unknown:
            raise PngnatError(f"the model has no row for speaker {unknown[0]!r}; it knows {', '.join(speakers)}")
        self.tokenizer, self.rows, self.features = tokenizer, rows, features
        self.with_prosody = with_prosody

    def __len__(self) -> int:
        return len(self.recordings)

    @property
    def padded_seconds(self) -> np.ndarray:
        """The padded duration of each recording."""
        multiple = FRAME_MULTIPLE / self.features.audio.frame_rate
        return np.ceil(self.recordings.seconds / multiple) * multiple

    @property
    def shards(self) -> np.ndarray | None:
        """The shard of each recording; None for a corpus without shards."""
        return self.recordings.shard if self.recordings.is_sharded else None

    def __getitem__(self, index: int) -> Example:
        recording = self.recordings[index]
        tokens = self.tokenizer.encode(recording.utterance)
        if tokens.num_phoneme_tokens != len(recording.durations):
            raise PngnatError(
                f"{recording.id}: {len(recording.durations)} durations for {tokens.num_phoneme_tokens} tokens; prepare "
                "the corpus again"
            )
        if self.features.folder is None:
            return self._unmeasured(recording, tokens)
        rate, row = self.features.audio.frame_rate, self.rows[recording.speaker]
        mel = self.features.mel(recording).T
        durations = self._durations(recording, len(mel), f"its mel in {self.features.folder}")
        # By DIO: means over phonemes suffice, and Harvest would take as long as an hour of training.
        prosody = token_prosody(self.features.f0(recording, "dio"), mel, durations, rate) if self.with_prosody else None
        return Example(recording.id, tokens, durations, mel, row, prosody)

    def _unmeasured(self, recording: Recording, tokens: PngTokens) -> Example:
        """Return an example for `AcousticBatch.measured`: the training's device computes the mel, this process the
        pitch."""
        samples = self.features.samples(recording)
        durations = self._durations(recording, len(samples) // self.features.audio.hop_length, str(recording.path))
        f0 = pitch.dio(samples, self.features.audio) if self.with_prosody else None
        return Example(recording.id, tokens, durations, None, self.rows[recording.speaker], samples=samples, f0=f0)

    def collate(self, examples: Sequence[Example]) -> AcousticBatch:
        """Return the padded batch of examples of this data set."""
        return AcousticBatch.collate(examples, self.features.audio.hop_length)

    def _durations(self, recording: Recording, frames: int, place: str) -> np.ndarray:
        """Return the durations of the tokens, which end with the last complete frame. place: source of the frames."""
        seconds = frames / self.features.audio.frame_rate
        if abs(seconds - recording.seconds) * self.features.audio.frame_rate > 1:
            raise PngnatError(
                f"{recording.id}: {place} has {seconds:.2f} s, its durations {recording.seconds:.2f} s; "
                "one of them is another recording's of that name: name another folder for features, or prepare the "
                "corpus again"
            )
        return _within(recording.durations, seconds)


def _within(durations: np.ndarray, seconds: float) -> np.ndarray:
    """Return the durations, cut to the end of the last complete mel frame."""
    return np.diff(np.minimum(np.cumsum(durations, dtype=np.float64), seconds), prepend=0.0).astype(np.float32)
