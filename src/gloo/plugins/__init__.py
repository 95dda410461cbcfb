"""One file per upstream type, function type or route feature."""
