"""The pages as people use them: with a microphone, a pointer, the keyboard alone, and one switch."""

import json
import re
import urllib.request

import numpy as np
import pytest
import soundfile
from studio_browser import CHROMIUM, PATIENCE, browser, faults, page_of, studio_process
from studio_help import wav_bytes

import pngnat
from pngnat.audio import wav
from pngnat.studio.prompts import shipped_prompts

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
]
PAGES = ("index.html", "record.html", "make.html", "speak.html", "shape.html")
# Seconds of quiet that the microphone plays before the sentence: a page needs a moment until it records.
LEAD = 4.0


@pytest.fixture(scope="module")
def address(tmp_path_factory, stub_voice):
    """A studio whose voice is noise, for what does not hang on how it sounds."""
    with studio_process(tmp_path_factory.mktemp("studio") / "ann", stub_voice) as (address, _):
        yield address


@pytest.fixture(scope="module")
def chromium():
    with browser() as one:
        yield one


def seconds(page) -> float:
    return float(page.locator("#length").inner_text().split()[0])


def focused(page) -> str:
    return page.evaluate("document.activeElement.id")


def until(page, is_so) -> None:
    """Wait for something; the pages' own rules forbid Playwright's way, which evaluates a string there."""
    for _ in range(round(10 * PATIENCE)):
        if is_so():
            return
        page.wait_for_timeout(100)
    pytest.fail("waited in vain")


def shaped(page, text: str = "How are you today?") -> None:
    """Have the page show a sentence."""
    page.locator("#text").fill(text)
    page.locator("#voice option").first.wait_for(state="attached")
    page.locator("#make").click()
    page.locator("#words button").first.wait_for()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_for_everyone(chromium, address, name):
    for width in (1200, 360):
        with page_of(chromium, address + name, width) as page:
            page.wait_for_load_state("networkidle")
            if name == "record.html":
                page.locator("#open").click()
                page.locator("#record").wait_for()
            if name == "shape.html":
                shaped(page)
            assert faults(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing is wider than a phone"


def test_what_is_not_for_everyone_is_found(chromium, address):
    with page_of(chromium, address) as page:
        page.evaluate("document.querySelector('main').append(document.createElement('button'))")
        assert any(fault.startswith("button-name") for fault in faults(page))


def test_an_edge_dragged_by_80_ms_makes_the_sound_80_ms_longer(chromium, address):
    with page_of(chromium, address + "shape.html") as page:
        shaped(page)
        before = seconds(page)
        width = page.locator("#lanes").bounding_box()["width"]
        edge = page.locator(".edge").nth(2)
        edge.scroll_into_view_if_needed()
        box = edge.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 0.08 * width / before, y, steps=4)
        page.mouse.up()
        until(page, lambda: seconds(page) != before)
        # To the next whole frame, of 12.5 ms.
        assert seconds(page) == pytest.approx(before + 0.08, abs=0.0226)
        page.locator("#undo").click()
        until(page, lambda: seconds(page) == before)


def test_a_voice_is_shaped_by_the_keyboard_alone(chromium, address):
    with page_of(chromium, address + "shape.html") as page:
        shaped(page)
        before = seconds(page)
        page.locator(".edge").nth(1).focus()
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        until(page, lambda: seconds(page) > before + 0.03)
        assert seconds(page) == pytest.approx(before + 0.05, abs=0.0226)
        assert page.evaluate("document.activeElement.dataset.key").startswith("edge"), "whoever moves a handle stays on it"
        page.locator(".bend").first.focus()
        with page.expect_response("**/api/shape") as answer:
            page.keyboard.press("ArrowUp")
        assert any(answer.value.request.post_data_json["bends"])


def test_a_sentence_is_spoken_and_kept_by_the_keyboard_alone(chromium, address):
    with page_of(chromium, address + "speak.html") as page:
        page.locator("#voice option").first.wait_for(state="attached")
        for _ in range(40):
            page.keyboard.press("Tab")
            if focused(page) == "text":
                break
        page.keyboard.type("Good morning.")
        with page.expect_response("**/api/say") as said:
            page.keyboard.press("Enter")
        assert said.value.ok
        for _ in range(3):
            page.keyboard.press("Tab")
        assert focused(page) == "keep"
        page.keyboard.press("Enter")
        page.locator("#kept button.say").wait_for()
        page.reload()
        assert page.locator("#kept button.say").inner_text() == "Good morning."


