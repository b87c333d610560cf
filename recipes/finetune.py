"""Make a voice of a person's recordings; --help explains every setting.

python recipes/finetune.py target=my_recordings name=ann
pngnat "Hello. This is my voice." --voice voices/ann -o hello.wav

Who is not fluent: look at `python recipes/disfluency.py my_recordings`.
"""

import sys

from pngnat.cli.recipes import finetune

if __name__ == "__main__":
    sys.exit(finetune())
