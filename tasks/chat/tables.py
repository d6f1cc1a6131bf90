"""Tables of the reply store."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

SCHEMA_VERSION = 1
"""Increased whenever a table changes: a release refuses a store of another version."""


class AnyText(TypeDecorator[str]):
    """Text as ASCII with escapes: servers' words may hold NUL characters and unpaired surrogates,
    which no database takes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.encode("unicode_escape").decode("ascii")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.encode("ascii").decode("unicode_escape")


TABLES = MetaData()
VERSIONS = Table("schema_version", TABLES, Column("version", Integer, primary_key=True))
REPLIES = Table(
    "replies",
    TABLES,
    Column("digest", AnyText, primary_key=True),
    Column("model", AnyText, nullable=False),
    # Not compressed: zlib halves these 0.5-4 KB but takes 65 us, as long as all else together.
    Column("raw", LargeBinary, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("finish_reason", AnyText),
    Column("seconds", Double, nullable=False),
    Column("created", Double, nullable=False),
    Column("cost", Double),
    Column("is_batch", Boolean, nullable=False),
    Column("payer", AnyText, nullable=False),
)
SPENDING = Table(
    "spending",
    TABLES,
    Column("payer", AnyText, primary_key=True),
    Column("dollars", Double, nullable=False),
)
BATCHES = Table(
    "batches",
    TABLES,
    Column("batch_id", AnyText, primary_key=True),
    Column("endpoint", AnyText, nullable=False),
    Column("model", AnyText),
    Column("created", Double, nullable=False),
    Column("status", Text, nullable=False),
)
BATCH_REQUESTS = Table(
    "batch_requests",
    TABLES,
    Column("digest", AnyText, primary_key=True),
    Column("batch_id", AnyText, primary_key=True, index=True),
)
