"""The form of the login page."""

from unfold.forms import AuthenticationForm

from helsinki_proactive import openid
from helsinki_proactive.staff.signing_in import PROVIDER


class SignInForm(AuthenticationForm):
    """Name and password; the page also leads to the City's provider, where there is one."""

    def has_provider(self) -> bool:
        """Whether employees sign in at the City's provider."""
        return openid.is_configured(PROVIDER)
