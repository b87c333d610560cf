"""Look over a prepared corpus, and warn of recordings that are clipped, noisy, cut off or not what their text says.

python recipes/check.py path=corpora/mine
"""

from __future__ import annotations

import sys

from pngnat.cli.recipe import recipe


@recipe("check", "pngnat.data.check_report.CheckSettings")
def main(settings) -> None:
    from pngnat.data.check_report import check_corpus

    print(check_corpus(settings), end="")


if __name__ == "__main__":
    sys.exit(main())
