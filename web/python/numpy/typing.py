"""The name that annotations use."""

from numpy import ndarray

NDArray = ndarray
