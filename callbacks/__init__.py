"""WHEN the screen changes: thin registered wires over plain functions, one file name with its panel in layouts."""
