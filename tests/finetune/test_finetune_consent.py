import json
from datetime import date
from pathlib import Path

import pytest

from pngnat.errors import PngnatError
from pngnat.finetune.consent import Consent, get_consent

ANN = Path("recordings/ann")
FIELDS = {"speaker": "Ann", "agreed_by": "Ann", "purpose": "speaking for her"}


def answers(*texts):
    left = list(texts)
    return lambda question: left.pop(0)


def nobody(question):
    raise AssertionError("nobody should be asked")


def test_fields(tmp_path):
    consent = get_consent(FIELDS | {"date": "2026-01-02"}, tmp_path / "consent.json", ANN, nobody)
    assert consent == Consent("Ann", "Ann", "speaking for her", "2026-01-02")
    assert consent.lines == ["- Whose voice: Ann", "- Who agreed: Ann; 2026-01-02", "- For what: speaking for her"]


@pytest.mark.parametrize("ending", ["json", "yaml"])
def test_a_file(tmp_path, ending):
    lines = json.dumps(FIELDS) if ending == "json" else "".join(f"{name}: {text}\n" for name, text in FIELDS.items())
    (tmp_path / f"given.{ending}").write_text(lines)
    consent = get_consent(str(tmp_path / f"given.{ending}"), tmp_path / "consent.json", ANN)
    assert consent.speaker == "Ann" and consent.date == date.today().isoformat()


def test_a_person_at_the_terminal_is_asked_once(tmp_path):
    kept = tmp_path / "work" / "consent.json"
    consent = get_consent(
        dict.fromkeys(FIELDS), kept, ANN, answers("Ann", "Ben, her guardian", "talking at home", "yes")
    )
    assert consent.agreed_by == "Ben, her guardian"
    assert get_consent(None, kept, ANN, nobody) == consent


def test_what_is_given_wins_over_what_was_kept(tmp_path):
    get_consent(FIELDS, tmp_path / "consent.json", ANN)
    assert get_consent(FIELDS | {"purpose": "a film"}, tmp_path / "consent.json", ANN).purpose == "a film"
    assert get_consent({}, tmp_path / "consent.json", ANN).purpose == "a film"


@pytest.mark.parametrize(("given", "ask", "said"), [
    (None, None, "no voice is made without consent"),
    ({"speaker": None, "agreed_by": ""}, None, "no voice is made without consent"),
    ({"speaker": "Ann"}, None, "'agreed_by' is missing"),
    ({**FIELDS, "purpose": "  "}, None, "'purpose' is missing"),
    ({**FIELDS, "purpose": "x" * 3000}, None, "letters"),
    ({**FIELDS, "colour": "blue"}, None, "colour"),
    (None, answers("Ann", "Ann", "anything", "no"), "not confirmed"),
    (None, answers("", "", "", "yes"), "'speaker' is missing"),
    ("nowhere.yaml", None, "nowhere.yaml"),
])  # fmt: skip
def test_without_consent_there_is_no_voice(tmp_path, given, ask, said):
    with pytest.raises(PngnatError, match=said) as refused:
        get_consent(given, tmp_path / "consent.json", ANN, ask)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "consent.json").exists()


def test_a_terminal_that_ends_is_no_consent(tmp_path):
    def ended(question):
        raise EOFError

    with pytest.raises(PngnatError, match="without consent"):
        get_consent(None, tmp_path / "consent.json", ANN, ended)


@pytest.mark.parametrize("content", ["- a list", "speaker: [", "\x00"])
def test_files_that_are_no_consent(tmp_path, content):
    (tmp_path / "consent.yaml").write_text(content)
    with pytest.raises(PngnatError, match=r"consent.yaml"):
        get_consent(str(tmp_path / "consent.yaml"), tmp_path / "kept.json", ANN)


def test_one_person_s_consent_is_not_another_s(tmp_path):
    kept, ben = tmp_path / "consent.json", tmp_path / "ben"
    get_consent(FIELDS, kept, tmp_path / "ann")
    for given in (None, str(kept)):
        with pytest.raises(PngnatError, match=r"ann, not about .*ben; no voice is made without consent") as refused:
            get_consent(given, kept, ben)
        assert "\n" not in str(refused.value)
    asked = get_consent(None, kept, ben, answers("Ben", "Ben", "talking", "yes"))
    assert asked.speaker == "Ben" and get_consent(None, kept, ben, nobody) == asked
    assert get_consent(str(kept), kept, ben) == asked


def test_a_consent_that_names_no_recordings_is_asked_for_again(tmp_path):
    kept = tmp_path / "consent.json"
    kept.write_text(json.dumps(FIELDS))
    with pytest.raises(PngnatError, match="an unknown folder"):
        get_consent(None, kept, ANN)
    assert get_consent(None, kept, ANN, answers("Ann", "Ann", "talking", "yes")).purpose == "talking"
