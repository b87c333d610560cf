"""The job scripts in slurm/ do their work on a SLURM node: `apt install slurmctld slurmd slurm-client munge`."""

import json
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from prepared_toy import write_prepared
from slurm_node import is_installed, slurm_node, submit

from pngnat.scale.shards import Sharding, to_shards
from pngnat.training.runs import LAST
from pngnat.workers.pool import Workers

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_installed(), reason="needs slurmctld, slurmd, munge, and root"),
]


@pytest.fixture(scope="module")
def node(loopback):
    """Runs `sbatch` with its options, a script and what that takes, and waits for the job's end."""
    if not loopback:
        pytest.skip("needs a network of this machine's own")
    # Its sockets need a short path.
    folder = Path(tempfile.mkdtemp(prefix="slurm"))
    commands = folder / "bin"
    commands.mkdir()
    (commands / "pngnat").write_text(f'#!/bin/bash\nexec {shlex.quote(sys.executable)} -m pngnat "$@"\n')
    (commands / "pngnat").chmod(0o755)
    path = os.pathsep.join([str(commands), str(Path(sys.executable).parent), os.environ["PATH"]])
    try:
        with slurm_node(folder / "node") as environment:
            environment |= {"PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

            def run(work: Path, *words: str) -> str:
                return submit(environment, work, *words)

            yield run
    finally:
        shutil.rmtree(folder)


def speak(tmp_path: Path, stub_voice: Path) -> list[str]:
    """The words of a command that speaks four lines, a shard each."""
    (tmp_path / "texts.txt").write_text("".join(f"n{number}|Hello.\n" for number in range(4)))
    return ["bulk", "speak", "texts.txt", "--out", "out", "--voice", str(stub_voice), "--lines", "1"]


def spoken(out: Path) -> list[int]:
    return [json.loads(report.read_text())["spoken"] for report in sorted((out / "reports").glob("*.json"))]


def test_an_array(node, tmp_path, stub_voice):
    node(
        tmp_path, "--array=1-2", "--cpus-per-task=2", str(ROOT / "slurm" / "array.sbatch"), *speak(tmp_path, stub_voice)
    )
    assert spoken(tmp_path / "out") == [1] * 4


def test_ray(node, tmp_path, stub_voice):
    pytest.importorskip("ray")
    node(tmp_path, "--nodes=1", "--cpus-per-task=3", str(ROOT / "slurm" / "ray.sbatch"), *speak(tmp_path, stub_voice))
    assert spoken(tmp_path / "out") == [1] * 4


def test_torchrun(node, tmp_path, toy_corpus):
    to_shards(Sharding(write_prepared(toy_corpus, tmp_path / "prepared"), tmp_path / "shards", recordings=3), Workers())
    toy_corpus.tokenizer.save(tmp_path)
    settings = [
        "run_dir=run",
        "corpora=[shards]",
        "tokenizer=.",
        "features=null",
        "model=tiny",
        "schedule.steps=3",
        "schedule.warmup=1",
    ]
    settings += [
        "training.batch_seconds=2",
        "training.window=2",
        "training.vocoder=null",
        "run.accelerator=cpu",
        "run.threads=1",
    ]
    options = ["--nodes=1", "--gpus-per-node=2", "--cpus-per-task=4"]
    written = node(tmp_path, *options, str(ROOT / "slurm" / "train.sbatch"), "acoustic", *settings)
    (start,) = json.loads((tmp_path / "run" / "run.json").read_text())["starts"]
    assert start["run"]["devices"] == 2 and "MEMBER: 2/2" in written
    assert (tmp_path / "run" / LAST).is_file()
