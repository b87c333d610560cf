import numpy as np
import pytest

from experiments.encoders.last_pause import LastPause, pause_rows, right_share
from experiments.encoders.picture import draw
from experiments.encoders.report import EncoderReport, spread
from pngnat.errors import PngnatError
from pngnat.evaluation import commands, durations
from pngnat.evaluation.durations import duration_counts, duration_figures

# [CLS] | phoneme | boundary | phoneme | boundary | phoneme | end
WORDS = np.array([-1, 0, -1, 1, -1, 2, -1])


def figures(predicted, spoken):
    return duration_figures([np.array(predicted)], [np.array(spoken)], [WORDS])


def test_errors_are_root_mean_squares_in_milliseconds_without_the_ends():
    found = figures([9.0, 0.1, 0.0, 0.1, 0.2, 0.1, 9.0], [0.0, 0.13, 0.0, 0.1, 0.2, 0.06, 0.0])
    assert found["phonemes ms"] == pytest.approx(np.sqrt((30**2 + 0 + 40**2) / 3))
    assert found["boundaries ms"] == pytest.approx(0)
    assert found["RMSE ms"] == pytest.approx(np.sqrt((30**2 + 40**2) / 5))


def test_pauses_are_counted_at_boundaries_alone():
    found = figures([0, 0.5, 0.15, 0.5, 0.15, 0.5, 0], [0, 0.5, 0.15, 0.5, 0.05, 0.5, 0])
    assert found["pause precision %"] == pytest.approx(50)
    assert found["pause recall %"] == pytest.approx(100)


def test_without_a_pause_there_is_no_share():
    found = figures([0, 0.1, 0, 0.1, 0, 0.1, 0], [0, 0.1, 0.2, 0.1, 0, 0.1, 0])
    assert np.isnan(found["pause precision %"])
    assert found["pause recall %"] == 0


def test_the_pause_before_the_last_word_is_read():
    word_index = np.array([-1, 0, 0, -1, 1, 1, -1])
    pause = LastPause.of("Press one; for that, two.", "ours", np.array([0, 1, 1, 0.2, 1, 1, 0]), word_index)
    assert (pause.kind, pause.seconds, pause.right) == ("two", 0.2, True)
    assert not LastPause("It fell, too.", "too", "ours", 0.2).right


def test_rows_give_mean_spread_and_share():
    made = [LastPause("a", "two", "ours", seconds) for seconds in (0.1, 0.3)]
    (row,) = pause_rows(made)
    assert (row["count"], row["mean ms"], row["spread ms"], row["right %"]) == (
        2,
        pytest.approx(200),
        pytest.approx(100 * 2**0.5),
        50,
    )
    assert pause_rows(made[:1])[0]["spread ms"] is None


def test_counts_are_of_the_boundaries_between_words():
    assert duration_counts([np.array([0.5, 1, 0.2, 1, 0.1, 1, 0.5])] * 2, [WORDS] * 2) == {
        "recordings": 2,
        "boundaries": 4,
        "pauses": 2,
    }


def menu(kind: str, seconds: float, group: str = "ours") -> LastPause:
    return LastPause(f"For tea, press one; for milk, {kind}.", kind, group, seconds)


def test_the_share_is_the_mean_of_both_endings_of_menus_alone():
    always = [menu("two", 0.3), *[menu("too", 0.3)] * 5]
    assert right_share(always) == 50
    assert right_share([*always, LastPause("She laughed, too.", "too", "ours", 0.0)]) == 50
    assert right_share([menu("two", 0.3), menu("two", 0.1), menu("too", 0.0)]) == 75
    assert np.isnan(right_share([menu("two", 0.3)]))


def test_a_seed_without_a_figure_is_counted_and_leaves_the_others():
    assert spread([1.0, 3.0]) == "2.0 ± 1.4"
    assert spread([1.0, float("nan"), 3.0]) == "2.0 ± 1.4 (2 of 3)"
    assert spread([5.0]) == "5.0"
    assert spread([float("nan")] * 2) == "none"


@pytest.fixture
def report() -> EncoderReport:
    counts = {"recordings": 1, "boundaries": 2, "pauses": 1}
    made = EncoderReport({"valid": counts, "test": counts})
    errors = {
        split: figures([0, 0.1, 0.2, 0.1, 0, 0.1, 0], [0, 0.1, 0.2, 0.1, 0, 0.1, 0]) for split in ("valid", "test")
    }
    for model, right in (("NAT", 0.0), ("PnG NAT", 0.3)):
        for seed in (0, 1):
            pauses = [
                menu("two", right, "ours"),
                menu("too", 0.0, "ours"),
                menu("two", 0.0, "probe"),
                menu("too", 0.0, "probe"),
            ]
            made.add(model, seed, {**errors, "pauses": [pause.to_dict() for pause in pauses]})
            for size in (4, 0):
                made.add_probe(model, size, {"pauses": [pause.to_dict() for pause in pauses]})
    return made


def test_shares_stand_by_the_kind_of_sentences_and_the_number_of_examples(report):
    assert [row["all"] for row in report.curve_rows("ours")] == ["50 ± 0", "100 ± 0"]
    assert [row["all"] for row in report.curve_rows("probe")] == ["50 ± 0", "50 ± 0"]
    assert list(report.curve_rows("ours")[0])[1:] == ["none", "4", "all"]


def test_the_report_is_written_with_its_picture(report, tmp_path):
    report.write(tmp_path)
    draw(report, tmp_path / "pauses.png")
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "tables.md", "pauses.png"}
    assert (tmp_path / "pauses.png").read_bytes().startswith(b"\x89PNG")
    tables = (tmp_path / "tables.md").read_text(encoding="utf-8")
    for said in (
        "split valid: 1 recordings, 2 boundaries, 1 pauses",
        "split test",
        "made for this purpose",
        "chance is 50",
        "(n − 1)",
    ):
        assert said in tables


def test_a_folder_that_is_no_corpus_is_named(stub_voice, tmp_path):
    with pytest.raises(PngnatError, match="no prepared corpus"):
        commands.measure("durations", ["--corpus", str(tmp_path), "--voice", str(stub_voice)], "durations")


def test_a_voice_is_measured_on_its_own_speakers_and_not_on_its_professional(stub_voice, monkeypatch):
    asked = []

    def read(corpus, split, speakers):
        asked.extend(speakers)
        raise PngnatError("enough")

    monkeypatch.setattr(durations, "read_corpus", read)
    with pytest.raises(PngnatError, match="enough"):
        commands.measure("durations", ["--corpus", "corpus", "--voice", str(stub_voice)], "durations")
    assert asked == ["ada", "bob"]
