# The container, into DIST; make release calls it.
RELEASED += container
.PHONY: container check-container

container:
	@scripts/setup release
	@scripts/setup panel
	@share/panel/make $(PANEL)
	@share/container/build $(DIST)/jk-tools-$(VERSION).oci.tar

# The image is built and run against the simulated bus and a broker.
check-container:
	@scripts/setup container
	@[ ! -e $(PANEL)/index.html ] || share/panel/make $(PANEL) # one of other sources is not packed
	@$(MAKE) -s all $(BUILD)/jk-sim $(BUILD)/alone
	@JK_BUILD=$(BUILD) prove -v --exec $(BUILD)/alone tests/container/run
