"""Home Assistant's own Wyoming integration. It pins versions of its own, and needs a Python of its own:

    python3.13 -m venv ha && ha/bin/pip install homeassistant==2025.12.5 wyoming==1.7.2 hassil==3.5.0
    home-assistant-intents==2025.12.2 \
        pymicro-vad==1.0.1 pyspeex-noise==1.0.2 mutagen==1.47.0 ha-ffmpeg==3.2.2
    HOME_ASSISTANT_PYTHON=ha/bin/python pytest tests/server/test_home_assistant.py
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
from serving import running
from test_wyoming import sound, talk
from wyoming.tts import SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped, SynthesizeVoice

PYTHON = os.environ.get("HOME_ASSISTANT_PYTHON")
PIECES = ("Hello the", "re, my friend. How", " are you? ", "And this comes late.")


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON, reason="HOME_ASSISTANT_PYTHON names no Python with homeassistant")
def test_home_assistant_sets_it_up_and_speaks(stub_voice, tmp_path):
    script = Path(__file__).with_name("home_assistant.py")
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with running(voices=(str(stub_voice),), wyoming_port=0) as server:
        command = [PYTHON, str(script), str(tmp_path), str(server.ports["wyoming"]), "stub/bob", *PIECES]
        done = subprocess.run(command, env=own, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        got = json.loads(done.stdout.splitlines()[-1])
        pieces = map(SynthesizeChunk, PIECES)
        expected = sound(
            talk(server, [SynthesizeStart(SynthesizeVoice("stub/bob")), *pieces, SynthesizeStop()], SynthesizeStopped)
        )
    assert (got["added"], got["entity"], got["voices"]) == ("create_entry", "tts.pngnat", ["stub/ada", "stub/bob"])
    for way in ("spoken", "streamed"):
        head, samples = bytes.fromhex(got[way]["sound"])[:44], bytes.fromhex(got[way]["sound"])[44:]
        assert got[way]["kind"] == "wav" and head.startswith(b"RIFF") and samples == expected
