"""CapCut/JianYing drafts: fetched through a guard, read into typed records."""
