from pngnat.errors import PngnatError
from pngnat.evaluation import report


def test_table_is_markdown_with_numbers_on_the_right():
    rows = [{"source": "voice", "words": 7, "WER %": 3.14159}, {"source": "recordings", "words": 1200, "WER %": None}]
    assert report.table(rows).splitlines() == [
        "| source     | words | WER % |",
        "| ---------- | ----: | ----: |",
        "| voice      |     7 |  3.14 |",
        "| recordings |  1200 |       |",
    ]


def test_errors_become_one_line_and_exit_code_2(capsys):
    def fail():
        raise PngnatError("no such voice")

    assert report.command(fail) == 2
    assert capsys.readouterr().err == "error: no such voice\n"
