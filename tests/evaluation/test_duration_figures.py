import numpy as np
import pytest

from pngnat.errors import PngnatError
from pngnat.evaluation.durations import duration_figures, main
from pngnat.evaluation.encoder_report import EncoderReport
from pngnat.evaluation.last_pause import LastPause, pause_rows

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
    assert (row["count"], row["mean ms"], row["spread ms"], row["right %"]) == (2, pytest.approx(200), pytest.approx(100), 50)


def test_the_report_is_written_with_its_picture(tmp_path):
    report = EncoderReport()
    errors = {split: figures([0, 0.1, 0.2, 0.1, 0, 0.1, 0], [0, 0.1, 0.2, 0.1, 0, 0.1, 0]) for split in ("valid", "test")}
    for model, right in (("NAT", 0.0), ("PnG NAT", 0.3)):
        for seed in (0, 1):
            pauses = {"pauses": [LastPause("x", kind, "ours", right * (kind == "two")).to_dict() for kind in ("two", "too")]}
            report.add(model, seed, {**errors, **pauses})
            for size in (4, 0):
                report.add_probe(model, size, pauses)
    report.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "tables.md", "pauses.png"}
    assert [row["all"] for row in report.curve_rows()] == ["50 ± 0", "100 ± 0"]
    assert list(report.curve_rows()[0])[1:] == ["none", "4", "all"]
    assert (tmp_path / "pauses.png").read_bytes().startswith(b"\x89PNG")


def test_a_folder_that_is_no_corpus_is_named(stub_voice, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["durations", "--corpus", str(tmp_path), "--voice", str(stub_voice)])
    with pytest.raises(PngnatError, match="no prepared corpus"):
        main()
