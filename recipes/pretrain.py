"""Pre-train PnG BERT on text; --help explains every setting.

One machine:     python recipes/pretrain.py run_dir=runs/png_bert text.folder=cache/books
text.sources.books.pattern='books/*.txt' Many nodes:      torchrun --nnodes 4 --nproc-per-node 8 --rdzv-backend c10d
--rdzv-endpoint HOST:29500 recipes/pretrain.py ... \
                 run.devices=8 run.nodes=4 run.strategy=ddp model=paper training.batch_tokens=65536   (after
                 prepare_only=true)
"""

import sys

from pngnat.cli.recipes import pretrain

if __name__ == "__main__":
    sys.exit(pretrain())
