"""Chromium's speechSynthesis, by which web pages speak, through speech-dispatcher and the module."""

import pytest
from serving import LONG
from studio_browser import CHROMIUM, browser

import pngnat

# Resolves with the voices once the browser has them.
VOICES = """() => new Promise(found => {
    const look = () => {
        const all = speechSynthesis.getVoices();
        if (all.length) found(all.map(one => [one.name, one.lang]));
    };
    speechSynthesis.onvoiceschanged = look;
    look();
})"""
# Resolves with the events of an utterance, once it has ended or failed; `cancel` ends it when it has begun.
SPEAK = """([text, voice, rate, cancel]) => new Promise(end => {
    const utterance = new SpeechSynthesisUtterance(text), events = [];
    utterance.voice = speechSynthesis.getVoices().find(one => one.name === voice);
    utterance.rate = rate;
    utterance.onstart = () => { events.push("start"); if (cancel) speechSynthesis.cancel(); };
    utterance.onend = () => end([...events, "end"]);
    utterance.onerror = event => end([...events, event.error]);
    speechSynthesis.speak(utterance);
})"""
TEXT = "Hello there, my friend."


@pytest.mark.slow
def test_a_page_speaks_and_cancels(speech_dispatcher_itself, voice):
    pytest.importorskip("playwright")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    environment, played = speech_dispatcher_itself
    with browser(None, "--enable-speech-dispatcher", env=environment) as chromium:
        page = chromium.new_page()
        page.goto("about:blank")
        assert page.evaluate(VOICES) == [["stub/ada pngnat", "en-US"], ["stub/bob pngnat", "en-US"]]
        assert page.evaluate(SPEAK, [TEXT, "stub/bob pngnat", 1, False]) == ["start", "end"]
        usual = played()
        assert usual == pytest.approx(len(pngnat.synthesize(TEXT, voice, speaker="bob").samples), rel=0.05)
        assert page.evaluate(SPEAK, [TEXT, "stub/bob pngnat", 2, False]) == ["start", "end"]
        assert 0 < played() - usual < 0.9 * usual
        assert page.evaluate(SPEAK, [LONG, "stub/ada pngnat", 1, True]) == ["start", "interrupted"]
        after = played()
        assert page.evaluate(SPEAK, [TEXT, "stub/ada pngnat", 1, False]) == ["start", "end"]
        assert played() - after < 20 * usual
