"""The login page: one form, in the look that was chosen on the desk."""

from __future__ import annotations

from html import escape
from typing import Final

from dashboard.guard import TOKEN_FIELD

PAGE: Final = """<!doctype html>
<html lang="en" data-theme="dark" data-palette="green-red" data-mode="{mode}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<script src="/assets/early_look.js"></script>
<title>Tickdesk: log in</title>
<link rel="icon" type="image/svg+xml" href="/assets/brand.svg">
<link rel="stylesheet" href="/assets/tokens.css">
<link rel="stylesheet" href="/assets/base.css">
<link rel="stylesheet" href="/assets/login.css"></head>
<body><div class="frame" aria-hidden="true"></div>
<main class="login"><form method="post" action="/login" class="login-form">
<h1 class="login-brand"><img src="/assets/brand.svg" alt="" width="22" height="22">Tickdesk
<span class="login-mode">{world}</span></h1>
<label for="login-name">Name</label>
<input id="login-name" name="name" autocomplete="username" autocapitalize="none" maxlength="32" required autofocus>
<label for="login-password">Password</label>
<input id="login-password" name="password" type="password" autocomplete="current-password" maxlength="1024" required>
<p id="login-message" class="login-message" role="alert">{message}</p>
<input type="hidden" name="{field}" value="{token}">
<button id="login-submit" class="login-submit" type="submit">Log in</button>
</form></main></body></html>"""


def login_page(mode: str, token: str, message: str) -> str:
    """The page's HTML; `message` says why the last try failed, as text."""
    values = {"mode": mode, "world": mode.upper(), "message": message, "token": token, "field": TOKEN_FIELD}
    return PAGE.format(**{name: escape(value) for name, value in values.items()})
