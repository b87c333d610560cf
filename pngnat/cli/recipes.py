"""The steps from recordings to a voice as commands of settings, `NAME=VALUE`; conf/ has their YAML files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pngnat.cli.recipe import recipe

if TYPE_CHECKING:
    from pngnat.data.check_report import CheckSettings
    from pngnat.data.prepare_corpus import CorpusSettings


@recipe("prepare", "pngnat.data.prepare_corpus.CorpusSettings")
def prepare(settings: CorpusSettings) -> None:
    """Prepare a corpus: align recordings with their texts.

    corpus=folder path=my_recordings out=corpora/mine
    """
    from pngnat.data.prepare import REPORT
    from pngnat.data.prepare_corpus import prepare_corpus

    report = prepare_corpus(settings)
    print(f"{report['prepared']} recordings prepared, {report['left out']} left out; see {settings.out / REPORT}")


@recipe("check", "pngnat.data.check_report.CheckSettings")
def check(settings: CheckSettings) -> None:
    """Look over a prepared corpus, and warn of recordings that are clipped, noisy, cut off, or not what their text says.

    path=corpora/mine
    """
    from pngnat.data.check_report import check_corpus

    print(check_corpus(settings), end="")
