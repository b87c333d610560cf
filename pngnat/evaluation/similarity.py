"""Similarity of recreated voices to the person, between the person's own recordings and professionals.

    pngnat evaluate similarity --corpus PREPARED_FOLDER voices/ann-5 voices/ann-10 voices/ann-20

Speaker similarity (Resemblyzer) of each sentence to the centre of the person's other recordings, and word error rate,
on held-out sentences. The professionals of --professionals, a voice or a prepared corpus, speak the same sentences.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from tqdm import tqdm

from pngnat.data.recordings import is_corpus, read_corpus
from pngnat.engine.loading import load_voice
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.evaluation import asr, mos, report, speaker_encoder
from pngnat.evaluation.commands import main
from pngnat.evaluation.judges import Judges, SpokenSentence, judges
from pngnat.evaluation.word_errors import plain_words
from pngnat.synthesis.synthesize import synthesize
from pngnat.voice.card import Blend


def speak(
    voice: Voice, sentences: Sequence[SpokenSentence], speaker: str | None = None, blend: Blend | None = None
) -> list[SpokenSentence]:
    """Synthesize the same sentences with a voice. speaker, blend: as for `synthesize`."""
    return [
        SpokenSentence.made(one.id, one.text, synthesize(one.text, voice, speaker=speaker, blend=blend))
        for one in sentences
    ]


def professionals(
    source: str | None, sentences: Sequence[SpokenSentence], most: int
) -> Iterator[tuple[str, list[SpokenSentence]]]:
    """Yield each professional's name and sentences. source: a voice, whose speakers are synthesized, or a corpus, of
    which the first `most` recordings of each speaker are used."""
    if source and is_corpus(source):
        recordings = read_corpus(source)
        for name in recordings.speakers:
            yield name, [SpokenSentence.recorded(recording) for recording in recordings.spoken_by([name])[:most]]
        return
    voice = load_voice(source)
    for name in voice.speakers:
        yield name, speak(voice, sentences, name)


def compare(
    real: Sequence[SpokenSentence], voices: Sequence[Voice], others: str | None, judge: Judges
) -> list[dict[str, Any]]:
    """Return the rows of the table: the recordings, each voice, the professionals by similarity, and their mean."""
    rows = [judge.row("recordings", real)]
    rows += [judge.row(voice.name, speak(voice, real)) for voice in tqdm(voices, "voices", unit="")]
    strangers = [
        judge.row(name, spoken)
        for name, spoken in tqdm(professionals(others, real, len(real)), "professionals", unit="")
    ]
    strangers.sort(key=lambda row: -row["similarity"])
    numbers = [head for head, value in strangers[0].items() if isinstance(value, float)]
    mean = {head: sum(row[head] for row in strangers) / len(strangers) for head in numbers}
    return [*rows, {**dict.fromkeys(strangers[0]), "": "professionals, mean", **mean}, *strangers]


def held_out(options: argparse.Namespace) -> list[SpokenSentence]:
    """Return the recordings that a command's options name. Raise PngnatError if they cannot be read."""
    if not options.corpus:
        raise PngnatError("--corpus FOLDER is missing: a prepared corpus of the person's recordings")
    found = [SpokenSentence.recorded(recording) for recording in read_corpus(options.corpus, options.split)]
    return [one for one in found if len(plain_words(one.text)) >= options.fewest_words][: options.limit]


def write_figures(options: argparse.Namespace, sentences: Sequence[SpokenSentence], content: dict[str, Any]) -> None:
    """Write a report with the names of the judges, if it is requested."""
    if options.json:
        listeners = {"asr": asr.NAME, "mos": None if options.no_mos else mos.NAME, "speakers": speaker_encoder.NAME}
        report.write_json(
            options.json, {**listeners, "split": options.split, "ids": [one.id for one in sentences], **content}
        )


def run(options: argparse.Namespace) -> None:
    """Run the command, see `commands.MEASURES`."""
    real = held_out(options)
    judge = judges(real, options.threads, not options.no_mos)
    rows = compare(real, [load_voice(voice) for voice in options.voices], options.professionals, judge)
    print(report.table(rows))
    write_figures(options, real, {"rows": rows})


if __name__ == "__main__":
    sys.exit(main("similarity"))
