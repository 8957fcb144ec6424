# What a change needs before it is sent, in about a minute. All that has to hold
# is in .ci/run.
modules := $(shell git ls-files go.mod '*/go.mod' | xargs -n 1 dirname)
lint := $(firstword $(wildcard .tools/golangci-lint) $(shell command -v golangci-lint))
# Packages that take long by themselves: faults, outages, whole sites.
slow := /(internal/(faults|judge|sim|soak|specimen)|transfer)$$

.PHONY: check ci

check:
	@unformatted=$$(git ls-files -- '*.go' | xargs gofmt -l); \
		[ -z "$$unformatted" ] || { echo "gofmt -w $$unformatted"; exit 1; }
	@set -e; for module in $(modules); do echo "$$module: vet"; (cd $$module && go vet ./...); done
	@if [ -n "$(lint)" ]; then $(lint) run ./...; else echo "golangci-lint is not installed, .ci/run will run it"; fi
	@go test -short $$(go list ./... | grep -vE '$(slow)')

ci:
	.ci/run
