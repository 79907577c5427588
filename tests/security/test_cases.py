"""The list of security cases and the tests that carry their ids agree."""

from docs_pages.security_cases_page import CASES, case_tests


def test_every_case_is_proved_by_a_test_and_every_id_in_a_test_is_a_case() -> None:
    tested = case_tests()

    assert sorted(CASES.keys() - tested.keys()) == []
    assert sorted(tested.keys() - CASES.keys()) == []
