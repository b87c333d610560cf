"""`pngnat bulk NAME ...`: what is done shard by shard, on one machine or many."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pngnat.cli.choice import choice_parser

_RUNNING = """\
The same command goes on where it was stopped. On several machines, give each a share of the shards (--shard 1/8 ... --shard 8/8), or
let Ray share them out (--engine ray --address auto). docs/scale.md tells what a large run needs, slurm/ has job scripts.
"""
_SPEAK_EXAMPLES = f"""\
examples:
  pngnat bulk speak sentences.txt --out speech --jobs 4
  pngnat bulk speak sentences.jsonl --out speech --format opus --shard 3/10
  pngnat bulk speak s3://bucket/texts.parquet --out speech --engine ray --address auto --jobs 64

{_RUNNING}"""


def main(arguments: Sequence[str]) -> int:
    """Do the work that the first word names; returns the exit code."""
    name, *rest = arguments or ["--help"]
    if name in WORKS:
        return WORKS[name][2](WORKS[name][1]().parse_args(rest))
    bulk_parser().parse_args([name])
    return 0


def bulk_parser() -> argparse.ArgumentParser:
    """What `pngnat bulk` takes."""
    about = "Work shard by shard, on processes, on a Ray cluster, or a share of it (pngnat bulk NAME --help tells more)"
    return choice_parser(
        "pngnat bulk", "NAME", "...", about, {name: summary for name, (summary, _, _) in WORKS.items()}
    )


def speak_parser() -> argparse.ArgumentParser:
    """What `pngnat bulk speak` takes."""
    parser = _parser(
        "speak", "Speak each line of files into shards of sound, which lhotse reads as Shar.", _SPEAK_EXAMPLES
    )
    add = parser.add_argument
    add(
        "texts",
        nargs="+",
        metavar="FILE",
        help="lines `id|text`, or .jsonl or .parquet with id and text; paths as s3://... by fsspec",
    )
    add("--out", required=True, metavar="FOLDER", help="the folder to make, which all workers must see")
    add("--voice", metavar="NAME", help="as for pngnat speak; a voice's name or folder")
    add("--speaker", metavar="NAME", help="a speaker of the voice")
    add("--pace", type=float, default=1.0, metavar="X", help="2 is twice as fast, 0.5 half (default: 1)")
    add(
        "--pitch",
        type=float,
        default=0.0,
        metavar="SEMITONES",
        help="2 is higher by two semitones, -2 lower (default: 0)",
    )
    add("--seed", type=int, default=0, metavar="N", help="the same seed makes the same sound (default: 0)")
    add("--lexicon", metavar="FILE", help="pronunciations that win over the dictionary")
    add("--watermark", action="store_true", help="mark the sounds, unheard, so that pngnat watermark knows them")
    add(
        "--format",
        default="flac",
        choices=("flac", "opus"),
        help="of the sounds (default: flac; opus has a tenth of the bytes)",
    )
    add("--lines", type=int, default=1000, metavar="N", help="lines of a shard (default: 1000)")
    add("--voice-engine", metavar="NAME", help="what computes, as pngnat speak's --engine")
    add("--device", metavar="NAME", help="where it computes, such as cuda (default: the processor)")
    add(
        "--batch-size",
        type=int,
        default=1,
        metavar="N",
        help="sentences that the models read together; 16 on a GPU (default: 1)",
    )
    add("--threads", type=int, default=1, metavar="N", help="processor threads of each worker (default: 1)")
    return _with_workers(parser)


def speak(args: argparse.Namespace) -> int:
    """Speak, and print what became of it; returns the exit code, 2 where a shard is missing."""
    from tqdm import tqdm

    from pngnat.scale.speech import BulkSpeech, ShardReport, speak_in_bulk
    from pngnat.voice.card import find_voice

    options = {name: getattr(args, name) for name in ("speaker", "pace", "pitch", "seed", "lexicon", "watermark")}
    _check_manner(args.voice, options)
    work = BulkSpeech(
        texts=tuple(args.texts),
        out=Path(args.out).absolute(),
        voice=args.voice and str(find_voice(args.voice).resolve()),
        engine=args.voice_engine,
        device=args.device,
        threads=args.threads,
        batch_size=args.batch_size,
        options=options,
        format=args.format,
        lines=args.lines,
    )
    begun = time.monotonic()
    with tqdm(unit=" lines", unit_scale=True, disable=None) as bar:

        def on_shard(report: ShardReport) -> None:
            bar.update(report.spoken + len(report.failed))

        total = speak_in_bulk(work, _workers(args), on_shard)
    for line in total.lost:
        print(f"pngnat bulk speak: {line}", file=sys.stderr)
    failed = f", {total.failed} could not be spoken: see {work.out / 'reports'}" if total.failed else ""
    print(
        f"{total.lines - total.failed} lines, {total.seconds / 3600:.2f} h of speech in {time.monotonic() - begun:.0f} s{failed}"
    )
    return 2 if total.lost else 0


def shards_parser() -> argparse.ArgumentParser:
    """What `pngnat bulk shards` takes."""
    about = "Put a prepared corpus into shards (lhotse's Shar), which trainings of a thousand hours read; training takes either."
    parser = _parser(
        "shards",
        about,
        f"example:\n  pngnat bulk shards corpora/libritts --out corpora/libritts_shards --jobs 8\n\n{_RUNNING}",
    )
    add = parser.add_argument
    add("corpus", metavar="CORPUS", help="the folder that pngnat prepare made")
    add("--out", required=True, metavar="FOLDER", help="the folder to make, which all workers must see")
    add("--format", choices=("flac", "opus"), help="of the sounds (default: as they are)")
    add("--recordings", type=int, default=1000, metavar="N", help="recordings of a shard, about (default: 1000)")
    return _with_workers(parser)


def shards(args: argparse.Namespace) -> int:
    """Make the shards, and print how many recordings they hold; returns the exit code."""
    from tqdm import tqdm

    from pngnat.scale.shards import Sharding, to_shards

    sharding = Sharding(Path(args.corpus).absolute(), Path(args.out).absolute(), args.format, args.recordings)
    with tqdm(unit=" recordings", unit_scale=True, disable=None) as bar:
        count = to_shards(sharding, _workers(args), bar.update)
    print(f"{count} recordings in {args.out}" if count else f"this share is in {args.out}; other shares are missing")
    return 0


def features_parser() -> argparse.ArgumentParser:
    """What `pngnat bulk features` takes."""
    about = "Measure mel spectrograms, pitch and samples of corpora, which trainings with features=FOLDER then need not measure."
    parser = _parser(
        "features",
        about,
        f"example:\n  pngnat bulk features corpora/libritts_shards --out features --jobs 8\n\n{_RUNNING}",
    )
    add = parser.add_argument
    add("corpora", nargs="+", metavar="CORPUS", help="the folder that pngnat prepare or pngnat bulk shards made")
    add("--out", required=True, metavar="FOLDER", help="the folder to make, which all workers must see")
    add("--pitch", choices=("harvest", "dio"), help="how pitch is measured (default: harvest, above 50 hours dio)")
    return _with_workers(parser)


def features(args: argparse.Namespace) -> int:
    """Measure what is missing, and print how many recordings of this share are there; returns the exit code."""
    from tqdm import tqdm

    from pngnat.audio.config import AudioConfig
    from pngnat.data.features import FeatureStore, choose_pitch_method
    from pngnat.data.recordings import open_corpora

    recordings = open_corpora(args.corpora)
    store = FeatureStore(Path(args.out).absolute(), AudioConfig(), args.pitch or choose_pitch_method(recordings))
    count = sum(
        1 for _ in tqdm(store.measure(recordings, _workers(args)), unit=" recordings", unit_scale=True, disable=None)
    )
    print(
        f"{count} of {len(recordings)} recordings in {args.out}"
        if count < len(recordings)
        else f"{count} recordings in {args.out}"
    )
    return 0


def _check_manner(voice: str | None, options: dict[str, Any]) -> None:
    """Raise PngnatError for what the voice's card and the options alone can tell, before a worker is started."""
    from pngnat.synthesis.options import SpeechOptions
    from pngnat.voice.card import find_voice, read_card

    SpeechOptions(**options)
    read_card(find_voice(voice)).row(options["speaker"])


