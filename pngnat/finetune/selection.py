"""Which state of a fine-tuning is kept: its speech is judged on sentences of the target that it never saw."""

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
# Words of a sentence that says something about a voice, and sentences that say enough.
_WORDS, _ENOUGH = 3, 6


@dataclass(frozen=True)
class ValidationSentences:
    """What a voice is judged by. recordings: the split "valid", which says what the person sounds like. most: of their
    sentences, are spoken."""

    recordings: Sequence[Recording]
    most: int

    @cached_property
    def chosen(self) -> list[Recording]:
        """The recordings whose texts are spoken."""
        return to_speak(self.recordings, self.most)

    def spoken(self, voice: Voice, speaker: str) -> list[SpokenSentence]:
        """What a speaker of the voice makes of their texts, in free running, with the durations that the voice
        predicts."""
        texts = ((one.id, one.utterance.text) for one in self.chosen)
        return [SpokenSentence.made(id, text, synthesize(text, voice, speaker=speaker)) for id, text in texts]


def make_judge(
    measure: str,
    sentences: ValidationSentences,
    audio: AudioConfig,
    threads: int = 1,
    say: Callable[[str], None] = print,
) -> Judge:
    """measure: LISTENERS, MEL_CEPSTRA, or "auto" for the first where it is installed. say: is told why it is not.

    Raises PngnatError for another measure, and for a judge that is not installed or has a single recording to compare
    with."""
    if measure not in (LISTENERS, MEL_CEPSTRA, "auto"):
        raise PngnatError(f"'{measure}' is no measure of speech; use auto, {LISTENERS} or {MEL_CEPSTRA}")
    chosen = [SpokenSentence.recorded(recording) for recording in sentences.chosen]
    # One recording has no others whose centre it could be compared with.
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
    """At most so many recordings to judge a voice by, each text once, drawn by a rule that depends on their names
    alone.

    Recognizers guess at a word or two, and speaker encoders hear too little of a voice in them: such recordings are
    taken only where there are too few others."""
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
    """The validations so far. judge: the judge's name. points: of the run, that were reached. best: index of the best
    validation.

    validations: figures, each with the step and the share of the run.
    """

    judge: str
    validations: list[dict[str, float]] = field(default_factory=list)
    best: int = -1
    points: int = 0

    def add(self, figures: dict[str, float]) -> bool:
        """Note a validation, and say whether it is the best one so far."""
        is_best = self.best < 0 or figures["score"] > self.validations[self.best]["score"]
        self.validations.append(figures)
        if is_best:
            self.best = len(self.validations) - 1
        return is_best

    @classmethod
    def load(cls, run_dir: Path) -> ValidationHistory | None:
        """That of an earlier attempt, None where there was none."""
        path = run_dir / HISTORY
        return cls(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


@dataclass(frozen=True)
class SpeechJudgement:
    """How speech is judged in a training. voice_of: the voice that speaks with a model. speaker: who speaks. times: in
    a run."""

    judge: Judge
    sentences: ValidationSentences
    voice_of: Callable[[PngNat], Voice]
    speaker: str
    times: int

    def figures(self, model: PngNat) -> dict[str, float]:
        """What the judge says of the model's speech."""
        return self.judge.score(self.sentences.spoken(self.voice_of(model), self.speaker))


class BestBySpeech(Callback):
    """Judges a model's speech during its training, and keeps the averaged weights that sound best.

    say: is told of each validation.
    """

    def __init__(self, judgement: SpeechJudgement, ema: Ema, run_dir: Path, say: Callable[[str], None] = print):
        self.judgement, self.ema, self.run_dir, self.say = judgement, ema, Path(run_dir), say
        self.history = ValidationHistory(judgement.judge.name)

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        share, times = training_share(trainer), self.judgement.times
        # The last point is the run's end, which rounding must not lose.
        point = times if share >= 1 else int(share * times)
        if point <= self.history.points:
            return
        self.history.points = point
        self._validate(trainer, pl_module, share)

    def _validate(self, trainer: L.Trainer, module: L.LightningModule, share: float) -> None:
        module.eval()
        with self.ema.applied(module) as averaged:
            model = cast(PngNat, averaged)
            # Speaking is done on the processor, wherever the training runs.
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
        # The history, the weights that were kept and the state of the run must not part when it is stopped.
        trainer.save_checkpoint(self.run_dir / LAST)
        write_text(self.run_dir / HISTORY, json.dumps(asdict(self.history), indent=1) + "\n")

    def state_dict(self) -> dict[str, Any]:
        return asdict(self.history)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.history = ValidationHistory(**state_dict)


def best_model(run_dir: Path) -> tuple[PngNat, tuple[str, ...]]:
    """The model that sounded best, and its speakers. Raises PngnatError where no speech was judged."""
    run = AcousticRun.load(run_dir)
    if not (run_dir / BEST).exists():
        raise PngnatError(f"{run_dir} holds no model whose speech was judged; delete it and start again")
    return build_module(run_dir, BEST, lambda: PngNat(run.model), what="training"), run.speakers
