import os
import subprocess
import sys
from pathlib import Path

import pytest

import pngnat


def python(code: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(Path(pngnat.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout


def test_import_is_light():
    loaded = python(
        "import sys, pngnat; print([m for m in ('torch', 'numpy', 'soundfile', 'librosa', 'transformers') if m in "
        "sys.modules])"
    )
    assert loaded.strip() == "[]"


@pytest.mark.slow
def test_speaking_loads_nothing_of_training(stub_voice):
    code = f"""
import sys, pngnat
pngnat.synthesize("Hi.", voice={str(stub_voice)!r})
heavy = ("transformers", "librosa", "lightning", "lhotse", "matplotlib", "g2p_en", "nltk", "hydra")
print([m for m in heavy if m in sys.modules])
"""
    assert python(code).strip() == "[]"


def test_public_names_exist():
    for name in pngnat.__all__:
        assert getattr(pngnat, name) is not None
    assert set(pngnat.__all__) <= set(dir(pngnat))
    with pytest.raises(AttributeError):
        _ = pngnat.nothing_of_that_name


def test_help_loads_no_torch():
    code = (
        "import sys\nfrom pngnat.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\nprint('torch' in sys.modules)"
    )
    assert python(code).strip().endswith("False")


def test_listing_voices_loads_no_torch(stub_voice):
    command = f"main(['--list-voices', '--voice', {str(stub_voice)!r}])"
    code = f"import sys\nfrom pngnat.cli.main import main\n{command}\nprint('torch' in sys.modules)"
    assert python(code).splitlines()[-1] == "False"
