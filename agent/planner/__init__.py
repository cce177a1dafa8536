"""The planner as a process of its own: it comes with a question and is gone with the answer."""
