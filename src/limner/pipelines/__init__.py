"""Pipelines of the diffusers library, painted with by a process of its own: torch never enters this one."""
