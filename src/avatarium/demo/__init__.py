"""The demo: two hundred people, their pictures, and the page that shows them, on top of the real service."""

from avatarium.demo.people import Person, load_people
from avatarium.demo.seed import seed
from avatarium.demo.site import create_demo_app

__all__ = ["Person", "create_demo_app", "load_people", "seed"]
