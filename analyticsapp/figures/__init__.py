"""What a window's figures are made of: sums of days, counts over the window, and further facts."""
