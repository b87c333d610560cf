"""The image of `pngnat serve`: its Containerfile, and, where podman has the base image, the image itself."""

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from serving import ask, eventually, speak

ROOT = Path(__file__).parents[2]
FILE = ROOT / "Containerfile"
LARGEST = 400 * 2**20


@pytest.fixture(scope="module")
def lines() -> list[list[str]]:
    text = FILE.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]


def values(lines, name: str) -> list[str]:
    return [rest for word, rest in lines if word == name]


def test_it_runs_without_privileges_and_has_a_health_check(lines):
    assert values(lines, "USER") == ["pngnat"] and "/health" in values(lines, "HEALTHCHECK")[0]
    assert [line[0] for line in lines].index("USER") < [line[0] for line in lines].index("ENTRYPOINT")


def test_its_extras_and_options_exist(lines):
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = re.search(r"/source\[([\w,]+)\]", values(lines, "RUN")[0])[1].split(",")
    assert set(extras) <= set(setup["options.extras_require"])
    from pngnat.cli.serve import serve_parser

    command = [*json.loads(values(lines, "ENTRYPOINT")[0]), *json.loads(values(lines, "CMD")[0])]
    args = serve_parser().parse_args(command[2:])
    assert command[:2] == ["pngnat", "serve"] and {str(args.port), str(args.wyoming_port)} == set(
        values(lines, "EXPOSE")[0].split()
    )


def test_the_build_context_has_every_copied_file(lines):
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {
        "pngnat",
        "conf",
        "setup.cfg",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "NOTICE",
        "constraints.txt",
    } <= kept
    assert all((ROOT / name).exists() for name in kept)


@pytest.mark.slow
def test_the_image_serves(lines):
    base = values(lines, "FROM")[-1].split()[0]
    if not shutil.which("podman") or subprocess.run(["podman", "image", "exists", base]).returncode:
        pytest.skip("podman, or the base image, is not here")

    def podman(*words: str) -> str:
        return subprocess.run(["podman", *words], check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()

    podman("build", "-t", "pngnat-test", "-f", str(FILE), ".")
    assert int(podman("image", "inspect", "--format", "{{.Size}}", "pngnat-test")) < LARGEST
    container = podman("run", "-d", "--rm", "-p", "127.0.0.1::8880", "pngnat-test")
    try:
        port = int(podman("port", container, "8880").rsplit(":", 1)[1])

        def answers() -> bool:
            try:
                return ask(port, "/health")[0] == 200
            except OSError:
                return False

        assert eventually(answers, 60) and speak(port)[0] == 200
        assert podman("exec", container, "id", "-u") == "1000"
    finally:
        podman("stop", container)
