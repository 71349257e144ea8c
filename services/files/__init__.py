"""File storage: a local folder or an S3 bucket, and safe access to folders that others write to."""
