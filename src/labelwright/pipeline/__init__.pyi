from .look import Look as Look
from .look import look as look
from .run import RunResult as RunResult
from .run import load_run as load_run
from .run import run as run
from .settings import Settings as Settings
