"""``read FOLDER``: what the reports of a folder say."""
