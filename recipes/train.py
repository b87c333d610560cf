"""Train the acoustic model on prepared corpora; --help explains every setting.

One machine:     python recipes/train.py run_dir=runs/acoustic corpora=[corpora/teacher] tokenizer=runs/png_bert/model \
                 encoder_from=runs/png_bert/model
Many nodes:      torchrun --nnodes 4 --nproc-per-node 8 --rdzv-backend c10d --rdzv-endpoint HOST:29500 recipes/train.py
... \
                 run.devices=8 run.nodes=4 run.strategy=ddp model=paper
"""

import sys

from pngnat.cli.recipes import train

if __name__ == "__main__":
    sys.exit(train())
