from pngnat.data.sources import plain_text
from pngnat.studio.prompts import choose_prompts, diphones, prompt_id, shipped_prompts
from pngnat.text.frontend import Frontend


def pairs(texts):
    frontend = Frontend()
    return {pair for text in texts for utterance in frontend.utterances(text) for pair in diphones(utterance)}


def test_diphones_reach_across_words_and_to_silence():
    (utterance,) = Frontend().utterances("See me.")
    assert diphones(utterance) == [("#", "S"), ("S", "IY"), ("IY", "M"), ("M", "IY"), ("IY", "#")]


def test_a_sentence_that_adds_nothing_comes_last():
    texts = ["We met at noon.", "We met at noon, we met at noon.", "Boys joyfully chew a thick orange."]
    assert list(choose_prompts(texts, 3, {}))[-1] == texts[1]


def test_frequent_words_come_first_where_diphones_are_equal():
    texts = ["See the bight.", "See the bite."]
    assert next(choose_prompts(texts, 1, {"bite": 9, "see": 9})) == texts[1]


def test_the_count_is_kept_and_no_sentence_repeats():
    assert list(choose_prompts(["Yes, we do."] * 3, 5, {})) == ["Yes, we do."]
    assert len(list(choose_prompts(["Yes, we do.", "No, you do not."], 1, {}))) == 1


def test_the_first_hundred_prompts_have_most_diphones():
    texts = [prompt.text for prompt in shipped_prompts()]
    assert len(texts) >= 300 and len({prompt.id for prompt in shipped_prompts()}) == len(texts)
    assert len(pairs(texts[:100])) > 0.65 * len(pairs(texts))


def test_the_id_of_a_text_depends_on_its_words_only():
    assert prompt_id("It's me!") == prompt_id("it\u2019s me") != prompt_id("It is me.")
    assert all(plain_text(prompt.text) for prompt in shipped_prompts())
