"""What people type, read as verbs, tasks and keys."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.command_words import Verb, Words, read_bare_words, read_words


@pytest.mark.parametrize(
    ("typed", "text", "agent"),
    [
        ("restart checkout", "restart checkout", None),
        ("run restart checkout", "restart checkout", None),
        ("RUN restart checkout", "restart checkout", None),
        ("run   keeps  its\nlines", "keeps  its\nlines", None),
        ("agent=ops restart checkout", "restart checkout", "ops"),
        ("restart checkout agent:ops", "restart checkout", "ops"),
        ("run restart checkout --agent ops", "restart checkout", "ops"),
        ("run --agent ops restart checkout", "restart checkout", "ops"),
        ("restart env=prod note=slow", "restart\nenv: prod\nnote: slow", None),
        ("restart env:prod --note slow", "restart\nenv: prod\nnote: slow", None),
        ("restart --env=prod note:“disk full”", "restart\nenv: prod\nnote: disk full", None),
        ('restart note="disk full, twice"', "restart\nnote: disk full, twice", None),
        ("restart note=“disk full”", "restart\nnote: disk full", None),
        ("“restart checkout”", "restart checkout", None),
        ("'agent=evil list'", "agent=evil list", None),
        ("run list all pods", "list all pods", None),
        ("don't stop", "don't stop", None),
        ('say "hello world" twice', 'say "hello world" twice', None),
    ],
)
def test_a_task_is_read_with_its_keys(typed: str, text: str, agent: str | None) -> None:
    assert read_words(typed) == Words(verb=Verb.RUN, text=text, agent=agent)


@pytest.mark.parametrize(
    "typed",
    [
        "open https://example.com:8080/a?b=c now",
        "look at https://example.com/a",
        "wake me at 10:30",
        "set replicas=3 on checkout",
        "why is x=1 there",
        "open C:\\temp",
        "use std::vector",
        "what does it mean:",
        "compare a = b",
        "deploy --yes",
        "deploy --yes --force",
        "--yes deploy now",
        "<@U0BOB> and <!channel>",
        'an unclosed "quote',
        "größe: Übung 🚀",
    ],
)
def test_X11_what_only_looks_like_a_key_stays_in_the_task(typed: str) -> None:
    assert read_words(typed) == Words(verb=Verb.RUN, text=typed)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("list", Words(verb=Verb.LIST)),
        ("status", Words(verb=Verb.STATUS)),
        ("status 0a1b2c", Words(verb=Verb.STATUS, short_id="0A1B2C")),
        ("status `0A1B2C`", Words(verb=Verb.STATUS, short_id="0A1B2C")),
        ("cancel 0A1B2C", Words(verb=Verb.CANCEL, short_id="0A1B2C")),
        (
            "continue 0A1B2C and  now approve=it",
            Words(verb=Verb.CONTINUE, short_id="0A1B2C", text="and  now approve=it"),
        ),
        ("help", Words(verb=Verb.HELP)),
        ("--help", Words(verb=Verb.HELP)),
        ("help cancel", Words(verb=Verb.HELP, about=Verb.CANCEL)),
        ("", Words(verb=Verb.RUN)),
        ("run", Words(verb=Verb.RUN)),
        ("run agent=ops", Words(verb=Verb.RUN, agent="ops")),
    ],
)
def test_verbs_are_read(typed: str, expected: Words) -> None:
    assert read_words(typed) == expected


@pytest.mark.parametrize(
    ("typed", "about"),
    [
        ("stauts", Verb.STATUS),
        ("cancle 0A1B2C", Verb.CANCEL),
        ("stop 0A1B2C", Verb.CANCEL),
        ("ls", Verb.LIST),
        ("list all pods", Verb.LIST),
        ("status of the checkout", Verb.STATUS),
        ("cancel", Verb.CANCEL),
        ("cancel the deployment", Verb.CANCEL),
        ("continue", Verb.CONTINUE),
        ("continue please", Verb.CONTINUE),
        ("help me with this", None),
        ("agent=a restart agent=b", Verb.RUN),
    ],
)
def test_what_may_be_a_mistyped_verb_is_asked_about_not_run(typed: str, about: Verb | None) -> None:
    words = read_words(typed)

    assert (words.verb, words.about) == (Verb.HELP, about)
    assert words.mistake


@pytest.mark.parametrize(
    ("typed", "verb"),
    [("status", Verb.STATUS), ("Cancel", Verb.CANCEL), ("list", Verb.LIST), ("help", Verb.HELP)],
)
def test_a_verb_alone_means_the_same_in_a_thread(typed: str, verb: Verb) -> None:
    found = read_bare_words(typed)

    assert found is not None
    assert found.verb is verb


@pytest.mark.parametrize(
    "typed",
    ["", "approve", "yes, go on", "cancel that deploy", "run it again", "list all"],
)
def test_anything_else_said_in_a_thread_is_words_for_the_agent(typed: str) -> None:
    assert read_bare_words(typed) is None


WORD = st.text(string.ascii_lowercase + "äß-./", min_size=1, max_size=8).filter(
    lambda word: ":" not in word and "=" not in word and not word.startswith("-")
)


@given(st.lists(WORD, min_size=3, max_size=12))
def test_no_word_of_a_plain_task_is_lost_or_moved(task: list[str]) -> None:
    typed = "run " + "  ".join(task)

    assert read_words(typed).text == "  ".join(task)


@given(st.text(max_size=300))
def test_whatever_is_typed_is_read(typed: str) -> None:
    words = read_words(typed)

    assert words.verb in list(Verb)
    assert (words.short_id is None) or words.verb in (Verb.STATUS, Verb.CANCEL, Verb.CONTINUE)


@given(st.text(max_size=200))
def test_X11_what_is_typed_after_run_gives_a_task_or_help_and_nothing_else(typed: str) -> None:
    assert read_words(f"run {typed}").verb in (Verb.RUN, Verb.HELP)
