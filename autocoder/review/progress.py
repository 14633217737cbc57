"""Progress."""

routes = []
