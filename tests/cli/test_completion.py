import shutil
import subprocess

import pytest

from pngnat.cli.completion import completion
from pngnat.cli.main import COMMANDS, main
from pngnat.cli.speak_options import SHELLS
from pngnat.evaluation.commands import MEASURES

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@pytest.fixture(scope="module")
def script() -> str:
    return completion("bash")


def completed(script: str, folder, *words: str) -> set[str]:
    """What bash offers for the last of the words after `pngnat`."""
    asked = " ".join(f"'{word}'" for word in ("pngnat", *words))
    code = (
        f"{script}\nCOMP_WORDS=({asked}); COMP_CWORD={len(words)}; _shtab_pngnat; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    return set(
        subprocess.run(["bash", "-c", code], cwd=folder, capture_output=True, text=True, check=True).stdout.split()
    )


@needs_bash
def test_commands_and_options_are_offered(script, tmp_path):
    assert completed(script, tmp_path, "") >= set(COMMANDS)
    assert completed(script, tmp_path, "ev") == {"evaluate"}
    assert completed(script, tmp_path, "evaluate", "") >= set(MEASURES)
    assert completed(script, tmp_path, "train", "vo") == {"vocoder"}
    assert completed(script, tmp_path, "evaluate", "joins", "--spe") == {"--speaker"}
    assert completed(script, tmp_path, "prepare", "--ou") == {"--out"}
    assert completed(script, tmp_path, "--timings", "") == {"json", "srt", "TextGrid"}
    assert completed(script, tmp_path, "speak", "--blend-w") == {"--blend-with", "--blend-weight"}


@needs_bash
def test_files_are_offered(script, tmp_path):
    (tmp_path / "story.txt").write_text("Hello.")
    (tmp_path / "recordings").mkdir()
    assert completed(script, tmp_path, "-f", "st") == {"story.txt"}
    assert completed(script, tmp_path, "prepare", "re") == {"recordings"}


def test_every_command_is_in_the_script(script):
    assert all(f"_shtab_pngnat_{name.replace('-', '_')}_option_strings" in script for name in COMMANDS)


@pytest.mark.parametrize("shell", SHELLS)
def test_it_is_printed(shell, capsys):
    assert main(["--print-completion", shell]) == 0
    assert "pngnat" in capsys.readouterr().out
