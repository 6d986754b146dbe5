"""The shared cache: one worker writes ticks, bars and status into it; any number of processes read them.

Semantics first. A publication is atomic: a reader sees all of it or nothing. Publications are numbered (`seq`) without
holes within an epoch. A reader never locks, never writes and never opens a transaction, so it cannot hold up the writer.
The cache may be deleted at any time; the worker fills it again.
"""
