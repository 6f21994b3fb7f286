# Two commands for newcomers: `make run` shows the whole thing, `make test` proves it.
.PHONY: run test harden build failpoints bench bench-peers bench-scale bench-growth bench-instructions lint format install clean

SWIFT ?= swift
# Without debug information, a fifth of the size; with the Swift runtime inside, so that it runs without the toolchain.
RELEASE := -c release -Xlinker -s --static-swift-stdlib

run: deps-build          ## build in release and show the demo; it stays up until Ctrl-C
	$(SWIFT) build $(RELEASE) --product cofferdam
	.build/release/cofferdam demo --keep

test: deps-test          ## install what the tests need, and run every test
	$(SWIFT) build --build-tests
	# One after another: hundreds of tests that start processes at once wait for each other on two cores.
	COFFERDAM_TEST_VENV="$(CURDIR)/.build/clients" $(SWIFT) test --skip-build --no-parallel \
		--skip EndToEndTests --skip ExampleTests
	# Apart, because they time real clients.
	COFFERDAM_TEST_VENV="$(CURDIR)/.build/clients" $(SWIFT) test --skip-build --no-parallel --filter EndToEndTests
	COFFERDAM_EXAMPLES_VENV="$(CURDIR)/.build/examples" $(SWIFT) test --skip-build --no-parallel --filter ExampleTests

harden: deps-test        ## the long searches: the fuzzer, sanitizers under the end-to-end suite, the soak
	COFFERDAM_TEST_VENV="$(CURDIR)/.build/clients" scripts/harden

failpoints: deps-build   ## a release that kills itself at the place that COFFERDAM_FAILPOINT names, for tests of crashes
	$(SWIFT) build $(RELEASE) -Xswiftc -DFAILPOINTS --scratch-path .build/failpoints --product cofferdam

build: deps-build        ## the program in release
	$(SWIFT) build $(RELEASE) --product cofferdam

bench: build             ## the benchmark; see Benchmarks/README.md
	scripts/deps bench
	Benchmarks/run

bench-peers: build       ## beside other proxies; see Benchmarks/README.md
	scripts/deps bench-peers
	Benchmarks/peers

bench-scale: build       ## a full store beside an empty one; see Benchmarks/README.md
	scripts/deps bench
	Benchmarks/scale

bench-growth: build      ## curves over connections, keys and records; see Benchmarks/README.md
	scripts/deps bench
	Benchmarks/growth

bench-instructions: deps-build ## instructions of a request, held against Benchmarks/instructions.json
	scripts/deps bench-instructions
	$(SWIFT) build --product cofferdam
	Benchmarks/instructions

lint:                    ## what CI checks besides the tests
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

PREFIX ?= /usr/local
install: build           ## program, man pages and example to $(DESTDIR)$(PREFIX)
	install -D -m 755 .build/release/cofferdam $(DESTDIR)$(PREFIX)/bin/cofferdam
	install -D -m 644 man/cofferdam.1 $(DESTDIR)$(PREFIX)/share/man/man1/cofferdam.1
	install -D -m 644 man/proxy.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/proxy.conf.5
	install -D -m 644 proxy.conf.example $(DESTDIR)$(PREFIX)/share/doc/cofferdam/proxy.conf.example

clean:
	$(SWIFT) package clean

.PHONY: deps-build deps-test
deps-build:
	@scripts/deps build

deps-test:
	@scripts/deps test
