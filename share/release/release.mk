# What is released, into DIST.  Whoever makes another part of it names its target in RELEASED.
DIST ?= dist
.PHONY: release tarball
release:
	@scripts/setup release
	@share/release/run $(DIST) $(RELEASED)
tarball:
	@share/release/tarball $(DIST)
