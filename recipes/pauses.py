"""Make the pauses of a prepared corpus as long as its texts ask for, in a new corpus; --help explains every setting.

python recipes/pauses.py path=corpora/teacher out=corpora/teacher_paused
"""

import sys

from pngnat.cli.recipes import pauses

if __name__ == "__main__":
    sys.exit(pauses())
