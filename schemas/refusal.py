"""Refusal: a file that the system does not give to this user, or has no memory for. It may be
sound: whoever makes or gets it again, as the advice for a damaged one says, does so for nothing."""

GIVE_RIGHT = "give this user the right to read it"
MORE_MEMORY = "choose a machine with more memory, or something smaller"
OF_MEMORY = ("out of memory", "allocate memory", "Cannot allocate")
"""Words of PyTorch on a GPU and a CPU, and of the system."""


def what_helps(error: BaseException, otherwise: str) -> str:
    """What to do about a file that cannot be read; `otherwise` where nobody refused it."""
    if isinstance(error, PermissionError):
        return GIVE_RIGHT
    is_of_memory = isinstance(error, MemoryError) or any(one in str(error) for one in OF_MEMORY)
    return MORE_MEMORY if is_of_memory else otherwise
