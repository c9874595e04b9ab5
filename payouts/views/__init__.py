"""Pages about money: a fan's, a creator's."""
