"""The command line: parse, call a verb, print. Only this room reads environment, home, working directory and tty."""
