"""From literature to networks: sources and facts, pooling into Dirichlet counts, prior sets, the build."""
