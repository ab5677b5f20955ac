"""Phone numbers, read as HighLevel reads them: with libphonenumber, stored as E.164."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from sandbox.refusals import BadRequest

NOT_A_NUMBER = "The string supplied did not seem to be a phone number"

# The wording of the JavaScript edition of libphonenumber, which HighLevel passes on to its callers:
# https://github.com/google/libphonenumber/blob/master/javascript/i18n/phonenumbers/phonenumberutil.js
WORDINGS = {
    NumberParseException.INVALID_COUNTRY_CODE: "Invalid country calling code",
    NumberParseException.NOT_A_NUMBER: NOT_A_NUMBER,
    NumberParseException.TOO_SHORT_AFTER_IDD: "Phone number too short after IDD",
    NumberParseException.TOO_SHORT_NSN: "The string supplied is too short to be a phone number",
    NumberParseException.TOO_LONG: "The string supplied is too long to be a phone number",
}


def to_e164(text: str, region: str) -> str:
    """Return the number as E.164, or refuse it in libphonenumber's words."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        raise BadRequest(WORDINGS.get(error.error_type, NOT_A_NUMBER)) from error
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
