"""Opens issues for what is met by more customers than its past and chance explain."""
