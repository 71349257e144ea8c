"""One long video rendered by several workers, part by part."""
