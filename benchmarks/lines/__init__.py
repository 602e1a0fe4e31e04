"""The lines of the plan, one module each with ``measure(site)``."""
