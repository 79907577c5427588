"""Secrets masked before anything is shown or logged: by the name they stand under, by form.

Called on arguments, results and reasons before they are cut, so no half of a secret survives a
cut. A mark carries length and a digest keyed per request (`[secret, 40 characters, #ab12cd]`), so
equal secrets look equal inside one request and nowhere else. A name alone hides one text that looks
like a secret, never what may run or lead somewhere: showing a secret is the lesser evil than hiding
an action, because whoever writes the arguments chooses the names. The body gets the original.
"""

import hashlib
import hmac
import re
from itertools import pairwise
from typing import cast
from urllib.parse import unquote

from approvals.domain import errors, strict_json
from approvals.domain.strict_json import JsonValue

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS = frozenset(
    {"password", "passwords", "passwd", "pwd", "passphrase", "passcode", "pin", "otp", "jwt"}
    | {"secret", "secrets", "token", "tokens", "credential", "credentials", "authorization"}
    | {"cookie", "cookies", "apikey", "apikeys", "bearer"}
)
_SECRET_PAIRS = frozenset(
    {"api key", "access key", "private key", "secret key", "signing key", "encryption key"}
    | {"session id", "auth header", "connection string"}
)
# A word at the end that says the value is about a secret and not the secret itself.
_ABOUT = frozenset(
    {"path", "file", "filename", "dir", "folder", "url", "uri", "endpoint", "host", "name"}
    | {"names", "id", "ids", "arn", "ref", "reference", "count", "limit", "max", "min", "length"}
    | {"size", "type", "kind", "policy", "ttl", "expiry", "expires", "at", "version", "rotation"}
    | {"enabled", "required", "budget", "usage"}
)
_MEASURES = frozenset({"max", "min", "num", "count", "total", "is", "has", "use", "per", "n"})

