"""Stop: one switch for all chats of a process, for whoever is asked to end the run."""

from threading import Event

STOPPED = Event()
"""While it is set no request is sent; replies under way are waited for and kept."""
