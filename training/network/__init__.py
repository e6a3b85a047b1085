"""What is trained: backbones, heads, augmentation, loss, optimiser."""
