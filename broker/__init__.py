"""alpaca-py made safe: the only room that knows a wire key or a URL of Alpaca's.

Out of it come whole batches in the desk's own words, errors named by what must be done, and nothing that waits for ever.
"""
