"""Who may do what: keys, what they allow, and addresses of files that end by themselves."""
