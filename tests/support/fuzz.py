"""Mutated voices, vocoders, timings and tokenizers: none may do more than raise a PngnatError, take 5 seconds or 1 GB.

python tests/support/fuzz.py 10000 [SEED]

Each case has its number for a seed, so that one that fails can be called again.
"""

from __future__ import annotations

import json
import random
import shutil
import struct
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from limited import Outcome, call_limited
from stub_voice import make_stub_voice

import pngnat
from pngnat.audio.config import AudioConfig
from pngnat.engine.loading import load_voice
from pngnat.models.vocoder import PitchConfig, Vocoder, VocoderConfig
from pngnat.models.vocoder.external import HifiGanConfig, VocosConfig, VocosNetwork, hifigan
from pngnat.synthesis.timings import read_timings
from pngnat.text.tokenizer import PngTokenizer
from pngnat.voice.vocoders import save_vocoder
from pngnat.voice.weights import save_weights

TEXT = "Hi there."
AUDIO = AudioConfig(n_mels=20)
_ODD_TEXTS = [
    "",
    "\x1b[31m",
    "\ud800",
    "\0",
    "a" * 100_000,
    "../../etc/passwd",
    "NaN",
    "\u202e",
    "[UNK]",
    '"',
    "\n",
    "9" * 400,
]
_ODD_NUMBERS = [0, -1, 1, 2, 3, 7, 64, 255, 10**3, 10**6, 10**9, 2**63, 10**400, -(10**9)]
_ODD_NUMBERS += [0.5, -0.5, 1e-320, 1e308, float("inf"), float("-inf"), float("nan")]
_ODD_BYTES = [b"\xff" * 8, b"\0" * 8, b"[" * 100_000, b'"', b"{", b"\xed\xa0\x80", b"&a [*a]", b"9" * 5000]
_ODD_LINES = [b"", b"", b"x: &a [*a]\n", b"<<: {a: b}\n", b"!!python/name:os.system 1\n"]
_BATCH = 100


@dataclass(frozen=True)
class Target:
    """What is mutated. files: in the folder, one of which is. use: opens the folder, and speaks with it."""

    folder: Path
    files: tuple[str, ...]
    use: Callable[[Path], object]


def targets(folder: Path) -> list[Target]:
    """Sound ones of each kind, made in a folder."""
    torch.manual_seed(1)
    voice = make_stub_voice(folder / "voice", professional=True)

    def speak(folder: Path) -> None:
        pngnat.synthesize(TEXT, folder)

    def speak_with(folder: Path) -> None:
        pngnat.synthesize(TEXT, load_voice(voice, folder))

    speech = pngnat.synthesize(TEXT, voice)
    (folder / "timings").mkdir()
    for name in ("a.json", "a.TextGrid"):
        speech.save_timings(folder / "timings" / name)
    small = PitchConfig(width=8, hidden=8, blocks=1, bins=8)
    save_vocoder(folder / "own", Vocoder(AUDIO, VocoderConfig(width=8, hidden=8, blocks=1, pitch=small)))
    _write_hifigan(folder / "hifigan")
    _write_vocos(folder / "vocos")
    made = [
        Target(
            voice,
            ("voice.json", "tokenizer.json", "acoustic.safetensors", "vocoder.safetensors", "professional.safetensors"),
            speak,
        ),
        Target(voice, ("tokenizer.json",), PngTokenizer.load),
        Target(folder / "own", ("vocoder.json", "vocoder.safetensors"), speak_with),
        Target(folder / "hifigan", ("config.json", "model.safetensors"), speak_with),
        Target(folder / "vocos", ("config.yaml", "model.safetensors"), speak_with),
        Target(folder / "timings", ("a.json",), lambda folder: read_timings(folder / "a.json")),
        Target(folder / "timings", ("a.TextGrid",), lambda folder: read_timings(folder / "a.TextGrid")),
    ]
    for target in made:
        target.use(target.folder)
    return made


def _write_hifigan(folder: Path) -> None:
    config = HifiGanConfig(20, 24000, 16, [10, 6, 5], [20, 12, 11], [3], [[1, 3]], 0.1, False)
    folder.mkdir()
    save_weights(hifigan(config), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({**asdict(config), "pngnat_audio": asdict(AUDIO)}))


def _write_vocos(folder: Path) -> None:
    import yaml

    sizes = {"input_channels": 20, "dim": 8, "intermediate_dim": 8, "num_layers": 2}
    head = {"dim": 8, "n_fft": AUDIO.n_fft, "hop_length": AUDIO.hop_length, "padding": "same"}
    values = {
        "feature_extractor": {"class_path": "pngnat.audio.mel.log_mel", "init_args": asdict(AUDIO)},
        "backbone": {"class_path": "vocos.models.VocosBackbone", "init_args": sizes},
        "head": {"class_path": "vocos.heads.ISTFTHead", "init_args": head},
    }
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(values))
    save_weights(
        VocosNetwork(VocosConfig(**sizes, n_fft=AUDIO.n_fft, hop_length=AUDIO.hop_length)),
        folder / "model.safetensors",
    )


def mutate(data: bytes, name: str, chance: random.Random) -> bytes:
    """The bytes of a file, changed: in what they mean where that is known, or blindly."""
    ending = name.rsplit(".")[-1]
    if ending == "safetensors" and chance.random() < 0.4:
        return mutate_numbers(data, chance)
    meant = {"json": mutate_json, "yaml": mutate_yaml, "safetensors": mutate_header}.get(ending)
    changed = meant(data, chance) if meant and chance.random() < 0.7 else data
    return mutate_bytes(changed, chance) if changed is data or chance.random() < 0.1 else changed


