"""Invented hosts with planted debris and with traps, the truth known for each page: what learned rules are measured on."""

from benchmarks.planted.host import Host, Plant, PlantedPage, hosts

__all__ = ["Host", "Plant", "PlantedPage", "hosts"]
