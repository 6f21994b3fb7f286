import Core
import Testing

@testable import Settings

@Suite struct `A whole configuration` {
    let settings: Settings

    init() throws {
        settings = try Configuration().load(
            """
            listen:
              proxy: 127.0.0.1:0
              admin: "[::1]:4701"
              probes: 0.0.0.0:4702
              threads: 2
              drain: 1m30s
              runs: [{ address: 127.0.0.1:4710, run: "team:1" }]
            state_dir: state
            vendors:
              stripe:
                credential: { env: STRIPE_API_KEY }
                connect_to: 127.0.0.1:8443
                allow_addresses: ["127.0.0.1:8443", 10.0.0.0/8]
                timeouts: { first_byte: 5s }
                operations:
                  charges.create: { price: { flat_usd: 0.25 } }
                  "POST /v1/own": { price: free }
            policies:
              - name: billing
                runs: billing-*
                vendor: stripe
                allowed_endpoints: [payment_intents.create, "/v1/payment_intents/*", payment_intents.update]
                daily_usd_cap: 500
                operations: { payment_intents.create: { request_usd_cap: 50, only: { currency: [usd, eur] } } }
                only: { customer: "{tag.customer}" }
                expires_in: 10m
                label: "{policy}/{run}"
                tags: { team: billing }
                required_tags: [user]
                pinned: { Stripe-Version: ["2024-06-20"] }
            budgets:
              - name: runs
                per: [run, vendor]
                monthly_usd_cap: 1000.50
                overrides: { "billing-1,stripe": 5 }
                label: billing/*
              - { name: users, per: [tenant, user], daily_usd_cap: 10, tags: { tenant: "acme*" } }
            tags:
              from_label: ["{tenant}:{agent}:{run}", "tenant-{tenant}-{user}-{run}"]
              required: tenant
            egress:
              tunnel: ["pypi.org:443"]
            virtual_hosts: { api: api.keys.example, proxy: proxy.keys.example }
            spend: { timezone: Europe/Zurich }
            currencies: { eur: 1.10, jpy: 0.0068 }
            """)
    }

    @Test func `says where to listen`() {
        #expect(settings.listen.proxy == HostPort("127.0.0.1", 0))
        #expect(settings.listen.admin == HostPort("::1", 4701))
        #expect(settings.listen.probes == HostPort("0.0.0.0", 4702))
        #expect(settings.listen.threads == 2)
        #expect(settings.listen.drain == .seconds(90))
        #expect(settings.listen.runs == [RunListener(address: HostPort("127.0.0.1", 4710), run: "team:1")])
        #expect(settings.rules.ownAuthorities.isSuperset(of: ["[::1]:4701", "localhost:4701", "127.0.0.1:4701"]))
    }

    @Test func `says how keys and runs get their tags, and what is counted by them`() throws {
        let users = try #require(settings.rules.budgets.last)
        #expect(users.per == [.tag("tenant"), .tag("user")] && users.tags == ["tenant": Glob("acme*")])
        #expect(settings.rules.tagRules.required == ["tenant"])
        #expect(settings.rules.tagRules.templates.map(\.names) == [["tenant", "agent"], ["tenant", "user"]])
        #expect(settings.rules.policies[0].tags == ["team": "billing"])
        #expect(settings.rules.policies[0].requiredTags == ["user"])
    }

    @Test func `names our virtual hosts`() {
        #expect(settings.rules.virtualHosts.api == "api.keys.example")
        #expect(settings.rules.virtualHosts.proxy == "proxy.keys.example")
    }

    @Test func `says what fields must be, for all requests or for one operation`() throws {
        #expect(
            settings.rules.policies[0].only == [
                FieldRule(field: "customer", values: ["{tag.customer}"]),
                FieldRule(field: "currency", values: ["usd", "eur"], operation: "payment_intents.create"),
            ])
    }

    @Test func `keeps paths beside the file`() {
        #expect(settings.stateDir.hasSuffix("/state"))
        #expect(settings.stateDir.hasPrefix("/"))
        #expect(settings.store.sqlite == settings.stateDir + "/cofferdam.sqlite")
    }

    @Test func `makes a vendor from the catalogue and the file`() throws {
        let vendor = try #require(settings.rules.vendors["stripe"])
        #expect(vendor.hosts.first == "api.stripe.com")
        #expect(settings.rules.vendor(host: "api.stripe.com")?.name == "stripe")
        #expect(vendor.mode == "test")
        #expect(vendor.dial.connectTo == "127.0.0.1:8443")
        #expect(vendor.dial.allowAddresses.count == 2)
        #expect(vendor.dial.firstByteTimeout == .seconds(5))
        #expect(vendor.dial.connectTimeout == .seconds(10))
        #expect(vendor.operations.count > 100)
        #expect(settings.credentialVariables == ["STRIPE_API_KEY"])
    }

    @Test func `makes a policy`() throws {
        let policy = try #require(settings.rules.policies.first)
        #expect(
            policy.endpoints.map(\.text) == [
                "POST /v1/payment_intents", "/v1/payment_intents/*", "POST /v1/payment_intents/{id}",
            ])
        #expect(policy.endpoints.map(\.open) == [false, true, false])
        #expect(policy.caps == Caps(daily: Money(micros: 500_000_000)))
        #expect(policy.operationCaps["payment_intents.create"]?.request == Money(micros: 50_000_000))
        #expect(policy.lifetime == .seconds(600))
        #expect(policy.label == "{policy}/{run}")
        #expect(policy.pinned == ["stripe-version": ["2024-06-20"]])
        #expect(policy.place == Place(file: "proxy.conf", line: 19))
        #expect(policy.capsPlace == Place(file: "proxy.conf", line: 23))
        #expect(policy.fingerprint.count == 16)
    }

    @Test func `makes a budget`() throws {
        let budget = try #require(settings.rules.budgets.first)
        #expect(budget.per == [.run, .vendor])
        #expect(budget.caps == Caps(monthly: Money(micros: 1_000_500_000)))
        #expect(budget.overrides["billing-1,stripe"]?.daily == Money(micros: 5_000_000))
        #expect(budget.overrides["billing-1,stripe"]?.monthly == budget.caps.monthly)
        #expect(budget.label == Glob("billing/*"))
    }

    @Test func `reads rates, tunnels and the time zone`() {
        #expect(settings.rules.rates["jpy"] == Money(micros: 6800))
        #expect(settings.rules.rates["usd"] == Money(micros: 1_000_000))
        #expect(settings.rules.tunnels == [TunnelRule(host: "pypi.org", port: 443)])
        #expect(settings.spend.zone.offset(at: Moment(seconds: 1_767_225_600)) == 3600)
        #expect(settings.spend.zone.offset(at: Moment(seconds: 1_782_864_000)) == 7200)
    }
}
