# The control panel: make panel puts it together in build/panel, from share/panel and what npm fetches.
.PHONY: panel check-panel
PANEL = $(BUILD)/panel

panel:
	@scripts/setup panel
	@share/panel/make $(PANEL)

# In Chromium, with a broker and the simulated bus; PANEL_LONG=1: also ten minutes with 15 packs.
check-panel:
	@scripts/setup check-panel
	@$(MAKE) -s all $(BUILD)/jk-sim $(BUILD)/alone
	@share/panel/make $(PANEL)
	@JK_BUILD=$(BUILD) $(BUILD)/alone -t 2400 tests/panel/run $(PANEL_TESTS)
