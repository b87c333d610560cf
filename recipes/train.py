"""Train the acoustic model on prepared corpora; settings are in conf/train.yaml.

One machine:     python recipes/train.py run_dir=runs/acoustic corpora=[corpora/teacher] tokenizer=runs/png_bert/model \
                 encoder_from=runs/png_bert/model
Two processes:   python recipes/train.py ... run.devices=2 run.strategy=ddp
Many nodes:      torchrun --nnodes 4 --nproc-per-node 8 --rdzv-backend c10d --rdzv-endpoint HOST:29500 recipes/train.py ... \
                 run.devices=8 run.nodes=4 run.strategy=ddp model=paper
A new speaker:   python recipes/train.py run_dir=runs/ann corpora=[corpora/ann,corpora/teacher] voice_from=VOICE \
                 schedule.learning_rate=2e-4 schedule.steps=1500
The same command goes on where a run in `run_dir` stopped.
"""

from __future__ import annotations

from pathlib import Path

import hydra
import lightning as L
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from pngnat.data.corpus import read_corpus
from pngnat.data.dataset import AcousticDataset, MelStore
from pngnat.errors import PngnatError
from pngnat.models.png_nat import PngNatConfig
from pngnat.text.tokenizer import PngTokenizer
from pngnat.training.acoustic import AcousticTraining, speakers_of
from pngnat.training.callbacks import Ema, Throughput
from pngnat.training.export import AcousticRun
from pngnat.training.runs import fit
from pngnat.training.start import start_from_encoder, start_from_model, start_resized
from pngnat.voice.voice import load_voice


@hydra.main(version_base=None, config_path="../conf", config_name="train")
def main(config: DictConfig) -> None:
    """Build the data and the model that the config describes, and fit."""
    run_dir = Path(config.run_dir)
    # A small corpus may have none to choose by.
    everything = [recording for folder in config.corpora for recording in read_corpus(folder)]
    recordings = {split: [recording for recording in everything if recording.split == split] for split in ("train", "valid")}
    for split, chosen in recordings.items():
        if not chosen:
            raise PngnatError(f"none of the corpora has recordings in the split '{split}'")
    voice = load_voice(config.voice_from) if config.voice_from else None
    tokenizer = voice.tokenizer if voice else PngTokenizer.load(config.tokenizer)
    speakers = list(config.speakers or speakers_of(recordings["train"]))
    if voice:
        speakers = voice.speakers + [name for name in speakers if name not in voice.speakers]
    keeps_sizes = voice and config.voice_sizes
    model = voice.acoustic.config.with_speakers(len(speakers)) if keeps_sizes else sizes(config, tokenizer.vocabulary_size, len(speakers))
    mels = MelStore(Path(config.mels), model.audio)
    data = [AcousticDataset(recordings[split], tokenizer, speakers, mels, model.prosody is not None) for split in ("train", "valid")]
    L.seed_everything(config.training.seed)
    module = AcousticTraining(model, instantiate(config.training), *data)
    if voice and not keeps_sizes:
        fresh = start_resized(module.model, speakers, voice.acoustic, voice.speakers)
        print(f"what the voice does not have, {', '.join(sorted({name.rsplit('.', 1)[0] for name in fresh}))}, begins at random")
    elif voice:
        start_from_model(module.model, speakers, voice.acoustic, voice.speakers)
    AcousticRun(model, tuple(speakers)).save(run_dir)
    tokenizer.save(run_dir)
    if config.encoder_from:
        start_from_encoder(module.model, Path(config.encoder_from), run_dir)
    fit(module, run_dir, instantiate(config.run), instantiate(config.schedule), [Ema("model", config.ema_decay), Throughput()])


def sizes(config: DictConfig, vocabulary_size: int, speakers: int) -> PngNatConfig:
    """The model that conf/model/ describes, with what the data decides."""
    values = OmegaConf.to_container(config.model, resolve=True)
    encoder = {**values["encoder"], "vocabulary_size": vocabulary_size}
    return PngNatConfig.from_dict({**values, "encoder": encoder, "speakers": speakers})


if __name__ == "__main__":
    main()
