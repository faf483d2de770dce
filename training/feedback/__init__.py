"""From what people said about captions to datasets, and from new models to a verdict."""
