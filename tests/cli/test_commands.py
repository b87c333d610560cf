"""The door: which command is meant, and what it imports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pngnat
import pngnat.cli.main as front
from pngnat.cli.bulk import WORKS
from pngnat.cli.flags import Flag, FlaggedRecipe
from pngnat.cli.main import COMMANDS, main
from pngnat.cli.recipe import recipe
from pngnat.cli.train import STAGES
from pngnat.evaluation.commands import MEASURES

HEAVY = ("torch", "numpy", "hydra", "omegaconf", "lightning", "transformers")
GROUPS = {"evaluate": MEASURES, "train": STAGES, "bulk": WORKS}
NAMED = [[], *([name] for name in COMMANDS), *([group, name] for group, names in GROUPS.items() for name in names)]
HELP = [[*words, "--help"] for words in NAMED]


def python(code: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(Path(pngnat.__file__).parents[1])}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)


def test_help_of_every_command_imports_nothing_heavy():
    code = f"""
import contextlib, io, sys
from pngnat.cli.main import main
for arguments in {HELP!r}:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try: code = main(arguments)
        except SystemExit as end: code = end.code
    assert not code and len(said.getvalue()) > 100, arguments
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = python(code)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in COMMANDS)


def test_a_first_word_that_names_a_command_is_it_and_speak_speaks_it(stub_voice, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["voices", str(stub_voice)]) == 0
    assert capsys.readouterr().out.startswith("stub: ")
    assert main(["speak", "voices", "-o", "a.wav", "--voice", str(stub_voice), "--timings", "json"]) == 0
    assert '"text": "voices"' in Path("a.json").read_text()
    assert main(["Voices", "of", "spring", "-o", "a.wav", "--voice", str(stub_voice)]) == 0


@pytest.fixture
def flagged():
    """A command without a recipe: what is tested is what it makes of arguments."""

    class Nothing:
        summary = needs = ""

    flags = (
        Flag("FOLDER", "data.path"),
        Flag("--out", "out"),
        Flag("--pro-corpus", "professionals", kind="list"),
        Flag("--dry", "dry", kind="switch"),
    )
    return FlaggedRecipe("toy", Nothing(), flags)


def test_flags_become_settings(flagged):
    assert flagged.values(
        ["rec", "--out", "a", "b.c=3", "--pro-corpus", "x", "--pro-corpus", "y", "--dry", "+d={e: 1}", "~f"]
    ) == (
        {"data.path": "rec", "out": "a", "professionals": ["x", "y"], "dry": True},
        ["b.c=3", "+d={e: 1}", "~f"],
    )
    assert flagged.values(["./a=b"]) == ({"data.path": "./a=b"}, [])
    assert flagged.values(["--out", "a", "out=b"]) == ({}, ["out=b"])
    assert flagged.values([]) == ({}, [])


@pytest.mark.parametrize(
    "value", ["a b", "it's", r"C:\voices", "C:\\voices\\", r"a\'b", '"', "{a: [1, 2]}", "a,b", "null", "x=y", "ä€", "%"]
)
def test_any_text_is_a_value(flagged, value, tmp_path, monkeypatch):
    pytest.importorskip("hydra")
    (tmp_path / "text_job.py").write_text("from dataclasses import dataclass\n@dataclass\nclass Job:\n    out: str\n")
    (tmp_path / "text.yaml").write_text(
        "defaults: [text_schema, _self_]\nhydra: {run: {dir: .}, output_subdir: null}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "text_job", raising=False)
    monkeypatch.chdir(tmp_path)
    built = []
    values, overrides = flagged.values(["--out", value])
    assert recipe("text", "text_job.Job", folder=tmp_path)(built.append)(overrides, values=values) == 0
    assert built[0].out == value


@pytest.mark.parametrize("arguments", [["a", "b"], ["--nothing", "x"], ["--out"]])
def test_wrong_flags_end_with_code_2(flagged, arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        flagged.values(arguments)
    assert caught.value.code == 2 and "pngnat toy" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--speaker", "zoe"], "zoe"),
        (["--pace", "0"], "pace"),
        (["--pitch", "13"], "pitch"),
        (["--pause", "-1"], "pause"),
        (["--seed", "-1"], "seed"),
        (["--blend-with", "zoe"], "zoe"),
        (["--voice", "nobody"], "nobody"),
        (["--threads", "0"], "--threads"),
    ],
)
def test_what_the_options_and_the_card_can_tell_is_told_before_torch_is_imported(stub_voice, arguments, said):
    words = ["Hi.", "-o", "a.wav", *(["--voice", str(stub_voice)] if "--voice" not in arguments else []), *arguments]
    done = python(f"import sys\nfrom pngnat.cli.main import main\nprint(main({words!r}), 'torch' in sys.modules)")
    assert done.stdout == "2 False\n" and said in done.stderr and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize(
    ("arguments", "missing"), [(["create", "recordings"], "--name NAME"), (["create", "--name", "ann"], "RECORDINGS")]
)
def test_what_is_missing_is_told_before_anything_heavy_is_imported(arguments, missing):
    done = python(
        f"import sys\nfrom pngnat.cli.main import main\nprint(main({arguments!r}), [m for m in {HEAVY!r} if m in "
        "sys.modules])"
    )
    assert (
        done.stdout == "2 []\n"
        and done.stderr.startswith(f"pngnat create: {missing} is missing")
        and done.stderr.count("\n") == 1
    )


@pytest.mark.parametrize(
    ("words", "threads"), [(["Hello."], "1"), (["bulk", "speak"], "1"), (["train", "acoustic"], None)]
)
def test_commands_that_speak_give_numpy_one_thread(monkeypatch, words, threads):
    monkeypatch.setattr(front, "_called", lambda command: lambda words: 0)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    assert front.main(words) == 0 and os.environ["OPENBLAS_NUM_THREADS"] == "7", "what a person set stays"
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    assert front.main(words) == 0 and os.environ.get("OPENBLAS_NUM_THREADS") == threads