def test_one_switch_is_enough_to_go_on(chromium, address):
    with page_of(chromium, address) as page:
        page.get_by_role("button", name="One switch").click()
        page.locator("#door-record.scanned").wait_for()
        page.keyboard.press("Space")
        page.wait_for_url("**/record.html")
        page.evaluate("localStorage.clear()")


def test_a_person_records_is_told_gently_and_goes_on_after_a_crash(tmp_path, stub_voice):
    texts = [prompt.text for prompt in shipped_prompts()[:4]]
    microphone, folder = tmp_path / "microphone.wav", tmp_path / "ann"
    said = [texts[0], texts[1], texts[0], texts[3]]
    with browser(microphone) as chromium:
        with studio_process(folder, stub_voice) as (address, _):
            notes = [_recorded(chromium, address, microphone, text, loud=number == 1) for number, text in enumerate(said[:3])]
        assert "That was good" in notes[0]
        assert "too loud" in notes[1]
        assert "does not sound like the sentence" in notes[2]
        with studio_process(folder, stub_voice) as (address, _):
            assert "That was good" in _recorded(chromium, address, microphone, said[3], loud=False, number=4)
            assert _state(address)["standing"]["takes"] == 4


def _recorded(chromium, address: str, microphone, text: str, loud: bool, number: int | None = None) -> str:
    """Read the next sentence aloud, by the keyboard alone; returns what is said about it. number: which one it should be."""
    speech = pngnat.synthesize(text, speaker="am_michael")
    samples = 0.5 * speech.samples / np.abs(speech.samples).max()
    samples = np.clip(20 * samples, -1, 1) if loud else samples
    silence = np.zeros(round(LEAD * speech.sample_rate), dtype=np.float32)
    noise = 1e-4 * np.random.default_rng(0).normal(size=2 * len(silence) + len(samples))
    # Not through a moment at which the file is half there.
    beside = microphone.with_suffix(".new.wav")
    soundfile.write(beside, np.concatenate([silence, samples, silence]) + noise, speech.sample_rate)
    beside.replace(microphone)
    with page_of(chromium, address + "record.html") as page:
        page.locator("#open").focus()
        page.keyboard.press("Enter")
        until(page, lambda: focused(page) == "record")
        if number is not None:
            assert page.locator("#which").inner_text().startswith(f"Sentence {number} of")
        page.keyboard.press("Enter")
        page.wait_for_timeout(1000 * (LEAD + speech.duration + 1.0))
        page.keyboard.press("Enter")
        page.locator("#notes p").first.wait_for()
        return page.locator("#notes").inner_text()


def _state(address: str) -> dict:
    with urllib.request.urlopen(f"{address}api/state", timeout=PATIENCE) as answer:
        return json.load(answer)


def test_a_voice_is_made_stopped_gone_on_with_and_heard(chromium, tmp_path, stub_voice):
    with studio_process(tmp_path / "ann", stub_voice) as (address, _):
        for prompt in shipped_prompts()[:12]:
            speech = pngnat.synthesize(prompt.text, speaker="am_michael")
            sound = wav.resample(speech.samples, speech.sample_rate, 16000)
            request = urllib.request.Request(f"{address}api/takes?prompt={prompt.id}", wav_bytes(np.pad(sound, 4000)), method="POST")
            urllib.request.urlopen(request, timeout=PATIENCE).close()
        with page_of(chromium, address + "make.html") as page:
            page.locator("#speaker").fill("Ann Lee")
            page.locator("#agreed_by").fill("Ann Lee")
            page.locator("#purpose").fill("to speak with my family")
            page.locator("#agree").click()
            assert not page.locator("#start").is_visible(), "not without the mark at `This is true`"
            page.locator("#sure").focus()
            page.keyboard.press("Space")
            page.locator("#agree").press("Enter")
            until(page, lambda: focused(page) == "start")
            page.keyboard.press("Enter")
            page.get_by_text(re.compile(r"^Step \d of")).wait_for()
            page.locator("#stop").press("Enter")
            page.get_by_role("button", name="Go on").click()
            page.get_by_text("Your voice is ready").wait_for(timeout=5000 * PATIENCE)
            page.locator("#picture").wait_for()
            assert page.locator("#report-table tbody tr").count() == 3
            with page.expect_response("**/api/say") as made:
                page.locator("#made").click()
            assert made.value.headers["x-own-recording"] == "0"
            assert faults(page) == []
            page.goto(address + "speak.html")
            assert "My voice" in page.locator("#voice option").first.inner_text()
