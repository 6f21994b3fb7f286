/// What follows a vendor `stripe` in three lines.
private func operation(_ text: String) -> String { "    operations: { \(text) }" }

let priceMistakes = [
    Mistake(
        operation("chargs.create: { price: free }"),
        "4:19: \"chargs.create\" is not in the catalogue; did you mean \"charges.create\"? "
            + "Otherwise a new operation needs \"endpoint\""),
    Mistake(
        operation("x.y: { endpoint: \"FETCH /v1/x\" }"), "4:36: \"FETCH\" is not a method"),
    Mistake(
        operation("charges.create: { price: { flat_usd: 1e3 } }"),
        "4:56: expected US dollars such as 500 or 0.25 (at most six decimals), found \"1e3\""),
    Mistake(
        operation("charges.create: { price: { flat_usd: -1 } }"),
        "4:56: expected US dollars such as 500 or 0.25 (at most six decimals), found \"-1\""),
    Mistake(
        operation("charges.create: { price: { flat_usd: 0.0000001 } }"),
        "4:56: expected US dollars such as 500 or 0.25 (at most six decimals), found \"0.0000001\""),
    Mistake(
        operation("charges.create: { price: { amount: amount } }"),
        "4:44: \"currency\" is missing (the parameter that holds it)"),
    Mistake(
        operation("charges.create: { price: { flat_usd: 1, currency: c } }"),
        "4:59: \"currency\" has no meaning in a flat price"),
    Mistake(
        operation("charges.create: { price: { flat_usd: 1, units: { counts: [a] } } }"),
        "4:68: unknown key \"counts\"; did you mean \"count\"?"),
    Mistake(
        operation("charges.create: { price: { object: charge, moves: twice } }"),
        "4:69: expected whole, given or again, found \"twice\""),
    Mistake(
        operation("charges.create: { price: { object: charge, flat_usd: 1 } }"),
        "4:62: \"flat_usd\" has no meaning in a price by object"),
    Mistake(
        operation("charges.create: { price: cheap }"),
        "4:44: expected a price: free, tokens, { amount: FIELD, currency: FIELD }, { object: KIND }, { flat_usd: 0.25 } or "
            + "{ unknown: WHY }, found \"cheap\""),
]

private func policy(_ text: String) -> String {
    "policies:\n  - { name: p, runs: r, vendor: stripe, allowed_endpoints: [], \(text) }"
}

let policyMistakes = [
    Mistake("policies: { a: b }", "4:11: expected a list, found a table"),
    Mistake(
        "policies: [{ }]", "4:12: \"name\" is missing",
        "4:12: \"runs\" is missing (which runs it is for; \"*\" is all)",
        "4:12: \"vendor\" is missing", "4:12: \"allowed_endpoints\" is missing"),
    Mistake(
        "policies: [{ name: p q, runs: r, vendor: stripe, allowed_endpoints: [] }]",
        "4:20: expected a policy's name of letters, digits, \".\", \"_\" and \"-\" (at most 64), found \"p q\""),
    Mistake(
        "policies: [{ name: p, runs: r, vendor: stripes, allowed_endpoints: [] }]",
        "4:40: vendor \"stripes\" is not configured; did you mean \"stripe\"?"),
    Mistake(
        "policies: [{ name: p, runs: r, vendor: stripe, allowed_endpoints: [payment_intent.create, /v1/a?b] }]",
        "4:68: stripe has no operation \"payment_intent.create\"; did you mean \"payment_intents.create\"?",
        "4:91: \"a?b\" is not a path segment; * stands for a whole one"),
    Mistake(
        "policies: [{ name: p, runs: r, vendor: stripe, allowed_endpoints: [evil.test/v1/a] }]",
        "4:68: \"evil.test\" is not a host of stripe (api.stripe.com, files.stripe.com, connect.stripe.com, "
            + "meter-events.stripe.com)"),
    Mistake(
        policy("daily_usd_cap: $5"),
        "5:79: expected US dollars such as 500 or 0.25 (at most six decimals), found \"$5\""),
    Mistake(
        policy("daily_usd_cap: "), "5:80: expected US dollars such as 500 or 0.25 (at most six decimals), found nothing"
    ),
    Mistake(policy("dayly_usd_cap: 5"), "5:64: unknown key \"dayly_usd_cap\"; did you mean \"daily_usd_cap\"?"),
    Mistake(
        policy("only: { customer: \"{user}\" }"),
        "5:82: expected a value in which only *, {tag.NAME}, {run} and {label} mean something else, found \"{user}\""),
    Mistake(policy("only: usd"), "5:70: expected a table, found \"usd\""),
    Mistake(policy("mode: watch"), "5:70: expected enforce or observe, found \"watch\""),
    Mistake(
        policy("required_tags: [Tenant]"),
        "5:80: expected a tag's name: lower-case letters, digits and _, at most 32, and none of run, label, policy, "
            + "vendor, found \"Tenant\""),
    Mistake(
        policy("tags: { team: \"a,b\" }"),
        "5:78: expected a tag's value: at most 128 bytes, without commas and control characters"),
    Mistake(policy("expires_in: 0"), "5:76: expected a duration from 1s to 30d, found \"0\""),
    Mistake(
        policy("expires_in: 5 minutes"),
        "5:76: expected a duration such as 5m, 1h30m or 300 (seconds), found \"5 minutes\""),
    Mistake(
        policy("label: \"{tenant}\""),
        "5:71: expected a label in which only {run} and {policy} are filled in, found \"{tenant}\""),
    Mistake(
        policy("operations: { charge.create: { total_usd_cap: 1 } }"),
        "5:78: stripe has no operation \"charge.create\"; did you mean \"charges.create\"?"),
    Mistake(
        policy("pinned: { X-Other: [a] }"),
        "5:74: stripe has no pinned field \"X-Other\" (it has: stripe-account, stripe-context, stripe-version)"),
    Mistake(
        policy("").replacing(", }", with: " }") + "\n"
            + policy("").replacing(", }", with: " }").replacing("policies:\n", with: ""),
        "6:13: there are two policies \"p\""),
]

