"""The methods, one file each, in folders by family; `registry` is the only list."""
