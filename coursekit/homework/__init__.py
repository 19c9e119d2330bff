"""What students check their work with: checks, reports, misconceptions."""
