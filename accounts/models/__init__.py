"""People, offices, posts and roles."""

from accounts.models.notification import Notification
from accounts.models.office import Office, OfficeAlias, OfficeKind, office_tree
from accounts.models.position import Portfolio, Position
from accounts.models.role_request import RoleRequest
from accounts.models.user import User

__all__ = [
    "Notification",
    "Office",
    "OfficeAlias",
    "OfficeKind",
    "Portfolio",
    "Position",
    "RoleRequest",
    "User",
    "office_tree",
]
