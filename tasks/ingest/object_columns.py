"""The columns that name an object, and those that box it."""

KEY = ["image_id", "object_id"]
BOX = ["x1", "y1", "x2", "y2"]
