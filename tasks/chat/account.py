"""Accounts: who pays for replies of models, with which key, and where the replies are kept."""

import asyncio
import logging
from contextlib import closing
from pathlib import Path

from schemas.chat import Account
from schemas.config.build import PipelineConfig
from schemas.config.chat import ChatConfig
from schemas.config.evaluation import EvaluateConfig
from tasks.addresses import store_of
from tasks.chat.keys import key_of

REPLIES = "replies.sqlite"
"""The reply store below the root, where a configuration names no other."""
logger = logging.getLogger(__name__)


def account_of(config: PipelineConfig, root: Path) -> Account:
    """Who pays for the replies of a build, and where they are kept."""
    store = config.replies or f"sqlite:///{root.resolve() / REPLIES}"
    return Account(config.name, store, config.budget)


def spent_by(account: Account) -> float:
    """US dollars that are spent so far; 0, with a warning, where the store cannot say so."""
    place = account.store.removeprefix("sqlite:///")
    if place != account.store and not Path(place).exists():
        return 0.0  # asking would make the store
    from tasks.chat.replies import open_replies  # only here: it loads the client of the database

    async def spent() -> float:
        with closing(open_replies(account.store)) as store:
            return await store.spent(account.payer)

    try:
        return asyncio.run(spent())
    except (OSError, ValueError) as error:  # a build would fail, a plan need not
        logger.warning("what is spent is not known: %s", error)
        return 0.0


def check_asked(config: PipelineConfig, root: Path) -> None:
    """ValueError where a model that a build asks could not be asked, or what it replies be kept."""
    check_replies(config, root)
    if config.runner.address and config.chats and not config.replies:
        raise ValueError(
            "the machines of runner.address cannot keep replies of models in one file: set "
            'replies = "postgresql://user@host/database"'
        )
    check_keys(config)


def check_replies(config: PipelineConfig | EvaluateConfig, root: Path) -> None:
    """ValueError where replies would be kept in a file of this machine alone: the root is the copy
    of one on an object store."""
    address = store_of(root)
    if address and config.chats and not config.replies:
        raise ValueError(
            f"{address} keeps no replies of models, and what they cost would be lost with this "
            'machine: set replies = "postgresql://user@host/database"'
        )


def check_keys(config: PipelineConfig) -> None:
    """ValueError where a model's key is not in the environment."""
    for section, chat in config.chats.items():
        key_of(chat, section)


def chat_of(config: PipelineConfig, stage: str) -> ChatConfig | None:
    return config.chats.get(f"{stage}.chat")
