"""``read``: what a radiology report says of each finding."""
