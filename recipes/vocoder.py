"""Train a vocoder on prepared corpora; settings are in conf/vocoder.yaml.

python recipes/vocoder.py run_dir=runs/vocoder corpora=[corpora/teacher]
The same command goes on where a run in `run_dir` stopped. At the end the averaged weights are written there, as vocoder.safetensors.
"""

from __future__ import annotations

import random
from pathlib import Path

import hydra
import lightning as L
from hydra.utils import instantiate
from omegaconf import DictConfig
from tqdm import tqdm

from pngnat.data.corpus import read_corpus
from pngnat.training.callbacks import Ema, Throughput
from pngnat.training.runs import fit
from pngnat.training.vocoder import VocoderTraining
from pngnat.training.vocoder_data import Clip, FeatureStore
from pngnat.training.vocoder_export import save_settings, save_vocoder, start_from_vocoder
from pngnat.training.vocoder_report import Copies


@hydra.main(version_base=None, config_path="../conf", config_name="vocoder")
def main(config: DictConfig) -> None:
    """Measure features, train, and export."""
    L.seed_everything(config.seed)
    run_dir, audio = Path(config.run_dir), instantiate(config.audio)
    recordings = [recording for folder in config.corpora for recording in read_corpus(folder)]
    clips = [Clip(recording.id, recording.speaker, recording.split, recording.path) for recording in recordings]
    train, valid = ([clip for clip in clips if clip.split == split] for split in ("train", "valid"))
    valid = random.Random(0).sample(valid, min(config.validate_clips, len(valid)))
    store = FeatureStore(config.features, audio, config.pitch)
    missing = store.missing([*train, *valid])
    for _ in tqdm(store.measure(missing, config.processes), total=len(missing), desc="features", unit="clip", disable=not missing):
        pass
    module = VocoderTraining(audio, instantiate(config.model), instantiate(config.training), store, train, valid)
    if config.vocoder_from:
        start_from_vocoder(module.vocoder, Path(config.vocoder_from))
    save_settings(run_dir, audio, module.vocoder.config)
    ema = Ema("vocoder", config.ema_decay)
    fit(module, run_dir, instantiate(config.run), instantiate(config.schedule), [ema, Throughput(), Copies()])
    with ema.applied(module) as vocoder:
        save_vocoder(run_dir, vocoder)


if __name__ == "__main__":
    main()
