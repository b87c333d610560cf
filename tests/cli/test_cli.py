import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import soundfile
from speaking import LONG, TEXT

import pngnat
from pngnat.cli.main import main
from pngnat.cli.speak_options import FORMATS
from pngnat.synthesis.synthesize import sentences
from pngnat.synthesis.timings import read_timings


@pytest.fixture
def run(stub_voice, tmp_path, monkeypatch, capsys):
    """Runs the command in an empty folder; gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*argv: str, voice: bool = True):
        code = main([*argv, *(["--voice", str(stub_voice)] if voice else [])])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def feed(monkeypatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def refused(result, *parts: str) -> None:
    code, out, err = result
    assert code == 2 and out == ""
    assert err.startswith("pngnat: ") and err.count("\n") == 1 and err.endswith("\n")
    for part in parts:
        assert part in err


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg"])
def test_text_to_sound(run, stub_voice, ending):
    code, out, err = run(TEXT, "-o", f"a.{ending}")
    assert code == 0 and out == "" and f"a.{ending}: " in err and "s of speech" in err
    with soundfile.SoundFile(f"a.{ending}") as file:
        assert file.samplerate == 24000 and "voice: stub; speaker: ada" in file.comment
        samples = file.read(dtype="float32")
    expected = pngnat.synthesize(TEXT, stub_voice).samples
    assert len(samples) == len(expected)
    if ending != "ogg":
        assert np.abs(samples - np.clip(expected, -1, 1)).max() < 1e-4
    assert os.listdir() == [f"a.{ending}"]


def test_words_need_no_quotes(run):
    assert run("Hello", "there", "-o", "a.wav", "--timings", "json")[0] == 0
    assert json.loads(open("a.json").read())["text"] == "Hello there"


def test_text_from_a_file_and_from_standard_input(run, monkeypatch):
    with open("a.txt", "wb") as file:
        file.write(b"\xef\xbb\xbfHello there.\r\n")
    assert run("-f", "a.txt", "-o", "a.wav")[0] == 0
    feed(monkeypatch, b"Hello there.\n")
    assert run("-o", "b.wav")[0] == 0
    feed(monkeypatch, b"Hello there.\n")
    assert run("-f", "-", "-o", "c.wav")[0] == 0
    sounds = [open(name, "rb").read() for name in ("a.wav", "b.wav", "c.wav")]
    assert sounds[0] == sounds[1] == sounds[2]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_sound_file_on_standard_output(stub_voice, capsysbinary, kind):
    arguments = [TEXT, "--voice", str(stub_voice), "--quiet", "-o", "-"]
    assert main([*arguments, "--format", kind]) == 0
    with soundfile.SoundFile(io.BytesIO(capsysbinary.readouterr().out)) as file:
        assert "Synthetic speech by pngnat" in file.comment
        samples = file.read(30_000)
    assert main(arguments) == 0
    raw = np.frombuffer(capsysbinary.readouterr().out, "<i2")[:30_000] / 32767
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(np.sqrt(np.mean(raw**2)), rel=0.2)
    assert kind not in ("wav", "flac") or np.abs(samples - raw).max() < 1e-4


def test_raw_sound_on_standard_output(stub_voice, capsysbinary):
    assert main([TEXT, "--voice", str(stub_voice), "-o", "-", "--quiet"]) == 0
    captured = capsysbinary.readouterr()
    expected = pngnat.synthesize(TEXT, stub_voice).samples
    samples = np.frombuffer(captured.out, "<i2") / 32767
    assert captured.err == b"" and np.abs(samples - np.clip(expected, -1, 1)).max() < 1e-4


def test_someone_who_listens_hears_a_sentence_before_it_is_done(run, monkeypatch):
    played = []
    monkeypatch.setattr("pngnat.cli.sinks.player", lambda rate: nullcontext(played.append))
    assert run(LONG, "--play", "-o", "a.wav", "--timings", "json")[0] == 0
    assert len(played) > 1 and len(played[0]) <= 24000
    samples, _ = soundfile.read("a.wav", dtype="float32")
    assert np.abs(samples - np.clip(np.concatenate(played), -1, 1)).max() < 1e-4
    assert json.loads(open("a.json").read())["duration"] == pytest.approx(len(samples) / 24000, abs=1e-5)


def test_quiet_says_nothing(run):
    assert run("Hello 🙂.", "-o", "a.wav", "--quiet") == (0, "", "")
    assert "skipped" in run("Hello 🙂.", "-o", "a.wav")[2]


@pytest.mark.parametrize("kind", ["json", "srt", "TextGrid"])
def test_timings(run, kind):
    assert run(TEXT, "-o", "a.wav", "--timings", kind)[0] == 0
    assert sorted(os.listdir()) == sorted(["a.wav", f"a.{kind}"])
    text = open(f"a.{kind}", encoding="utf-8").read()
    if kind == "srt":
        assert "-->" in text and "How are you?" in text
    else:
        seconds = sum(span.seconds for span in read_timings(f"a.{kind}").spans)
        assert seconds == pytest.approx(soundfile.info("a.wav").duration, abs=1e-4)


@pytest.mark.parametrize("kind", ["json", "TextGrid"])
def test_timings_go_back_in(run, kind):
    run(TEXT, "-o", "a.wav", "--timings", kind, "--pace", "0.8")
    assert run(TEXT, "-o", "b.wav", "--timings", kind, "--durations", f"a.{kind}")[0] == 0
    before, after = read_timings(f"a.{kind}").spans, read_timings(f"b.{kind}").spans
    assert np.allclose([span.seconds for span in before], [span.seconds for span in after], atol=1e-4)
    refused(run("Good bye.", "-o", "c.wav", "--durations", f"a.{kind}"), "do not match")
    assert not os.path.exists("c.wav")


def test_options_reach_the_sound(run, stub_voice):
    options = [
        "--speaker",
        "bob",
        "--pace",
        "1.3",
        "--pitch",
        "-1.5",
        "--pause",
        "0.4",
        "--paragraph-pause",
        "0.9",
        "--seed",
        "5",
    ]
    with open("words.txt", "w") as file:
        file.write("hello G UH1 D\n")
    options += ["--blend-with", "pro", "--blend-weight", "0.3", "--lexicon", "words.txt", "--threads", "1"]
    assert run("Hello. You.\n\nYes.", "-o", "a.flac", *options)[0] == 0
    expected = pngnat.synthesize(
        "Hello. You.\n\nYes.",
        stub_voice,
        speaker="bob",
        pace=1.3,
        pitch=-1.5,
        pause=0.4,
        paragraph_pause=0.9,
        seed=5,
        blend=pngnat.Blend("pro", 0.3),
        lexicon={"hello": ("G", "UH1", "D")},
    )
    samples, _ = soundfile.read("a.flac", dtype="float32")
    assert np.abs(samples - np.clip(expected.samples, -1, 1)).max() < 1e-4


def test_a_weight_alone_is_for_the_professional_of_the_voice(run, stub_voice, tmp_path):
    voice = shutil.copytree(stub_voice, tmp_path / "voices" / "ann")
    card = json.loads((voice / "voice.json").read_text())
    (voice / "voice.json").write_text(json.dumps(card | {"blend": {"professional": "pro", "weight": 0.5}}))
    assert run("Hello.", "-o", "a.flac", "--voice", "ann", "--blend-weight", "0.8", voice=False)[0] == 0
    samples, _ = soundfile.read("a.flac", dtype="float32")
    expected = pngnat.synthesize("Hello.", stub_voice, blend=pngnat.Blend("pro", 0.8)).samples
    assert np.abs(samples - np.clip(expected, -1, 1)).max() < 1e-4
    bob = ("--speaker", "bob", "--blend-weight", "0.8")
    refused(run("Hello.", "-o", "b.wav", "--voice", "ann", *bob, voice=False), "--blend-with", "'bob'")
    refused(run("Hello.", "-o", "b.wav", "--voice", "ann", "--blend-weight", "2", voice=False), "weight")


def test_list_voices(run, stub_voice):
    code, out, _ = run("--list-voices")
    assert code == 0 and out.splitlines() == [
        "stub: random weights, for tests",
        "  ada (default): the default",
        "  bob",
        "  can lend their rhythm (--blend-with): pro",
    ]
    code, out, err = run("--list-voices", voice=False)
    assert (code == 0 and out) or (code == 2 and "no voice" in err)


def test_list_voices_shows_ones_own_and_names_a_damaged_one(run, stub_voice, monkeypatch):
    monkeypatch.delenv("PNGNAT_VOICES", raising=False)
    for name in ("ann", "ben"):
        shutil.copytree(stub_voice, Path("voices") / name)
    (Path("voices") / "ben" / "voice.json").write_text("{")
    code, out, err = run("--list-voices", voice=False)
    assert code == 0 and "ann: random weights, for tests" in out.splitlines() and "ben:" not in out
    assert err.count("\n") == 1 and "ben" in err


def test_bad_input_is_one_clear_line(run, monkeypatch):
    refused(run("", "-o", "a.wav"), "empty")
    refused(run("  ", "-o", "a.wav"), "empty")
    refused(run("🙂", "-o", "a.wav"), "nothing in the text can be spoken", "🙂")
    refused(run("Hi", "-o", "a.wav", "--speaker", "zoe"), "zoe", "ada, bob")
    refused(run("Hi", "-o", "a.wav", "--blend-with", "zoe"), "zoe", "pro, ada, bob")
    refused(run("Hi", "-o", "a.wav", "--blend-with", "pro", "--blend-weight", "2"), "weight")
    refused(run("Hi", "-o", "a.wav", "--blend-weight", "0.5"), "--blend-with", "that of pro")
    refused(run("Hi", "-o", "a.wav", "--pace", "0"), "pace")
    refused(run("[pace:9] Hi", "-o", "a.wav"), "[pace:9]", "0.2 (slow) to 5 (fast)")
    refused(run("Hi", "-o", "a.wav", "--pitch", "13"), "pitch", "semitones")
    refused(run("Hi", "-o", "a.wav", "--vocoder", "none"), "none", "no vocoder")
    refused(run("Hi", "-o", "a.wav", "--pause", "-3"), "pause")
    refused(run("Hi", "-o", "a.wav", "--threads", "0"), "--threads")
    refused(run("Hi", "-o", "a.aac"), ".wav, .flac, .ogg, .mp3, .opus")
    refused(run("Hi", "-o", "a.wav", "--format", "mp3"), "--format", "the ending of -o FILE")
    refused(run("--batch", "lines.txt", "-o", "out", "--format", "raw"), "--batch", "raw")
    refused(run("Hi", "-o", "a"), ".wav, .flac, .ogg")
    refused(run("Hi", "-o", "none/a.wav"), "none/a.wav")
    refused(run("Hi"), "-o FILE", "--play")
    refused(run("Hi", "-o", "-", "--timings", "srt"), "--timings")
    refused(run("-f", "none.txt", "-o", "a.wav"), "none.txt")
    refused(run("-f", ".", "-o", "a.wav"), "cannot be read")
    refused(run("Hi", "-f", "a.txt", "-o", "a.wav"), "not both")
    refused(run("Hi", "-o", "a.wav", "--lexicon", "none.txt"), "none.txt")
    refused(run("Hi", "-o", "a.wav", "--durations", "none.json"), "none.json")
    refused(run("Hi", "-o", "a.wav", "--voice", "nobody", voice=False), "nobody")
    refused(run("a\udcffb", "-o", "a.wav"), "UTF-8")
    assert os.listdir() == []
    with open("latin.txt", "wb") as file:
        file.write("Zoë\n".encode() + "Zoë".encode("latin-1"))
    refused(run("-f", "latin.txt", "-o", "a.wav"), "latin.txt", "UTF-8", "line 2")
    feed(monkeypatch, b"\n")
    refused(run("-o", "a.wav"), "standard input", "empty")


def test_no_text_at_a_terminal(run, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    refused(run("-o", "a.wav"), "nothing to speak")


def test_wrong_usage_is_argparse_s(run, capsys):
    for argv in (["--nothing"], ["Hi", "--timings", "xml"], ["Hi", "--pace", "quick"]):
        with pytest.raises(SystemExit) as caught:
            main(argv)
        assert caught.value.code == 2


def test_damaged_and_newer_voices(run, stub_voice, tmp_path):
    copy = shutil.copytree(stub_voice, tmp_path / "voice")
    (copy / "vocoder.safetensors").write_bytes(b"x" * 100)
    refused(run("Hi", "-o", "a.wav", "--voice", str(copy), voice=False), "vocoder.safetensors")
    (copy / "voice.json").write_text('{"format_version": 9}')
    refused(run("Hi", "-o", "a.wav", "--voice", str(copy), voice=False), "format 9", "update pngnat")


def test_read_only_output(run):
    with open("a.wav", "wb") as file:
        file.write(b"precious")
    os.chmod("a.wav", stat.S_IRUSR)
    if os.access("a.wav", os.W_OK):
        os.mkdir("b.wav")
        refused(run("Hi", "-o", "b.wav"), "b.wav", "cannot be written")
    else:
        refused(run("Hi", "-o", "a.wav"), "a.wav", "read-only")
    assert open("a.wav", "rb").read() == b"precious"


def test_an_existing_file_stays_until_the_new_one_is_whole(run, monkeypatch):
    with open("a.wav", "wb") as file:
        file.write(b"precious")

    def interrupted(text, *_, **__):
        yield next(sentences(text, *_, **__))
        raise KeyboardInterrupt

    monkeypatch.setattr("pngnat.synthesis.synthesize.sentences", interrupted)
    code, _, err = run("Hi", "-o", "a.wav")
    assert code == 130 and err == "pngnat: interrupted\n"
    assert open("a.wav", "rb").read() == b"precious" and os.listdir() == ["a.wav"]


# As a process of its own

# Where this pngnat was imported from, installed or not; and no Ctrl-C that a shell's background job would ignore.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "NLTK_DATA"} | {
    "PYTHONPATH": str(Path(pngnat.__file__).parents[1])
}


def start(*argv: str, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *argv],
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **options,
    )


@pytest.mark.slow
def test_without_network(stub_voice, tmp_path):
    code = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise OSError('no network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from pngnat.cli.main import main\n"
        f"sys.exit(main(['Zyxgrop costs $5.', '-o', 'a.wav', '--voice', {str(stub_voice)!r}]))"
    )
    speaking = start("-c", code, cwd=tmp_path)
    assert "s of speech" in speaking.communicate()[1].decode() and speaking.returncode == 0
    assert os.listdir(tmp_path) == ["a.wav"]


@pytest.mark.slow
def test_a_reader_that_leaves_early(stub_voice, tmp_path):
    (tmp_path / "long.txt").write_text("Hello there. " * 10_000)
    speaking = start(
        "-m", "pngnat", "-f", "long.txt", "-o", "-", "--voice", str(stub_voice), cwd=tmp_path, stdout=subprocess.PIPE
    )
    assert len(speaking.stdout.read(1000)) == 1000
    speaking.stdout.close()
    assert speaking.stderr.read() == b"" and speaking.wait() == 141
    speaking.stderr.close()


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_no_half_file(stub_voice, tmp_path, sent):
    (tmp_path / "long.txt").write_text("Hello there. " * 10_000)
    speaking = start("-m", "pngnat", "-f", "long.txt", "-o", "a.wav", "--voice", str(stub_voice), cwd=tmp_path)
    until = time.monotonic() + 120
    while len(os.listdir(tmp_path)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert not (tmp_path / "a.wav").exists() and len(os.listdir(tmp_path)) == 2
    speaking.send_signal(sent)
    error = speaking.communicate(timeout=120)[1]
    assert speaking.returncode == 130 and error.decode() == "pngnat: interrupted\n"
    assert os.listdir(tmp_path) == ["long.txt"]
