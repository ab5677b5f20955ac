"""What web, worker and cli must all agree on: settings, configuration, submissions, the journal, HighLevel."""
