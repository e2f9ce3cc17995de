"""The API of our own web UI, under `/ui`: views made for its pages, live events, sessions. Not an interface for others."""
