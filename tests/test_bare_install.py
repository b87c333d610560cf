"""What works without any extra: speaking, every command's help, and one line where an extra is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pngnat

# What the extras bring, by the name that is imported.
EXTRAS = (
    "datasets",
    "faster_whisper",
    "g2p_en",
    "hydra",
    "jiwer",
    "lhotse",
    "librosa",
    "lightning",
    "matplotlib",
    "omegaconf",
    "onnx",
    "pocketsphinx",
    "praatio",
    "pyworld",
    "resemblyzer",
    "safetensors",
    "scipy",
    "sounddevice",
    "soxr",
    "tensorboard",
    "tokenizers",
    "torch",
    "transformers",
    "whisper_normalizer",
)
SPEAKING = ("text", "audio", "voice", "engine", "synthesis", "config", "cli")
# What computes with PyTorch, what writes graphs, and what stands between Hydra and dataclasses, by their nature.
OTHERS = (
    "pngnat.audio.mel",
    "pngnat.audio.spectral_loss",
    "pngnat.config.schema",
    "pngnat.engine.torch_engine",
    "pngnat.voice.graphs.acoustic",
    "pngnat.voice.graphs.export",
    "pngnat.voice.graphs.layers",
    "pngnat.voice.graphs.vocoder",
    "pngnat.voice.graphs.writer",
    "pngnat.voice.modules",
    "pngnat.voice.tensor_files",
    "pngnat.voice.vocoders",
    "pngnat.voice.weights",
)

HEAD = f"""
import importlib, pkgutil, sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {EXTRAS!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name.split(".")[0] in {EXTRAS!r} else find(name, *rest)
from pngnat.cli.main import main
"""


def bare(code: str, folder: Path) -> subprocess.CompletedProcess:
    """Run code where no extra can be imported."""
    environment = os.environ | {"PYTHONPATH": str(Path(pngnat.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, "-c", HEAD + code], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


@pytest.mark.slow
def test_every_module_that_speaks_can_be_imported(tmp_path):
    code = f"""
import pngnat
for package in {SPEAKING!r}:
    root = importlib.import_module(f"pngnat.{{package}}")
    for module in pkgutil.walk_packages(root.__path__, f"pngnat.{{package}}."):
        if module.name not in {OTHERS!r}:
            importlib.import_module(module.name)
print("imported")
"""
    done = bare(code, tmp_path)
    assert done.stdout == "imported\n", done.stderr


@pytest.mark.slow
def test_it_speaks(exported_voice, tmp_path):
    done = bare(
        f"sys.exit(main(['Zyxgrop said hello.', '-o', 'a.wav', '--quiet', '--voice', {str(exported_voice)!r}]))",
        tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "") and os.listdir(tmp_path) == ["a.wav"]


@pytest.mark.slow
def test_what_needs_torch_is_one_line(stub_voice, exported_voice, tmp_path):
    spoken = ["Hi.", "-o", "a.wav", "--voice"]
    commands = {
        "[torch]": [
            [*spoken, str(stub_voice)],
            [*spoken, str(exported_voice), "--engine", "torch"],
            [*spoken, "english", "--vocoder", "a"],
        ],
        "[train]": [["voices", "export", str(stub_voice)]],
    }
    for extra, calls in commands.items():
        for arguments in calls:
            done = bare(f"sys.exit(main({arguments!r}))", tmp_path)
            assert done.returncode == 2 and done.stderr.count("\n") == 1 and f"pngnat{extra}" in done.stderr, (
                done.stderr
            )


@pytest.mark.slow
def test_an_extra_that_is_missing_is_one_line(tmp_path):
    commands = {
        "prepare": (["a", "--out", "b"], "train"),
        "check": (["a"], "train"),
        "create": (["a", "--name", "ann"], "finetune"),
        "train": (["acoustic", "run_dir=runs/a", "corpora=[a]"], "train"),
        "evaluate": (["intelligibility", "--sentences", "a.txt"], "eval"),
    }
    (tmp_path / "a.txt").write_text("Hello.\n")
    for name, (arguments, extra) in commands.items():
        done = bare(f"sys.exit(main({[name, *arguments]!r}))", tmp_path)
        assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
        assert done.stderr.startswith(f"pngnat {name}") and f'pip install "pngnat[{extra}]"' in done.stderr


def test_help_says_what_is_missing(tmp_path):
    code = "for name in ('prepare', 'check', 'create'):\n    try: main([name, '--help'])\n    except SystemExit: pass"
    said = bare(code, tmp_path).stdout
    assert said.count("This needs more than is installed: pip install") == 3
