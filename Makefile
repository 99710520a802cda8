# Two commands do everything on a fresh Debian 12 machine; ./dev is the front door for the rest.

.PHONY: up test

# A mesh of five nodes on loopback, sample cards published and resolved. ONCE=1 ends after the table.
up:
	@./dev setup
	@./dev build release mycel
	@python3 tools/mesh.py $(if $(ONCE),--once)

# Set-up, both builds, all tests.
test:
	@./dev setup
	@./dev all-tests