_NAMED = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret(?:[_-]?(?:access[_-]?)?key)?|token|api[_-]?key"
    r"|session[_-]?id)"
)
_FORMS = re.compile(
    r"(?P<pem>-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY-----"
    r"(?:\s*+Proc-Type: \d,ENCRYPTED\s++DEK-Info: [A-Z0-9-]{1,20},[0-9A-F]{1,64})?"
    r"(?:(?:\s|\\[nr])*+[A-Za-z0-9+/=]{40,}+)++"
    r"(?:(?:\s|\\[nr])*+[A-Za-z0-9+/=]{1,39}+)?"
    r"(?:(?:\s|\\[nr])*+-----END [A-Z0-9 ]{0,30}PRIVATE KEY-----)?)"
    r"|(?P<before_url>://[^\s/?#:@]{0,200}:)(?P<url>[^\s/?#@(){}`|;<>\"'\\]{1,200})(?=@)"
    # A host is consumed unread: it is never masked, whatever it looks like.
    r"|(?P<host>://[A-Za-z0-9._-]++(?![^\s/?#]{0,200}@))"
    r"|(?P<aws>(?:AKIA|ASIA)[0-9A-Z]{16})"
    r"|(?P<github>gh[pousr]_[A-Za-z0-9]{20,}+|github_pat_[A-Za-z0-9_]{20,}+|glpat-[\w-]{20,}+)"
    r"|(?P<slack>xox[a-z]-[A-Za-z0-9-]{10,}+|xapp-[A-Za-z0-9-]{10,}+)"
    r"|(?P<model>(?<![A-Za-z0-9])[sr]k[-_](?=[A-Za-z_-]{0,40}[0-9])[A-Za-z0-9_-]{16,}+)"
    r"|(?P<sayso>sayso_[0-9A-HJKMNP-TV-Z]{26}_[0-9a-f]{16,}+)"
    r"|(?P<google>AIza[0-9A-Za-z_-]{35}|npm_[A-Za-z0-9]{36}|hf_[A-Za-z0-9]{30,}+)"
    r"|(?P<jwt>(?<![\w-])eyJ[\w-]{8,}+\.[\w-]{8,}+\.[\w-]*+)"
    r"|(?P<before_header>\b[Aa]uthorization[\"']?\s{0,4}[:=]\s{0,4}[\"']?"
    r"(?:(?:[Bb]earer|[Bb]asic|[Tt]oken)\s{1,4})?+)(?P<header>[\w.~+/=-]{6,}+)"
    r"|(?P<before_bearer>\b[Bb]earer\s{1,4})(?P<bearer>[\w.~+/=-]{20,}+)"
    rf"|(?P<before_named>(?<![A-Za-z])(?i:(?:[a-z0-9]{{1,20}}[_-]){{0,3}}{_NAMED})"
    r"(?:[\"']?\s{0,4}[:=]\s{0,4}(?!\[secret, )\[?[\"']?|(?<=.)\s{1,4}(?=[A-Za-z0-9+_-]*[0-9])))"
    r"(?P<named>[\w.~+/=%!^*-]{4,}+)"
)
# Every form holds one of these, and looking for them is ten times faster than the expression.
_TRIGGERS = (
    *("://", "private key-----", "akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-"),
    *("github_pat_", "xox", "xapp-", "sk-", "sk_", "rk-", "rk_", "aiza", "npm_", "hf_", "eyj"),
    *("sayso_", "authorization", "bearer", "pass", "pwd", "secret", "token", "api", "session"),
)
_VALUE_GROUPS = ("pem", "url", "aws", "github", "slack", "sayso", "model", "google", "jwt")
_GUESSED_GROUPS = ("header", "bearer", "named")
_RUNS = re.compile(r"-|.*?[\s;|&<>$`(){}\\\"'\x00-\x1f\x7f]", re.DOTALL)
"""An option, or what a shell, a query or a template acts on; hardly any secret needs one."""
_PLACE = re.compile(
    r"[~.]{0,2}/|[A-Za-z]+://|[\w.+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$"
    r"|(?:\d{1,3}\.){3}\d{1,3}(?:[:/]|$)|(?:[0-9A-Fa-f]{0,4}:){2,}|[A-Za-z0-9.-]{1,253}:\d{1,5}$"
    r"|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.[A-Za-z]{2,}(?:[:/?#]|$)"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{20,}={0,2}")
_PATH_PART = re.compile(r"(?=[A-Za-z]{3})[A-Z]?[a-z]+\d*|[A-Z]{3,}")
_IDENTIFIER = re.compile(r"[A-Za-z]+\d{0,2}(?:_[A-Za-z]+\d{0,2})+")
_LETTERS = re.compile(r"[A-Za-z]+(?:[._-][A-Za-z]+)*")
_SCHEME = re.compile(r"\s*(?i:(?:bearer|basic|token) {1,4})?")
_SECRET_MIN_CHARS = 4
_SECRET_MAX_CHARS = 512


def mask_arguments(arguments: JsonValue, salt: str) -> JsonValue:
    """Return a copy of *arguments* with every secret in it as a mark keyed by *salt*.

    Every text is judged by the name right above it. What stands in a list or an object under a
    secret name, a number, and a text that may run or lead somewhere stay readable.
    """
    if isinstance(arguments, dict):
        masked: dict[str, JsonValue] = {}
        for key, below in arguments.items():
            shown = mask_text(key, salt)
            while shown in masked:  # marks are short: two keys may come out alike, and both stay
                shown += " again"
            masked[shown] = _named(key, below, salt)
        return masked
    if isinstance(arguments, list):
        return [mask_arguments(item, salt) for item in arguments]
    return mask_text(arguments, salt) if isinstance(arguments, str) else arguments


def mask_text(text: str, salt: str) -> str:
    """Return *text* with everything that has a secret's form as a mark. Linear in its length."""
    if not _may_hold_a_secret(text.lower()):
        return text

    def replace(found: re.Match[str]) -> str:
        for group in _VALUE_GROUPS:
            if found[group] is not None:
                before = found["before_url"] or ""
                return before + mark(found[group], salt)
        for group in _GUESSED_GROUPS:
            guessed = found[group]
            if guessed is not None and looks_secret(guessed) and not _LETTERS.fullmatch(guessed):
                return cast("str", found[f"before_{group}"]) + mark(guessed, salt)
        return found[0]

    return _FORMS.sub(replace, text)


def _may_hold_a_secret(lowered: str) -> bool:
    for trigger in _TRIGGERS:  # noqa: SIM110 - the generator of `any` costs three times the looking
        if trigger in lowered:
            return True
    return False


def mask_words(text: str, salt: str) -> str:
    """Return what a tool or a person said with its secrets as marks; JSON is masked by its names.

    For results and reasons only: JSON comes back in canonical form, which would misstate arguments.
    """
    if text.lstrip()[:1] in ("{", "["):
        try:
            return strict_json.write(mask_arguments(strict_json.read(text), salt))
        except errors.InvalidJson:
            pass
    return mask_text(text, salt)


def mark(secret: str, salt: str) -> str:
    """Return what stands for *secret*: its length and a digest keyed by *salt*."""
    digest = hmac.new(salt.encode(), secret.encode(errors="surrogatepass"), hashlib.sha256)
    noun = "character" if len(secret) == 1 else "characters"
    return f"[secret, {len(secret):,} {noun}, #{digest.hexdigest()[:6]}]"


def names_a_secret(key: str) -> bool:
    """Whether what stands under *key* is a secret, judged by the words in the name.

    >>> [names_a_secret(key) for key in ("dbPassword", "API_KEY", "max_tokens", "token_url")]
    [True, True, False, False]
    """
    words = [word.lower() for word in _WORDS.findall(key)]
    if not words or (words[-1] in _ABOUT and " ".join(words[-2:]) not in _SECRET_PAIRS):
        return False
    if words[0] in _MEASURES:
        return False
    pairs = (" ".join(pair) for pair in pairwise(words))
    return not _SECRET_WORDS.isdisjoint(words) or not _SECRET_PAIRS.isdisjoint(pairs)


def looks_secret(text: str) -> bool:
    """Whether *text*, standing under a secret's name, is a secret: nothing that runs or leads.

    >>> [looks_secret(text) for text in ("hunter2", "/etc/shadow", "x; reboot", "DROP_TABLE_users")]
    [True, False, False, False]
    """
    if not _SECRET_MIN_CHARS <= len(text) <= _SECRET_MAX_CHARS:
        return False
    meant = unquote(text)
    return not (_RUNS.match(meant) or _IDENTIFIER.fullmatch(meant) or _is_place(meant))


def _named(key: str, value: JsonValue, salt: str) -> JsonValue:
    """Return what stands under *key* masked; only a text can be a secret by its key's name."""
    if not isinstance(value, str) or not names_a_secret(key):
        return mask_arguments(value, salt)
    start = _SCHEME.match(value)
    assert start is not None
    secret = value[start.end() :].rstrip()
    if not looks_secret(secret):
        return mask_text(value, salt)
    return start[0] + mark(secret, salt) + value[start.end() + len(secret) :]


def _is_place(text: str) -> bool:
    """Whether *text* is a host, an address or a path, which stay readable."""
    if _PLACE.match(text):
        return True
    return "/" in text and not _is_base64(text)


def _is_base64(text: str) -> bool:
    """Whether a text with slashes is rather encoded chance than a path."""
    return (
        _BASE64.fullmatch(text) is not None
        and all(any(map(kind, text)) for kind in (str.isupper, str.islower, str.isdigit))
        and not any(map(_PATH_PART.fullmatch, text.split("/")))
    )
