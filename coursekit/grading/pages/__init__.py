"""What people read: feedback pages, formulas, the table of marks."""
