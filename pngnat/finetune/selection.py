"""The choice of a fine-tuning's state: its speech is judged on held-out sentences of the target."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import lightning as L
from lightning.pytorch.callbacks import Callback

from pngnat.audio.config import AudioConfig
from pngnat.data.corpus import Recording
from pngnat.data.sources import plain_text
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.evaluation import asr
from pngnat.evaluation.judges import Judge, ListenersJudge, SpokenSentence, mel_cepstral_judge
from pngnat.evaluation.mos import MosPredictor
from pngnat.evaluation.speaker_encoder import SpeakerEncoder
from pngnat.files import write_text
from pngnat.finetune.progress import training_share
from pngnat.models.png_nat import PngNat
from pngnat.synthesis.synthesize import synthesize
from pngnat.training.callbacks import Ema
from pngnat.training.checkpoints import LAST
from pngnat.training.export import AcousticRun
from pngnat.voice.weights import build_module, save_weights

BEST, HISTORY = "best.safetensors", "validation.json"
LISTENERS, MEL_CEPSTRA = "listeners", "mel_cepstra"
JUDGED_BY = {LISTENERS: "words, quality and speaker similarity", MEL_CEPSTRA: "the mel-cepstral distance to recordings"}
# Words of an informative sentence, and a sufficient number of sentences.
_WORDS, _ENOUGH = 3, 6


@dataclass(frozen=True)
class ValidationSentences:
    """Sentences for judging a voice. recordings: the split "valid", which shows how the person sounds. most: number of
    its sentences that are synthesized."""

    recordings: Sequence[Recording]
    most: int

    @cached_property
    def chosen(self) -> list[Recording]:
        """The recordings whose texts are synthesized."""
        return to_speak(self.recordings, self.most)

    def spoken(self, voice: Voice, speaker: str) -> list[SpokenSentence]:
        """Synthesize their texts with a speaker of the voice and predicted durations."""
        texts = ((one.id, one.utterance.text) for one in self.chosen)
        return [SpokenSentence.made(id, text, synthesize(text, voice, speaker=speaker)) for id, text in texts]


def make_judge(
    measure: str,
    sentences: ValidationSentences,
    audio: AudioConfig,
    threads: int = 1,
    say: Callable[[str], None] = print,
) -> Judge:
    """Return a judge. measure: LISTENERS, MEL_CEPSTRA, or "auto" for the first one if it is installed. say: receives
    the reason if it is not.

    Raises PngnatError for another measure, and for a judge that is not installed or has a single recording.
    """
    if measure not in (LISTENERS, MEL_CEPSTRA, "auto"):
        raise PngnatError(f"'{measure}' is no measure of speech; use auto, {LISTENERS} or {MEL_CEPSTRA}")
    chosen = [SpokenSentence.recorded(recording) for recording in sentences.chosen]
    # A single recording has no centre of others to compare it with.
    if measure == MEL_CEPSTRA or (measure == "auto" and len(sentences.recordings) < 2):
        return mel_cepstral_judge(chosen, audio)
    try:
        recognizer, quality, encoder = asr.Recognizer(threads), MosPredictor(), SpeakerEncoder()
    except PngnatError as error:
        if measure == LISTENERS:
            raise
        say(f"speech cannot be judged by {JUDGED_BY[LISTENERS]}: {error}")
        return mel_cepstral_judge(chosen, audio)
    everything = [SpokenSentence.recorded(recording) for recording in sentences.recordings]
    return ListenersJudge(recognizer, quality, encoder.embed, everything, chosen)


def to_speak(recordings: Sequence[Recording], most: int) -> list[Recording]:
    """Return at most `most` recordings for judging a voice, each text once, by a rule on their names alone.

    Recognizers guess single words, and speaker encoders need longer sounds: short recordings are used only if there are
    too few others.
    """
    once: dict[str, Recording] = {}
    for recording in sorted(recordings, key=lambda recording: hashlib.sha256(recording.id.encode()).digest()):
        once.setdefault(plain_text(recording.utterance.text), recording)
    long = [recording for recording in once.values() if len(recording.utterance.words) >= _WORDS]
    if len(long) >= _ENOUGH:
        return long[:most]
    short = [recording for recording in once.values() if len(recording.utterance.words) < _WORDS]
    return [*long, *short][: min(most, _ENOUGH)]


@dataclass
class ValidationHistory:
    """The validations of a run. judge: the judge's name. points: of the run, that were reached. best: index of the best
    validation. validations: figures, each with the step and the fraction of the run."""

    judge: str
    validations: list[dict[str, float]] = field(default_factory=list)
    best: int = -1
    points: int = 0

    def add(self, figures: dict[str, float]) -> bool:
        """Add a validation, and return whether it is the best one."""
        is_best = self.best < 0 or figures["score"] > self.validations[self.best]["score"]
        self.validations.append(figures)
        if is_best:
            self.best = len(self.validations) - 1
        return is_best

    @classmethod
    def load(cls, run_dir: Path) -> ValidationHistory | None:
        """Read the history of an earlier attempt; None if there is none."""
        path = run_dir / HISTORY
        return cls(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


@dataclass(frozen=True)
class SpeechJudgement:
    """How speech is judged in a training. voice_of: returns a voice of a model. speaker: its speaker. times:
    validations in a run."""

    judge: Judge
    sentences: ValidationSentences
    voice_of: Callable[[PngNat], Voice]
    speaker: str
    times: int

    def figures(self, model: PngNat) -> dict[str, float]:
        """Return the judge's figures for the model's speech."""
        return self.judge.score(self.sentences.spoken(self.voice_of(model), self.speaker))


class BestBySpeech(Callback):
    """A judge of a model's speech during training, which keeps the best averaged weights. say: receives a line for each
    validation."""

    def __init__(self, judgement: SpeechJudgement, ema: Ema, run_dir: Path, say: Callable[[str], None] = print):
        self.judgement, self.ema, self.run_dir, self.say = judgement, ema, Path(run_dir), say
        self.history = ValidationHistory(judgement.judge.name)

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        share, times = training_share(trainer), self.judgement.times
        # The last point is the end of the run, which rounding must not lose.
        point = times if share >= 1 else int(share * times)
        if point <= self.history.points:
            return
        self.history.points = point
        self._validate(trainer, pl_module, share)

    def _validate(self, trainer: L.Trainer, module: L.LightningModule, share: float) -> None:
        module.eval()
        with self.ema.applied(module) as averaged:
            model = cast(PngNat, averaged)
            # Synthesis runs on the CPU, wherever the training runs.
            figures = self.judgement.figures(model if module.device.type == "cpu" else deepcopy(model).cpu())
            noted = {**figures, "step": trainer.global_step, "share": round(share, 3)}
            is_best = self.history.add(noted)
            if is_best:
                save_weights(model, self.run_dir / BEST)
        module.train()
        for name, value in figures.items():
            module.log(f"speech/{name}", value, batch_size=1)
        shown = ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
        self.say(f"step {trainer.global_step}: {shown}{' (best)' if is_best else ''}")
        # History, kept weights and the state of the run must agree after a stop.
        trainer.save_checkpoint(self.run_dir / LAST)
        write_text(self.run_dir / HISTORY, json.dumps(asdict(self.history), indent=1) + "\n")

    def state_dict(self) -> dict[str, Any]:
        return asdict(self.history)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.history = ValidationHistory(**state_dict)


def best_model(run_dir: Path) -> tuple[PngNat, tuple[str, ...]]:
    """Return the best model, and its speakers. Raise PngnatError if no speech was judged."""
    run = AcousticRun.load(run_dir)
    if not (run_dir / BEST).exists():
        raise PngnatError(f"{run_dir} holds no model whose speech was judged; delete it and start again")
    return build_module(run_dir, BEST, lambda: PngNat(run.model), what="training"), run.speakers
