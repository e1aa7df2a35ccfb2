"""Text models and what is known about prompts without them."""
