"""ComfyUI's workflows: read, bound to Limner's words, filled in, checked. Pure: nothing here asks a server."""
