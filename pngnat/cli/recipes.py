"""The steps from recordings to a voice as commands of settings, `NAME=VALUE`; conf/ has their YAML files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pngnat.cli.recipe import recipe

if TYPE_CHECKING:
    from pngnat.data.check_report import CheckSettings
    from pngnat.data.paused_corpus import PauseSettings
    from pngnat.data.prepare_corpus import CorpusSettings
    from pngnat.finetune.run import FinetuneConfig
    from pngnat.training.acoustic_job import AcousticJob
    from pngnat.training.make_voice import VoiceSettings
    from pngnat.training.pretrain_job import PretrainingJob
    from pngnat.training.vocoder_job import VocoderRecipe


@recipe("prepare", "pngnat.data.prepare_corpus.CorpusSettings")
def prepare(settings: CorpusSettings) -> None:
    """Prepare a corpus: align recordings with their texts.

    pngnat prepare my_recordings --out corpora/mine
    pngnat prepare LJSpeech-1.1 --corpus ljspeech --out corpora/lj
    pngnat prepare LibriTTS --corpus libritts --out corpora/libritts --engine ray --address auto --jobs 64
    """
    from pngnat.data.prepare_corpus import prepare_corpus
    from pngnat.data.prepare_shards import REPORT

    report = prepare_corpus(settings)
    if report is None:
        print(f"share {settings.shard} is prepared; other shares are missing")
        return
    print(f"{report['prepared']} recordings prepared, {report['left out']} left out; see {settings.out / REPORT}")


@recipe("check", "pngnat.data.check_report.CheckSettings")
def check(settings: CheckSettings) -> None:
    """Check a prepared corpus, and warn of recordings that are clipped, noisy, cut off or misread.

    pngnat check corpora/mine
    """
    from pngnat.data.check_report import check_corpus

    report = check_corpus(settings)
    print(report.text if report else f"share {settings.shard} is checked; other shares are missing\n", end="")


@recipe("pauses", "pngnat.data.paused_corpus.PauseSettings")
def pauses(settings: PauseSettings) -> None:
    """Make the pauses of a prepared corpus as long as its texts request, in a new corpus.

    path=corpora/teacher out=corpora/teacher_paused
    """
    import json

    from pngnat.data.paused_corpus import change_corpus

    print(json.dumps(change_corpus(settings), indent=1))


@recipe("pretrain", "pngnat.training.pretrain_job.PretrainingJob")
def pretrain(job: PretrainingJob) -> None:
    r"""Pre-train PnG BERT on text.

    Prepare text:    run_dir=runs/png_bert text.folder=cache/books text.sources.books.pattern='books/*.txt' \
                     prepare_only=true text.workers=16
    One machine:     the same without prepare_only
    Wikipedia:       ... '~text.sources.books' \
         '+text.sources.wikipedia={_target_: pngnat.data.pretraining.sources.TextRows, \
         pattern: "hf://datasets/wikimedia/wikipedia/20231101.en/*.parquet"}'
    Many machines:   prepare text with text.engine=ray text.address=auto, or each machine a partition of it:
                     text.shard=1/4 ... text.shard=4/4
    Two processes:   ... run.devices=2 run.strategy=ddp
    From a voice:    ... voice_from=VOICE   (keeps its embeddings and frozen layers, and trains the others)

    The same command continues a training that stopped in `run_dir`, and a preparation that stopped. At its end it
    measures the model on the held-out text, prints the accuracy of each task, and writes it to held_out.json; a
    finished run is measured again.
    """
    if job.text.pool.is_partial:
        there = job.text.phonemize()
        print(
            "all shares are there; without text.shard the same makes tokens of them"
            if there
            else "other shares are missing"
        )
        return
    text = job.text.prepare()
    print(
        f"{len(text.train)} sentences to train on, {len(text.held_out)} held out; {text.train.too_long} were too long and left out"
    )
    if job.prepare_only:
        return
    from pngnat.evaluation import report
    from pngnat.training import pretrain_job
    from pngnat.training.task_scores import task_rows

    if held_out := pretrain_job.pretrain(job, text):
        report.write_json(job.run_dir / "held_out.json", held_out)
        print(report.table(task_rows(held_out)))


@recipe("train", "pngnat.training.acoustic_job.AcousticJob")
def train(job: AcousticJob) -> None:
    r"""Train the acoustic model on prepared corpora.

    One machine:     run_dir=runs/acoustic corpora=[corpora/teacher] tokenizer=runs/png_bert/model \
                     encoder_from=runs/png_bert/model
    Two processes:   ... run.devices=2 run.strategy=ddp
    Papers' sizes:   ... model=paper
    A new speaker:   run_dir=runs/ann corpora=[corpora/ann,corpora/teacher] voice_from=VOICE \
                     schedule.learning_rate=2e-4 schedule.steps=1500

    The same command continues a training that stopped in `run_dir`.
    """
    from pngnat.training.acoustic_job import train_acoustic

    train_acoustic(job)


@recipe("vocoder", "pngnat.training.vocoder_job.VocoderRecipe")
def vocoder(settings: VocoderRecipe) -> None:
    r"""Train a vocoder on prepared corpora.

    Reconstruction:     run_dir=runs/vocoder corpora=[corpora/teacher]
    Adversarial stage:  --config-name vocoder_adversarial run_dir=runs/vocoder2 corpora=[corpora/teacher] \
                        features=runs/vocoder/features vocoder_from=runs/vocoder
    Predicted mels:     --config-name vocoder_adversarial run_dir=runs/vocoder3 corpora=[corpora/teacher] \
                        features=runs/vocoder/features vocoder_from=runs/vocoder2 mels_from=runs/acoustic \
                        schedule.learning_rate=1e-4
    On a GPU:           --config-name vocoder_adversarial adversarial@training.adversarial=gpu \
                        training.batch_size=64 training.workers=12
    Smaller:            run_dir=runs/small corpora=[corpora/teacher] vocoder_from=english shrink=true model.hidden=256

    `vocoder_from` and `mels_from` take voices too. The same command continues a training that stopped in `run_dir`.
    At the end the averaged weights are written there, as vocoder.safetensors.
    """
    from pngnat.training.vocoder_job import train_vocoder

    train_vocoder(settings.job())


@recipe("finetune", "pngnat.finetune.run.FinetuneConfig", extra="finetune")
def finetune(config: FinetuneConfig) -> None:
    r"""Make a voice of a person's recordings.

    pngnat create my_recordings --name ann
    pngnat create my_recordings --name ann --consent consent.yaml --professionals corpora/teacher \
                  acoustic.schedule.steps=4000

    The folder holds sound files and a metadata.csv with a line `id|text` for each: five minutes give a preview, half an
    hour the voice. The command asks who consented to the voice and for which uses, or reads the answers from a file;
    without an answer it makes no voice. The same command continues where a run was stopped, and repeats the steps whose
    recordings or settings changed.
    """
    import logging
    import warnings

    from pngnat.finetune import run

    for name in ("lightning.pytorch", "lightning.fabric", "faster_whisper"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # About what a person who makes a voice can neither help nor use.
    warnings.filterwarnings("ignore", module=r"lightning\.")
    made = run.finetune(config)
    print(
        f"{made['reason']}\n{config.out}: listen to {config.out}/preview.wav, and speak with: pngnat --voice {config.out} ..."
    )


@recipe("make_voice", "pngnat.training.make_voice.VoiceSettings")
def make_voice(settings: VoiceSettings) -> None:
    r"""Put a trained acoustic model and a trained vocoder together as a voice that `pngnat --voice FOLDER` speaks with.

    acoustic=runs/acoustic vocoder=runs/vocoder voice=voices/mine name=mine licence=Apache-2.0 description="..." \
    card=README.md
    """
    from pngnat.training.make_voice import make_voice

    make_voice(settings)
