# One PostgreSQL server serves the tests of all packages; TEST_POSTGRES names
# another one to use instead.
WITH_POSTGRES = go run ./models/storetest/cmd/withpg
TAGS  = sqlite_omit_load_extension,netgo,osusergo
LINT  = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
# The binary may weigh 32 MB: what is not hot is not inlined. A later pattern wins.
MOST  = 32000000
COLD  = net/http/... crypto/tls crypto/x509 encoding/asn1 encoding/gob encoding/pem encoding/xml compress/... container/... embed flag image/... archive/... testing expvar crypto/rsa crypto/internal/fips140/mlkem/... crypto/internal/fips140/rsa/... crypto/internal/fips140/edwards25519/... go/... html/... text/... vendor/golang.org/x/... mime/... math/big net net/textproto \
  log/... os/... regexp/syntax aftercare/api/... github.com/... google.golang.org/... gorm.io/... golang.org/x/... codeberg.org/...
HOT   = github.com/gofiber/fiber/v2/... github.com/valyala/... github.com/mattn/...
SMALL = $(COLD:%=-gcflags %=-l) $(HOT:%=-gcflags %=)
BENCH ?= .
VERSION ?= $(shell git describe --tags --always --dirty)

# Nobody debugs SQLite's C; without -g it compiles in two thirds of the time. At a
# commit it waits for the journal's pages and size, and not for its times too.
export CGO_CFLAGS ?= -O2 -DHAVE_FDATASYNC=1

.PHONY: test deps check bench microbench lint build app app-types

# Three packages at a time: some wait for browsers and processes much of theirs.
# The compiler and the tests collect garbage less often: a fifth and a twentieth
# of their processor time.
# Says last, where it is seen, what could not be tested for want of a dependency.
test: export GOGC = 400
test:
	@$(MAKE) --no-print-directory -j2 -Otarget deps check
	@$(WITH_POSTGRES) go test -race -vet=off -p 3 -timeout 30m ./...; status=$$?; scripts/test-deps.sh report; exit $$status

deps:
	@scripts/test-deps.sh

# Compiles for the race detector, as the tests do: once is enough for both.
check:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	  test -z "$$unformatted" || { echo "not formatted:"; echo "$$unformatted"; exit 1; }
	go vet -race ./...

# The program as its users meet it, beside PocketBase and raw SQL, in one table;
# BENCH_BINARY measures another one. bench/main.go tells of its settings.
BENCH_BINARY ?= $(CURDIR)/aftercare
bench: build
	cd bench && BENCH_BINARY=$(BENCH_BINARY) go run .

# Figures of the parts beside their baselines, without the tests.
microbench:
	$(WITH_POSTGRES) go test -run '^$$' -bench '$(BENCH)' -benchmem ./...
	cd jobs/push/peer && go test -run '^$$' -bench '$(BENCH)' -benchtime 1x

lint:
	go run $(LINT) run ./...

build:
	CGO_ENABLED=1 go build -trimpath -tags $(TAGS) $(SMALL) -ldflags '-s -w -funcalign 8 -X main.version=$(VERSION) -extldflags "-static"' -o aftercare .
	@size=$$(wc -c < aftercare); test $$size -le $(MOST) || echo "aftercare weighs $$size bytes, more than the $(MOST) it should"

# The web app in app/dist, which the program embeds. What it is built from has to
# be committed with it; after a conflict in app/dist, build it again.
app: app/node_modules/.package-lock.json
	npm run --prefix app build

# The app's types, from the document that this server serves.
app-types: app/node_modules/.package-lock.json
	scripts/app-types.sh

app/node_modules/.package-lock.json: app/package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --prefix app
	touch $@
