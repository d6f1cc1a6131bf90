"""Keys: those of models' servers, which only the environment holds."""

import os
from urllib.parse import urlsplit

from schemas.config.chat import VARIABLE, ChatConfig
from schemas.proxies import is_own

NOT_OF_KEYS = {" ", '"', "'"}
"""What is copied with a key: quotes, which env files of Docker keep, and the word Bearer."""


def key_of(chat: ChatConfig, section: str = "chat") -> str:
    """The key in the environment; ValueError where it is missing and the server is of another
    machine."""
    name = chat.api_key_env or ""
    if name and name not in os.environ and not VARIABLE.fullmatch(name):
        # It may be the key itself: no message shows it.
        raise ValueError(
            f"{section}.api_key_env is not the name of a variable in the environment: write one "
            "such as OPENAI_API_KEY, never the key itself, or nothing for a server without a key"
        )
    key = os.environ.get(chat.api_key_env, "").strip() if chat.api_key_env else "none"
    if not key and is_own(urlsplit(chat.base_url).hostname or ""):
        key = "none"
    if not key:
        raise ValueError(
            f"no key for {chat.model}: set the environment variable {chat.api_key_env}, or name "
            f"another one in {section}.api_key_env"
        )
    if not (key.isascii() and key.isprintable()) or set(key) & NOT_OF_KEYS:
        # The client would show it in the error, and a server what it takes for the key.
        raise ValueError(f"{chat.api_key_env} holds characters that no key has: copy it again")
    return key