def mutate_bytes(data: bytes, chance: random.Random) -> bytes:
    """Bits turned, pieces cut out, repeated, moved, or put in; or all but the beginning lost."""
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5, 30])):
        start = chance.randrange(len(changed) + 1)
        end = min(len(changed), start + chance.choice([1, 2, 8, 100, 10_000]))
        kind = chance.randrange(6)
        if kind == 0:
            for place in range(start, min(end, start + 8)):
                changed[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del changed[start:end]
        elif kind == 2:
            changed[start:start] = changed[start:end] * chance.choice([1, 2, 1000])
        elif kind == 3:
            changed[start:start] = chance.choice(_ODD_BYTES)
        elif kind == 4:
            changed[start:end] = chance.randbytes(end - start)
        else:
            del changed[start:]
    return bytes(changed)


def mutate_numbers(data: bytes, chance: random.Random) -> bytes:
    """Bits turned in the second half, where weights lie: what is loaded speaks with wild numbers."""
    changed = bytearray(data)
    for _ in range(chance.choice([1, 10, 100, 1000])):
        changed[chance.randrange(len(changed) // 2, len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def mutate_json(data: bytes, chance: random.Random) -> bytes:
    """One to three values of a JSON file replaced, lost, or given other names."""
    values = json.loads(data)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        values = _mutated(values, chance)
    return json.dumps(values).encode()


def mutate_yaml(data: bytes, chance: random.Random) -> bytes:
    import yaml

    values = _mutated(yaml.safe_load(data), chance)
    if chance.random() < 0.1:
        return b"backbone: " + b"[" * 900 + b"]" * 900
    try:
        text = yaml.safe_dump(values)
    except RecursionError:  # it cannot write what is nested so deeply
        return mutate_bytes(data, chance)
    return text.encode("utf-8", "surrogatepass") + chance.choice(_ODD_LINES)


def mutate_header(data: bytes, chance: random.Random) -> bytes:
    """The header of a safetensors file, which says what lies where."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.dumps(_mutated(json.loads(data[8 : 8 + length]), chance)).encode()
    stated = len(header) if chance.random() < 0.9 else chance.choice([0, 2**20, 2**32, 2**63])
    return struct.pack("<Q", stated) + header + data[8 + length :]


def _mutated(value: object, chance: random.Random) -> object:
    """A copy of a value in which one place is another."""
    if isinstance(value, dict) and value and chance.random() < 0.95:
        key = chance.choice(list(value))
        others = {name: one for name, one in value.items() if name != key}
        if chance.random() < 0.05:
            return others
        if chance.random() < 0.05:
            return {**others, chance.choice([*_ODD_TEXTS, *map(str, value)]): value[key]}
        return {**others, key: _mutated(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        place = chance.randrange(len(value))
        if chance.random() < 0.1:
            return value * chance.choice([2, 1000])
        return [*value[:place], _mutated(value[place], chance), *value[place + 1 :]]
    return _odd_value(value, chance)


def _odd_value(value: object, chance: random.Random) -> object:
    if isinstance(value, (int, float)) and chance.random() < 0.3:
        return value * chance.choice([2, 10, 1000, -1, 0.5]) + chance.choice([0, 1, -1])
    if chance.random() < 0.6:
        return chance.choice(_ODD_NUMBERS)
    nested: object = 0
    for _ in range(chance.choice([1, 5, 100, 900])):
        nested = [nested] if chance.random() < 0.5 else {"a": nested}
    return chance.choice([*_ODD_TEXTS, None, True, [], {}, [0] * 10_000, {str(n): n for n in range(10_000)}, nested])


def run_cases(made: list[Target], seed: int, cases: Sequence[int]) -> Iterator[tuple[str, Outcome]]:
    """Mutated files: the name of each, and what became of it."""
    with tempfile.TemporaryDirectory() as place:
        names, calls = zip(*(_case(made, seed, case, Path(place)) for case in cases), strict=True)
        yield from zip(names, call_limited(calls), strict=True)


def _case(made: list[Target], seed: int, case: int, place: Path) -> tuple[str, Callable[[], object]]:
    chance = random.Random(f"{seed} {case}")
    target = made[case % len(made)]
    name = chance.choice(target.files)
    folder = place / str(case)
    shutil.copytree(target.folder, folder)
    (folder / name).write_bytes(mutate((folder / name).read_bytes(), name, chance))
    return f"{target.folder.name}/{name}", lambda: target.use(folder)


def main(cases: int, seed: int = 0) -> int:
    """Run the cases, say which fail, and count the rest; returns how many failed."""
    torch.set_num_threads(1)
    counts: Counter[str] = Counter()
    slowest, largest, failed = 0.0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        made = targets(Path(folder))
        for start in range(0, cases, _BATCH):
            batch = range(start, min(cases, start + _BATCH))
            for case, (name, outcome) in zip(batch, run_cases(made, seed, batch), strict=True):
                counts[f"{name}: {'refused' if outcome.error else 'used'}"] += 1
                slowest, largest = max(slowest, outcome.seconds), max(largest, outcome.memory)
                if not outcome.is_good:
                    failed += 1
                    print(
                        f"seed {seed}, case {case}, {name}: {replace(outcome, trace='')}\n{outcome.trace}", flush=True
                    )
    for name, count in sorted(counts.items()):
        print(f"{count:6} {name}")
    print(f"{cases} cases, {failed} failed; the slowest took {slowest:.2f} s, the largest {largest / 2**20:.0f} MB")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(*map(int, sys.argv[1:])) else 0)
