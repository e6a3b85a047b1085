"""Where labelled pictures come from: WikiArt, folders, visitors; all become raw/."""
