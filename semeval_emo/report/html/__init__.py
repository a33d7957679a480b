"""Pages: one self-contained HTML file a report, and the leaderboard as a site of one page."""
