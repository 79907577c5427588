"""Our canonical JSON against an independent implementation of RFC 8785."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain import errors, strict_json
from approvals.domain.strict_json import INTEGER_MAX, JsonValue


def _is_bare(number: float) -> bool:
    """Whether RFC 8785 writes this float as an integer that readers of JSON round."""
    return INTEGER_MAX < abs(number) < 1e21


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_leaves = (
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_MAX, INTEGER_MAX)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda n: not _is_bare(n))
    | _texts
)
values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_texts, inner, max_size=5),
    max_leaves=30,
)


@given(values)
def test_what_we_write_is_what_the_standard_says(value: JsonValue) -> None:
    assert strict_json.write(value).encode() == rfc8785.dumps(value)


@given(values)
def test_what_we_wrote_reads_back_to_the_same_text(value: JsonValue) -> None:
    text = strict_json.write(value)

    assert strict_json.write(strict_json.read(text)) == text


@pytest.mark.parametrize("number", [float(2**53), -1e20])
def test_a_float_that_would_be_written_as_too_large_an_integer_is_refused(number: float) -> None:
    with pytest.raises(errors.IntegerOutOfRange):
        strict_json.write(number)
