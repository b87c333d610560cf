"""Speech in bulk: every line is spoken once, whoever works and whoever is killed."""

import io
import json
import os
import signal
import sys
import tarfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from killed_speech import KilledSpeech, kill_and_go_on

import pngnat
from pngnat.cli.main import main
from pngnat.errors import PngnatError
from pngnat.scale.speech import BulkSpeech, SpeechWorker, speak_in_bulk
from pngnat.workers.pool import Workers, parse_partition


@pytest.fixture
def texts(tmp_path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text(
        "".join(f"n{number}|How are you, {'my ' * (number % 3)}friend?\n" for number in range(7)) + "bad|...\n"
    )
    return path


def contents(out: Path) -> dict[str, bytes]:
    """All files of a result by their names."""
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted((out / "shar").iterdir())}


def spoken(out: Path) -> list[str]:
    """The names of all sounds, in all shards."""
    names = []
    for path in sorted((out / "shar").glob("*.tar")):
        with tarfile.open(path) as tar:
            names += [name.removesuffix(".flac") for name in tar.getnames() if name.endswith(".flac")]
    return names


def work(texts: Path, out: Path, stub_voice: Path, **more) -> BulkSpeech:
    return BulkSpeech((str(texts),), out, str(stub_voice), lines=3, threads=1, **more)


def test_a_line_sounds_as_it_does_alone_and_one_that_cannot_be_spoken_is_named(texts, tmp_path, stub_voice, voice):
    total = speak_in_bulk(work(texts, tmp_path / "out", stub_voice), Workers())
    assert (total.lines, total.failed, total.lost) == (8, 1, [])
    assert spoken(tmp_path / "out") == [f"n{number}" for number in range(7)]
    report = json.loads((tmp_path / "out" / "reports" / "000002.json").read_text())
    assert [failure["id"] for failure in report["failed"]] == ["bad"]
    with tarfile.open(tmp_path / "out" / "shar" / "recording.000000.tar") as tar:
        samples, rate = soundfile.read(io.BytesIO(tar.extractfile("n2.flac").read()))
    alone = pngnat.synthesize("How are you, my my friend?", voice)
    assert rate == alone.sample_rate
    np.testing.assert_allclose(samples, np.clip(alone.samples, -1, 1), atol=2e-4)


def test_lhotse_reads_it(texts, tmp_path, stub_voice):
    lhotse = pytest.importorskip("lhotse")
    speak_in_bulk(work(texts, tmp_path / "out", stub_voice), Workers())
    cuts = list(lhotse.CutSet.from_shar(in_dir=tmp_path / "out" / "shar"))
    assert [cut.id for cut in cuts] == [f"n{number}" for number in range(7)]
    for cut in cuts:
        supervision = cut.supervisions[0]
        assert cut.load_audio().shape == (1, cut.num_samples)
        assert supervision.alignment["phoneme"][-1].end == pytest.approx(cut.duration, abs=1e-4)
        assert [word.symbol for word in supervision.alignment["word"]][:2] == ["How", "are"]
        assert supervision.speaker == "ada"


def test_what_is_there_is_not_made_again_and_what_is_missing_is(texts, tmp_path, stub_voice):
    bulk = work(texts, tmp_path / "out", stub_voice)
    speak_in_bulk(bulk, Workers())
    before = contents(tmp_path / "out")
    (tmp_path / "out" / "reports" / "000001.json").unlink()
    (tmp_path / "out" / "shar" / "recording.000001.tar").unlink()
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "shar").glob("*000000*")}
    assert speak_in_bulk(bulk, Workers()).lines == 8
    assert contents(tmp_path / "out") == before
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_shares_together_are_the_whole(texts, tmp_path, stub_voice):
    speak_in_bulk(work(texts, tmp_path / "whole", stub_voice), Workers())
    for share in ((1, 2), (2, 2)):
        speak_in_bulk(work(texts, tmp_path / "shares", stub_voice), Workers(partition=share))
    assert contents(tmp_path / "shares") == contents(tmp_path / "whole")


def test_two_that_make_the_same_shard_do_no_harm(texts, tmp_path, stub_voice):
    bulk = work(texts, tmp_path / "out", stub_voice)
    speak_in_bulk(bulk, Workers())
    before = contents(tmp_path / "out")
    (tmp_path / "out" / "reports" / "000000.json").unlink()
    from pngnat.scale.lines import split_lines

    SpeechWorker(bulk)(next(iter(split_lines(bulk.texts, 3))))
    assert contents(tmp_path / "out") == before


def test_a_folder_of_other_settings_is_left_alone(texts, tmp_path, stub_voice):
    speak_in_bulk(work(texts, tmp_path / "out", stub_voice), Workers())
    assert speak_in_bulk(work(texts, tmp_path / "out", stub_voice, options={"watermark": False}), Workers()).lines == 8
    with pytest.raises(PngnatError, match="pace"):
        speak_in_bulk(work(texts, tmp_path / "out", stub_voice, options={"pace": 0.9}), Workers())


@pytest.mark.parametrize("text", ["0/3", "4/3", "2", "a/b", "1/0", ""])
def test_a_share_that_does_not_exist_is_refused(text):
    with pytest.raises(PngnatError, match="not a partition"):
        parse_partition(text)


def test_the_command(texts, tmp_path, stub_voice, capsys):
    arguments = [
        "bulk",
        "speak",
        str(texts),
        "--out",
        str(tmp_path / "out"),
        "--voice",
        str(stub_voice),
        "--format",
        "opus",
    ]
    assert main([*arguments, "--speaker", "bob"]) == 0
    assert capsys.readouterr().out.startswith("7 lines, ")
    assert main([*arguments, "--speaker", "eve"]) == 2
    assert "eve" in capsys.readouterr().err
    assert main([*arguments, "--jobs", "0"]) == 2
    with tarfile.open(tmp_path / "out" / "shar" / "recording.000000.tar") as tar:
        assert soundfile.info(io.BytesIO(tar.extractfile("n0.opus").read())).subtype == "OPUS"


@pytest.fixture
def many(tmp_path, stub_voice) -> KilledSpeech:
    (tmp_path / "texts.txt").write_text("".join(f"n{number}|Number {number}.\n" for number in range(100)))
    return KilledSpeech(
        tmp_path / "texts.txt", tmp_path / "out", ("--voice", str(stub_voice), "--lines", "5", "--jobs", "2")
    )


def is_whole(speech: KilledSpeech) -> bool:
    """Whether all lines are there once, and nothing else."""
    left = {path.name.split(".")[0] for path in (speech.out / "shar").iterdir()} - {"cuts", "recording"}
    return (
        speech.names() == Counter(f"n{number}" for number in range(100))
        and not left
        and not (speech.out / "unfinished").exists()
    )


@pytest.mark.slow
def test_a_run_of_processes_that_is_killed_goes_on_and_every_line_is_there_once(many):
    process = many.start()
    many.wait_for(2, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert 2 <= many.shards() < 20
    assert many.start().wait(600) == 0
    assert is_whole(many)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds a worker as Linux shows processes")
def test_a_worker_of_ray_and_then_its_driver_is_killed_and_every_line_is_there_once(many, loopback):
    pytest.importorskip("ray")
    if not loopback:
        pytest.skip("needs a network of this machine's own")
    first, second, last = kill_and_go_on(replace(many, words=(*many.words, "--engine", "ray")), 2, 6)
    assert 2 <= first < 6 <= second < 20 == last
    assert is_whole(many)
