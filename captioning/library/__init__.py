"""Captions for whole libraries of photos: found, captioned with a way to go on, written to files.

Only `finding` is imported by the `caption` command for a single photo; everything else waits for
`--out`.
"""
