"""Prepare a corpus: align recordings with their texts. See conf/prepare.yaml for the settings.

python recipes/prepare.py corpus=folder path=my_recordings out=corpora/mine
"""

from __future__ import annotations

import sys
from pathlib import Path

import hydra
from omegaconf import DictConfig

from pngnat.data.align import AlignerConfig
from pngnat.data.prepare import REPORT, PrepareConfig, prepare
from pngnat.data.public_corpora import read_public
from pngnat.data.sources import assign_splits, read_folder
from pngnat.errors import PngnatError
from pngnat.text.lexicon import load_lexicon


@hydra.main(version_base=None, config_path="../conf", config_name="prepare")
def main(settings: DictConfig) -> None:
    try:
        config = PrepareConfig(
            out=Path(settings.out),
            sample_rate=settings.sample_rate,
            silence=settings.silence,
            lexicon=load_lexicon(settings.lexicon) if settings.lexicon else {},
            aligner=AlignerConfig(**settings.aligner),
            workers=settings.workers,
        )
        if settings.corpus == "folder":
            sources, skipped = read_folder(settings.path, settings.speaker)
        else:
            sources, skipped = read_public(settings.corpus, settings.path)
        report = prepare(assign_splits(sources, settings.held_out), skipped, config)
    except PngnatError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(f"{report['prepared']} recordings prepared, {report['left out']} left out; see {config.out / REPORT}")


if __name__ == "__main__":
    main()
