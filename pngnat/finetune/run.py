"""A person's recordings to a voice: checks and alignment, nearest professional, acoustic model, vocoder, blend, card.

Each stage runs once, continues after a stop, and runs again if its inputs change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pngnat.data.corpus import Recording
from pngnat.data.prepare import PrepareConfig
from pngnat.data.recordings import corpus_digest, read_corpus
from pngnat.data.sources import Skipped, Source
from pngnat.engine.torch_engine import torch_voice
from pngnat.errors import PngnatError
from pngnat.finetune.acoustic import AcousticTuning, Learner, target_model, tune_acoustic
from pngnat.finetune.consent import Consent, get_consent, terminal
from pngnat.finetune.data import TargetData, prepare_target, read_professionals, speech_seconds, target_sources
from pngnat.finetune.nearest import installed_timbre, likenesses
from pngnat.finetune.plan import ACOUSTIC_STAGE, CORPUS, SPEAKER, VOCODER_STAGE, VOICE, Plan
from pngnat.finetune.progress import Progress, Watch
from pngnat.finetune.selection import JUDGED_BY
from pngnat.finetune.stages import Journal, Stage
from pngnat.finetune.vocoder import VocoderChoice, VocoderLearner, VocoderTuning, choose_vocoder, tune_vocoder
from pngnat.finetune.voice import About, BlendChoice, Tuned, write_voice
from pngnat.models.png_nat import PngNat
from pngnat.models.vocoder import Vocoder
from pngnat.stamps import digest
from pngnat.text.lexicon import load_lexicon
from pngnat.training.export import VocoderStart, vocoder_model, vocoder_start
from pngnat.training.predicted_mels import Teacher
from pngnat.training.start import voice_discriminator
from pngnat.voice.card import ACOUSTIC, CARD, TOKENIZER, VOCODER, find_voice, read_card
from pngnat.voice.modules import VoiceModules, load_modules
from pngnat.voice.vocoders import DISCRIMINATORS, SETTINGS, WEIGHTS

CONSENT = "consent.json"
# Minutes of the vocoder's stage for comparing it with the base vocoder.
_COMPARING = 0.05


@dataclass(frozen=True, kw_only=True)
class FinetuneConfig(TargetData):
    """Settings of a fine-tuning."""

    name: str
    """Name of the voice."""
    out: Path
    """Folder of the voice, for pngnat --voice."""
    work: Path
    """Folder of all other files; it can be deleted when the voice is complete."""
    consent: str | Mapping[str, Any] | None = None
    """Who agreed to the voice, and to what purpose: a file (YAML or JSON), or fields; otherwise a terminal asks. See
    pngnat.finetune.consent."""
    base: str | None = None
    """Multi-speaker voice to start from, a name or a folder; null is the first bundled one."""
    professionals: tuple[Path, ...] = ()
    """Prepared corpora of the base voice's speakers, against forgetting."""
    vocoder_from: Path | None = None
    """Folder of a vocoder training to start from; null is the base voice's vocoder."""
    budget: float | None = None
    """Minutes of the work on two cores; null is three for each minute of speech, from 10 to 60. A finished stage does
    not run again for another budget."""
    workers: int = 1
    """Processes for alignment."""
    threads: int = 2
    """Threads of the recognizer that judges."""
    lexicon: Path | None = None
    """File of pronunciations that take precedence over the dictionary, for names; the voice keeps them."""
    acoustic: AcousticTuning = field(default_factory=AcousticTuning)
    """Settings of the acoustic fine-tuning."""
    vocoder: VocoderTuning = field(default_factory=VocoderTuning)
    """Settings of the vocoder fine-tuning."""
    blend: BlendChoice = field(default_factory=BlendChoice)
    """Settings of the blend."""
    about: About = field(default_factory=About)
    """Text of the card that cannot be measured."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w][\w .-]*", self.name):
            raise PngnatError(f"'{self.name}' is no name for a voice: use letters, digits, spaces, points and dashes")
        if self.budget is not None and self.budget <= 0:
            raise PngnatError(f"the budget must be more than 0 minutes, and is {self.budget:g}")
        for name, folder in (("target", self.target), ("out", self.out)):
            for stage in (CORPUS, SPEAKER, ACOUSTIC_STAGE, VOCODER_STAGE, VOICE):
                if Path(folder).resolve().is_relative_to((self.work / stage).resolve()):
                    raise PngnatError(
                        f"{name}={folder} lies in {self.work / stage}, which is emptied; choose another place"
                    )


def finetune(
    config: FinetuneConfig, ask: Callable[[str], str] | None = None, watch: Watch | None = None
) -> Mapping[str, Any]:
    """Make the voice, and return the results of its last stage.

    ask: asks a person; None is the terminal, if there is one. watch: receives the progress, see `Progress`. Raises
    PngnatError without consent, and if a stage fails.
    """
    # First: nobody is asked about recordings that are unusable.
    target = target_sources(config, config.name)
    consent = get_consent(config.consent, config.work / CONSENT, config.target, ask or terminal())
    return _Finetuning(config, consent, target, watch).run()


class _Finetuning:
    """A run through the stages."""

    def __init__(
        self,
        config: FinetuneConfig,
        consent: Consent,
        target: tuple[list[Source], list[Skipped]],
        watch: Watch | None = None,
    ):
        self.config, self.consent, self.watch = config, consent, watch
        self.sources, self.skipped = target
        self.base_folder = find_voice(config.base)
        if config.name in read_card(self.base_folder).names:
            raise PngnatError(f"the base voice has a speaker '{config.name}' already; choose another name")
        self.plan = Plan.of(speech_seconds(self.sources) / 60, config.budget)
        self.journal = Journal(config.work, lambda text: self.progress.say(text))
        self.results: dict[str, Mapping[str, Any]] = {}

    def run(self) -> Mapping[str, Any]:
        stages = self._stages()
        pending = self.journal.pending(stages)
        minutes, titles = (
            {stage.name: stage.minutes for stage in pending},
            {stage.name: stage.title for stage in pending},
        )
        self.progress = Progress(minutes, titles, watch=self.watch)
        try:
            for stage in stages:
                if stage in pending:
                    self.progress.begin(stage.name)
                self.results[stage.name] = self.journal.perform(stage)
        finally:
            self.progress.close()
        return self.results[VOICE]

    def _stages(self) -> list[Stage]:
        config, plan = self.config, self.plan
        corpora = {str(folder): corpus_digest(folder) for folder in config.professionals}
        base = digest(*(self.base_folder / name for name in (CARD, TOKENIZER, ACOUSTIC, VOCODER)))
        donor = config.vocoder_from and Path(config.vocoder_from)
        files = (
            [donor / name for name in (SETTINGS, WEIGHTS, DISCRIMINATORS) if (donor / name).exists()] if donor else []
        )
        acoustic = {**_learned(config.acoustic), "judged_by": JUDGED_BY}
        vocoder = {**_learned(config.vocoder), "vocoder_from": digest(*files)}
        voice = {
            "blend": asdict(config.blend),
            "about": asdict(config.about),
            "consent": asdict(self.consent),
            "out": str(config.out),
        }
        return [
            Stage(CORPUS, "checking and aligning", self._corpus_key(), plan.corpus, self._corpus),
            Stage(
                SPEAKER,
                "looking for the nearest professional",
                {"base": base, "professionals": corpora},
                plan.speaker,
                self._speaker,
            ),
            Stage(ACOUSTIC_STAGE, "acoustic model", acoustic, plan.acoustic, self._acoustic),
            Stage(VOCODER_STAGE, "vocoder", vocoder, plan.vocoder, self._vocoder),
            Stage(VOICE, "blend, figures, card", voice, plan.voice, self._voice, (config.out / CARD,)),
        ]

    def _corpus_key(self) -> dict[str, Any]:
        texts = sorted([source.id, source.split, source.text] for source in self.sources)
        return {
            "sounds": digest(*sorted(source.path for source in self.sources)),
            "texts": texts,
            "name": self.config.name,
            "settings": self._preparing(Path()).provenance,
        }

    def _preparing(self, folder: Path) -> PrepareConfig:
        return PrepareConfig(folder, lexicon=self.lexicon, workers=self.config.workers)

    def _corpus(self, folder: Path) -> Mapping[str, Any]:
        return prepare_target(self.sources, self.skipped, self._preparing(folder), self.config.least, self.progress)

    def _speaker(self, folder: Path) -> Mapping[str, Any]:
        timbre = installed_timbre()
        train = [recording for recording in self.recordings if recording.split == "train"]
        found = likenesses(train, torch_voice(self.base), self.professionals, timbre)
        nearest = next(iter(found))
        self.progress.say(f"the nearest professional is {nearest} ({timbre.name}: {found[nearest]:.2f})")
        return {
            "nearest": nearest,
            "by": timbre.name,
            "likeness": {name: round(value, 4) for name, value in found.items()},
        }

    def _acoustic(self, folder: Path) -> Mapping[str, Any]:
        judge = voice_discriminator(self.base_folder)
        learner = Learner(
            self.base, self.config.name, self.nearest, self.recordings, self.features, self.professionals, judge
        )
        history = tune_acoustic(learner, self.config.acoustic, self.plan.acoustic / 60, folder, self.progress)
        return {
            "judge": history.judge,
            "best": history.validations[history.best],
            "validations": len(history.validations),
        }

    def _vocoder(self, folder: Path) -> Mapping[str, Any]:
        minutes = self.plan.vocoder_after(
            sum(self.journal.seconds(name) for name in (CORPUS, SPEAKER, ACOUSTIC_STAGE)) / 60
        )
        self.progress.expect(minutes)
        tuned = tune_vocoder(
            VocoderLearner(self.vocoder_start, self.teacher, self.recordings, self.features),
            self.config.vocoder,
            (1 - _COMPARING) * minutes / 60,
            folder,
            self.progress,
        )
        valid = [recording for recording in self.recordings if recording.split == "valid"]
        choice = choose_vocoder(self.vocoder_start.vocoder, tuned, self.teacher, valid)
        self.progress.say(choice.line)
        return asdict(choice)

    def _voice(self, folder: Path) -> Mapping[str, Any]:
        tuned = Tuned(
            name=self.config.name,
            base=self.base,
            acoustic=self.acoustic,
            vocoder=self.vocoder,
            nearest=self.nearest,
            recordings=self.recordings,
            consent=self.consent,
            minutes=self.results[CORPUS]["minutes"]["train"],
            history=self._history(),
        )
        return write_voice(tuned, self.config.blend, self.config.about, self.config.out, folder, self.config.threads)

    def _history(self) -> list[str]:
        best = self.results[ACOUSTIC_STAGE]["best"]
        minutes = {name: self.journal.seconds(name) / 60 for name in (ACOUSTIC_STAGE, VOCODER_STAGE)}
        kept = ", ".join(f"{name} {value:.3f}" for name, value in best.items() if name not in ("step", "share"))
        corpora = ", ".join(Path(folder).name for folder in self.config.professionals)
        return [
            f"The acoustic model learned for {minutes[ACOUSTIC_STAGE]:.1f} "
            f"minutes{f' beside {corpora}' if corpora else ''};",
            f"its state after {best['step']:.0f} steps sounded best on `valid` ({kept}).",
            f"The vocoder learned for {minutes[VOCODER_STAGE]:.1f} minutes "
            f"({VocoderChoice(**self.results[VOCODER_STAGE]).line}).",
        ]

    @property
    def nearest(self) -> str:
        return self.results[SPEAKER]["nearest"]

    @cached_property
    def lexicon(self) -> dict[str, tuple[str, ...]]:
        """The lexicon of the base voice with the person's words, for alignment and synthesis."""
        return {
            **read_card(self.base_folder).lexicon,
            **(load_lexicon(self.config.lexicon) if self.config.lexicon else {}),
        }

    @cached_property
    def base(self) -> VoiceModules:
        """The base voice with the person's words."""
        base = load_modules(self.base_folder)
        return replace(base, card=replace(base.card, lexicon=self.lexicon))

    @cached_property
    def recordings(self) -> list[Recording]:
        return list(read_corpus(self.config.work / CORPUS))

    @property
    def features(self) -> Path:
        """The folder of features for both trainings. It depends on the inputs of the recordings' stage, and lies in its
        folder."""
        return self.config.work / SPEAKER / "features"

    @cached_property
    def professionals(self) -> list[Recording]:
        return read_professionals(self.config.professionals, self.base.speakers)

    @cached_property
    def vocoder_start(self) -> VocoderStart:
        return vocoder_start(self.config.vocoder_from or self.base_folder)

    @property
    def vocoder(self) -> Vocoder:
        """The better vocoder."""
        is_tuned = VocoderChoice(**self.results[VOCODER_STAGE]).is_tuned
        return vocoder_model(self.config.work / VOCODER_STAGE / "run") if is_tuned else self.vocoder_start.vocoder

    @property
    def teacher(self) -> Teacher:
        return Teacher(self.acoustic, self.base.tokenizer, (self.config.name,))

    @cached_property
    def acoustic(self) -> PngNat:
        return target_model(self.config.work / ACOUSTIC_STAGE, self.config.name)


# Duration and validations of a training: a finished stage stays, an unfinished one continues with the new values. The
# same for the processors.
_LIMITS = ("validations", "sentences", "validate_clips", "run", "processes")


def _learned(tuning: AcousticTuning | VocoderTuning) -> dict[str, Any]:
    """Return the settings that change the result."""
    return {name: value for name, value in asdict(tuning).items() if name not in _LIMITS}
