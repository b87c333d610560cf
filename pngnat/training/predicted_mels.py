"""Mels that the acoustic model predicts for recordings, with the recordings' durations, so that frames match.

A vocoder that trains on them learns to restore the detail that the acoustic model leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from pngnat.audio.config import AudioConfig
from pngnat.data.corpus import Recording
from pngnat.data.features import Features, FeatureSource, FeatureStore, read_arrays, write_arrays
from pngnat.data.prosody import token_prosody
from pngnat.errors import PngnatError
from pngnat.models.batch import PngBatch
from pngnat.models.png_nat import PngNat
from pngnat.stamps import digest
from pngnat.text.tokenizer import PngTokenizer
from pngnat.training.export import DESCRIPTION, acoustic_model
from pngnat.voice.modules import load_modules


@dataclass(frozen=True)
class Teacher:
    """An acoustic model for inference. speakers: names in the order of its speaker table."""

    model: PngNat
    tokenizer: PngTokenizer
    speakers: tuple[str, ...]

    @property
    def audio(self) -> AudioConfig:
        """Audio settings of the model."""
        return self.model.config.audio

    @cached_property
    def fingerprint(self) -> str:
        """A digest of weights, settings and speakers."""
        weights = sorted(self.model.state_dict().items())
        parts = (
            part for name, value in weights for part in (name, value.detach().cpu().contiguous().numpy().tobytes())
        )
        return digest(self.model.config.to_dict(), self.speakers, *parts)

    def tokens(self, recording: Recording) -> np.ndarray:
        """Return the token ids (L,) of the recording's text."""
        return np.asarray(self.tokenizer.encode(recording.utterance).ids)

    def mel(self, recording: Recording, prosody: np.ndarray | None = None) -> np.ndarray:
        """Return the log-mel (M, T) of the recording's text with its durations, and with `prosody` (N, 2) if given.

        Raises PngnatError for a speaker that the model does not know, and for durations of other tokens.
        """
        if recording.speaker not in self.speakers:
            raise PngnatError(
                f"the acoustic model has no speaker {recording.speaker!r}; it knows {', '.join(self.speakers)}"
            )
        tokens = PngBatch.collate([self.tokenizer.encode(recording.utterance)])
        count = int(tokens.phoneme_lengths[0])
        if count != len(recording.durations):
            raise PngnatError(
                f"{recording.id}: {len(recording.durations)} durations for {count} tokens; prepare the corpus again"
            )
        speaker = torch.tensor([self.speakers.index(recording.speaker)])
        melody = {} if prosody is None else {"prosody": torch.from_numpy(prosody)[None]}
        durations = torch.from_numpy(recording.durations)[None]
        with torch.inference_mode():
            return self.model.generate_mel(self.model.encode(tokens), speaker, durations, **melody)[0].numpy()


def find_teacher(source: str | Path) -> Teacher:
    """Return the acoustic model of a voice (name or folder) or of a training (folder). Raise PngnatError if there is
    none."""
    if (Path(source) / DESCRIPTION).exists():
        model, speakers = acoustic_model(Path(source))
        return Teacher(model, PngTokenizer.load(source), speakers)
    voice = load_modules(source)
    return Teacher(voice.acoustic, voice.tokenizer, tuple(voice.speakers))


class PredictedMels(FeatureSource):
    """A feature store with predicted mels; samples and f0 are the recording's.

    Each mel is computed once and kept in half precision, with the tokens and durations that it was computed from.
    Another acoustic model has another place in the folder. A recording with a new text or alignment gets a new mel.
    """

    def __init__(self, folder: str | Path, store: FeatureStore, teacher: Teacher) -> None:
        self.folder, self.store, self.teacher = Path(folder) / f"predicted-{teacher.fingerprint}", store, teacher
        self.audio = store.audio
        self.folder.mkdir(parents=True, exist_ok=True)

    def load(self, recording: Recording) -> Features:
        """Return the recording's features with the predicted mel. Raise PngnatError if it is missing or damaged."""
        kept = read_arrays(self._path(recording), ["mel"])
        if not kept:
            raise PngnatError(f"{self._path(recording)} holds no predicted mel; run the same command again")
        return replace(self.store.load(recording), mel=kept["mel"].astype(np.float32), is_predicted=True)

    def missing(self, recordings: Iterable[Recording]) -> list[Recording]:
        """Return the recordings without a mel, or with a mel of other tokens or durations."""
        return [recording for recording in recordings if not self._is_spoken(recording)]

    def measure(self, recordings: Sequence[Recording]) -> Iterator[Recording]:
        """Compute and keep the missing mels, and yield each recording when it is done.

        Raises PngnatError for a speaker that the model does not know, and for durations that do not fit the sound.
        """
        for recording in recordings:
            features = self.store.load(recording)
            frames, mel = len(features.f0), self.teacher.mel(recording, self._prosody(recording, features))
            # The model rounds the duration to frames; features hold only complete frames.
            if not 0 <= mel.shape[1] - frames <= 1:
                raise PngnatError(
                    f"{recording.id}: its durations make {mel.shape[1]} frames, its sound {frames}; prepare the corpus "
                    "again, "
                    f"or delete {self.store.path(recording)} if that is of an older recording"
                )
            arrays = {
                "mel": mel[:, :frames].astype(np.float16),
                "durations": recording.durations,
                "tokens": self.teacher.tokens(recording),
            }
            write_arrays(self._path(recording), arrays)
            yield recording

    def _prosody(self, recording: Recording, features: Features) -> np.ndarray | None:
        """Return the recording's pitch and loudness for a model with prosody, so that mel and sound have one melody."""
        if not self.teacher.model.config.prosody:
            return None
        return token_prosody(features.f0, features.mel.T, recording.durations, self.audio.frame_rate)

    def _path(self, recording: Recording) -> Path:
        return self.folder / f"{recording.id}.npz"

    def _is_spoken(self, recording: Recording) -> bool:
        kept = read_arrays(self._path(recording))
        expected = {"durations": recording.durations, "tokens": self.teacher.tokens(recording)}
        return "mel" in kept and all(
            name in kept and np.array_equal(kept[name], value) for name, value in expected.items()
        )
