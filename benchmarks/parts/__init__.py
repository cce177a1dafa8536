"""One file per part of `make bench`; each has measure(folder) and runs by itself."""
