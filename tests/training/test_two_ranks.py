"""Two processes that train one model on shards, killed together and started again, learn what they learn
undisturbed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from prepared_toy import write_prepared

import pngnat
from pngnat.scale.shards import Sharding, to_shards
from pngnat.training.runs import LAST
from pngnat.workers.pool import Workers

ROOT = Path(pngnat.__file__).parents[1]
STEPS, KILLED_AT = 12, 5
KILLED = 9

# The command, whose processes all end as if killed at the beginning of a step.
_COMMAND = f"""
import os, sys
from pngnat.cli.recipes import train
from pngnat.training.callbacks import StopAtNan

begun = StopAtNan.on_train_batch_start

def on_train_batch_start(self, trainer, *arguments):
    if trainer.global_step == {KILLED_AT} and "KILL" in os.environ:
        trainer.strategy.barrier()
        os._exit({KILLED})
    begun(self, trainer, *arguments)

StopAtNan.on_train_batch_start = on_train_batch_start
sys.exit(train(sys.argv[1:]))
"""


@pytest.mark.slow
def test_two_ranks_on_shards_go_on_to_the_bit(toy_corpus, tmp_path, loopback):
    if not loopback:
        pytest.skip("processes cannot talk to each other here")
    to_shards(Sharding(write_prepared(toy_corpus, tmp_path / "prepared"), tmp_path / "shards", recordings=3), Workers())
    toy_corpus.tokenizer.save(tmp_path)
    (tmp_path / "command.py").write_text(_COMMAND)

    def train(run: str, **environment: str) -> int:
        settings = [
            *(
                f"run_dir={tmp_path / run}",
                f"corpora=[{tmp_path / 'shards'}]",
                f"tokenizer={tmp_path}",
                "features=null",
            ),
            *(
                "model=tiny",
                "model.encoder.dropout=0.1",
                f"schedule.steps={STEPS}",
                "schedule.warmup=2",
                "schedule.learning_rate=3e-3",
            ),
            *("training.batch_seconds=2", "training.window=2", "training.workers=1", "training.vocoder=null"),
            *(
                "run.accelerator=cpu",
                "run.devices=2",
                "run.strategy=ddp",
                "run.threads=1",
                "run.validate_every=4",
                "run.loggers=[csv]",
            ),
            "run.checkpoint_minutes=1e-6",  # after each step
        ]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **environment}
        command = [sys.executable, "-W", "ignore", str(tmp_path / "command.py"), *settings]
        return subprocess.run(command, env=environment, cwd=tmp_path, timeout=500).returncode

    def weights(run: str) -> tuple[int, dict[str, torch.Tensor]]:
        checkpoint = torch.load(tmp_path / run / LAST, weights_only=False)
        return checkpoint["global_step"], checkpoint["state_dict"]

    assert train("whole") == 0
    assert train("killed", KILL="yes") != 0
    assert weights("killed")[0] == KILLED_AT
    assert train("killed") == 0
    (steps, expected), (others, found) = weights("whole"), weights("killed")
    assert steps == others == STEPS
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=0, atol=0, msg=f"{name} differs")
