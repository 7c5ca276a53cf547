"""Learning the CPTs of a network from cases."""
