"""When a fine-tuning has learned enough: its speech is listened to, on sentences of the target that it never saw, and the best is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import lightning as L
import numpy as np
from lightning.pytorch.callbacks import Callback
from safetensors.torch import load_file, save_file

from pngnat.audio import wav
from pngnat.data.corpus import Recording
from pngnat.data.sources import plain_text
from pngnat.errors import PngnatError
from pngnat.evaluation import asr
from pngnat.evaluation.recreation import Embed, Likeness, Spoken
from pngnat.evaluation.speaker_encoder import SpeakerEncoder
from pngnat.evaluation.warping import warped_distortion
from pngnat.evaluation.word_errors import WordErrors, compare_texts
from pngnat.files import atomic_write, write_text
from pngnat.finetune.progress import training_share
from pngnat.models.png_nat import PngNat
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.synthesize import synthesize
from pngnat.training.callbacks import Ema
from pngnat.training.export import AcousticRun
from pngnat.training.runs import LAST
from pngnat.voice.voice import Voice

BEST, HEARD = "best.safetensors", "listening.json"
LISTENERS, DISTANCE = "listeners", "distance"
# Words of a sentence that says something about a voice, and sentences that say enough.
_WORDS, _ENOUGH = 3, 6
# Share of a run before which nothing ends it: a speaker is learned with the high learning rate, and cleanly with the low one.
_SETTLED = 0.6


@dataclass(frozen=True)
class Examination:
    """What a voice is judged by. recordings: the split "valid", which says what the person sounds like. most: of their sentences, are
    spoken."""

    recordings: Sequence[Recording]
    most: int

    @cached_property
    def sentences(self) -> list[Recording]:
        """The recordings whose texts are spoken."""
        return to_speak(self.recordings, self.most)

    def spoken(self, voice: Voice, speaker: str) -> list[Speech]:
        """What a speaker of the voice makes of their texts."""
        return [synthesize(one.utterance.text, voice, speaker=speaker) for one in self.sentences]


class Ears(Protocol):
    """Judges a voice's speech in free running, with the durations that it predicts. name: LISTENERS or DISTANCE."""

    name: str

    def hear(self, voice: Voice, speaker: str) -> dict[str, float]:
        """Figures, of which "misfit" is to be low."""
        ...


class Listeners:
    """Words and voice: the share of words that a recognizer gets wrong beyond those of the recordings, plus what the speaker similarity
    lacks to 1.

    One word in a hundred thus weighs as much as a hundredth of similarity. To be understood better than the person is no merit of a voice
    that is to be theirs. Raises PngnatError for a single recording.
    """

    name = LISTENERS

    def __init__(self, recognizer: asr.Recognizer, embed: Embed, examination: Examination):
        self._recognizer, self._examination = recognizer, examination
        self._likeness = Likeness(embed, (Spoken.recorded(recording) for recording in examination.recordings))
        self._real = [Spoken.recorded(recording) for recording in examination.sentences]
        self._usual = self._error_rate(self._real)

    def hear(self, voice: Voice, speaker: str) -> dict[str, float]:
        speeches = self._examination.spoken(voice, speaker)
        spoken = [Spoken.made(real.id, real.text, speech) for real, speech in zip(self._real, speeches, strict=True)]
        rate, similarity = self._error_rate(spoken), float(np.mean([self._likeness.of(one) for one in spoken]))
        misfit = max(0.0, rate - self._usual) + 1 - similarity
        return {"misfit": misfit, "WER": rate, "WER of recordings": self._usual, "similarity": similarity}

    def _error_rate(self, spoken: Sequence[Spoken]) -> float:
        heard = [self._recognizer.transcribe(one.samples, one.sample_rate).text for one in spoken]
        return sum((compare_texts(one.text, text).errors for one, text in zip(spoken, heard, strict=True)), WordErrors()).rate


class Distance:
    """The mel-cepstral distance to the recordings in dB, along the best path through both: what there is without listeners."""

    name = DISTANCE

    def __init__(self, examination: Examination):
        self._examination = examination

    def hear(self, voice: Voice, speaker: str) -> dict[str, float]:
        real = [wav.read(recording.path, voice.sample_rate) for recording in self._examination.sentences]
        made = self._examination.spoken(voice, speaker)
        distances = [warped_distortion(one, other.samples, voice.card.audio) for one, other in zip(real, made, strict=True)]
        return {"misfit": float(np.mean(distances))}


