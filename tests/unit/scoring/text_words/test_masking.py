from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.scoring.domain.text.masking import mask
from tests.unit.scoring.text_words.anything import ANY_TEXT, LONG_TEXT

# Numbers that payment schemes and ISO 13616 publish for tests and examples.
CARD = "4111 1111 1111 1111"
IBAN = "DE89 3704 0044 0532 0130 00"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to ana.perez+x@mail.example.com.", "Write to ‹mail›."),
        ("почта иван@почта.рф тут", "почта ‹mail› тут"),
        ("邮箱是a_b@example.cn谢谢", "邮箱是‹mail›谢谢"),
        ("Call +66 (0)81 234 5678 please", "Call ‹phone› please"),
        ("Call 020 5555 1234", "Call ‹phone›"),
        ("06 12 34 56 78", "‹phone›"),
        ("8 (777) 123-45-67", "‹phone›"),
        ("电话13812345678谢谢", "电话‹phone›谢谢"),
        ("โทร 081-234-5678 ค่ะ", "โทร ‹phone› ค่ะ"),
        ("555-1234", "‹phone›"),
        (f"My card {CARD}, exp 12/26", "My card ‹card›, exp 12/26"),
        ("378282246310005", "‹card›"),
        ("4111 1111 1111 1112", "‹number›"),
        (f"IBAN {IBAN} from my bank", "IBAN ‹iban› from my bank"),
        ("gb82west12345698765432", "‹iban›"),
    ],
)
def test_personal_data_is_replaced_by_its_kind(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "on 2015-02-16 10:30, since 16/02/2015",
        "I paid 100.000.000 kip, not 1,234,567.89",
        "order 1234567",
        "flight QV312 of 2014-2015, 24/7, 3 of 5",
        "@company you owe me 250",
        "a@b",
    ],
)
def test_dates_amounts_and_short_numbers_stay(text: str) -> None:
    assert mask(text) == text


def test_an_account_number_with_a_wrong_check_digit_is_no_iban() -> None:
    assert "‹iban›" not in mask(IBAN.replace("89", "88", 1))


def test_names_that_are_passed_in_go_as_a_whole_and_in_parts() -> None:
    names = ["Ana García", "王小明"]
    text = "ANA GARCÍA called; García again. Anabel, bananas. 王小明先生"
    masked = "‹name› called; ‹name› again. Anabel, bananas. ‹name›先生"
    assert mask(text, names=names) == masked


def test_a_name_may_hold_what_a_pattern_would_read() -> None:
    assert mask("from a(b)* [x", names=["a(b)* [x"]) == "from ‹name›"


def test_a_name_does_not_spoil_what_was_masked_before() -> None:
    assert mask("Mail: a@example.com", names=["Mail"]) == "‹name›: ‹mail›"


def test_booking_codes_go_only_when_asked_for() -> None:
    assert mask("code X7K2PQ on QV312") == "code X7K2PQ on QV312"
    assert mask("code X7K2PQ on QV312", references=True) == "code ‹reference› on QV312"


@given(ANY_TEXT | LONG_TEXT, st.lists(ANY_TEXT, max_size=3), st.booleans())
def test_any_text_can_be_masked(text: str, names: list[str], references: bool) -> None:
    mask(text, names=names, references=references)


@given(ANY_TEXT)
def test_masking_again_changes_nothing(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(st.text(" ,.!\nไม่好áж", max_size=30), st.text(" ,!\nไม่好", max_size=30))
def test_personal_data_goes_wherever_it_stands(before: str, after: str) -> None:
    assume(not before.endswith(("á", "ж", ".")))
    for secret in ("ana@example.com", CARD, IBAN, "+8562055551234"):
        assert secret not in mask(f"{before} {secret} {after}")
        assert mask(f"{before} {secret}").endswith("›")
