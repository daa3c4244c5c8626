"""What tests, the demo and people who extend Podium use: a scripted agent, a clock, repositories, conformance suites.

Everything here is real (a real process, a real repository, a real server); only what costs money is scripted.
"""
