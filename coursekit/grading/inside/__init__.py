"""What runs beside a submission, behind the wall: nothing else of the grader does."""
