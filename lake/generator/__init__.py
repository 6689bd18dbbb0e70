"""The parts that `lake generate` is made of: the retail world, its flaws and its files."""
