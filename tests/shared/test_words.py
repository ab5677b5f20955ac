import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.words import folded

SAME = [
    ("E-Mail *", "e mail"),
    ("emailAddress", "email address"),
    ("your_name", "your name"),
    ("Straße", "STRASSE"),
    ("Prénom", "prenom"),
    ("ＥＭＡＩＬ：", "email"),
    ("İSİM", "isim"),
    ("SOYADI", "soyadı"),
    ("Łódź", "lodz"),
    ("Fødselsdato", "fodselsdato"),
    ("メールアドレス", "ﾒｰﾙｱﾄﾞﾚｽ"),
    ("ナマエ", "なまえ"),
    ("الاســم", "اسم"),
    ("الإسم", "الاسم"),
    ("اسمك", "الاسم"),
    ("شَرِكة", "شركه"),
    ("פלאפון", "הפלאפון"),
    ("फ़ोन", "फोन"),
    ("1️⃣ Email\u200b", "1 email"),
    ("\u202bEmail\u202c 📧", "email"),
    ("Επώνυμο", "ΕΠΩΝΥΜΟ"),
    ("ё", "е"),
]


@pytest.mark.parametrize(("written", "also"), SAME)
def test_what_is_only_written_differently_is_the_same(written: str, also: str) -> None:
    assert folded(written) == folded(also)


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("नाम", "नम"), ("이름", "이룸"), ("ชื่อ", "ชอ"), ("ad", "at")])
def test_marks_that_make_another_letter_are_kept(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(st.text(max_size=50))
def test_the_form_of_unicode_does_not_matter(text: str) -> None:
    assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text))


@given(st.text(max_size=50))
def test_words_have_neither_blanks_nor_punctuation(text: str) -> None:
    assert all(word and not any(letter in " -_.,:;?!*()" for letter in word) for word in folded(text))
