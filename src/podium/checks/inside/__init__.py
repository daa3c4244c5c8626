"""What runs inside the project's own Python: single files of the standard library and pytest alone, from Python 3.8 on.

They are read as text and brought into the sandbox; Podium itself never imports them.
"""
