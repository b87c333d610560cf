"""Train a vocoder on prepared corpora; settings are in conf/vocoder.yaml and conf/vocoder_adversarial.yaml.

Reconstruction:     python recipes/vocoder.py run_dir=runs/vocoder corpora=[corpora/teacher]
Adversarial stage:  python recipes/vocoder.py --config-name vocoder_adversarial run_dir=runs/vocoder2 corpora=[corpora/teacher] \
                    features=runs/vocoder/features vocoder_from=runs/vocoder
Predicted mels:     python recipes/vocoder.py --config-name vocoder_adversarial run_dir=runs/vocoder3 corpora=[corpora/teacher] \
                    features=runs/vocoder/features vocoder_from=runs/vocoder2 mels_from=runs/acoustic schedule.learning_rate=1e-4
On a GPU:           python recipes/vocoder.py --config-name vocoder_adversarial adversarial@training.adversarial=gpu \
                    training.batch_size=64 training.workers=12 ...
Smaller:            python recipes/vocoder.py run_dir=runs/small corpora=[corpora/teacher] vocoder_from=english shrink=true model.hidden=256
`vocoder_from` and `mels_from` take voices too. The same command goes on where a run in `run_dir` stopped. At the end the averaged
weights are written there, as vocoder.safetensors.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig

from pngnat.data.corpus import read_corpus
from pngnat.training.export import vocoder_start
from pngnat.training.predicted_mels import find_teacher
from pngnat.training.shrinking import shrunk
from pngnat.training.vocoder_job import VocoderJob, train_vocoder


@hydra.main(version_base=None, config_path="../conf", config_name="vocoder")
def main(config: DictConfig) -> None:
    """Do what the config describes."""
    parts = {name: instantiate(config[name], _convert_="all") for name in ("audio", "model", "training", "schedule", "run")}
    start = vocoder_start(config.vocoder_from) if config.vocoder_from else None
    if start and config.shrink:
        start = replace(start, vocoder=shrunk(start.vocoder, parts["model"]))
    job = VocoderJob(
        run_dir=Path(config.run_dir),
        recordings=[recording for folder in config.corpora for recording in read_corpus(folder)],
        features=Path(config.features),
        start=start,
        teacher=find_teacher(config.mels_from) if config.mels_from else None,
        pitch=config.pitch,
        processes=config.processes,
        minutes_per_speaker=config.minutes_per_speaker,
        validate_clips=config.validate_clips,
        ema_decay=config.ema_decay,
        seed=config.seed,
        **parts,
    )
    train_vocoder(job)


if __name__ == "__main__":
    main()
