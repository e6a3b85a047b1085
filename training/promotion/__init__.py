"""Which model is live: the gate, promotion, roll-back, history."""
