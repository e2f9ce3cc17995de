"""What the pages of the UI show, put together from the other services and the store.

Each function answers with plain values (dicts, lists, texts, numbers, aware times) under the names that
`tradewind.server.ui.shapes` documents; tests hold the two together. The work of each is bounded, however long the history is.
"""
