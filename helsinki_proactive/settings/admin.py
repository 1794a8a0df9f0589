"""How the admin looks."""

from django.templatetags.static import static

UNFOLD = {
    "SITE_TITLE": "Helsinki Proactive",
    "SITE_HEADER": "Helsinki Proactive",
    "SITE_SYMBOL": "mark_email_read",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("offers/icon.svg")}
    ],
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": False,
    "LOGIN": {"form": "helsinki_proactive.staff.forms.SignInForm"},
    "DASHBOARD_CALLBACK": "helsinki_proactive.casework.dashboard.dashboard",
    "SIDEBAR": {"navigation": "helsinki_proactive.casework.navigation.navigation"},
    "STYLES": [lambda request: static("casework/casework.css")],
    "SCRIPTS": [lambda request: static("casework/casework.js")],
    "COLORS": {  # the blues of the Helsinki Design System
        "primary": {
            "50": "#f2f3ff",
            "100": "#e5e7ff",
            "200": "#ccd0ff",
            "300": "#a8afff",
            "400": "#8b94ff",
            "500": "#7d87ff",
            "600": "#0000bf",
            "700": "#0000a0",
            "800": "#000080",
            "900": "#00005e",
            "950": "#000033",
        },
    },
}
