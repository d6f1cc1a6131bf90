"""The columns that identify an object, and those of its box."""

KEY = ["image_id", "object_id"]
BOX = ["x1", "y1", "x2", "y2"]
