"""HTML: what is said of it, and where it pauses."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pngnat.text.frontend import Frontend
from pngnat.text.html import readable

FRONTEND = Frontend()
# text => the words that are said
ROWS = r"""
<i>It</i> was. => it was
One &amp; two => one and two
don&#39;t => don't
<p>Hello</p><p>World</p> => hello world
Line one<br>Line two => line one line two
<script>alert("x")</script>Hi there => hi there
<!-- a comment -->Hi there => hi there
<style>p {color: red}</style><p>Hi there</p> => hi there
a < b => a is less than b
if (a<b) => if a is less than b
x<y and y>z => x is less than y and y is greater than z
I <3 you => i is less than three you
List<String> items => list string items
<a href="https://x.com/?a=1&b=2">Click</a> here => click here
<ul><li>One</li><li>Two</li></ul> => one two
<h1>Title</h1>Text => title text
caf&eacute; au lait => café au lait
&quot;Hi,&quot; she said => hi she said
I&#x2019;m here => i'm here
5 &lt; 6 => five is less than six
un<b>believ</b>able => unbelievable
<tr><td>red</td><td>blue</td></tr><tr><td>green</td></tr> => red blue green
<STRONG>Hi</STRONG> Bob => hi bob
one<br/>two<br />three => one two three
<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>Hi there</body></html> => hi there
<b>Bold</b>, <i>italic</i>! => bold italic
x &gt; y => x is greater than y
a&nbsp;b &unknown; c => a b and unknown c
a<b and b>c => a is less than b and b is greater than c
<div class='x' id=y><span style="color:red">Hello</span> <em>dear</em> world</div> => hello dear world
Usage: copy <file> here => usage copy file here
vector<int> v => vector int v
H<sub>2</sub>O => h two o
The 5<sup>th</sup> day => the fifth day
<p>One<p>Two<p>Three => one two three
wait&hellip; what => wait what
&lt;b&gt; is a tag => b is a tag
2 &times; 3 &ne; 7 => two times three does not equal seven
&frac12; cup => one half cup
<script type="text/javascript">if (a < b && c > d) { x("</p>"); }</script>Done => done
<blockquote>To be</blockquote><footer>Bill</footer> => to be bill
Fish &amp chips => fish and chips
<button disabled>Save</button> now => save now
<!-- one -->a<!-- two -->b c => ab c
<font color=red size=+1>Red</font> alert => red alert
x<sup>2</sup> + 10<sup>6</sup> => x squared plus ten to the power of six
don&amp;#39;t => don't
copy <source> <target> => copy source target
Map<String, List<Integer>> m => map string list integer m
std::vector<std::string> v => std vector std string v
I think <sigh> it is <T> => i think sigh it is t
&lt;script&gt; and <b>not closed => script and not closed
mail <bob@example.com> now => mail bob at example dot com now
&euro;5 and &pound;3 => five euros and three pounds
http://x.com/?a=1&copy=2 => x dot com slash question mark a equals one and copy equals two
m<sup>2</sup> and note<sup>1</sup> => m squared and note one
Dear <title> <name>, => dear title name
<dc:title>Emma</dc:title> => emma
<![CDATA[one < two]]> => one is less than two
Read the <script> tag. => read the script tag
"""


def said(text):
    return re.findall(
        r"[\w']+", " ".join(utterance.text for utterance in FRONTEND.utterances(text)).lower().replace("-", " ")
    )


@pytest.mark.parametrize(("text", "words"), [row.split(" =>") for row in ROWS.strip().splitlines()])
def test_html_becomes_readable_text(text, words):
    assert said(text) == words.split()


@pytest.mark.parametrize("block", ["p", "div", "li", "h1", "h6", "tr", "blockquote", "section"])
def test_blocks_are_paragraphs(block):
    found = list(FRONTEND.utterances(f"<{block}>One</{block}><{block.upper()} class='x'>Two</{block.upper()}>"))
    assert [(utterance.text, utterance.ends_paragraph) for utterance in found] == [("One", True), ("Two", True)]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("12 Main Street<br>Boston", "twelve Main Street, Boston"),
        ("Stop!<br/>Go on.", "Stop! Go on."),
        ("<tr>\n<td>red</td>\n<td>blue</td>\n</tr>", "red, blue"),
        ("One<br>\n<br>two", "One two"),
    ],
)
def test_line_breaks_and_cells_pause_once(text, spoken):
    assert " ".join(utterance.text for utterance in FRONTEND.utterances(text)) == spoken


def test_markup_inside_tags_is_read():
    (utterance,) = FRONTEND.utterances("<b>[Nguyen](N W IH1 N)</b>[pause:1]<i>came</i>")
    assert utterance.words[0].phonemes == ("N", "W", "IH1", "N") and utterance.boundaries[1].pause == 1


@given(st.text(alphabet=st.characters(exclude_characters="<&"), max_size=200))
def test_text_without_html_stays(text):
    assert readable(text) == text


@given(st.text(alphabet="<>/!-ab p&;#='\" \n", max_size=60))
def test_no_text_makes_it_fail(text):
    readable(text)


@pytest.mark.parametrize(
    "piece",
    ["<", "<a b='", '<a b="', "<!--", "<script>", "<![CDATA[", "&amp;", "<br>", "<b>", "<x, ", "<a <", "<td>\n"],
)
def test_hostile_html_takes_time_in_proportion(piece):
    text = "</script>]]>-->" + piece * (200_000 // len(piece))
    started = time.process_time()
    readable(text)
    # A quadratic reader takes minutes.
    assert time.process_time() - started < 20
