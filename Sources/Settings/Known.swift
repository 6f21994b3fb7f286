/// The keys of one table of the configuration. The manual and the example are held against these lists by a test.
package struct KnownTable: Sendable {
    /// As the manual calls it.
    package var name: String
    package var keys: [String]
    /// Keys that are planned: refused by name, never ignored.
    package var later: [String] = []

    static let caps = ["daily_usd_cap", "monthly_usd_cap", "total_usd_cap", "request_usd_cap"]

    static let top = KnownTable(
        name: "proxy.conf",
        keys: [
            "listen", "state_dir", "store", "vendors", "policies", "budgets", "trusted", "egress", "spend",
            "currencies", "tags", "virtual_hosts", "secrets",
        ],
        later: ["vault", "tokens", "models", "log"])
    static let listen = KnownTable(
        name: "listen",
        keys: [
            "proxy", "admin", "probes", "runs", "threads", "drain", "allow_remote", "max_connections", "max_requests",
            "max_requests_per_run",
        ],
        later: ["tls", "allowed_hosts"])
    static let runListener = KnownTable(name: "listen.runs", keys: ["address", "run"])
    static let store = KnownTable(name: "store", keys: ["sqlite", "retention"], later: ["postgresql"])
    static let retention = KnownTable(name: "retention", keys: ["audit", "keys", "spend"])
    /// The keys that only `proxy.conf` has.
    static let deployment = [
        "credential", "mode", "account", "connect_to", "ca_file", "allow_addresses", "upstream_proxy", "timeouts",
        "scrub",
    ]
    /// The keys of a catalogue file; `proxy.conf` may override each.
    static let catalogue = KnownTable(
        name: "catalogue",
        keys: [
            "hosts", "credential_scheme", "key_fields", "key_prefixes", "environment", "user_variable", "base_url",
            "content",
            "version_prefix", "pinned_fields", "version_fields", "pinned_parameters",
            "account_in_path", "minor_units",
            "default_minor_units", "idempotency",
            "object_id", "objects", "request_id_field", "no_charge", "error_template", "error_content_type",
            "cap_status",
            "events_error", "operations",
        ])
    static let vendor = KnownTable(name: "vendors.NAME", keys: deployment + catalogue.keys)
    static let scheme = KnownTable(name: "credential_scheme", keys: ["field", "prefix", "query"])
    static let keyPrefixes = KnownTable(name: "key_prefixes", keys: ["test", "live", "any"])
    static let idempotency = KnownTable(name: "idempotency", keys: ["field", "window", "owner_window", "replayed"])
    static let timeouts = KnownTable(name: "timeouts", keys: ["connect", "first_byte", "idle"])
    static let credential = KnownTable(
        name: "credential", keys: ["env", "file", "command", "systemd", "secret", "user", "variables"])
    static let secrets = KnownTable(name: "secrets", keys: ["file", "key"])
    static let secretsKey = KnownTable(name: "secrets key", keys: ["file", "systemd"])
    static let operation = KnownTable(
        name: "operations.NAME", keys: ["endpoint", "price", "sensitive", "refused"])
    static let price = KnownTable(
        name: "price",
        keys: [
            "amount", "currency", "creates", "object", "moves", "fields_forbidden", "answer", "flat_usd", "units",
            "by_prefix", "answer_usd",
            "answer_currency", "unknown",
        ])
    static let answer = KnownTable(name: "answer", keys: ["amount", "currency"])
    static let object = KnownTable(name: "objects.NAME", keys: ["path", "amount", "currency"])
    static let units = KnownTable(name: "units", keys: ["count", "each", "sms_segments"])
    static let byPrefix = KnownTable(name: "by_prefix", keys: ["field", "usd"])
    static let policy = KnownTable(
        name: "policies",
        keys: ["name", "runs", "vendor", "allowed_endpoints"] + caps + [
            "operations", "expires_in", "label", "pinned", "tags", "required_tags",
            "only", "mode",
        ])
    static let operationCaps = KnownTable(name: "policies operations", keys: caps + ["only"])
    static let budget = KnownTable(
        name: "budgets", keys: ["name", "per"] + caps + ["overrides", "vendor", "label", "tags"])
    static let overrides = KnownTable(name: "budgets overrides", keys: caps)
    static let trusted = KnownTable(
        name: "trusted",
        keys: [
            "name", "secret", "runs", "policies", "vendors", "key_lifetime_max", "daily_usd_cap_max",
            "total_usd_cap_max", "request_usd_cap_max", "required_tags", "tags_from_label",
        ])
    static let tags = KnownTable(name: "tags", keys: ["from_label", "required"])
    static let egress = KnownTable(name: "egress", keys: ["tunnel", "allow_addresses"])
    static let virtualHosts = KnownTable(name: "virtual_hosts", keys: ["api", "proxy"])
    static let spend = KnownTable(name: "spend", keys: ["timezone"])
}

extension Settings {
    /// Every table that a user writes, with its keys.
    package static let knownKeys: [KnownTable] = [
        .top, .listen, .runListener, .store, .retention, .vendor, .scheme, .keyPrefixes, .idempotency, .timeouts,
        .credential, .secrets, .secretsKey, .operation, .price, .answer, .units, .byPrefix, .policy, .operationCaps,
        .budget,
        .overrides, .trusted, .tags,
        .egress, .virtualHosts, .spend,
    ]
}
