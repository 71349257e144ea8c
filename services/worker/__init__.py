"""The worker: claims tasks, runs the exporter, stores progress and results, and cleans up."""
