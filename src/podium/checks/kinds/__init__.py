"""The kinds of evidence that Podium brings, one file each."""
