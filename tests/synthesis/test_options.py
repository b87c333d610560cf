import dataclasses
import inspect

import pytest

import pngnat
from pngnat.synthesis.options import SpeechKeywords, SpeechOptions


def test_editors_are_shown_the_options_that_there_are():
    # As they are written, with which an editor works too.
    fields = {field.name: field.type for field in dataclasses.fields(SpeechOptions)}
    assert {name: kind.__forward_arg__ for name, kind in SpeechKeywords.__annotations__.items()} == fields


@pytest.mark.parametrize("function", [pngnat.synthesize, pngnat.stream, pngnat.stream_samples])
def test_the_signatures_name_them(function):
    assert inspect.signature(function).parameters["options"].annotation == "Unpack[SpeechKeywords]"
