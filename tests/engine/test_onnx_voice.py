"""Voices that were exported: without PyTorch, in threads, in forked processes, and from strangers."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from safetensors.torch import load_file, save_file

import pngnat
from pngnat.cli.main import main
from pngnat.engine.loading import load_voice
from pngnat.errors import PngnatError
from pngnat.voice.graphs.export import export_graphs
from pngnat.voice.modules import load_modules, save_voice

GRAPH = "acoustic.mel.onnx"


@pytest.fixture
def folder(exported_voice, tmp_path):
    return shutil.copytree(exported_voice, tmp_path / "copy")


def refused(folder: Path, match: str) -> None:
    with pytest.raises(PngnatError, match=match) as caught:
        pngnat.synthesize("Hello.", load_voice(folder, engine="onnx"))
    assert "\n" not in str(caught.value)


def changed(path: Path, change) -> None:
    """Change a graph's ModelProto and write it back."""
    model = onnx.load(path, load_external_data=False)
    change(model)
    path.write_bytes(model.SerializeToString())


def test_it_speaks_without_torch(exported_voice, tmp_path):
    code = f"""
import sys
import pngnat
speech = pngnat.synthesize("Hello there.", {str(exported_voice)!r}, pitch=1, blend=pngnat.Blend("pro"))
blocks = list(pngnat.stream_samples("Hello there.", {str(exported_voice)!r}))
assert speech.duration > 0.1 and blocks
heavy = [name for name in ("torch", "transformers", "librosa", "onnx", "hydra") if name in sys.modules]
print("heavy:", heavy)
"""
    environment = os.environ | {"PYTHONPATH": str(Path(pngnat.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
    )
    assert done.stdout == "heavy: []\n", done.stderr


def test_threads_of_one_process_get_equal_results(exported_voice):
    voice = load_voice(exported_voice, engine="onnx")
    expected = pngnat.synthesize("Hello there.", voice).samples
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: pngnat.synthesize("Hello there.", voice).samples, range(8)))
    assert all(np.array_equal(samples, expected) for samples in found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_speaks(exported_voice):
    code = f"""
import os, signal
import pngnat
from pngnat.engine.loading import load_voice
voice = load_voice({str(exported_voice)!r}, engine="onnx", threads=2)
length = len(pngnat.synthesize("Hello there.", voice).samples)
child = os.fork()
if child == 0:
    signal.alarm(60)
    os._exit(0 if len(pngnat.synthesize("Hello there.", voice).samples) == length else 1)
print(os.waitpid(child, 0)[1])
"""
    environment = os.environ | {"PYTHONPATH": str(Path(pngnat.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment, timeout=120
    )
    assert done.stdout == "0\n", done.stderr


def test_graphs_go_with_the_weights_that_they_are_of(folder, tmp_path):
    weights = load_file(folder / "acoustic.safetensors")
    save_file({**weights, "speaker.weight": weights["speaker.weight"].float()}, folder / "acoustic.safetensors")
    refused(folder, "acoustic.safetensors has changed since .*: run `pngnat voices export")
    export_graphs(folder)
    assert pngnat.synthesize("Hello.", folder).duration > 0
    save_voice(load_modules(folder), tmp_path / "again")
    assert load_voice(tmp_path / "again").engine == "onnx"
    save_voice(load_modules(folder), tmp_path / "again", graphs=False)
    assert load_voice(tmp_path / "again").engine == "torch"


def test_the_command_exports(stub_voice, tmp_path, capsys):
    folder = shutil.copytree(stub_voice, tmp_path / "copy")
    with pytest.raises(PngnatError, match="has no graphs: run `pngnat voices export"):
        load_voice(folder, engine="onnx")
    assert main(["voices", "export", str(folder), "--float32"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 8 and load_voice(folder).engine == "onnx"
    whole = pngnat.synthesize("Hello there.", folder)
    assert main(["voices", "export", str(folder)]) == 0
    rounded = pngnat.synthesize("Hello there.", folder)
    assert not np.array_equal(rounded.samples, whole.samples)
    assert np.abs(rounded.durations - whole.durations).max() < 0.02 and np.isfinite(rounded.samples).all()
    blocks = np.concatenate(list(pngnat.stream_samples("Hello there.", folder)))
    assert np.abs(blocks - rounded.samples).max() < 0.1 * np.abs(rounded.samples).max()


def test_unsupported_options_of_onnx_are_errors(exported_voice, tmp_path):
    for options in ({"device": "cuda"}, {"vocoder": tmp_path}):
        with pytest.raises(PngnatError, match="for others take the engine 'torch'"):
            load_voice(exported_voice, engine="onnx", **options)


def test_operators_of_its_own_are_refused(folder):
    path = folder / GRAPH
    original = path.read_bytes()
    for change, match in (
        (lambda model: model.opset_import.append(helper.make_opsetid("evil", 1)), "operators of its own"),
        (lambda model: setattr(model.graph.node[0], "domain", "com.microsoft"), "operators of its own"),
        (lambda model: setattr(model.graph.node[0], "op_type", "Loop"), "'Loop', which pngnat does not use"),
        (lambda model: model.functions.add(name="f", domain="evil"), "functions of its own"),
        (
            lambda model: model.graph.node[0].attribute.append(helper.make_attribute("body", model.graph)),
            "graph of its own",
        ),
        (lambda model: model.graph.ClearField("node"), "no operators"),
    ):
        path.write_bytes(original)
        changed(path, change)
        refused(folder, match)


@pytest.mark.parametrize("location", ["/etc/passwd", "../stub/acoustic.safetensors", "tokenizer.json", ""])
def test_weights_outside_the_voice_are_refused(folder, location):
    def point(model):
        weights = next(one for one in model.graph.initializer if one.data_location == TensorProto.EXTERNAL)
        weights.external_data[0].value = location

    changed(folder / GRAPH, point)
    refused(folder, "none of the voice's own files")


def test_a_second_location_counts(folder):
    """A reader of Protocol Buffers may take the last of two."""

    def point(model):
        weights = next(one for one in model.graph.initializer if one.data_location == TensorProto.EXTERNAL)
        weights.external_data.add(key="location", value="/etc/passwd")

    changed(folder / GRAPH, point)
    refused(folder, "none of the voice's own files")


def test_links_out_of_the_folder_are_not_followed(folder, tmp_path):
    for name in (GRAPH, "vocoder.safetensors"):
        shutil.move(folder / name, tmp_path / name)
        (folder / name).symlink_to(tmp_path / name)
        refused(folder, "leads out of the folder")
        (folder / name).unlink()
        shutil.move(tmp_path / name, folder / name)


def test_damaged_graphs_are_one_line(folder):
    path = folder / GRAPH
    original = path.read_bytes()
    for content in (
        b"",
        b"no graph",
        original[:-9],
        original[: len(original) // 2],
        b"\x3a" + b"\xff" * 9 + b"\x7f",
        b"[" * 1000,
    ):
        path.write_bytes(content)
        refused(folder, GRAPH)
    path.unlink()
    refused(folder, GRAPH)


def test_weights_that_end_too_early(folder):
    path = folder / "acoustic.safetensors"
    path.write_bytes(path.read_bytes()[:-2000])
    refused(folder, "is damaged")


def test_a_card_that_does_not_fit_its_graphs(folder):
    card = folder / "voice.json"
    card.write_text(card.read_text().replace('"n_mels": 20', '"n_mels": 24'))
    refused(folder, "does not fit|damaged")
