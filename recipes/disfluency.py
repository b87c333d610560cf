"""Look at the rhythm of recordings before a voice is made of them: python recipes/disfluency.py FOLDER --out report/

FOLDER holds sound files and a metadata.csv (`id|text`), or is a prepared corpus. The same as `pngnat evaluate
disfluency`."""

import sys

from pngnat.evaluation.commands import main

if __name__ == "__main__":
    sys.exit(main("disfluency"))
