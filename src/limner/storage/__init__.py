"""Where pictures are kept and worked on: the object store, pixels, provenance and delivery."""
