"""The pages, used with a microphone, a pointer, the keyboard alone, and one switch."""

import json
import re
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import soundfile
from studio_browser import CHROMIUM, PATIENCE, browser, faults, page_of, studio_process

import pngnat
from pngnat.files import atomic_write
from pngnat.studio.prompts import shipped_prompts

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
]
PAGES = ("index.html", "record.html", "make.html", "speak.html", "shape.html")
# Seconds of silence from the microphone before the sentence: a page needs a moment to start recording.
LEAD = 2.0


@pytest.fixture(scope="module")
def address(tmp_path_factory, stub_voice):
    """A studio whose voice is noise, for tests that do not depend on its sound."""
    with studio_process(tmp_path_factory.mktemp("studio") / "ann", stub_voice) as (address, _):
        yield address


@pytest.fixture(scope="module")
def chromium():
    with browser() as one:
        yield one


def seconds(page) -> float:
    return float(page.locator("#length").inner_text().split()[0])


def focused(page) -> str:
    """Return the focused element: its id, key or text."""
    return page.evaluate("(({ id, dataset, textContent }) => id || dataset.key || textContent)(document.activeElement)")


def tab_to(page, wanted: str) -> None:
    """Move the focus to an element with the Tab key."""
    for _ in range(200):
        if focused(page) == wanted:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key never comes to {wanted}")


def press(page, wanted: str) -> None:
    """Move the focus to an element, and press Enter."""
    page.locator("nav").wait_for()
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def until(page, is_so) -> None:
    """Wait until `is_so()`; the pages' security policy forbids Playwright's own way, which evaluates a string."""
    for _ in range(round(10 * PATIENCE)):
        if is_so():
            return
        page.wait_for_timeout(100)
    pytest.fail("waited in vain")


def shaped(page, text: str = "How are you today?") -> None:
    """Synthesize a sentence on the page Shape."""
    page.locator("#text").fill(text)
    page.locator("#voice option").first.wait_for(state="attached")
    page.locator("#make").click()
    page.locator("#words button").first.wait_for()


