"""The job scripts in slurm/ call commands that there are, as SLURM would run them."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "slurm").glob("*.sbatch"))
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the scripts are bash's")


@pytest.fixture
def job(tmp_path):
    """Runs a script as a job's environment has it; what it gives to `srun` is returned, and run where it is pngnat."""
    commands = tmp_path / "commands"
    commands.mkdir()
    python = f"PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)}"
    scripts = {
        "srun": f'printf "%s\\n" "$@" > {tmp_path}/called; shift 2; [ "$1" != pngnat ] || exec "$@"',
        "pngnat": f'{python} -m pngnat "$@"',
        "scontrol": "printf 'first\\nsecond\\n'",
    }
    for name, script in scripts.items():
        (commands / name).write_text(f"#!/bin/bash\n{script}\n")
        (commands / name).chmod(0o755)

    def run(name: str, *words: str, **variables: str) -> list[str]:
        environment = os.environ | {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"} | variables
        command = ["bash", str(ROOT / "slurm" / name), *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return (tmp_path / "called").read_text().splitlines()

    return run


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_the_scripts_are_bash(path):
    assert subprocess.run(["bash", "-n", str(path)]).returncode == 0


@pytest.mark.slow
def test_the_jobs_of_an_array_speak_everything_together(job, tmp_path, stub_voice):
    (tmp_path / "texts.txt").write_text("".join(f"n{number}|Hello.\n" for number in range(4)))
    words = ["bulk", "speak", "texts.txt", "--out", "out", "--voice", str(stub_voice), "--lines", "1"]
    for task in ("3", "4"):
        array = {
            "SLURM_ARRAY_TASK_ID": task,
            "SLURM_ARRAY_TASK_MIN": "3",
            "SLURM_ARRAY_TASK_COUNT": "2",
            "SLURM_CPUS_PER_TASK": "1",
        }
        job("array.sbatch", *words, **array)
        reports = sorted((tmp_path / "out" / "reports").glob("*.json"))
        assert len(reports) == {"3": 2, "4": 4}[task]
    assert all(json.loads(report.read_text())["spoken"] == 1 for report in reports)


def test_ray_gets_a_cluster_and_the_command(job):
    from pngnat.cli.bulk import speak_parser

    variables = {"SLURM_JOB_NODELIST": "x", "SLURM_JOB_NUM_NODES": "2", "SLURM_CPUS_PER_TASK": "16"}
    called = job("ray.sbatch", "bulk", "speak", "texts.txt", "--out", "out", **variables)
    assert called[2:6] == ["ray", "symmetric-run", "--address", "first:6379"]
    given = speak_parser().parse_args(called[called.index("speak") + 1 :])
    assert (given.engine, given.address, given.jobs) == ("ray", "auto", 31)


def test_torchrun_gets_settings_that_there_are(job):
    from pngnat.cli.train import STAGES

    variables = {
        "SLURM_JOB_NODELIST": "x",
        "SLURM_JOB_NUM_NODES": "2",
        "SLURM_CPUS_PER_TASK": "64",
        "SLURM_GPUS_ON_NODE": "8",
    }
    called = job("train.sbatch", "acoustic", "run_dir=r", "corpora=[c]", "features=null", SLURM_JOB_ID="7", **variables)
    assert called[2:7] == ["torchrun", "--nnodes", "2", "--nproc-per-node", "8"]
    composed = STAGES["acoustic"].compose(*called[called.index("acoustic") + 1 :])
    assert (composed.run.devices, composed.run.nodes, composed.training.workers, composed.features) == (8, 2, 7, None)
