"""An acoustic training from beginning to end: corpora, the model and what it starts from, fitting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import lightning as L

from pngnat.data.dataset import AcousticDataset
from pngnat.data.features import FeatureStore
from pngnat.data.recordings import open_corpora
from pngnat.errors import PngnatError
from pngnat.models.png_nat import PngNat
from pngnat.text.tokenizer import PngTokenizer
from pngnat.training.acoustic import AcousticTraining, AcousticTrainingConfig
from pngnat.training.callbacks import Ema, Throughput
from pngnat.training.export import AcousticRun
from pngnat.training.runs import RunConfig, fit
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.sizes import ModelSizes, model_config
from pngnat.training.start import start_from_encoder, start_from_model, start_resized, voice_discriminator
from pngnat.voice.modules import VoiceModules, load_modules


@dataclass(frozen=True, kw_only=True)
class AcousticJob:
    """What to train on what."""

    run_dir: Path
    """Checkpoints and logs; a run that was stopped goes on from here."""
    corpora: tuple[Path, ...]
    """Prepared corpora (pngnat prepare), in folders or in shards (pngnat bulk shards)."""
    features: Path | None
    """Folder of what is measured in recordings; name one folder for several runs, of vocoders too. null keeps nothing:
    mels are made anew for each batch on the training's device, pitch by `training.workers`."""
    model: ModelSizes
    """Sizes of the model; model=NAME takes those of conf/model/NAME.yaml."""
    tokenizer: Path | None = None
    """Folder with tokenizer.json; not needed with voice_from."""
    speakers: tuple[str, ...] | None = None
    """The model's speaker table; null takes the training recordings' speakers in alphabetical order."""
    encoder_from: Path | None = None
    """Folder of a pre-trained PnG BERT (recipes/pretrain.py)."""
    voice_from: str | None = None
    """Voice to start from (a folder or a bundled voice's name); its sizes, tokenizer and speakers are kept."""
    voice_sizes: bool = True
    """Of the voice to start from; false builds `model` and takes of the voice what fits."""
    training: AcousticTrainingConfig = field(default_factory=AcousticTrainingConfig)
    """How to train."""
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(steps=20_000))
    """The learning rate over the run, and its end."""
    run: RunConfig = field(default_factory=RunConfig)
    """Where and how it runs."""
    ema_decay: float = 0.999
    """Of the averaged weights, which the voice gets."""


def train_acoustic(job: AcousticJob) -> None:
    """Fit, or go on where the run in the job's folder stopped. Raises PngnatError for data or a start that do not
    fit."""
    # A small corpus may have none to choose by.
    everything = open_corpora(job.corpora)
    recordings = {split: everything.part(split) for split in ("train", "valid")}
    for split, chosen in recordings.items():
        if not chosen:
            raise PngnatError(f"none of the corpora has recordings in the split '{split}'")
    voice = load_modules(job.voice_from) if job.voice_from else None
    if voice is not None:
        tokenizer = voice.tokenizer
    elif job.tokenizer is not None:
        tokenizer = PngTokenizer.load(job.tokenizer)
    else:
        raise PngnatError("no tokenizer: give tokenizer=FOLDER (as of a pre-trained PnG BERT), or voice_from=VOICE")
    speakers = list(job.speakers or recordings["train"].speakers)
    if voice:
        speakers = voice.speakers + [name for name in speakers if name not in voice.speakers]
    if voice and job.voice_sizes:
        model = voice.acoustic.config.with_speakers(len(speakers))
    else:
        model = model_config(job.model, tokenizer.vocabulary_size, len(speakers))
    features = FeatureStore(job.features, model.audio)
    data = [
        AcousticDataset(recordings[split], tokenizer, speakers, features, model.prosody is not None)
        for split in ("train", "valid")
    ]
    L.seed_everything(job.training.seed)
    module = AcousticTraining(model, job.training, *data)
    if voice:
        _start(module.model, speakers, voice, job.voice_sizes)
        module.judge_by(voice_discriminator(job.voice_from or ""))
    AcousticRun(model, tuple(speakers)).save(job.run_dir)
    tokenizer.save(job.run_dir)
    if job.encoder_from:
        start_from_encoder(module.model, job.encoder_from, job.run_dir)
    fit(module, job.run_dir, job.run, job.schedule, [Ema("model", job.ema_decay), Throughput()])


def _start(model: PngNat, speakers: Sequence[str], voice: VoiceModules, keeps_sizes: bool) -> None:
    if keeps_sizes:
        start_from_model(model, speakers, voice.acoustic, voice.speakers)
        return
    fresh = start_resized(model, speakers, voice.acoustic, voice.speakers)
    print(
        f"what the voice does not have, {', '.join(sorted({name.rsplit('.', 1)[0] for name in fresh}))}, begins at random"
    )
