"""What strangers' files may try, each within 5 seconds and 1 GB; fuzz.py tries what nobody thought of."""

import json
import shutil
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

import pngnat
from pngnat.engine.loading import load_voice
from pngnat.errors import LONGEST_MESSAGE, PngnatError, is_printable, printable, shorten
from pngnat.synthesis.timings import read_timings
from pngnat.text.tokenizer import PngTokenizer
from pngnat.untrusted import Section, parse_json, read_json, read_yaml, shown
from pngnat.voice.vocoders import load_vocoder

if not sys.platform.startswith("linux"):
    pytest.skip("limits a forked child's memory as Linux counts it", allow_module_level=True)

from fuzz import AUDIO, targets
from limited import call_limited

MIB = 2**20


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A folder with a voice, vocoders of three kinds, and timings."""
    folder = tmp_path_factory.mktemp("sound")
    targets(folder)
    return folder


@pytest.fixture
def copy(sound, tmp_path):
    """Copies one of them, to be damaged."""
    return lambda name: shutil.copytree(sound / name, tmp_path / name)


def refused(call, *parts):
    """The call ends in a PngnatError with these parts, and within the limits."""
    (outcome,) = call_limited([call])
    assert outcome.is_good and outcome.error, outcome
    for part in parts:
        assert part in outcome.error


def edit(path, change):
    """Rewrite a JSON or YAML file as `change` has altered its values."""
    is_json = path.suffix == ".json"
    values = json.loads(path.read_text()) if is_json else yaml.safe_load(path.read_text())
    change(values)
    path.write_text(json.dumps(values) if is_json else yaml.safe_dump(values))


class Evil:
    def __reduce__(self):
        return (print, ("executed",))


def vocoder(folder):
    return lambda: load_vocoder(folder, AUDIO)


# A vocoder's weights.


def test_pickled_checkpoint_is_refused_unread(copy, capfd):
    folder = copy("vocos")
    (folder / "model.safetensors").unlink()
    torch.save({"x": Evil()}, folder / "pytorch_model.bin")
    refused(vocoder(folder), "pytorch_model.bin", "convert it to model.safetensors")
    assert "executed" not in capfd.readouterr().out


@pytest.mark.slow
def test_a_header_of_a_million_empty_tensors(copy):
    folder = copy("own")
    header = json.dumps(
        {str(number): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for number in range(10**6)}
    ).encode()
    (folder / "vocoder.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    refused(vocoder(folder), "its header is too long")


def test_a_large_file_of_nothing(copy):
    """A sparse file takes no room on the disk, and would take gigabytes of memory."""
    folder = copy("own")
    header = json.dumps({"x": {"dtype": "F16", "shape": [2**29 - 100], "data_offsets": [0, 2**30 - 200]}}).encode()
    with open(folder / "vocoder.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + 2**30 - 200)
    refused(vocoder(folder), "vocoder.safetensors")


def test_weights_of_another_kind_say_which(copy):
    folder = copy("own")
    weights = load_file(folder / "vocoder.safetensors")
    name = next(name for name, value in weights.items() if value.shape == (8,))
    save_file({**weights, name: weights[name].to(torch.int32)}, folder / "vocoder.safetensors")
    refused(vocoder(folder), "holds whole numbers (int32) and should hold fractions (float32)")


# A vocoder's settings.


@pytest.mark.parametrize(
    "sizes, part",
    [
        ({"num_layers": 10**9, "dim": 1, "intermediate_dim": 1}, "num_layers"),
        ({"dim": 0}, "sizes must be"),
        ({"dim": -5}, "sizes must be"),
    ],
)
def test_a_vocos_that_is_too_deep(copy, sizes, part):
    folder = copy("vocos")
    edit(folder / "config.yaml", lambda values: values["backbone"]["init_args"].update(sizes))
    refused(vocoder(folder), "config.yaml", part)


def test_a_vocos_whose_transform_is_too_long(copy):
    folder = copy("vocos")
    edit(folder / "config.yaml", lambda values: values["head"]["init_args"].update(n_fft=999_998))
    refused(vocoder(folder), "config.yaml")


@pytest.mark.parametrize(
    "settings",
    [
        {"upsample_rates": [1] * 300_000, "upsample_kernel_sizes": [1] * 300_000, "upsample_initial_channel": 1},
        {"upsample_rates": [1] * 16, "upsample_kernel_sizes": [1] * 16, "upsample_initial_channel": 1},
        {"resblock_kernel_sizes": [3] * 60, "resblock_dilation_sizes": [[1]] * 60},
        {"resblock_dilation_sizes": [[10**6, 1]]},
        {"resblock_dilation_sizes": [[[[[[1]]]]]]},
        {"upsample_rates": [300, 0], "upsample_kernel_sizes": [600, 2]},
        {"upsample_rates": "aaa", "upsample_kernel_sizes": "aaa"},
        {"leaky_relu_slope": "steep"},
        {"upsample_initial_channel": 10**400},
        {"architectures": ["\x1b[2J"]},
        {"architectures": 5},
    ],
)
def test_a_hifigan_that_cannot_be(copy, settings):
    folder = copy("hifigan")
    edit(folder / "config.json", lambda values: values.update(settings))
    refused(vocoder(folder), "config.json")


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join(['*a' + str(n - 1)] * 9)}]\n" for n in range(1, 12)
)
MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join(['*a' + str(n - 1)] * 9)}]}}\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    "text, part",
    [
        (BOMB, "aliases"),
        (MERGES, "aliases"),
        ("a: &a [*a]", "aliases"),
        ("- 1\n" * (MIB // 4), "too large"),
        ("[" * 60_000, "config.yaml"),
        ("? [a]\n: 1", "config.yaml"),
        ("!!python/object/apply:os.system [exit]", "config.yaml"),
        ("a: " + "9" * 50_000, "config.yaml"),
        ("backbone: {class_path: 0x" + "f" * 50_000 + "}", "config.yaml"),
        ("2001-01-01: 1", "config.yaml"),
        ("\xff", "config.yaml"),
        ("", "config.yaml"),
    ],
)
def test_yaml_that_is_no_settings(copy, text, part):
    folder = copy("vocos")
    (folder / "config.yaml").write_text(text, encoding="latin-1")
    refused(vocoder(folder), "config.yaml", part)


def test_a_card_that_would_never_finish_speaking(copy):
    folder = copy("voice")
    edit(folder / "voice.json", lambda card: card["vocoder"].update(corrections=10**6))
    refused(lambda: pngnat.synthesize("Hi.", folder), "'corrections' should be a number up to 8")


# Cards, tokenizers and timings.


@pytest.mark.parametrize(
    "change",
    [
        {"vocoder": {"width": 10**400}},
        {"format_version": 10**400},
        {"pauses": {"sentence": 10**400}},
        {"name": "\ud800"},
        {"speakers": [{"name": "ada"}, {"name": "b\udfff"}]},
        {"name": "voice\x1b[31m"},
        {"description": "\x1b]0;title\x07"},
        {"licence": "a\u202eb"},
        {"name": "two\nlines"},
        {"consent": {"\x1b[2J": "yes"}},
        {"name": "a" * MIB},
        {"lexicon": {"a" * MIB: "AH0"}},
        {"audio": {**asdict(AUDIO), "hop_length": 8, "window_length": 16}},
        {"audio": {**asdict(AUDIO), "n_fft": 16_384}},
        {"vocoder": {"corrections": 0.5}},
    ],
)
def test_cards_that_cannot_be(copy, change):
    folder = copy("voice")
    edit(folder / "voice.json", lambda card: card.update(change))
    refused(lambda: pngnat.load_voice(folder), "voice.json")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 10_000,
        '{"a": 1, "a": 2}',
        '"\\ud800"',
        "1e999",
        "-Infinity",
        "NaN",
        "0." + "1" * MIB,
        "[" + "{}," * (3 * MIB) + "{}]",
        "\ufeff{}",
        "\0",
    ],
)
def test_json_that_is_not_read(tmp_path, text):
    (tmp_path / "tokenizer.json").write_text(text, encoding="utf-8")
    refused(lambda: read_json(tmp_path / "tokenizer.json"), "tokenizer.json")
    refused(lambda: PngTokenizer.load(tmp_path), "tokenizer.json")


def test_tokenizers_that_are_too_large(copy):
    folder, path = copy("voice"), "tokenizer.json"
    edit(folder / path, lambda content: content.update(wordpieces=[f"piece{number}" for number in range(160_000)]))
    refused(lambda: PngTokenizer.load(folder), "160000 wordpieces, and the most is 150000")
    edit(folder / path, lambda content: content.update(wordpieces=["a" * 27 * MIB]))
    refused(lambda: PngTokenizer.load(folder), "too large")


def test_timings_cut_in_half_say_that_they_end(copy):
    folder = copy("timings")
    for name, part in (("a.TextGrid", "ends too early"), ("a.json", "no timings file")):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])
        refused(lambda name=name: read_timings(folder / name), name, part)
        (outcome,) = call_limited([lambda name=name: read_timings(folder / name)])
        assert "()" not in outcome.error


@pytest.mark.parametrize(
    "name, content",
    [
        ("a.json", json.dumps({"words": [{"text": "a" * MIB, "start": 1, "end": 0}]})),
        ("a.json", json.dumps({"words": [{"text": "a", "start": 0, "end": 10**400}]})),
        ("a.json", json.dumps({"words": 5})),
        ("a.json", json.dumps({"words": None})),
        ("a.json", json.dumps({"words": [5]})),
        ("a.json", '{"words":[' + "0.1," * (3 * MIB) + "0]}"),
        (
            "a.TextGrid",
            'File type = "ooTextFile"\n"TextGrid" 0 1 <exists> 1 "IntervalTier" "words" 0 1 1000000000 '
            + "1 " * (7 * MIB),
        ),
        (
            "a.TextGrid",
            'File type = "ooTextFile"\n"TextGrid" 0 1 <exists> 1 "IntervalTier" "words" 0 1 ' + "9" * 400 + ' 0 1 "a"',
        ),
        ("a.TextGrid", '"' * 15 * MIB),
        ("a.TextGrid", '"' + "a" * 15 * MIB),
        ("a.TextGrid", "1" * 15 * MIB + "x"),
        ("a.TextGrid", '"ooTextFile" "TextGrid" 0 1 ' + "9" * 10_000),
        ("a.json", " " * 17 * MIB),
    ],
)
def test_timings_that_cannot_be(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    refused(lambda: read_timings(tmp_path / name), name)


def test_no_end_is_read_to(tmp_path):
    (tmp_path / "a.json").symlink_to("/dev/zero")
    refused(lambda: read_timings(tmp_path / "a.json"), "too large")


# What a program hands in.


@pytest.mark.parametrize(
    "options, part",
    [
        ({"pace": "1"}, "the pace must be a number, and is '1'"),
        ({"pace": None}, "pace"),
        ({"pace": float("nan")}, "pace"),
        ({"pitch": [1]}, "pitch"),
        ({"pause": "long"}, "a pause"),
        ({"max_pause": -1}, "max_pause"),
        ({"seed": 1.5}, "seed"),
        ({"seed": 10**5000}, "seed"),
        ({"speaker": 3}, "speaker"),
        ({"blend": "bob"}, "a Blend"),
        ({"word_pace": [1.0]}, "word_pace"),
        ({"word_pace": {"hi": 1.0}}, "word_pace"),
        ({"word_pace": {0: "slow"}}, "pace"),
        ({"durations": {"a": 1}}, "durations must be numbers"),
        ({"durations": ["a"]}, "durations must be numbers"),
        ({"durations": 3}, "durations must be a list"),
        ({"f0": "high"}, "f0 must be numbers"),
        ({"lexicon": {"hello": ("QQ",)}}, "in the lexicon, 'hello': 'QQ' is no ARPAbet phoneme"),
        ({"lexicon": {"hello": 5}}, "'hello'"),
        ({"lexicon": {5: ("AH0",)}}, "the lexicon must have phonemes by word"),
        ({"lexicon": 5}, "lexicon must be"),
        ({"lexicon": "no\0file"}, "cannot be read"),
    ],
)
def test_wrong_types_are_said_in_one_line(voice, options, part):
    with pytest.raises(PngnatError) as caught:
        pngnat.synthesize("Hello.", voice, **options)
    assert part in str(caught.value) and is_printable(str(caught.value))


@pytest.mark.parametrize("text", [None, b"Hello.", 5, ["Hello."]])
def test_a_text_is_a_str(voice, text):
    with pytest.raises(PngnatError, match="the text must be a str"):
        pngnat.synthesize(text, voice)


@pytest.mark.parametrize("voice", [5, b"english", ["english"], "a" * 5000, "no\0voice"])
def test_a_voice_is_a_name_or_a_folder(voice):
    with pytest.raises(PngnatError):
        load_voice(voice)
    with pytest.raises(PngnatError):
        load_vocoder(voice, AUDIO)


# What a text, a card and a program's threads may ask for.


def test_a_text_may_ask_for_so_much_silence_and_no_more(voice):
    text = "Hello. [pause:4] There. [pause:5] Now."
    assert pngnat.synthesize(text, voice, max_pause=9).duration > 9
    with pytest.raises(PngnatError, match="more than 8 seconds of silence in all; max_pause allows more"):
        pngnat.synthesize(text, voice, max_pause=8)
    # 2,436 letters that made two hours.
    with pytest.raises(PngnatError, match="more than 1200 seconds of silence"):
        for _ in pngnat.stream("Hi. " + "[pause:30] " * 20 + ("Hi. " + "[pause:30] " * 20) * 11, voice):
            pass


def test_long_silences_come_in_blocks(voice):
    blocks = list(pngnat.stream_samples("Hello. [pause:30] [pause:30] There.", voice))
    assert sum(map(len, blocks)) > 60 * 24_000 and max(map(len, blocks)) < 12 * 24_000
    assert sum(not block.any() for block in blocks) > 50
    whole = pngnat.synthesize("Hello. [pause:30] [pause:30] There.", voice).samples
    assert np.abs(np.concatenate(blocks) - whole).max() < 1e-4


def test_samples_stay_within_bounds_whatever_the_weights_say(copy):
    folder = copy("voice")
    weights = load_file(folder / "vocoder.safetensors")
    bias = next(name for name in weights if name.endswith("proj_out.bias") and name.startswith("net"))
    save_file({**weights, bias: weights[bias].float() + 50}, folder / "vocoder.safetensors")
    samples = pngnat.synthesize("Hello there.", folder).samples
    assert np.abs(samples).max() == 1
    assert all(np.abs(block).max() <= 1 for block in pngnat.stream_samples("Hello there.", folder))


def test_threads_that_load_a_voice_get_one(copy):
    folder = copy("voice")
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: load_voice(folder), range(4)))
    assert all(voice is found[0] for voice in found)


# The tools that all of this is made of.


@given(st.text(), st.integers(10, 3000))
def test_messages_are_one_short_line_that_a_terminal_shows(text, longest):
    message = str(PngnatError(f"{text}\n{text}"))
    assert len(message) <= LONGEST_MESSAGE and is_printable(message) and len(message.splitlines()) <= 1
    assert PngnatError(message).args == (message,) and len(shorten(text, longest)) <= max(
        longest, len(text) if len(text) <= longest else 0
    )


def test_what_cannot_be_printed_is_shown():
    assert printable("a\x1b[31m\u202e\ud800b") == "a\\x1b[31m\\u202e\\ud800b"
    assert str(PngnatError("a\r\n b\x00")) == "a b\\x00"
    assert str(PngnatError("x" * 10_000 + "the end")).endswith("the end")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
)


@given(JSON, st.booleans())
def test_sound_json_is_read_as_it_is(value, ascii_only):
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only)) == value


@given(JSON)
def test_settings_are_checked_whatever_they_are(value):
    try:
        assert Section("card", {"settings": value}).checked() == {"settings": value}
    except PngnatError as error:
        assert "card is damaged" in str(error)
    assert len(shown(value)) <= 60


def test_yaml_without_tricks_is_read(tmp_path):
    (tmp_path / "a.yaml").write_text("a: [1, 2.5]\nb: {c: text, <<: {d: true}}\n")
    assert read_yaml(tmp_path / "a.yaml") == {"a": [1, 2.5], "b": {"c": "text", "d": True}}