def drag(page, number: int, pixels: float) -> None:
    """Drag an edge to the right."""
    edge = page.locator(".edge").nth(number)
    edge.scroll_into_view_if_needed()
    box = edge.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels, y, steps=4)
    page.mouse.up()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible(chromium, address, name):
    for width, scheme in ((1200, "light"), (1200, "dark"), (360, "light")):
        with page_of(chromium, address + name, width, scheme) as page:
            page.wait_for_load_state("networkidle")
            if name == "record.html":
                page.locator("#open").click()
                page.locator("#record").wait_for()
            if name == "shape.html":
                shaped(page)
            assert faults(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing is wider than a phone"


def test_an_inaccessible_control_is_found(chromium, address):
    with page_of(chromium, address) as page:
        page.evaluate("document.querySelector('main').append(document.createElement('button'))")
        assert any(fault.startswith("button-name") for fault in faults(page))


def test_an_edge_dragged_by_80_ms_makes_the_sound_80_ms_longer(chromium, address):
    with page_of(chromium, address + "shape.html") as page:
        shaped(page)
        before = seconds(page)
        width = page.locator("#lanes").bounding_box()["width"]
        drag(page, 2, 0.08 * width / before)
        until(page, lambda: seconds(page) != before)
        # Rounded to frames of 12.5 ms.
        assert seconds(page) == pytest.approx(before + 0.08, abs=0.0226)
        page.locator("#undo").click()
        until(page, lambda: seconds(page) == before)


def test_a_dragged_edge_is_played_soon(chromium, tmp_path, capsys):
    with studio_process(tmp_path / "ann", "english") as (address, _), page_of(chromium, address + "shape.html") as page:
        shaped(page, "I would like a cup of tea, please.")
        page.evaluate(_LISTEN)
        for number in range(7):
            drag(page, 2 + number, 10)
            until(page, lambda: len(page.evaluate("delays")) > number)  # noqa: B023
        times = sorted(page.evaluate("delays"))
    with capsys.disabled():
        print(f"\nfrom the end of a drag to its sound: {times[3]:.0f} ms (median of 7, longest {times[-1]:.0f})")


# Records the ms from the release of the pointer to the sound.
_LISTEN = """() => {
  window.delays = [];
  let from = 0;
  addEventListener("pointerup", () => { from = performance.now(); }, true);
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function () {
    this.addEventListener("playing", () => delays.push(performance.now() - from), { once: true });
    return play.call(this);
  };
}"""


def test_a_voice_is_shaped_by_the_keyboard_alone(chromium, address):
    with page_of(chromium, address + "shape.html") as page:
        shaped(page)
        before = seconds(page)
        page.locator(".edge").nth(1).focus()
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        until(page, lambda: seconds(page) > before + 0.03)
        assert seconds(page) == pytest.approx(before + 0.05, abs=0.0226)
        assert page.evaluate("document.activeElement.dataset.key").startswith("edge"), (
            "whoever moves a handle stays on it"
        )
        page.locator(".bend").first.focus()
        with page.expect_response("**/api/shape") as answer:
            page.keyboard.press("ArrowUp")
        assert any(answer.value.request.post_data_json["bends"])


def test_a_sentence_is_spoken_and_kept_by_the_keyboard_alone(chromium, address):
    with page_of(chromium, address + "speak.html") as page:
        page.locator("#voice option").first.wait_for(state="attached")
        tab_to(page, "text")
        page.keyboard.type("Good morning.")
        with page.expect_response("**/api/say") as spoken:
            page.keyboard.press("Enter")
        assert spoken.value.ok
        for _ in range(3):
            page.keyboard.press("Tab")
        assert focused(page) == "keep"
        page.keyboard.press("Enter")
        page.locator("#kept button.say").wait_for()
        page.reload()
        assert page.locator("#kept button.say").inner_text() == "Good morning."


def test_one_switch_is_enough_to_navigate(chromium, address):
    with page_of(chromium, address) as page:
        # The test sets the page's clock: on a busy machine the page would move on before the switch is pressed.
        page.clock.install(time=0)
        page.clock.pause_at(1000)
        page.get_by_role("button", name="One-switch control").click()
        until(page, lambda: page.clock.run_for(1000) or page.locator("#door-record.scanned").count())
        page.keyboard.press("Space")
        page.wait_for_url("**/record.html")
        page.evaluate("localStorage.clear()")


def test_all_steps_by_the_keyboard_alone(tmp_path, stub_voice):
    """Record twelve sentences, one too loud and one with other words, and make a voice; the studio is killed twice."""
    texts = [prompt.text for prompt in shipped_prompts()[:12]]
    read = [texts[0] if number == _OTHER else text for number, text in enumerate(texts)]
    microphone, folder = tmp_path / "microphone.wav", tmp_path / "ann"
    with browser(microphone) as chromium:
        with studio_process(folder, stub_voice) as (address, _), page_of(chromium, address) as page:
            press(page, "door-record")
            page.wait_for_url("**/record.html")
            notes = [_recorded(page, microphone, read[number], number) for number in range(6)]
        with studio_process(folder, stub_voice) as (address, _), page_of(chromium, address + "record.html") as page:
            notes += [_recorded(page, microphone, read[number], number) for number in range(6, 12)]
            assert "too loud" in notes[_LOUD] and "does not sound like the sentence" in notes[_OTHER]
            assert [number for number, one in enumerate(notes) if "That was good" not in one] == [_LOUD, _OTHER], notes
            assert _state(address)["standing"]["takes"] == 12
            press(page, "Make")
            _agree(page)
            press(page, "stop")
            until(page, lambda: focused(page) == "start")
            press(page, "start")
            page.get_by_text(re.compile(r"^Step \d of \d: (Looking|Learning)")).wait_for()
        with studio_process(folder, stub_voice) as (address, _), page_of(chromium, address + "make.html") as page:
            page.get_by_text("It was stopped").wait_for()
            press(page, "start")
            page.get_by_text("Your voice is ready").wait_for(timeout=5000 * PATIENCE)
            page.locator("#picture").wait_for()
            assert page.locator("#report-table tbody tr").count() == 3
            with page.expect_response("**/api/say") as made:
                press(page, "made")
            assert made.value.headers["x-own-recording"] == "0"
            assert faults(page) == []
            press(page, "Shape")
            page.get_by_text("My voice").wait_for(state="attached")
            press(page, "make")
            page.locator("#words button").first.wait_for()
            before = seconds(page)
            tab_to(page, "edge 2")
            for _ in range(8):
                page.keyboard.press("ArrowRight")
            until(page, lambda: seconds(page) > before + 0.05)
            assert seconds(page) == pytest.approx(before + 0.08, abs=0.0226)


# The sentence that is read much too loudly, and the sentence in whose place another one is read.
_LOUD, _OTHER = 3, 8


def _recorded(page, microphone: Path, text: str, number: int) -> str:
    """Read a text aloud for the sentence of this number; return the notes about it."""
    seconds = _play(microphone, text, number == _LOUD)
    for _ in range(3):
        notes = _take(page, number, LEAD + seconds + 0.5)
        # On a busy machine the page may be late or lose sound: then read the sentence again, as the page suggests.
        if ("That was good" in notes) != (number in (_LOUD, _OTHER)):
            break
    return notes


def _take(page, number: int, seconds: float) -> str:
    """Record for some seconds, from the start of the microphone; return the notes."""
    page.reload()
    press(page, "open")
    until(page, lambda: focused(page) == "record")
    wanted = f"Sentence {number + 1} of"
    if not page.locator("#which").inner_text().startswith(wanted):
        press(page, "back")
    assert page.locator("#which").inner_text().startswith(wanted)
    page.keyboard.press("Enter")
    page.wait_for_timeout(1000 * seconds)
    page.keyboard.press("Enter")
    until(page, lambda: focused(page) in ("next", "again"))
    return page.locator("#notes").inner_text()


def _play(microphone: Path, text: str, is_loud: bool) -> float:
    """Let the microphone play a text after LEAD seconds of silence; return the seconds of speech."""
    speech = pngnat.synthesize(text, speaker="am_michael")
    samples = 0.5 * speech.samples / np.abs(speech.samples).max()
    samples = np.clip(20 * samples, -1, 1) if is_loud else samples
    silence = np.zeros(round(LEAD * speech.sample_rate), dtype=np.float32)
    noise = 1e-4 * np.random.default_rng(0).normal(size=2 * len(silence) + len(samples))
    # Written atomically: Chromium must not read an incomplete file.
    with atomic_write(microphone) as beside:
        soundfile.write(beside, np.concatenate([silence, samples, silence]) + noise, speech.sample_rate)
    return speech.duration


def _agree(page) -> None:
    """Answer the questions about consent, and start making the voice."""
    page.locator("#consent").wait_for()
    for id, answer in (("speaker", "Ann Lee"), ("agreed_by", "Ann Lee"), ("purpose", "to speak with my family")):
        tab_to(page, id)
        page.keyboard.type(answer)
    press(page, "agree")
    assert not page.locator("#start").is_visible(), "not without the mark at `This is true`"
    tab_to(page, "sure")
    page.keyboard.press("Space")
    press(page, "agree")
    until(page, lambda: focused(page) == "start")
    page.keyboard.press("Enter")
    page.get_by_text(re.compile(r"^Step \d of")).wait_for()


def _state(address: str) -> dict:
    with urllib.request.urlopen(f"{address}api/state", timeout=PATIENCE) as answer:
        return json.load(answer)
