"""The acoustic training as a job: corpora, the model and its start, fitting."""

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
    """Settings of an acoustic training."""

    run_dir: Path
    """Folder for checkpoints and logs; a stopped run continues here."""
    corpora: tuple[Path, ...]
    """Prepared corpora (pngnat prepare), as folders or shards (pngnat bulk shards)."""
    features: Path | None
    """Folder of the features of recordings; several runs, of vocoders too, can share one. null keeps none: mels are
    computed for each batch on the training's device, pitch by `training.workers`."""
    model: ModelSizes
    """Sizes of the model; model=NAME selects conf/model/NAME.yaml."""
    tokenizer: Path | None = None
    """Folder with tokenizer.json; not needed with voice_from."""
    speakers: tuple[str, ...] | None = None
    """Speaker table of the model; null is the speakers of the training recordings in alphabetical order."""
    encoder_from: Path | None = None
    """Folder of a pre-trained PnG BERT (recipes/pretrain.py)."""
    voice_from: str | None = None
    """Voice to start from (a folder or a bundled voice's name); its sizes, tokenizer and speakers are kept."""
    voice_sizes: bool = True
    """true keeps the sizes of voice_from; false builds `model` and copies the weights that fit."""
    training: AcousticTrainingConfig = field(default_factory=AcousticTrainingConfig)
    """Batches, losses and optimizer."""
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(steps=20_000))
    """The learning rate over the run, and its end."""
    run: RunConfig = field(default_factory=RunConfig)
    """Devices, checkpoints and logs."""
    ema_decay: float = 0.999
    """Decay of the averaged weights, which the voice gets."""


def train_acoustic(job: AcousticJob) -> None:
    """Train, or continue a stopped run. Raise PngnatError for data or a start that does not fit."""
    # A small corpus may have no validation recordings.
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
        module.load_discriminator(voice_discriminator(job.voice_from or ""))
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
        f"what the voice does not have, {', '.join(sorted({name.rsplit('.', 1)[0] for name in fresh}))}, begins at "
        "random"
    )
