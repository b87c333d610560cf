"""Look over a prepared corpus: python recipes/check.py path=corpora/mine"""

import sys

from pngnat.cli.recipes import check

if __name__ == "__main__":
    sys.exit(check())
