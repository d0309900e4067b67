# What is released, into DIST.  Whoever makes another part of it names its target in RELEASED.
DIST ?= dist
.PHONY: release tarball check-packages check-arch
release:
	@scripts/setup release
	@scripts/setup panel
	@share/panel/make $(PANEL)
	@share/release/run $(DIST) $(RELEASED)
tarball:
	@share/release/tarball $(DIST)

# Debian packages: built twice, the same bytes; installed, run, upgraded, removed and purged.
check-packages:
	@scripts/setup packages
	@[ ! -e $(PANEL)/index.html ] || share/panel/make $(PANEL) # one of other sources is not packed
	@$(MAKE) -s all $(BUILD)/jk-sim $(BUILD)/alone
	@JK_BUILD=$(BUILD) prove -v --exec $(BUILD)/alone tests/packages/run

# The unit and golden tests on arm64, armhf and s390x, under qemu.  ARCH="arm64": only these.
check-arch:
	@scripts/setup chroot
	@tests/check-arch $(ARCH)
