"""The form builders, one module each: what is peculiar to it, as a `PROVIDER`."""
