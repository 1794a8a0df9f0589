"""Looking at a page as strictly as a test can: its console, its accessibility, its width."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page

PHONE, DESK = 360, 1280
WIDTHS = (PHONE, DESK)
HEIGHT = 800
FAILED = "Failed to load resource"
LOUD = ("error", "warning")


class Window:
    """A browser's window in one language, perhaps signed in; it remembers every noise."""

    def __init__(self, browser: Browser, site: str, *, language: str, session: str = "") -> None:
        self.site = site
        self._context = browser.new_context(locale=language)
        if session:
            self._context.add_cookies([{"name": "hp_staff", "value": session, "url": site}])
        self.page: Page = self._context.new_page()
        self._noises: list[str] = []
        self._refusals: set[str] = set()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self._noises.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        """A page that says no is logged as failing by the browser: that alone is no noise."""
        address = message.location["url"]
        own = message.text.startswith(FAILED) and address == self.page.url
        if message.type in LOUD and not own:
            self._noises.append(f"{message.text} {address}")

    def open(self, address: str, *, width: int, status: int = 200) -> Page:
        """The page at ``address``, which answers with ``status``."""
        self._noises.clear()
        self.widen(width)
        response = self.page.goto(self.site + address)
        assert response is not None
        assert response.status == status, response.status
        return self.page

    def widen(self, width: int) -> None:
        """The same page in a window of another width."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})

    def check(self) -> None:
        """Fail for a noise in the console, a violation of accessibility, or sideways scrolling."""
        found = [
            f"{violation['id']}: {node['html'][:300]}"
            for violation in Axe().run(self.page).response["violations"]
            for node in violation["nodes"]
        ]
        found += self._noises
        if self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append("scrolls sideways")
        assert not found, "\n".join(found)

    def close(self) -> None:
        self._context.close()
