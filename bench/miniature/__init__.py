"""Whether dense rewards help, in miniature: rectangles in pictures that are hard to see, and a
policy of 0.4 M parameters that reads its answer off the boxes it wrote. See `__main__`."""
