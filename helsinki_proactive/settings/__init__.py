"""Settings, read from the environment. ``.env.example`` lists every variable.

``HP_ENV`` says where this is: production and staging serve people and must be told everything;
development and test answer on loopback only, so a forgotten HP_ENV serves nobody.
"""

from helsinki_proactive.settings.admin import *
from helsinki_proactive.settings.place import *
from helsinki_proactive.settings.project import *
from helsinki_proactive.settings.sending import *
from helsinki_proactive.settings.signing_in import *

env.complain()
