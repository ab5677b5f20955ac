"""What the proof of a request is worth."""

from collections.abc import Collection
from typing import Literal, get_args

# From nothing at all over what stands in a public page and a secret that only the sender knows to a signature.
ProofGrade = Literal["none", "public", "token", "signed"]
GRADES: tuple[ProofGrade, ...] = get_args(ProofGrade)
IN_A_PAGE = frozenset({"url_token", "body_token"})


def grade_of(proofs: Collection[str], *, by_browser: bool) -> ProofGrade:
    """
    Return what several proofs are worth that must all hold.

    A page that lets the visitor's browser send its form shows everybody the form's URL and its fields.
    """
    if "secret" in proofs:
        return "signed"
    if by_browser and IN_A_PAGE.issuperset(proofs):
        return "public" if proofs else "none"
    return "token" if proofs else "none"
