"""Put a trained acoustic model and a trained vocoder together as a voice; --help explains every setting.

python recipes/make_voice.py acoustic=runs/acoustic vocoder=runs/vocoder voice=voices/mine name=mine \
    licence=Apache-2.0 description="..." card=README.md
"""

import sys

from pngnat.cli.recipes import make_voice

if __name__ == "__main__":
    sys.exit(make_voice())
