"""What was compared and measured, as a page, a table in the terminal, a spreadsheet and JSON."""
