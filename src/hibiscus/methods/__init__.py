"""The methods: one file each, one folder per family; `registry` finds them."""
