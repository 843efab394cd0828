"""Makes models from labelled texts. Needs scikit-learn, which running a model does not."""
