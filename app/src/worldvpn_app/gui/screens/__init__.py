"""The app's pages as pictures: drawn without a display from answers that are kept beside this."""
