"""Fields that are no answers, whichever form they come from."""

# What the widgets that keep robots out add to a form.
CAPTCHAS = frozenset({"g-recaptcha-response", "h-captcha-response", "cf-turnstile-response", "frc-captcha-solution"})
