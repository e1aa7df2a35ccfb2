"""Who delivers a queued job: this process."""
