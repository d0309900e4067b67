# The app for Home Assistant, into DIST; make release calls it.
RELEASED += app
.PHONY: app check-app

app:
	@scripts/setup release
	@scripts/setup panel
	@share/panel/make $(PANEL)
	@share/app/make $(DIST)/app

# The app is built as the Supervisor builds it, and run with a Supervisor of a few lines.
check-app:
	@scripts/setup app
	@[ ! -e $(PANEL)/index.html ] || share/panel/make $(PANEL) # one of other sources is not packed
	@$(MAKE) -s all $(BUILD)/jk-sim $(BUILD)/alone
	@JK_BUILD=$(BUILD) prove -v --exec $(BUILD)/alone tests/app/run
