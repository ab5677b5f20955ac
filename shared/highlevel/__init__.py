"""Everything we know about HighLevel, and nothing about forms: the contact, the client, its errors."""
