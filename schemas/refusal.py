"""Refusal: a file that the system does not give to this user. It may be sound: whoever makes or
gets it again, as the advice for a damaged one says, does so for nothing."""

GIVE_RIGHT = "give this user the right to read it"


def what_helps(error: BaseException, otherwise: str) -> str:
    """What to do about a file that cannot be read; `otherwise` where nobody refused it."""
    return GIVE_RIGHT if isinstance(error, PermissionError) else otherwise
