"""`--batch`: each line a file, whatever was there before, and a manifest that is right whenever the process ends."""

import json
import os
import signal
from pathlib import Path

import pytest

import pngnat
from pngnat.audio.wav import duration
from pngnat.cli.batch import Line, batch_lines
from pngnat.cli.main import main
from pngnat.cli.manifest import Manifest

TABLE = "ann|Hello.\nben|How are you?\ncleo|Yes. No.\n"


@pytest.fixture
def run(stub_voice, tmp_path, monkeypatch, capsys):
    """Runs --batch on `lines.txt` into `out`, in an empty folder; gives exit code and standard error."""
    monkeypatch.chdir(tmp_path)

    def call(text: str, *more: str, output: str = "out"):
        Path("lines.txt").write_text(text, encoding="utf-8")
        code = main(["--batch", "lines.txt", "-o", output, "--voice", str(stub_voice), *more])
        captured = capsys.readouterr()
        assert captured.out == ""
        return code, captured.err

    return call


def manifest(folder: str = "out") -> list[dict]:
    return [json.loads(line) for line in Path(folder, "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def times() -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in Path("out").glob("*.wav")}


def test_lines_that_are_texts(run):
    code, err = run("Hello.\n\n🙂\nyes|How are you?\n", "--format", "flac", "--timings", "srt", "--quiet")
    assert code == 2 and err.startswith("pngnat: line 3: nothing in the text") and err.count("\n") == 1
    assert sorted(os.listdir("out")) == ["0001.flac", "0001.srt", "0004.flac", "0004.srt", "manifest.jsonl"]
    assert list(manifest()[0]) == ["id", "text", "file", "seconds", "made_of"], "folders on disk have these keys"


def test_a_line_sounds_as_it_does_alone(run, stub_voice):
    run("Hello. You.\n", "--format", "flac", "--seed", "4")
    assert main(["Hello. You.", "-o", "one.flac", "--quiet", "--voice", str(stub_voice), "--seed", "4"]) == 0
    assert Path("one.flac").read_bytes() == Path("out/0001.flac").read_bytes()


def test_lines_with_ids(run):
    assert run(TABLE)[0] == 0
    assert [(entry["id"], entry["text"], entry["file"]) for entry in manifest()] == [
        ("ann", "Hello.", "ann.wav"), ("ben", "How are you?", "ben.wav"), ("cleo", "Yes. No.", "cleo.wav"),
    ]  # fmt: skip
    assert all(duration(f"out/{entry['file']}") == pytest.approx(entry["seconds"]) for entry in manifest())


def test_what_is_there_is_not_spoken_again(run):
    run(TABLE)
    before = times()
    code, err = run("dan|Good.\n" + TABLE)
    after = times()
    assert code == 0 and "1 files" in err and "3 were there" in err
    assert {name: after[name] for name in before} == before and "dan.wav" in after
    assert [entry["id"] for entry in manifest()] == ["dan", "ann", "ben", "cleo"]


@pytest.mark.parametrize("change", ["text", "pace", "speaker", "file", "lexicon"])
def test_what_is_another_is_spoken_again(run, change):
    Path("words.txt").write_text("hello  G UH1 D\n")
    run(TABLE, "--lexicon", "words.txt")
    before = times()
    text = TABLE.replace("Hello", "Good day") if change == "text" else TABLE
    if change == "file":
        Path("out/ann.wav").unlink()
    if change == "lexicon":
        Path("words.txt").write_text("hello  G UH1 D B\n")
    code, _ = run(
        text, "--lexicon", "words.txt", *{"pace": ["--pace", "1.2"], "speaker": ["--speaker", "bob"]}.get(change, [])
    )
    changed = {name for name, time in times().items() if time != before[name]}
    assert code == 0 and changed == ({"ann.wav"} if change in ("text", "file") else set(before))
    assert [entry["id"] for entry in manifest()] == ["ann", "ben", "cleo"]
    assert manifest()[0]["text"] == ("Good day." if change == "text" else "Hello.")


def test_other_entries_stay(run):
    run("ann|Hello.\n")
    run("ben|Yes.\n")
    run("ann|Hello.\n")
    assert [entry["id"] for entry in manifest()] == ["ben", "ann"]


def test_a_line_that_was_cut_off_and_lines_of_others_are_left_out(run):
    run(TABLE)
    lines = Path("out/manifest.jsonl").read_bytes().splitlines(keepends=True)
    Path("out/manifest.jsonl").write_bytes(lines[0] + b'{"id": 3}\n[]\nxyz\n\xff\n' + lines[1][:20])
    before = times()
    assert run(TABLE)[0] == 0
    assert {name for name, time in times().items() if time != before[name]} == {"ben.wav", "cleo.wav"}
    assert [entry["id"] for entry in manifest()] == ["ann", "ben", "cleo"]


@pytest.mark.slow
def test_what_cannot_work_in_another_process_is_one_line(run):
    code, err = run("Hello.\nYes.\n", "--vocoder", "none", "--jobs", "2")
    assert code == 2 and "no vocoder" in err and err.count("\n") == 1


@pytest.mark.slow
def test_two_processes_make_what_one_makes(run):
    assert run(TABLE + "dan|🙂\n", "--jobs", "2", output="two")[0] == 2
    assert run(TABLE + "dan|🙂\n", output="one")[0] == 2
    assert [{**entry, "seconds": 0} for entry in manifest("one")] == [
        {**entry, "seconds": 0} for entry in manifest("two")
    ]
    for name in ("ann.wav", "ben.wav", "cleo.wav"):
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


def test_it_goes_on_after_a_kill(run, stub_voice):
    run("Warm.\n", output="warm")  # loads what would be loaded in each child
    Path("out").mkdir()
    for kill in range(6):
        child = os.fork()
        if child == 0:
            _kill_at(kill)
            run(TABLE)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        whole = [
            line for line in Path("out/manifest.jsonl").read_text().splitlines(keepends=True) if line.endswith("\n")
        ]
        for entry in map(json.loads, whole):
            assert pngnat.synthesize(entry["text"], stub_voice).duration == pytest.approx(entry["seconds"])
            assert Path("out", entry["file"]).is_file()
        for path in Path("out").glob("*"):
            path.unlink()
    assert run(TABLE)[0] == 0 and [entry["id"] for entry in manifest()] == ["ann", "ben", "cleo"]


def _kill_at(moment: int) -> None:
    """Have this process killed before (even) or in the middle (odd) of writing an entry, or before that of one
    later."""
    add, made = Manifest.add, []

    def counted(self, entry):
        if len(made) == moment // 2:
            if moment % 2:
                self._file.write('{"id": "be')
                self._file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        made.append(entry)
        add(self, entry)

    Manifest.add = counted


def test_after_a_kill_only_what_is_missing_is_spoken(run):
    Path("out").mkdir()
    run("Warm.\n", output="warm")
    child = os.fork()
    if child == 0:
        _kill_at(2)
        run(TABLE)
        os._exit(0)
    os.waitpid(child, 0)
    before = times()
    assert sorted(before) == ["ann.wav", "ben.wav"]
    code, err = run(TABLE)
    assert code == 0 and "1 were there" in err
    assert times()["ann.wav"] == before["ann.wav"] and [entry["id"] for entry in manifest()] == ["ann", "ben", "cleo"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a|Hi.\nHi.\n", "line 2"),
        ("a|Hi.\n\nb|Yes.\nA|No.\n", "line 4: has the id 'A', which line 1"),
        ("a|Hi.\n../b|No.\n", "line 2"),
    ],
)
def test_lines_that_do_not_fit(run, text, named):
    code, err = run(text)
    assert code == 2 and named in err and err.count("\n") == 1


def test_which_lines_have_ids():
    assert batch_lines("LJ001-0001|In being.\n") == [Line(1, "LJ001-0001", "In being.")]
    assert batch_lines("a.b_c|Yes | no\n") == [Line(1, "a.b_c", "Yes | no")]
    for text in (
        "Yes or no|Hi.",
        ".hidden|Hi.",
        "../a|Hi.",
        "a/b|Hi.",
        "{HH AH0 | B}",
        "|Hi.",
        "x" * 102 + "|Hi.",
        "a.|Hi.",
    ):
        assert batch_lines(text) == [Line(1, "0001", text)]
    assert batch_lines("") == []


def test_what_cannot_work(run, stub_voice):
    def refused(named: str, *arguments: str, **more) -> None:
        code, err = run("Hello.\n", *arguments, **more)
        assert code == 2 and named in err and err.count("\n") == 1, err

    refused("folder", output="none/out")
    refused("folder", output="lines.txt")
    refused("--batch", "Hello")
    refused("--play", "--play")
    refused("raw", "--format", "raw")
    refused("--jobs", "--jobs", "0")
    refused("no vocoder", "--vocoder", "none")
    os.chmod("out", 0o500)
    if os.geteuid():
        refused("cannot be written")
    os.chmod("out", 0o700)
    assert main(["Hi.", "-o", "a.wav", "--jobs", "2"]) == 2
    assert main(["--batch", "lines.txt"]) == 2
