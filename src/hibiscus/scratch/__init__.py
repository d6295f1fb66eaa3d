"""Reference implementations in pure Python, one item at a time, against which fast functions are tested."""
