from pathlib import Path

from omegaconf import OmegaConf

from pngnat.data.align import AlignerConfig
from pngnat.data.prepare import PrepareConfig

CONF = Path(__file__).parents[2] / "conf"


def test_the_settings_files_say_what_the_code_has_by_default(tmp_path):
    settings = OmegaConf.load(CONF / "prepare.yaml")
    assert AlignerConfig(**settings.aligner) == AlignerConfig()
    default = PrepareConfig(tmp_path)
    assert (settings.sample_rate, settings.silence) == (default.sample_rate, default.silence)
    assert settings.lexicon is None and default.lexicon == {}, "no file is no words"
