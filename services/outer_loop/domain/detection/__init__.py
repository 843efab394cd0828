"""The detector: which causes are met by more customers than their own past and chance explain."""
