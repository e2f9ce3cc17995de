"""One function for each thing a user does; the command line and the API are thin shells over them.

Every function takes a `Services` value first, changes the store through one guarded batch, and rings the engine.
"""
