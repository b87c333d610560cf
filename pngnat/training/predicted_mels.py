"""Mels that the acoustic model predicts for recordings, from their text and with their own durations, so that frame lies on frame.

A vocoder that learns from them makes the recording's sound of what the acoustic model leaves out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from pngnat.audio.config import AudioConfig
from pngnat.data.corpus import Recording
from pngnat.data.prosody import token_prosody
from pngnat.errors import PngnatError
from pngnat.files import atomic_write
from pngnat.models.batch import PngBatch
from pngnat.models.png_nat import PngNat
from pngnat.text.tokenizer import PngTokenizer
from pngnat.training.export import DESCRIPTION, acoustic_model
from pngnat.training.vocoder_data import Clip, Features, FeatureStore
from pngnat.voice.voice import load_voice


@dataclass(frozen=True)
class Teacher:
    """An acoustic model ready to speak. speakers: names in the order of its speaker table."""

    model: PngNat
    tokenizer: PngTokenizer
    speakers: tuple[str, ...]

    @property
    def audio(self) -> AudioConfig:
        """Its sound."""
        return self.model.config.audio

    @cached_property
    def fingerprint(self) -> str:
        """Twelve digits that are others for other weights, settings or speakers."""
        digest = hashlib.sha256(json.dumps([self.model.config.to_dict(), self.speakers], sort_keys=True).encode())
        for name, value in sorted(self.model.state_dict().items()):
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:12]

    def tokens(self, recording: Recording) -> np.ndarray:
        """The ids (L,) that the recording's text has for the model."""
        return np.asarray(self.tokenizer.encode(recording.utterance).ids)

    def mel(self, recording: Recording, prosody: np.ndarray | None = None) -> np.ndarray:
        """The log-mel (M, T) of the recording's text, spoken with its durations, and with a prosody (N, 2) where one is given.

        Raises PngnatError for a speaker whom the model does not know, and for durations of other tokens.
        """
        if recording.speaker not in self.speakers:
            raise PngnatError(f"the acoustic model has no speaker {recording.speaker!r}; it knows {', '.join(self.speakers)}")
        tokens = PngBatch.collate([self.tokenizer.encode(recording.utterance)])
        count = int(tokens.phoneme_lengths[0])
        if count != len(recording.durations):
            raise PngnatError(f"{recording.id}: {len(recording.durations)} durations for {count} tokens; prepare the corpus again")
        speaker = torch.tensor([self.speakers.index(recording.speaker)])
        melody = {} if prosody is None else {"prosody": torch.from_numpy(prosody)[None]}
        return self.model.speak(tokens, speaker, torch.from_numpy(recording.durations)[None], **melody)[0].numpy()


def find_teacher(source: str | Path) -> Teacher:
    """The acoustic model of a voice (its name or folder) or of a training (its folder). Raises PngnatError where there is none."""
    if (Path(source) / DESCRIPTION).exists():
        model, speakers = acoustic_model(Path(source))
        return Teacher(model, PngTokenizer.load(source), speakers)
    voice = load_voice(source)
    return Teacher(voice.acoustic, voice.tokenizer, tuple(voice.speakers))


class PredictedMels:
    """A FeatureStore whose mels are predicted; samples and f0 stay the recording's.

    Each mel is computed once and kept, in half precision, beside the tokens and durations that it was spoken from: another acoustic
    model has another place in the folder, and a recording that was transcribed or aligned anew is spoken anew.
    """

    def __init__(self, folder: str | Path, store: FeatureStore, teacher: Teacher) -> None:
        self.folder, self.store, self.teacher = Path(folder) / f"predicted-{teacher.fingerprint}", store, teacher
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def audio(self) -> AudioConfig:
        """The store's."""
        return self.store.audio

    def load(self, clip: Clip) -> Features:
        """The clip's features with the predicted mel, which must have been measured."""
        with np.load(self._path(clip.id)) as stored:
            return replace(self.store.load(clip), mel=stored["mel"].astype(np.float32), is_predicted=True)

    def missing(self, recordings: Sequence[Recording]) -> list[Recording]:
        """The recordings that were not spoken yet, or from other tokens or durations."""
        return [recording for recording in recordings if not self._is_spoken(recording)]

    def measure(self, recordings: Sequence[Recording]) -> Iterator[Recording]:
        """Speak the recordings' texts and keep the mels, and yield each recording as it is done.

        Raises PngnatError for a speaker whom the model does not know, and for durations that do not fit the sound.
        """
        for recording in recordings:
            clip = Clip.of(recording)
            features = self.store.load(clip)
            frames, mel = len(features.f0), self.teacher.mel(recording, self._prosody(recording, features))
            # The model rounds the sound's length to frames, the features hold the whole frames alone.
            if not 0 <= mel.shape[1] - frames <= 1:
                raise PngnatError(
                    f"{recording.id}: its durations make {mel.shape[1]} frames, its sound {frames}; prepare the corpus again, "
                    f"or delete {self.store.path(clip)} if that is of an older recording"
                )
            arrays = {"mel": mel[:, :frames].astype(np.float16), "durations": recording.durations, "tokens": self.teacher.tokens(recording)}
            with atomic_write(self._path(recording.id)) as beside, open(beside, "wb") as file:
                np.savez(file, **arrays)
            yield recording

    def _prosody(self, recording: Recording, features: Features) -> np.ndarray | None:
        """The recording's own pitch and loudness, for a model that can be given them: its mel then has the melody of the sound that the
        vocoder is to make of it."""
        if not self.teacher.model.config.prosody:
            return None
        return token_prosody(features.f0, features.mel.T, recording.durations, self.audio.frame_rate)

    def _path(self, identity: str) -> Path:
        return self.folder / f"{identity}.npz"

    def _is_spoken(self, recording: Recording) -> bool:
        path = self._path(recording.id)
        if not path.exists():
            return False
        with np.load(path) as stored:
            same_durations = np.array_equal(stored["durations"], recording.durations)
            return same_durations and np.array_equal(stored["tokens"], self.teacher.tokens(recording))
