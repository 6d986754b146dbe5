"""The process that fills the cache: connects, decodes, builds bars, publishes; and does so again after every failure."""
