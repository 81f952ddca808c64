"""Invented hosts with planted debris and with traps, the truth known for each page: they measure learned rules."""

from benchmarks.planted.host import Host, Plant, PlantedPage, hosts
from benchmarks.planted.learning import Outcome, learn, outcome

__all__ = ["Host", "Outcome", "Plant", "PlantedPage", "hosts", "learn", "outcome"]
