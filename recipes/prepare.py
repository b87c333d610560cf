"""Align recordings with their texts: python recipes/prepare.py corpus=folder path=my_recordings out=corpora/mine"""

import sys

from pngnat.cli.recipes import prepare

if __name__ == "__main__":
    sys.exit(prepare())
