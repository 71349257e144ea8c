"""Drafts of CapCut and JianYing: fetched, uploaded, and read into typed records."""
