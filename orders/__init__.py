"""From a ticket to an accepted order: checked, written down, sent once, followed to its end.

An order is sent once or not at all, and everybody can see which. What is not known is called unknown, keeps its exposure
reserved, and is looked up until it is known.
"""
