"""Pictures that visitors gave along with their word: exported, reviewed, merged."""
