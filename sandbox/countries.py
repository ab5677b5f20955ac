"""The country codes that HighLevel accepts."""

# ISO 3166-1 alpha-2 with AN and XK, and without BL, BQ, CW and SS:
# https://marketplace.gohighlevel.com/docs/Country%20List
SECOND_LETTERS = {
    "A": "DEFGILMNOQRSTUWXZ",
    "B": "ABDEFGHIJMNORSTVWYZ",
    "C": "ACDFGHIKLMNORUVXYZ",
    "D": "EJKMOZ",
    "E": "CEGHRST",
    "F": "IJKMOR",
    "G": "ABDEFGHILMNPQRSTUWY",
    "H": "KMNRTU",
    "I": "DELMNOQRST",
    "J": "EMOP",
    "K": "EGHIMNPRWYZ",
    "L": "ABCIKRSTUVY",
    "M": "ACDEFGHKLMNOPQRSTUVWXYZ",
    "N": "ACEFGILOPRUZ",
    "O": "M",
    "P": "AEFGHKLMNRSTWY",
    "Q": "A",
    "R": "EOSUW",
    "S": "ABCDEGHIJKLMNORTVXYZ",
    "T": "CDFGHJKLMNORTVWZ",
    "U": "AGMSYZ",
    "V": "ACEGINU",
    "W": "FS",
    "X": "K",
    "Y": "ET",
    "Z": "AMW",
}
COUNTRY_CODES = frozenset(first + second for first, seconds in SECOND_LETTERS.items() for second in seconds)