def ears(measure: str, examination: Examination, threads: int = 1, say: Callable[[str], None] = print) -> Ears:
    """measure: LISTENERS, DISTANCE, or "auto" for listeners where they are installed. say: is told why there are none.

    Raises PngnatError for another measure, and for listeners that are not installed or have a single recording to compare with.
    """
    if measure not in (LISTENERS, DISTANCE, "auto"):
        raise PngnatError(f"'{measure}' is no measure to stop by; use auto, {LISTENERS} or {DISTANCE}")
    # One recording has no others whose centre it could be compared with.
    if measure == DISTANCE or (measure == "auto" and len(examination.recordings) < 2):
        return Distance(examination)
    try:
        recognizer, encoder = asr.Recognizer(threads), SpeakerEncoder()
    except PngnatError as error:
        if measure == LISTENERS:
            raise
        say(f"nobody can listen: {error}")
        return Distance(examination)
    return Listeners(recognizer, encoder.embed, examination)


def to_speak(recordings: Sequence[Recording], most: int) -> list[Recording]:
    """At most so many recordings to judge a voice by, each text once, drawn by a rule that hangs on their names alone.

    Recognizers guess at a word or two, and speaker encoders hear too little of a voice in them: such recordings are taken only where there
    are too few others.
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
class Heard:
    """What was heard so far. measure: the ears' name. points: of the run at which was listened. best: index of the best hearing.

    hearings: figures, each with the step and the share of the run. over: whether no more is to be learned.
    """

    measure: str
    hearings: list[dict[str, float]] = field(default_factory=list)
    best: int = -1
    points: int = 0
    over: bool = False

    def add(self, figures: dict[str, float], patience: int) -> bool:
        """Note a hearing, and say whether it is the best one so far.

        From 0.6 of the run on, `patience` hearings without a better one end it.
        """
        is_best = self.best < 0 or figures["misfit"] < self.hearings[self.best]["misfit"]
        self.hearings.append(figures)
        if is_best:
            self.best = len(self.hearings) - 1
        self.over = figures["share"] >= _SETTLED and len(self.hearings) - 1 - self.best >= patience
        return is_best

    @classmethod
    def load(cls, run_dir: Path) -> Heard | None:
        """What an earlier attempt heard, None where there was none."""
        path = run_dir / HEARD
        return cls(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


class Listening(Callback):
    """Listens `times` times in a run, keeps the averaged weights that sound best, and ends the run after `patience` hearings that did
    not get better, though not before 0.6 of it.

    voice_of: the voice that speaks with a model. speaker: who is listened to. say: is told of each hearing.
    """

    def __init__(
        self,
        hear: Ears,
        voice_of: Callable[[PngNat], Voice],
        speaker: str,
        ema: Ema,
        run_dir: Path,
        times: int = 8,
        patience: int = 3,
        say: Callable[[str], None] = print,
    ):
        self.ears, self.voice_of, self.speaker, self.ema, self.run_dir = hear, voice_of, speaker, ema, Path(run_dir)
        self.times, self.patience, self.say = times, patience, say
        self.heard = Heard(hear.name)

    def on_train_batch_end(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int) -> None:
        share = training_share(trainer)
        # The last point is the run's end, which rounding must not lose.
        point = self.times if share >= 1 else int(share * self.times)
        if point <= self.heard.points:
            return
        self.heard.points = point
        self._listen(trainer, pl_module, share)
        if self.heard.over:
            trainer.should_stop = True

    def _listen(self, trainer: L.Trainer, module: L.LightningModule, share: float) -> None:
        module.eval()
        with self.ema.applied(module) as model:
            # Speaking is done on the processor, wherever the training runs.
            speaking = model if module.device.type == "cpu" else deepcopy(model).cpu()
            figures = self.ears.hear(self.voice_of(speaking), self.speaker)
            is_best = self.heard.add({**figures, "step": trainer.global_step, "share": round(share, 3)}, self.patience)
            if is_best:
                with atomic_write(self.run_dir / BEST) as beside:
                    save_file({name: value.detach().cpu().contiguous().clone() for name, value in model.state_dict().items()}, beside)
        module.train()
        for name, value in figures.items():
            module.log(f"heard/{name}", value, batch_size=1)
        shown = ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
        self.say(f"step {trainer.global_step}: {shown}{' (best)' if is_best else ''}")
        # What was heard, what was kept and where the run stands must not part when it is stopped.
        trainer.save_checkpoint(self.run_dir / LAST)
        write_text(self.run_dir / HEARD, json.dumps(asdict(self.heard), indent=1) + "\n")

    def state_dict(self) -> dict[str, Any]:
        return asdict(self.heard)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.heard = Heard(**state_dict)


def best_model(run_dir: Path) -> tuple[PngNat, tuple[str, ...]]:
    """The model that sounded best, and its speakers. Raises PngnatError where none was listened to."""
    run = AcousticRun.load(run_dir)
    if not (run_dir / BEST).exists():
        raise PngnatError(f"{run_dir} holds no model that was listened to; delete it and start again")
    model = PngNat(run.model)
    model.load_state_dict(load_file(run_dir / BEST))
    return model.eval().requires_grad_(False), run.speakers
