"""How the process ends where the machine, a reader or the terminal gives out; and inputs without an end."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import pngnat
from pngnat.audio.sound_writer import sound_writer
from pngnat.cli.main import main

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(pngnat.__file__).parents[1])}
COMMAND = [sys.executable, "-m", "pngnat"]
# Address space, bytes: PyTorch's libraries take some of it, a device read to its end would take all.
MEMORY = 4 * 2**30


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def finish(command: str, folder: Path, **options) -> tuple[int, str]:
    """Run a shell's command, in which $PNGNAT is the command; gives exit code and standard error."""
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=ENVIRONMENT | {"PNGNAT": " ".join(COMMAND)},
        stderr=subprocess.PIPE,
        text=True,
        timeout=180,
        preexec_fn=limited,
        **options,
    )
    return done.returncode, done.stderr


def one_line(result: tuple[int, str], *parts: str) -> None:
    code, error = result
    assert code == 2 and error.startswith("pngnat") and error.count("\n") == 1, error
    for part in parts:
        assert part in error


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_full_standard_output(stub_voice, tmp_path):
    one_line(finish("$PNGNAT voices > /dev/full", tmp_path), "no space left")
    one_line(finish(f"$PNGNAT Hi. -o - --voice {stub_voice} > /dev/full", tmp_path), "no space left")


@pytest.mark.slow
def test_closed_standard_output(stub_voice, tmp_path):
    one_line(finish("$PNGNAT voices >&-", tmp_path), "standard output is closed")
    one_line(finish(f"$PNGNAT Hi. -o - --quiet --voice {stub_voice} >&-", tmp_path), "standard output is closed")
    # Who writes a file needs no standard output.
    assert finish(f"$PNGNAT Hi. -o a.wav --quiet --voice {stub_voice} >&-", tmp_path) == (0, "")
    assert os.listdir(tmp_path) == ["a.wav"]


@pytest.mark.slow
def test_closed_standard_error_and_input(stub_voice, tmp_path):
    assert finish(f"$PNGNAT 'Hi there. {'And so on. ' * 40}' -o a.wav --voice {stub_voice} 2>&-", tmp_path) == (0, "")
    one_line(finish("$PNGNAT -o a.wav <&-", tmp_path), "nothing to speak")
    one_line(finish("$PNGNAT -f - -o a.wav <&-", tmp_path), "standard input: is closed")


@pytest.mark.parametrize("argument", ["-f /dev/zero", "-f - < /dev/zero", "--batch /dev/zero -o .", "-f big.txt"])
def test_a_text_without_an_end(tmp_path, argument):
    with open(tmp_path / "big.txt", "wb") as file:
        file.truncate(10 * 2**30)
    output = "" if " -o " in argument else "-o a.wav"
    one_line(finish(f"$PNGNAT {output} {argument}", tmp_path), "too large", "64 MB")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "name"), [("--lexicon", "a.txt"), ("--durations", "a.json"), ("--durations", "a.TextGrid")]
)
def test_a_lexicon_or_durations_without_an_end(stub_voice, tmp_path, option, name):
    (tmp_path / name).symlink_to("/dev/zero")
    one_line(finish(f"$PNGNAT Hi. -o a.wav --voice {stub_voice} {option} {name}", tmp_path), name, "too large")


def test_too_many_threads(tmp_path):
    one_line(finish("$PNGNAT Hi. -o a.wav --threads 1000000000", tmp_path), "--threads", "1024")


def start_long(stub_voice: Path, folder: Path, prefix: tuple[str, ...] = ()) -> subprocess.Popen:
    """A command that has begun to write a.wav."""
    (folder / "long.txt").write_text("Hello there. " * 10_000)
    speaking = subprocess.Popen(
        [*prefix, *COMMAND, "-f", "long.txt", "-o", "a.wav", "--voice", str(stub_voice)],
        cwd=folder,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # Where the tests themselves run under nohup, the command would inherit that a hang-up is passed over.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    until = time.monotonic() + 120
    while len(os.listdir(folder)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    return speaking


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs SIGHUP")
def test_a_terminal_that_is_gone_leaves_no_hidden_file(stub_voice, tmp_path):
    speaking = start_long(stub_voice, tmp_path)
    speaking.send_signal(signal.SIGHUP)
    assert speaking.communicate(timeout=180)[1] == b"pngnat: interrupted\n" and speaking.returncode == 130
    assert os.listdir(tmp_path) == ["long.txt"]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs SIGHUP")
def test_nohup_outlives_its_terminal(stub_voice, tmp_path):
    speaking = start_long(stub_voice, tmp_path, ("nohup",))
    speaking.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert speaking.poll() is None
    speaking.terminate()
    speaking.communicate(timeout=180)
    assert speaking.returncode == 130 and os.listdir(tmp_path) == ["long.txt"]


@pytest.fixture
def full_disk(tmp_path):
    """A file system of 8 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk(stub_voice, full_disk):
    one_line(
        finish(f"exec $PNGNAT 'Hello there, you.' -o a.wav --quiet --voice {stub_voice}", full_disk),
        "a.wav",
        "no space left",
    )
    assert os.listdir(full_disk) == []


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.opus"])
def test_a_full_disk_is_named_whatever_is_written(full_disk, name):
    noise = np.random.default_rng(0).uniform(-1, 1, 24000 * 60).astype(np.float32)
    with pytest.raises(pngnat.PngnatError, match="no space left"), sound_writer(full_disk / name, 24000) as append:
        append(noise)
    assert os.listdir(full_disk) == []


def test_usage_alone_at_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("usage: pngnat")


def test_a_pipe_without_a_place_for_the_sound_is_refused(tmp_path):
    one_line(finish("echo Hi. | $PNGNAT", tmp_path), "-o FILE", "--play")
