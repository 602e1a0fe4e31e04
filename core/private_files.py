"""Private file storage: files below ``PRIVATE_MEDIA_ROOT`` have no URL and are served through scoped views only."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible


@deconstructible(path="core.private_files.PrivateStorage")
class PrivateStorage(FileSystemStorage):
    """A file system storage without public addresses; its root is read from the settings at each use."""

    @property
    def base_location(self) -> str:
        """The root folder as set."""
        return str(settings.PRIVATE_MEDIA_ROOT)

    @property
    def location(self) -> str:
        """The root folder, absolute."""
        return os.path.abspath(self.base_location)

    def url(self, name: str | None) -> str:
        """Refuse: a private file is read through a view that checks the scope."""
        raise ValueError("private files have no URL")
