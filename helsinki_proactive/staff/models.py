from helusers.models import AbstractUser


class User(AbstractUser):
    """An employee of the city; citizens never are. Roles are groups, see ``staff.roles``."""

    def __str__(self) -> str:
        return self.get_full_name() or self.username