let ruleMistakes = [
    Mistake(
        "budgets: [{ name: b }]",
        "4:11: budget \"b\" has no cap; add daily_usd_cap, monthly_usd_cap or total_usd_cap"),
    Mistake(
        "budgets: [{ name: b, per: lable, daily_usd_cap: 1 }]",
        "4:27: expected run, label, policy, vendor or a tag's name, found \"lable\"; did you mean \"label\"?"),
    Mistake(
        "budgets: [{ name: b, per: a-b, daily_usd_cap: 1 }]",
        "4:27: expected run, label, policy, vendor or a tag's name, found \"a-b\""),
    Mistake(
        "tags: { from_label: \"{tenant}{user}\" }",
        "4:21: expected a label with tags such as \"tenant-{tenant}-{user}-{run}\", each once and something between "
            + "them, found \"{tenant}{user}\""),
    Mistake("tags: { require: [a] }", "4:9: unknown key \"require\"; did you mean \"required\"?"),
    Mistake(
        "budgets: [{ name: b, daily_usd_cap: 1, overrides: { a: 5 } }]",
        "4:53: overrides have no meaning without \"per\""),
    Mistake(
        "budgets: [{ name: b, per: [run, vendor], daily_usd_cap: 1, overrides: { a: 5 } }]",
        "4:73: expected a value for each of \"run,vendor\", joined with commas, found \"a\""),
    Mistake(
        "budgets: [{ name: b, daily_usd_cap: 1, vendor: openai }]", "4:48: vendor \"openai\" is not configured"),
    Mistake(
        "trusted: [{ name: t, secret: hunter2, runs: r }]",
        "4:30: must say where the secret is: { env: NAME }, { file: PATH }, { command: [PROGRAM, …] }, "
            + "{ systemd: NAME } or { secret: NAME }; a secret has no place in this file"),
    Mistake(
        "trusted: [{ name: t, secret: { env: HOME }, runs: r }]",
        "4:30: the secret of \"t\" is shorter than 16 characters"),
    Mistake(
        "trusted: [{ name: t, secret: { env: HOME }, runs: r, tags_from_label: x }]",
        "4:30: the secret of \"t\" is shorter than 16 characters",
        "4:71: expected a label with tags such as \"tenant-{tenant}-{user}-{run}\", each once and something between "
            + "them, found \"x\""),
    Mistake(
        policy("daily_usd_cap: 1")
            + "\ntrusted: [{ name: t, secret: { env: HOME }, runs: r, policies: [q], vendors: strip }]",
        "6:30: the secret of \"t\" is shorter than 16 characters",
        "6:65: policy \"q\" is not configured; did you mean \"p\"?",
        "6:78: vendor \"strip\" is not configured; did you mean \"stripe\"?"),
    Mistake(
        "egress: { tunnel: [\"api.stripe.com:443\"] }",
        "4:20: api.stripe.com belongs to vendor stripe: a vendor's host is never tunnelled unseen"),
    Mistake(
        "virtual_hosts: { api: api.stripe.com, proxy: 127.0.0.1 }",
        "4:23: api.stripe.com belongs to vendor stripe",
        "4:46: \"127.0.0.1\" is an address; a vendor is known by its name"),
    Mistake(
        "virtual_hosts: { api: a.example, proxy: a.example }", "4:41: api and proxy can't both be a.example"),
    Mistake(
        "egress: { tunnel: [\"127.0.0.1:4701\"] }", "4:20: 127.0.0.1:4701 is the sidecar itself"),
    Mistake(
        "egress: { tunnel: [\"*.pypi.org:443\", pypi.org] }",
        "4:20: expected a host in lower case and a port, such as pypi.org:443, found \"*.pypi.org:443\"",
        "4:38: expected a host in lower case and a port, such as pypi.org:443, found \"pypi.org\""),
    Mistake(
        "currencies: { eur: 0 }",
        "4:20: expected US dollars for one eur, above 0, at most six decimals (round up), found \"0\""),
    Mistake("currencies: { usd: 1 }", "4:15: usd is always 1"),
    Mistake("currencies: { EUR: 1 }", "4:15: \"EUR\" is not a currency such as eur (three small letters)"),
]
