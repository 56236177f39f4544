"""The pages of the catalogue: the customers' in `shop`, the staff's in `desk`."""
