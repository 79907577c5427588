"""Block Kit as HTML: what each block shows, and that nothing an app sends escapes its element."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.page.drawing import blocks
from bot.sandbox.page.names import Names, Place
from tests.sandbox_page.cards import approval_card, button, mrkdwn_text, plain, preformatted
from tests.sandbox_page.reading import Element, read

PLACE = Place(names=Names(people={"U0ALICE": "Alice Ito"}, channels={"C0PROD": "prod"}))
SAMPLES = (
    Path(__file__).parents[2].parent / "shared/slack-samples/python-slack-sdk/block_examples.json"
)
B = {"value": "b"}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</pre></textarea></select></option><b>out</b>",
    "{{ 7 * 7 }}{% raw %}",
    "]]><!--",
    "&lt;b&gt;",
]


def drawn(*items: dict[str, Any], place: Place = PLACE) -> Element:
    return read(str(blocks(list(items), place)))


def actions(*elements: dict[str, Any], block_id: str = "B1") -> dict[str, Any]:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def asked(element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": "I1", "label": plain("Why"), "element": element, **more}


def test_an_approval_card_shows_its_buttons_with_slacks_words_and_colours() -> None:
    buttons = drawn(*approval_card()).all("button")
    assert [one.text for one in buttons] == ["Approve", "Reject", "Details"]
    assert [one.attributes["class"] for one in buttons] == [
        "btn btn-primary",
        "btn btn-danger",
        "btn",
    ]
    assert {(one.attributes["data-block"], one.attributes["data-action"]) for one in buttons} == {
        ("decide", "approve"),
        ("decide", "reject"),
        ("decide", "details"),
    }


@pytest.mark.parametrize("text", [*HOSTILE, "*b* _i_ `c` :x: <!here> &amp;", "\n leading line"])
def test_preformatted_arguments_are_shown_to_the_letter(text: str) -> None:
    pre = drawn(preformatted(text)).one("pre")
    assert pre.children == ["\n" + text]


@pytest.mark.parametrize("text", ["&lt;b&gt; :x: *b*", "<!channel>", "<@U0ALICE>"])
def test_rich_text_parses_nothing(text: str) -> None:
    section = {
        "type": "rich_text_section",
        "elements": [{"type": "text", "text": text, "style": {"bold": True}}],
    }
    assert drawn({"type": "rich_text", "elements": [section]}).one("b").children == [text]


def test_rich_text_shows_lists_quotes_mentions_and_links() -> None:
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "first"}]}
    root = drawn(
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_list", "style": "ordered", "offset": 2, "elements": [item]},
                {"type": "rich_text_quote", "elements": [{"type": "user", "user_id": "U0ALICE"}]},
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "link", "url": "https://e.example/?a=1&b=2", "text": "a &amp; b"},
                        {"type": "link", "url": "javascript:alert(1)", "text": "bad"},
                        {"type": "emoji", "name": "tada"},
                        {"type": "broadcast", "range": "here"},
                    ],
                },
            ],
        }
    )
    assert root.one("ol").attributes["start"] == "3"
    assert root.one("ol").one("li").text == "first"
    assert root.one("blockquote").text == "@Alice Ito"
    assert root.one("a").text == "a &amp; b"
    assert root.one("a").attributes["href"] == "https://e.example/?a=1&b=2"
    assert root.all("div", class_="rich")[-1].text.endswith("bad (javascript:alert(1))🎉@here")


def test_plain_text_is_not_parsed_but_its_entities_are_decoded() -> None:
    header = drawn({"type": "header", "text": plain("*a* &lt;b&gt; &amp; :x:")}).one("h3")
    assert header.text == "*a* <b> & ❌"
    literal = drawn({"type": "header", "text": plain(":x:", emoji=False)}).one("h3")
    assert literal.text == ":x:"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_inside_every_place_that_shows_text(text: str) -> None:
    option = {"text": plain(text), "value": text, "description": plain(text)}
    confirm = {"title": plain(text), "text": plain(text), "confirm": plain(text), "style": text}
    typing = {"type": "plain_text_input", "action_id": text, "initial_value": text}
    loud: list[dict[str, Any]] = [
        {"type": "header", "text": plain(text)},
        {"type": "section", "block_id": text, "text": mrkdwn_text(text), "fields": [plain(text)]},
        actions(
            button(text, text, value=text, url=text, confirm=confirm, style=text),
            {
                "type": "static_select",
                "action_id": text,
                "options": [option],
                "placeholder": plain(text),
            },
            {"type": "overflow", "action_id": text, "options": [option]},
            {"type": "radio_buttons", "action_id": text, "options": [option]},
            {"type": text, "action_id": text},
            block_id=text,
        ),
        asked({**typing, "placeholder": plain(text)}, hint=plain(text)),
        asked({**typing, "multiline": True}),
        {"type": "image", "alt_text": text, "title": plain(text), "image_url": text},
        {"type": "markdown", "text": text},
        {"type": text},
    ]
    quiet = json.loads(json.dumps(loud).replace(json.dumps(text), '"calm"'))

    def shape(root: Element) -> list[tuple[str, list[str]]]:
        return [(one.tag, sorted(one.attributes)) for one in root.all()]

    assert shape(drawn(*loud)) == shape(drawn(*quiet))


@pytest.mark.parametrize("kind", ["nope", "", None, 7])
def test_an_unknown_block_says_that_it_is_unsupported(kind: object) -> None:
    shown = drawn({"type": kind} if kind is not None else {}).one(class_="unsupported").text
    assert shown.startswith("Unsupported block")


@pytest.mark.parametrize(
    "block",
    [
        {"type": "section"},
        {"type": "section", "text": "not an object", "fields": [1, None]},
        {"type": "header"},
        {"type": "actions"},
        {"type": "actions", "elements": [{}, {"type": "button"}]},
        {"type": "context", "elements": [{"type": "mrkdwn"}]},
        {"type": "rich_text"},
        {"type": "rich_text", "elements": [{}, 7, {"type": "rich_text_list"}]},
        {"type": "input"},
        {"type": "input", "element": {"type": "static_select", "option_groups": [{}]}},
        {"type": "image"},
    ],
)
def test_a_broken_block_draws_what_is_there(block: dict[str, Any]) -> None:
    assert drawn(block).all(class_="block")


def test_an_input_is_labelled_and_shows_its_error() -> None:
    place = Place(names=Names(), prefix="v1", errors={"I1": "Too short"})
    root = drawn(
        asked({"type": "plain_text_input", "action_id": "t"}, optional=True, hint=plain("Say why")),
        place=place,
    )
    label, field, error = root.one("label"), root.one("input"), root.one(class_="error")
    assert label.text == "Why (optional)"
    assert label.attributes["for"] == field.attributes["id"]
    assert field.attributes["aria-describedby"] == error.attributes["id"]
    assert (error.text, root.one(class_="hint").text) == ("Too short", "Say why")


@pytest.mark.parametrize(
    ("element", "tag", "chosen"),
    [
        ({"type": "static_select", "initial_option": B}, "option", "selected"),
        (
            {"type": "multi_static_select", "initial_options": [B]},
            "option",
            "selected",
        ),
        ({"type": "radio_buttons", "initial_option": B}, "input", "checked"),
        ({"type": "checkboxes", "initial_options": [B]}, "input", "checked"),
    ],
)
def test_initial_options_are_chosen(element: dict[str, Any], tag: str, chosen: str) -> None:
    options = [{"text": plain(v.upper()), "value": v} for v in "ab"]
    root = drawn(asked({**element, "action_id": "pick", "options": options}))
    picked = [one for one in root.all(tag) if chosen in one.attributes]
    assert [one.attributes["value"] for one in picked] == ["b"]


def test_a_confirm_dialog_waits_beside_its_button() -> None:
    confirm = {"title": plain("Sure?"), "text": mrkdwn_text("*Really*"), "confirm": plain("Do it")}
    template = drawn(actions(button("Go", "go", confirm=confirm))).one("template")
    assert template.one("h2").text == "Sure?"
    assert template.one("b").text == "Really"
    assert [one.text for one in template.all("button")] == ["Cancel", "Do it"]


def test_an_unacknowledged_click_leaves_a_warning_beside_its_button_only() -> None:
    place = Place(names=Names(), warnings={("B1", "go"): "No answer"})
    root = drawn(actions(button("Go", "go"), button("Stay", "stay")), place=place)
    assert root.one(class_="warning").attributes["aria-label"] == "No answer"
    assert root.all("span", class_="element")[0].all(class_="warning")


def test_a_long_section_is_cut_as_slack_cuts_it_unless_it_says_expand() -> None:
    section = {"type": "section", "text": mrkdwn_text("long " * 300)}
    assert drawn(section).all("details", class_="see-more")
    assert not drawn({**section, "expand": True}).all("details")


def test_pictures_from_elsewhere_are_not_loaded() -> None:
    root = drawn({"type": "image", "image_url": "https://e.example/x.png", "alt_text": "A graph"})
    assert root.all("img") == []
    assert root.one(role="img").attributes["aria-label"] == "A graph"


@pytest.mark.skipif(not SAMPLES.exists(), reason="Slack's sample blocks are not beside the repo")
def test_slacks_own_examples_are_drawn() -> None:
    examples = json.loads(SAMPLES.read_text())
    for example in examples:
        assert len(drawn(*example["blocks"]).all(class_="block")) == len(example["blocks"])
