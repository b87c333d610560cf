"""Train a vocoder: python recipes/vocoder.py run_dir=runs/vocoder features=... table=.../metadata.csv. Settings: conf/vocoder.yaml."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import hydra
import lightning as L
import torch
from hydra.utils import instantiate
from lightning.pytorch.callbacks import ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger
from omegaconf import DictConfig
from tqdm import tqdm

from pngnat.training.callbacks import Ema, StopAtNan, Throughput
from pngnat.training.vocoder import VocoderTraining
from pngnat.training.vocoder_data import Clip, FeatureStore
from pngnat.training.vocoder_report import Copies


def read_table(path: Path) -> list[Clip]:
    """The clips of a table id|speaker|split|text."""
    rows = [line.split("|") for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [Clip(row[0], row[1], row[2], path.parent / "audio" / row[1] / f"{row[0]}.ogg") for row in rows]


@hydra.main(version_base=None, config_path="../conf", config_name="vocoder")
def main(config: DictConfig) -> None:
    """Measure features, train, and resume where a run in the same folder stopped."""
    torch.set_num_threads(config.threads)
    L.seed_everything(config.seed)
    run_dir, audio = Path(config.run_dir), instantiate(config.audio)
    clips = read_table(Path(config.table))
    valid = [clip for clip in clips if clip.split == "valid"]
    random.Random(0).shuffle(valid)
    clips = [clip for clip in clips if clip.split == "train"] + valid[: config.validate_clips]
    store = FeatureStore(config.features, audio, config.pitch)
    missing = sum(not store.path(clip).exists() for clip in clips)
    for _ in tqdm(store.measure_all(clips, config.processes), total=missing, desc="features", unit="clip"):
        pass
    training = instantiate(config.training)
    module = VocoderTraining(audio, instantiate(config.model), training, store, clips)
    trainer = L.Trainer(
        default_root_dir=run_dir,
        accelerator="cpu",
        max_steps=training.steps,
        max_epochs=-1,
        gradient_clip_val=config.clip,
        val_check_interval=config.validate_every,
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        log_every_n_steps=20,
        logger=TensorBoardLogger(run_dir, name=None, version=""),
        callbacks=[
            Ema("vocoder", config.ema_decay),
            Throughput(),
            StopAtNan(),
            Copies(),
            TQDMProgressBar(refresh_rate=10),
            ModelCheckpoint(
                run_dir, "last", train_time_interval=timedelta(minutes=config.checkpoint_minutes), enable_version_counter=False
            ),
        ],
    )
    last = run_dir / "last.ckpt"
    trainer.fit(module, ckpt_path=str(last) if last.exists() else None)
    trainer.save_checkpoint(last)


if __name__ == "__main__":
    main()
