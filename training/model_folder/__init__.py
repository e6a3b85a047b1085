"""A finished run -> the model folder that is served: graph, calibration, card, release."""
