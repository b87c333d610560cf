"""Pre-train PnG BERT on text; settings are in conf/pretrain.yaml.

Prepare text:    python recipes/pretrain.py run_dir=runs/png_bert text.folder=cache/books text.sources.books.pattern='books/*.txt' \
                 prepare_only=true text.workers=16
One machine:     the same line without prepare_only
Wikipedia:       ... '~text.sources.books' \
         '+text.sources.wikipedia={_target_: pngnat.data.pretraining.sources.HubText, name: wikimedia/wikipedia, config: 20231101.en}'
Two processes:   ... run.devices=2 run.strategy=ddp
Many nodes:      torchrun --nnodes 4 --nproc-per-node 8 --rdzv-backend c10d --rdzv-endpoint HOST:29500 recipes/pretrain.py ... \
                 run.devices=8 run.nodes=4 run.strategy=ddp model=paper training.batch_tokens=65536   (after prepare_only)
From a voice:    ... voice_from=VOICE   (keeps its embeddings and frozen layers, as its pre-training left them, and learns the rest)
The same command goes on where a run in `run_dir` stopped, and a preparation where it stopped. At its end it measures the model on the
held-out text, prints how much of each task is right, and writes that to held_out.json; a finished run is measured again.
"""

from __future__ import annotations

from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from pngnat.data.pretraining.text import PreparedText


@hydra.main(version_base=None, config_path="../conf", config_name="pretrain")
def main(config: DictConfig) -> None:
    """Prepare the text and train."""
    text = instantiate(config.text, _convert_="all").prepare()
    print(f"{len(text.train)} sentences to train on, {len(text.held_out)} held out; {text.train.too_long} were too long and left out")
    if not config.prepare_only:
        train(config, text)


def train(config: DictConfig, text: PreparedText) -> None:
    """Fit, or go on where the run stopped, write the model and measure it."""
    # Here and not above: the processes that prepare text import this file, and have no use for torch.
    import lightning as L

    from pngnat.evaluation import report
    from pngnat.models.png_bert import PngBertConfig
    from pngnat.training.callbacks import Throughput
    from pngnat.training.pretrain import Pretraining
    from pngnat.training.runs import fit
    from pngnat.training.start import start_from_frozen
    from pngnat.training.task_scores import task_rows
    from pngnat.voice.voice import load_voice

    sizes = OmegaConf.to_container(config.model.encoder, resolve=True)
    sizes.pop("kind")
    model = PngBertConfig(**{**sizes, "vocabulary_size": text.tokenizer.vocabulary_size})
    L.seed_everything(config.training.seed)
    module = Pretraining(model, instantiate(config.training, _convert_="all"), text.tokenizer, text.train, text.held_out)
    if config.voice_from:
        start_from_frozen(module.model.encoder, load_voice(config.voice_from), text.tokenizer)
    fit(module, Path(config.run_dir), instantiate(config.run), instantiate(config.schedule), [Throughput("tokens_per_s", "num_tokens")])
    if module.global_rank == 0:
        module.export(Path(config.export_dir))
    held_out = module.measure()
    if module.global_rank == 0 and held_out:
        report.write_json(Path(config.run_dir) / "held_out.json", held_out)
        print(report.table(task_rows(held_out)))


if __name__ == "__main__":
    main()
