"""The web half: one FastAPI application. It never runs user code."""
