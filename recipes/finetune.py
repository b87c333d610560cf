"""Make a voice of a person's recordings; settings are in conf/finetune.yaml.

python recipes/finetune.py target=my_recordings name=ann
python recipes/finetune.py target=my_recordings name=ann consent=consent.yaml "professionals=[corpora/teacher]"
pngnat "Hello. This is my voice." --voice voices/ann -o hello.wav

The folder holds sound files and a metadata.csv with a line `id|text` for each: five minutes give a preview, half an hour the voice. It
asks who agreed to the voice and for what, or reads it, and makes none without. The same command goes on where a run was stopped, and
does again what depends on recordings or settings that changed. Who is not fluent: look at `python recipes/disfluency.py my_recordings`.
"""

from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from pngnat.errors import PngnatError
from pngnat.finetune.data import TargetData
from pngnat.finetune.run import FinetuneConfig, finetune
from pngnat.finetune.voice import About, BlendChoice


@hydra.main(version_base=None, config_path="../conf", config_name="finetune")
def main(config: DictConfig) -> None:
    """Do what the config describes; what a person did wrong becomes one line."""
    for talkative in ("lightning.pytorch", "lightning.fabric", "faster_whisper"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    # Of what a person who makes a voice can neither help nor use.
    warnings.filterwarnings("ignore", module=r"lightning\.")
    try:
        made = finetune(_described(config))
    except PngnatError as error:
        print(f"finetune: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"{made['reason']}\n{config.out}: listen to {config.out}/preview.wav, and speak with: pngnat --voice {config.out} ...")


def _described(config: DictConfig) -> FinetuneConfig:
    return FinetuneConfig(
        target=TargetData(Path(config.target), config.held_out, config.minutes, config.least),
        name=str(config.name),
        out=Path(config.out),
        work=Path(config.work),
        consent=OmegaConf.to_container(config.consent) if OmegaConf.is_config(config.consent) else config.consent,
        base=config.base,
        professionals=tuple(Path(folder) for folder in config.professionals),
        vocoder_from=Path(config.vocoder_from) if config.vocoder_from else None,
        budget=config.budget,
        workers=config.workers,
        threads=config.threads,
        lexicon=Path(config.lexicon) if config.lexicon else None,
        acoustic=instantiate(config.acoustic, _convert_="all"),
        vocoder=instantiate(config.vocoder, _convert_="all"),
        blend=BlendChoice(**config.blend),
        about=About(**config.about),
    )


if __name__ == "__main__":
    main()
