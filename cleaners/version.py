"""The version of the package, which is part of the version of its rules."""

VERSION = "0.1.0"
