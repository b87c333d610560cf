import pytest

from pngnat.errors import PngnatError
from pngnat.evaluation.passages import listed_passages


def test_the_list_has_200_sentences_of_1_to_60_words():
    passages = listed_passages()
    lengths = [len(passage.text.split()) for passage in passages]
    assert len(passages) == 200
    assert len({passage.text for passage in passages}) == 200
    assert set(lengths) == set(range(1, 61))


def test_comments_and_empty_lines_are_no_sentences(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("# a list\n\n  One. \nTwo.\n", encoding="utf-8")
    assert [passage.text for passage in listed_passages(path)] == ["One.", "Two."]


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xff\xfe\xfa"])
def test_a_file_without_sentences_is_named(tmp_path, content):
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(PngnatError, match=r"list\.txt"):
        listed_passages(path)
