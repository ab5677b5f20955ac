import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.mapping.names import split_name

NAMES = [
    ("Cher", "Cher", ""),
    ("Ada Lovelace", "Ada", "Lovelace"),
    ("ada  lovelace ", "ada", "lovelace"),
    ("Mary Jane Watson", "Mary", "Jane Watson"),
    ("María José García Márquez", "María", "José García Márquez"),
    ("J. R. R. Tolkien", "J.", "R. R. Tolkien"),
    ("Jean-Luc Picard", "Jean-Luc", "Picard"),
    ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
    ("Anne-Marie von der Leyen", "Anne-Marie", "von der Leyen"),
    ("Juan de la Cruz", "Juan", "de la Cruz"),
    ("Mohammed bin Salman", "Mohammed", "bin Salman"),
    ("Abdul Rahman Khan", "Abdul Rahman", "Khan"),
    ("Sammy Davis Jr.", "Sammy", "Davis Jr."),
    ("Bill Gates III", "Bill", "Gates III"),
    ("Jane Doe, MD", "Jane", "Doe, MD"),
    ('John "Johnny" Smith', "John", '"Johnny" Smith'),
    ("Ada Lovelace (née Byron)", "Ada", "Lovelace (née Byron)"),
    # A family name alone.
    ("De la Rosa", "", "De la Rosa"),
    ("Van der Berg", "", "Van der Berg"),
    # What may be a particle, a suffix or a title, and is a name.
    ("Van Nguyen", "Van", "Nguyen"),
    ("Do Kim", "Do", "Kim"),
    ("Jack Ma", "Jack", "Ma"),
    ("Jack MA", "Jack", "MA"),
    ("King Arthur", "King", "Arthur"),
    ("Major Tom", "Major", "Tom"),
    ("Baron Cohen", "Baron", "Cohen"),
    ("Prince Rogers Nelson", "Prince", "Rogers Nelson"),
    ("St. John Smith", "St.", "John Smith"),
    ("Chr. Meyer", "Chr.", "Meyer"),
    ("Prince", "Prince", ""),
    ("Dr", "Dr", ""),
    ("Jr.", "Jr.", ""),
    # The family name in front.
    ("Watson, Mary", "Mary", "Watson"),
    ("Watson, Mary Jane", "Mary", "Jane Watson"),
    ("Doe,Jane", "Jane", "Doe"),
    ("de la Cruz, Juan", "Juan", "de la Cruz"),
    ("Smith Jr., John", "John", "Smith Jr."),
    ("Smith, John, Jr.", "John", "Smith Jr."),
    ("山田 太郎", "太郎", "山田"),
    ("山田\u3000たろう", "たろう", "山田"),
    ("김 민준", "민준", "김"),
    ("毛 泽东", "泽东", "毛"),
    ("DUPONT Jean-Luc", "Jean-Luc", "DUPONT"),
    ("DE LA CRUZ Juan", "Juan", "DE LA CRUZ"),
    ("Иванов Иван Иванович", "Иван", "Иванович Иванов"),
    ("Попович Анна Ивановна", "Анна", "Ивановна Попович"),
    # It only looks like that.
    ("Иван Иванович Попович", "Иван", "Иванович Попович"),
    ("JJ Abrams", "JJ", "Abrams"),
    ("ADA LOVELACE", "ADA", "LOVELACE"),
    ("Vincent, van Gogh", "Vincent", "van Gogh"),
    # Of these nobody can tell.
    ("山田太郎", "山田太郎", ""),
    ("김민준", "김민준", ""),
    ("Nguyễn Thị Minh Khai", "Nguyễn", "Thị Minh Khai"),
    ("Nagy János", "Nagy", "János"),
    ("John & Jane Doe", "John", "& Jane Doe"),
    ("Ada, Bob, Carol", "Ada", "Bob, Carol"),
    ("Sam, the gardener", "Sam", "the gardener"),
    ("ACME GmbH", "ACME", "GmbH"),
    ("", "", ""),
    (",", ",", ""),
]


@pytest.mark.parametrize(("text", "first", "last"), NAMES)
def test_a_name_is_split_behind_the_given_name(text: str, first: str, last: str) -> None:
    found = split_name(text)

    assert (found.first, found.last, found.title) == (first, last, "")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Schmidt Anna", "Anna", "Schmidt"),
        ("Herr Schmidt Hans", "Hans", "Schmidt"),
        ("Schmidt, Anna", "Anna", "Schmidt"),
        ("García Márquez María", "García", "Márquez María"),  # where the family name ends nobody can tell
        ("Anna", "Anna", ""),
    ],
)
def test_the_family_name_is_in_front_where_it_was_asked_for_first(text: str, first: str, last: str) -> None:
    found = split_name(text, family_first=True)

    assert (found.first, found.last) == (first, last)


TITLED = [
    ("Dr. Anna Schmidt", "Dr.", "Anna", "Schmidt"),
    ("Prof. Dr. med. Anna Schmidt", "Prof. Dr. med.", "Anna", "Schmidt"),
    ("Frau Anna von Schmidt", "Frau", "Anna", "von Schmidt"),
    ("Mrs John Smith", "Mrs", "John", "Smith"),
    ("Mr. & Mrs. Smith", "Mr. & Mrs.", "", "Smith"),
    ("Rev. Martin Luther King, Jr.", "Rev.", "Martin", "Luther King, Jr."),
    ("Herr Müller", "Herr", "", "Müller"),
    ("Sra. Ana Lopez", "Sra.", "Ana", "Lopez"),
    ("Schmidt, Dr. Anna", "Dr.", "Anna", "Schmidt"),
    ("Mgr. Jana Nová", "Mgr.", "Jana", "Nová"),
    ("Dr. DUPONT Anne", "Dr.", "Anne", "DUPONT"),
]


@pytest.mark.parametrize(("text", "title", "first", "last"), TITLED)
def test_a_title_is_no_part_of_a_name(text: str, title: str, first: str, last: str) -> None:
    found = split_name(text)

    assert (found.title, found.first, found.last) == (title, first, last)
    assert found.change.endswith(f"without the title {title}")


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("Cher", ""),
        ("Ada Lovelace", "split into first and last name"),
        ("Watson, Mary", "split into first and last name; the last name stood before a comma"),
        ("山田 太郎", "split into first and last name; the last name stood in front"),
        ("DUPONT Jean", "split into first and last name; the last name stood in front"),
    ],
)
def test_a_name_says_what_was_done_to_it(text: str, change: str) -> None:
    assert split_name(text).change == change


WORDS = st.sampled_from(
    ["Dr.", "Mr", "&", "van", "de", "la", "Jr.", "PhD", "Ada", "King", "山田", "(Bob)", '"X"', "né", "and"]
)


@given(st.lists(WORDS | st.text(max_size=6), max_size=7).map(" ".join) | st.text(max_size=300))
def test_each_word_of_a_name_is_in_one_of_its_parts(text: str) -> None:
    found = split_name(text)

    said = sorted(text.replace(",", " ").split())
    assert sorted(f"{found.title} {found.first} {found.last}".replace(",", " ").split()) == said
