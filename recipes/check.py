"""Look over a prepared corpus: python recipes/check.py path=corpora/mine. See conf/check.yaml for the limits."""

from __future__ import annotations

import sys
from pathlib import Path

import hydra
from omegaconf import DictConfig

from pngnat.data.check_report import write_report
from pngnat.data.checks import Limits, check
from pngnat.data.corpus import read_corpus
from pngnat.errors import PngnatError


@hydra.main(version_base=None, config_path="../conf", config_name="check")
def main(settings: DictConfig) -> None:
    try:
        recordings = read_corpus(settings.path)
        print(write_report(Path(settings.out or settings.path), recordings, check(recordings, Limits(**settings.limits))), end="")
    except PngnatError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
