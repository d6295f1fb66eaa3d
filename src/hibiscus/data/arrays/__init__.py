"""Arrays: IDX, NumPy, MATLAB and CIFAR files."""
