"""Works of art and the stories of their styles, behind one narrow protocol."""
