# The jk tools.  make; make check; make demo; make bench; make install DESTDIR= PREFIX=/usr/local;
# make uninstall; make clean
# make check-vm: only the tests in virtual machines; tests/vm/run --shell opens a shell in one.
# make fuzz: each fuzzer with libFuzzer for FUZZ_SECONDS; make check runs a bounded number of inputs.
# make mutants: MUTANTS (100) random changes to the sources, each of which a test should notice; MUTANTS_SEED=
# for others, MUTANTS_E2E=1 to run the end-to-end tests, too.
# make soak: the whole pipeline for SOAK (20) minutes, under faults of every kind; SOAK_SEED= for others.
# make check-homeassistant: a real Home Assistant discovers the packs of the simulated bus.
# make panel: the control panel into build/panel.  make check-panel: in Chromium.  See share/panel/panel.mk.
# make check-service: stages of the supervised tree are killed a hundred times; KILLS=, STOP=, SERVICE_SEED=.
# make release: source tarball, Debian packages and more into dist.  make check-packages installs and runs
# them; make check-arch: unit and golden tests on other architectures.  See share/release/release.mk.
# make SAN=1 builds with AddressSanitizer and UBSan into build-san; CC=clang-14 BUILD=build-clang with another
# compiler.

PREFIX ?= /usr/local
CC = gcc
SAN ?=
BUILD ?= build$(if $(SAN),-san)

