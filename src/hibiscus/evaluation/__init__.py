"""How each task is evaluated: metrics beside baselines, and the items of the report. One module per task,
whatever method solves it.
"""
