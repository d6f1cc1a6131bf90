"""Named: what of a request a server's words speak of."""

import re
from collections.abc import Iterable, Iterator

OF_FORM = (
    "response format",
    "schema",
    "json object",
    "json mode",
    "structured output",
    "structured response",
    "structured generation",
    "structured decoding",
    "constrained generation",
    "constrained sampling",
    "constrained decoding",
    " fsm ",
    "guided",
    "grammar",
    "lm format enforcer",
    "outlines",
    "llguidance",
    "additionalproperties",
    "additional properties",
    "requested parameters",
    "generate json",
    "required for format",
)
"""Words of a rejection whose cause is the required form of the reply, and names of what enforces
one. The last are OpenRouter's, which names no parameter, Groq's, whose model wrote something else,
and Ollama's."""
LACKS = r"(?:\b(?:not|no|cannot|without|never)|n['\u2019]t)"
"""What stands before what a server has not."""
NO_JSON = re.compile(
    r"\bjson\b[^.\n]{0,30}\b(?:not |un)supported\b|"
    rf"{LACKS} supports?\b[^.\n@]{{0,20}}\bjson\b|"
    r"\bsupports? (?:neither|no)\b[^.\n@]{0,20}\bjson\b",
    re.I,
)
"""Words of who supports no JSON; others say of JSON that it is cut off."""
OF_IMAGES = (
    "image", "multimodal", "multi modal", "mmproj", " vision ", "expected a string",
    "must be a string", "valid string", "of type string", "only text content", "text inputs",
    " text only ", "only supports text", "supports only text", "only accepts text",
    "accepts only text", "only text is", "visual input", "pixel values",
    "picture", " photo ", "photos", "photograph", " content part ", " content parts ",
    "string content", '(not "list")', "'list' object",
)  # fmt: skip
"""Words of a rejection whose cause are the photographs. The last are Python's where a template
expects a text: only beside a photograph it is a list."""
OF_TOKENS = (
    "max tokens",
    "max completion tokens",
    "max output tokens",
    "max new tokens",
    "num predict",
)
"""Words of a rejection whose cause is the limit of a reply. The last are Google's, those of Hugging
Face's servers and Ollama's, into which gateways turn our name for it."""
OF_PARAMETERS = ("temperature", "top p", *OF_TOKENS)
"""Parameters that some servers refuse with the status of a crash."""
KINDS = (
    (re.compile(r"\bnucleus\b", re.I), re.compile(r"top_p")),
    (re.compile(r"\bsampling\b", re.I), re.compile(r"temperature|top_|min_p|penalty")),
    (re.compile(r"\b(?:reasoning|think(?:ing)?)\b", re.I), re.compile(r"reason|think")),
)
"""What servers call several parameters at once, and the names of these."""
REFUSED = (
    r"(?:unsupported|not (?:supported|allowed|permitted|accepted)|unknown|unexpected|"
    r"unrecogni[sz]ed|invalid|deprecated|(?:not|(?:do|does)n['\u2019]t) support)"
)
"""What a server says of a field that it does not take. A name of one word may be another thing than
the field, as in "unexpected provider error"."""
REFUSES = re.compile(rf"\b{REFUSED}\b", re.I)
NEVER = re.compile(
    rf"\bunsupported\b|{LACKS} (?:(?!contact\b)\w+ )?support|\bnot implemented\b|"
    r"\bnot installed\b|\b(?:not|un)[ _-]?available (?:for|with|on) this model\b",
    re.I,
)
"""What stays as it is however often it is asked for."""
FOR_NOW = re.compile(
    r"\b(?:re)?try\b[^.\n]{0,20}\b(?:(?:later|soon|shortly|in an?|in some)\b|"
    r"(?:in|after)\W{1,2}\d)|"
    r"(?:^|[.;,!]\s?)(?:please )?try (?:it |this )?again(?=\s*(?:[.!]|$))|"
    r"\btemporar|\boverload|\bbusy\b|\bat the moment\b|\bright now\b",
    re.I,
)
"""What passes, also where what is lacking now is named; "try again without it" does not."""
OF_BEHIND = re.compile(
    r"\b(?:failed|unable) to (?:get|receive) (?:a |any )?response from (?:the )?"
    r"(?:provider|upstream)|\bupstream request failed\b",
    re.I,
)
"""What a gateway says where the server behind it has failed; some say it with status 400."""
OF_FIELD = r"(?:parameter|param|argument|field|name|key|property|option|value|input)s?"
"""What a field is called."""
OF_STREAMS = re.compile(
    r"\bnon[- _]?stream|\bstream *= *false|"
    r"\bstream\b[^.\n]{0,40}\b(?:true|mode|parameter|enabled|required)\b|"
    r"\b(?:only|needs?|requires?|must|use(?! of)|enable|set|without)\b[^.\n]{0,40}"
    r"\bstream(?:ing|s)?\b|"
    r"\bstreaming\b[^.\n]{0,40}\b(?:only|requests?|required|must|needed|true|enabled)\b",
    re.I,
)
"""Words of a server that sends a reply piece by piece or not at all; that a stream has failed is no
demand for one."""
OF_TURNS = re.compile(
    r"must alternate|['\"`](?:system|developer)['\"`]|"
    r"\b(?:system|developer)[ _-](?:role|message|prompt|instruction)|"
    r"\b(?:system|developer|assistant)\b[^.\n]*\broles?\b|"
    r"\broles?\b[^.\n]*\b(?:system|developer|assistant)\b",
    re.I,
)
"""Words of a chat template that knows no instructions, or no two messages of one side: they name
the roles of a request."""
MARK = re.compile(r"[^\w\s]")
CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Where the next word begins in a name such as reasoningEffort."""


def names_request(words: str, fields: Iterable[str] = ()) -> bool:
    """Whether a server speaks of what a request asks for, or of one of its own fields. A page for
    people does not."""
    if is_page(words):
        return False
    named = (*OF_IMAGES, *OF_PARAMETERS)
    fields = [*fields]
    is_kind = says_never(words) and any(of_named_kinds(words, fields))
    is_field = is_kind or any(_refuses(words, name) for name in fields)
    is_part = names_form(words) or names_turns(words) or names_streams(words)
    return is_field or is_part or names_any(words, named)


def is_page(words: str) -> bool:
    """Whether these are no words of a server, but the page of one before it, for people."""
    return words.lstrip().startswith("<")


def names_form(words: str) -> bool:
    """Whether a server speaks of the form that a reply must have."""
    return names_any(words, OF_FORM) or NO_JSON.search(words) is not None


def says_never(words: str) -> bool:
    """Whether a server says that it lacks something, and not that it is busy."""
    return NEVER.search(words) is not None and not says_for_now(words)


def says_for_now(words: str) -> bool:
    """Whether a server says that it may do later what it does not do now."""
    return FOR_NOW.search(words) is not None


def names_behind(words: str) -> bool:
    """Whether a gateway speaks of a server behind it that has failed."""
    return OF_BEHIND.search(words) is not None


def _refuses(words: str, name: str) -> bool:
    """Whether a server does not take a field. A name of one word stands in quotes, beside what says
    so, or behind a word such as "parameter"."""
    if "_" in in_snake_case(name):
        return REFUSES.search(words) is not None and names_field(words, name)
    field = _pattern(name)
    first = rf"\b{REFUSED}\b[^.\n]{{0,40}}?(?:\b{OF_FIELD}\b(?: supplied| for| of)?:? ?|[\"'`(\[])"
    behind = rf" (?:{OF_FIELD} )?(?:(?:is|are) )?(?:currently )?{REFUSED}\b"
    quoted = rf"[\"'`][^.\n]{{0,40}}?\b{REFUSED}\b"
    pattern = f"{first}{field}|{field}(?:{behind}|{quoted})"
    return re.search(pattern, in_snake_case(words)) is not None


def names_field(words: str, name: str) -> bool:
    """Whether a server speaks of a field of a request, in whatever way it writes the name."""
    return re.search(_pattern(name), in_snake_case(words)) is not None


def of_named_kinds(words: str, names: Iterable[str]) -> Iterator[frozenset[str]]:
    """Of these fields of a request, for each kind of which a server speaks, those of that kind."""
    for kind, fields in KINDS:
        if kind.search(words):
            yield frozenset(name for name in names if fields.search(in_snake_case(name)))


def _pattern(name: str) -> str:
    pattern = re.escape(in_snake_case(name)).replace("_", "[_ .-]")
    return rf"(?<![a-z_]){pattern}(?![a-z_])"


def names_turns(words: str) -> bool:
    """Whether a server speaks of who says what in a conversation."""
    return OF_TURNS.search(words) is not None


def names_streams(words: str) -> bool:
    """Whether a server wants to be asked for a stream."""
    return OF_STREAMS.search(words) is not None


def names_any(words: str, names: tuple[str, ...]) -> bool:
    """Whether one of the names (small letters and spaces) is in what a server says."""
    told = f" {words.lower()} {in_snake_case(words)} ".replace("_", " ").replace("-", " ")
    alone = MARK.sub(" ", told)  # a word before a full stop or in quotes
    return any(name in told or name in alone for name in names)


def in_snake_case(words: str) -> str:
    """In small letters, with topP as top_p: some servers name a field as their own code does."""
    return CAPITAL.sub("_", words).lower()
