from pngnat.evaluation import report


def test_table_is_markdown_with_numbers_on_the_right():
    rows = [{"source": "voice", "words": 7, "WER %": 3.14159}, {"source": "recordings", "words": 1200, "WER %": None}]
    assert report.table(rows).splitlines() == [
        "| source     | words | WER % |",
        "| ---------- | ----: | ----: |",
        "| voice      |     7 |  3.14 |",
        "| recordings |  1200 |       |",
    ]