def _parser(name: str, about: str, epilog: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=f"pngnat bulk {name}",
        description=about,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _with_workers(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    add = parser.add_argument
    add(
        "--engine",
        default="processes",
        choices=("local", "processes", "ray"),
        help="this process, processes of it, or Ray (default: processes)",
    )
    add("--jobs", type=int, default=1, metavar="N", help="workers (default: 1)")
    add("--address", metavar="HOST:PORT", help="of a Ray cluster; auto is the one that this machine belongs to")
    add(
        "--gpus",
        type=float,
        default=0.0,
        metavar="N",
        help="GPUs of a Ray worker; 0.25 lets four share one (default: 0)",
    )
    add("--shard", default="1/1", metavar="I/N", help="do this share of the shards alone, the I-th of N (default: 1/1)")
    return parser


def _workers(args: argparse.Namespace) -> Any:
    from pngnat.workers.pool import Workers, parse_partition

    return Workers(args.engine, args.jobs, args.address, args.gpus, parse_partition(args.shard))


WORKS: dict[str, tuple[str, Callable[[], argparse.ArgumentParser], Callable[[argparse.Namespace], int]]] = {
    "speak": ("speak each line of files, into shards of sound", speak_parser, speak),
    "features": ("measure mel spectrograms and pitch of corpora, for trainings", features_parser, features),
    "shards": ("put a prepared corpus into shards, for large trainings", shards_parser, shards),
}
