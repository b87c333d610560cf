"""Train a vocoder on prepared corpora; --help explains every setting.

Reconstruction:     python recipes/vocoder.py run_dir=runs/vocoder corpora=[corpora/teacher] Adversarial stage:  python
recipes/vocoder.py --config-name vocoder_adversarial run_dir=runs/vocoder2 corpora=[corpora/teacher] \
                    features=runs/vocoder/features vocoder_from=runs/vocoder
"""

import sys

from pngnat.cli.recipes import vocoder

if __name__ == "__main__":
    sys.exit(vocoder())
