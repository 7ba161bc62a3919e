"""Functions that the tests of the executor send to other processes, which must import them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from labelwright.core.errors import DataError


def weighted_sum(values, weight):
    return float(np.sum(values * weight))


def fail_on_odd(number):
    if number % 2:
        raise DataError(f"{number} is odd.", where={"row": number}, hint="Give even ones.")
    return number


def sleep_if_negative(number):
    if number < 0:
        time.sleep(60)
    return number, os.getpid()


def end_if_negative(number):
    if number < 0:
        os._exit(3)
    return number


class AwkwardError(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def raise_awkward(_):
    raise AwkwardError("this", "that")


def return_a_lambda(_):
    return lambda: None


class Loud:
    """Says in a file that it was sent."""

    def __init__(self, log):
        self.log = log

    def __setstate__(self, state):
        self.__dict__.update(state)
        with Path(self.log).open("a") as stream:
            stream.write("x")


def look_at(loud):
    return loud.log
