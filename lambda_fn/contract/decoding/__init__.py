"""From the bytes of a file to upright sRGB: formats, limits, colour and shrinking, a file each."""