WERROR ?=
# Tests mostly wait, so more of them run at once than there are processors.
JOBS ?= 8
# Seconds after which a test has failed, and all of them (tests/alone.c).  On a machine with a load of 50 one
# of half a minute takes five minutes.
LIMIT ?= 600
CHECK_LIMIT ?= 2400
E2E ?= $(wildcard tests/e2e/*.t)
# Those that take longest begin first, in this order.
SLOW = mqtt-odd service-reload service-faults no-memory style conf service-run mqtt-restart one-row \
	service-kill mqtt-cost alarm-cost load mqtt-load day alarm mqtt-discovery mqtt-stopped write-bus \
	dashboard notify replay demo can-rs485 can-hour can-twins find-can mqtt-alarms left twins tcp \
	mqtt-component find
SLOW_UNITS = week pace deframe mqtt_limits masters rules two
LONG = $(foreach t,$(SLOW:%=tests/e2e/%.t),$(filter $t,$(E2E))) \
	$(filter $(SLOW_UNITS:%=$(BUILD)/tests/%),$(UNITS))
WARNINGS = $(WERROR) -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wconversion
CFLAGS ?= -O3 -g
FUZZ ?=
FUZZ_SECONDS ?= 60
SANFLAGS = \
	$(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer) \
	$(if $(FUZZ),-fsanitize=fuzzer-no-link)
comma := ,
# What a fault could do is limited: SECURITY.md.  The sanitizers find more, and have their own checks; without
# optimisation the C library has none.
OPTIMISED = $(filter -O1 -O2 -O3 -Os,$(CFLAGS))
HARDENED = -fPIE -fstack-protector-strong -fstack-clash-protection \
	$(if $(SAN)$(FUZZ),,$(if $(OPTIMISED),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
HARDENED_LINK = -pie -Wl,-z,relro,-z,now,-z,noexecstack
# On 32 bits: times after January 2038, and files of more than 2 GiB.
BITS = -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE $(BITS) $(WARNINGS) $(HARDENED) $(CFLAGS) $(SANFLAGS) -Icommon -I$(GEN) \
	-MMD -MP
ALL_LDFLAGS = $(HARDENED_LINK) $(LDFLAGS) $(SANFLAGS)

# A folder with a main is a program, and a script whose name begins with jk- is installed.
PROGRAMS = $(patsubst %/main.c,%,$(sort $(wildcard jk-*/main.c)))
LIBS_jk-capture = -lserialport -lsocketcan
LIBS_jk-history = -lsqlite3
LIBS_jk-mqtt = -ljson-c -lmosquitto -lpthread
LIBS_jk-query = -lsqlite3
SCRIPTS = $(notdir $(sort $(wildcard scripts/jk-*)))
# What the scripts source
PARTS = $(notdir $(sort $(wildcard scripts/*.sh scripts/*.awk scripts/*.jq scripts/*.py)))
# What scripts read of the sheets.
PART_SHEETS = entities.tsv card-entities.tsv
VERSION = $(shell sed -n 's/^.define JK_VERSION "\(.*\)"$$/\1/p' common/version.h)
PAGES = $(wildcard man/*.[157])

# A program is its folder and common/.  A unit test is its file, the helpers of all unit tests, and all
# modules but the mains.
sources = $(wildcard $(1)/*.c)
O = $(BUILD)/obj
objects = $(patsubst %.c,$(O)/%.o,$(call sources,$(1)))
COMMON = $(O)/common.a
INSIDE = $(O)/tests/inside.a
MODULES = $(filter-out %/main.o,$(foreach p,$(PROGRAMS),$(call objects,$(p)))) $(COMMON)
LIBS = -lm $(foreach p,$(PROGRAMS),$(LIBS_$(p)))
UNIT_SHARED = $(O)/tests/unit/unit.o $(O)/tests/unit/frames.o
UNITS = $(patsubst tests/unit/test_%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
FUZZERS = $(patsubst %,$(BUILD)/tests/fuzz-%,commands requests json lines alarms)
BENCHES = $(patsubst tests/bench/%.c,$(BUILD)/tests/%,$(wildcard tests/bench/*.c))

.PHONY: all tests setup setup-demo setup-tests check check-quick check-units check-e2e check-long check-vm
.PHONY: mutants fuzz fuzz-build demo bench soak install uninstall list-installed clean check-32 check-musl
.PHONY: check-homeassistant check-systemd check-history bench-fleet
.DELETE_ON_ERROR:
# No implicit rule is used: without them make is faster, and make -d readable.
MAKEFLAGS += -r

all: $(PROGRAMS:%=$(BUILD)/%)

tests: all $(UNITS) $(FUZZERS) $(BENCHES) $(BUILD)/jk-sim $(BUILD)/jk-keys $(BUILD)/tty-look \
	$(BUILD)/can-play $(BUILD)/alone

define program
$(BUILD)/$(1): $(call objects,$(1)) $(COMMON)
	$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LDLIBS) $$(LIBS_$(1)) -lm
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

# The tables of common/ are generated from the sheets in common/protocol, which people read and correct.
SHEETS = common/protocol
GEN = $(BUILD)/gen
GENERATED = live settings about can inverter alarms enums entities
TABLES = $(SHEETS)/sheet.awk $(SHEETS)/tables.awk
$(GEN)/%.c: $(SHEETS)/%.tsv $(TABLES)
	@mkdir -p $(@D)
	LC_ALL=C awk $(TABLES:%=-f %) $< >$@
$(GEN)/protocol.h: $(patsubst %,$(SHEETS)/%.tsv,live settings about alarms enums) $(TABLES)
	@mkdir -p $(@D)
	LC_ALL=C awk -v header=1 $(TABLES:%=-f %) $(filter %.tsv,$^) >$@
# The rows of the Node-RED add-on.
ADDON = $(patsubst %,$(SHEETS)/%.tsv,settings about addon-alarm-texts addon-health addon-topics \
	addon-discovery)
$(GEN)/addon.c: $(ADDON) $(SHEETS)/sheet.awk $(SHEETS)/addon.awk
	@mkdir -p $(@D)
	LC_ALL=C awk -f $(SHEETS)/sheet.awk -f $(SHEETS)/addon.awk $(ADDON) >$@
# The rates of lines, which jk-service checks, too.
RATES = scripts/conf-table.awk jk-capture/rates.awk
$(GEN)/line_rates.h: $(RATES)
	@mkdir -p $(@D)
	LC_ALL=C awk $(RATES:%=-f %) >$@
$(O)/gen/%.o: $(GEN)/%.c | $(GEN)/protocol.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# An archive, so that each program is linked only with the modules and libraries that it uses.
$(COMMON): $(call objects,common) $(GENERATED:%=$(O)/gen/%.o) $(O)/gen/addon.o
	@rm -f $@
	$(AR) rcs $@ $^

# The simulated BMS shares only the parser of numbers with the programs.
SIM = $(call objects,tests/sim)
$(BUILD)/jk-sim: $(filter-out %/inside.o,$(SIM)) $(O)/common/number.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lm

# The same for use within a unit test (tests/sim/inside.h).  Its symbols are hidden, because some programs
# have the same.  The functions that i386 needs for its code are in each of its objects.
OBJCOPY ?= objcopy
$(INSIDE): $(filter-out %/main.o %/port.o %/pty.o,$(SIM)) $(O)/common/number.o
	@rm -f $@
	$(LD) -r -o $(@:.a=.o) $^
	$(OBJCOPY) --wildcard --keep-global-symbol='inside_*' --keep-global-symbol='__x86.get_pc_thunk.*' \
		$(@:.a=.o)
	$(AR) rcs $@ $(@:.a=.o)

# Else make deletes the objects of tests, and a second make compiles and links all of them again.
.SECONDARY:

$(BUILD)/tests/%: $(O)/tests/unit/test_%.o $(UNIT_SHARED) $(MODULES) $(INSIDE)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs check 2>/dev/null) $(LIBS)

$(BUILD)/tests/fuzz-%: $(O)/tests/fuzz/%.o $(if $(FUZZ),,$(O)/tests/fuzz/bounded.o) $(MODULES)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) $(if $(FUZZ),-fsanitize=fuzzer) -o $@ $^ $(LIBS)
$(O)/tests/fuzz/%.o: ALL_CFLAGS += -Itests/unit

$(BUILD)/tests/%: $(O)/tests/bench/%.o $(MODULES)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# For the tests in a virtual machine.
$(BUILD)/tty-look $(BUILD)/can-play: $(BUILD)/%: $(O)/tests/vm/%.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^

# Every test runs in it, so that it leaves no process behind.
$(BUILD)/alone: $(O)/tests/alone.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^

# man/update generates the table of keys in jk-record(5) with it.
$(BUILD)/jk-keys: $(O)/man/keys.o $(COMMON)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lm

$(O)/tests/%.o: ALL_CFLAGS += $(PROGRAMS:%=-I%)

$(O)/%.o: %.c | $(GEN)/protocol.h $(GEN)/line_rates.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

-include $(shell find $(O) -name '*.d' 2>/dev/null)

setup:
	@scripts/setup
setup-demo setup-tests:
	@scripts/setup $(@:setup-%=%)

check:
	@scripts/setup check
	@$(MAKE) -s BUILD=build build/alone
	@build/alone -t $(CHECK_LIMIT) tests/check

UNIT_TESTS = $(sort $(UNITS) $(FUZZERS) $(wildcard tests/golden/*.t))
PROVE = JK_BUILD=$(BUILD) prove -v --timer --exec "$(BUILD)/alone -e 3 -t $(LIMIT)" 3>&2
# The tests of one build, with BUILD, SAN and CC as given; installs nothing.
check-quick: tests
	@$(PROVE) -j$(JOBS) $(LONG) $(filter-out $(LONG),$(UNIT_TESTS) $(E2E))
# In two halves, of which the first needs nothing but processor time.
check-units: tests
	@$(PROVE) -j2 $(filter $(LONG),$(UNIT_TESTS)) $(filter-out $(LONG),$(UNIT_TESTS))
check-e2e: tests
	@$(PROVE) -j$(JOBS) $(filter $(E2E),$(LONG)) $(filter-out $(LONG),$(E2E))

# Ten million streams, and whole days of the simulated bus.
check-long: setup-tests
	@$(MAKE) -s tests
	@JK_STREAMS=10000000 $(BUILD)/tests/deframe
	@JK_BUILD=$(BUILD) JK_HOUR=3600 prove -v --exec $(BUILD)/alone \
		$(patsubst %,tests/e2e/%.t,load day alarm can-hour)

# The tree of jk-service under s6: kill -9 of random stages under load, and others stopped for a minute.
SERVICE_SEED ?= 1
check-service:
	@scripts/setup demo run
	@$(MAKE) -s all $(BUILD)/jk-sim $(BUILD)/alone
	@JK_BUILD=$(BUILD) $(BUILD)/alone tests/service/run $(SERVICE_SEED)

# jk-capture on Linux drivers, in two virtual machines at once.
check-vm:
	@scripts/setup check
	@$(MAKE) -s tests
	@JK_BUILD=$(BUILD) prove -v -j2 --exec "$(BUILD)/alone -t 900" tests/vm/serial tests/vm/can

# The tests on i386, in a chroot that stays in build-32.  CHECK32="tests/e2e/tcp.t ..." runs only these.
check-32:
	@scripts/setup chroot
	@tests/check-32 $(CHECK32)

# A month of history and live lines in a VictoriaMetrics, if there is one: Debian's packages victoria-metrics
# and curl.
check-history: setup-tests
	@$(MAKE) -s all $(BUILD)/alone
	@JK_BUILD=$(BUILD) prove -v --exec $(BUILD)/alone tests/history/run

# In a chroot that stays in build-homeassistant.  HOMEASSISTANT="discovery outages" runs only these parts.
check-homeassistant: setup-tests
	@$(MAKE) -s all $(BUILD)/jk-sim $(BUILD)/alone
	@JK_BUILD=$(BUILD) $(BUILD)/alone tests/homeassistant/run $(HOMEASSISTANT)

# The unit under a systemd of its own, in a virtual machine whose disk is made of build-systemd, which stays.
check-systemd:
	@scripts/setup systemd
	@$(MAKE) -s all $(BUILD)/jk-sim $(BUILD)/alone
	@JK_BUILD=$(BUILD) prove -v --exec "$(BUILD)/alone" tests/systemd/run

# The sources with musl, and the golden tests.
check-musl:
	@scripts/setup musl
	@tests/check-musl

MUTANTS ?= 100
MUTANTS_SEED ?= 1
mutants: setup-tests
	@tests/mutate -n $(MUTANTS) -s $(MUTANTS_SEED) $(if $(MUTANTS_E2E),-e)

# Coverage-guided.  A crash is saved as crash-* in this folder; build/tests/fuzz-NAME FILE repeats it.
fuzz: setup-tests
	@$(MAKE) -s fuzz-build BUILD=build-fuzz CC="$$(command -v clang || command -v clang-14)" SAN=1 FUZZ=1
	@for name in commands requests json lines alarms; do \
		mkdir -p build-fuzz/corpus/$$name && \
		build-fuzz/tests/fuzz-$$name -max_total_time=$(FUZZ_SECONDS) -max_len=4096 \
			-dict=tests/fuzz/$$name.dict build-fuzz/corpus/$$name || exit 1; \
	done
fuzz-build: $(FUZZERS)

# The control panel is left out where npm cannot fetch its libraries.
demo: setup-demo
	@$(MAKE) -s $(BUILD)/jk-sim all
	@scripts/setup panel >/dev/null && share/panel/make $(PANEL) || \
		echo "The demo is without the control panel."
	@JK_BUILD=$(BUILD) scripts/demo

bench: setup-tests
	@$(MAKE) -s tests
	@JK_BUILD=$(BUILD) $(BUILD)/alone tests/bench/run

# SITES (10) sites of four packs, each with its broker, bridged to one, into VictoriaMetrics, for FLEET (600)
# seconds; needs mosquitto, too.
bench-fleet: setup-tests
	@$(MAKE) -s all $(BUILD)/jk-sim $(BUILD)/alone
	@JK_BUILD=$(BUILD) prove -v --exec "$(BUILD)/alone -t 3600" tests/fleet/run

SOAK ?= 20
SOAK_SEED ?= 1
soak: setup-tests
	@$(MAKE) -s all $(BUILD)/jk-sim $(BUILD)/alone
	@JK_BUILD=$(BUILD) SOAK=$(SOAK) SOAK_SEED=$(SOAK_SEED) $(BUILD)/alone tests/soak/run

# The control panel, if it was made, or came with the sources: share/panel/panel.mk.
PANEL_FROM = $(patsubst %/index.html,%,$(firstword $(wildcard share/panel/built/index.html \
	$(BUILD)/panel/index.html)))
PANEL_BUILT = $(sort $(notdir $(if $(PANEL_FROM),$(wildcard $(PANEL_FROM)/*.*))))
# What is installed, below PREFIX; uninstall removes these, and no others.
COMPLETIONS = share/bash-completion/completions
BLUEPRINTS = $(wildcard share/homeassistant/*.yaml)
INSTALLED = $(PROGRAMS:%=bin/%) $(SCRIPTS:%=bin/%) $(PARTS:%=share/jk/%) share/jk/default.rules \
	$(PART_SHEETS:%=share/jk/%) \
	$(BLUEPRINTS:share/%=share/jk/%) \
	$(foreach p,$(PAGES),share/man/man$(subst .,,$(suffix $(p)))/$(notdir $(p))) \
	$(COMPLETIONS)/jk-tools $(PROGRAMS:%=$(COMPLETIONS)/%) $(SCRIPTS:%=$(COMPLETIONS)/%) \
	lib/systemd/system/jk.service share/jk/mosquitto.acl $(PANEL_BUILT:%=share/jk/panel/%)
TO = $(DESTDIR)$(PREFIX)
# A jk-alarm that this machine can run, if the programs are for another.
RULES_BY ?= $(BUILD)/jk-alarm

install: all
	install -d $(addprefix $(TO)/,$(sort $(dir $(INSTALLED))))
	install $(PROGRAMS:%=$(BUILD)/%) $(SCRIPTS:%=scripts/%) $(TO)/bin
	sed -i 's/@VERSION@/$(VERSION)/' $(SCRIPTS:%=$(TO)/bin/%)
	install -m 644 $(PARTS:%=scripts/%) $(PART_SHEETS:%=$(SHEETS)/%) $(TO)/share/jk
	chmod 755 $(TO)/share/jk/service-start.sh
	install -m 644 $(BLUEPRINTS) $(TO)/share/jk/homeassistant
	install -m 644 share/panel/mosquitto.acl $(TO)/share/jk
	$(foreach f,$(PANEL_BUILT),install -m 644 $(PANEL_FROM)/$(f) $(TO)/share/jk/panel &&) true
	$(RULES_BY) --default-rules >$(TO)/share/jk/default.rules
	$(foreach p,$(PAGES),install -m 644 $(p) $(TO)/share/man/man$(subst .,,$(suffix $(p)))/ &&) true
	sed 's,/usr/local/,$(PREFIX)/,' share/systemd/jk.service >$(TO)/lib/systemd/system/jk.service
	install -m 644 share/bash-completion/jk-tools $(TO)/$(COMPLETIONS)
	$(foreach p,$(PROGRAMS) $(SCRIPTS),ln -sf jk-tools $(TO)/$(COMPLETIONS)/$(p) &&) true

uninstall:
	rm -f $(addprefix $(TO)/,$(INSTALLED))
	rmdir $(TO)/share/jk/homeassistant $(TO)/share/jk/panel $(TO)/share/jk 2>/dev/null || true

# For tests of what packages and images are made of.
list-installed:
	@printf '%s\n' $(sort $(INSTALLED))

clean:
	rm -rf build build-*

# What is released: packages, and what else is made from all of this.
include $(sort $(wildcard share/*/*.mk))
