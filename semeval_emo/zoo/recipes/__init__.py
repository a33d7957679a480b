"""How recipes are found, read and checked, and how many parameters they train."""
