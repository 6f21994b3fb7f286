import Testing

/// Who is calling, where it is not the proxy that is told.
enum SideAttacks {
    private static let seen = "GET /v1/customers"
    private static let two = Outcome.refused("malformed_request")
    private static let unknown = Outcome.refused("vault_key_invalid")
    private static let stranger = Outcome.refused("proxy_authentication_required")
    private static let live = "sk_live_0123456789abcdef01234567"
    private static let virtual: [Way] = [.virtual, .virtualAbsolute]
    private static let own: [Way] = [.ownTunnel, .ownAbsolute, .ownGateway]

    /// Under the gateway's own name only the key counts: the proxy credential has opened the way.
    private static let virtualHost: [Attack] = [
        Attack(
            "another's key beside the own one", ask("{who}Authorization: Bearer {otherKey}\r\n"), two, virtual),
        Attack(
            "another's key as a user beside the own one", ask("{who}Authorization: Basic {otherUser}\r\n"), two, virtual
        ),
        Attack("another's run beside the own key", ask("{who}X-Agent-Run-Id: attack-2\r\n"), two, virtual),
        Attack("a vendor's key beside the own one", ask("{who}Authorization: Bearer \(live)\r\n"), unknown, virtual),
        Attack("no key", ask(""), .refused("credential_missing"), [.virtual]),
        Attack(
            "another's proxy credential beside the key", ask("{who}{other}"), .passes(seen), [.virtual]),
        Attack(
            "a second proxy credential", ask("{who}{other}"), .ends("malformed_request"), [.virtualAbsolute]),
        Attack(
            "the vendor's name as Host", "GET {path}/v1/customers HTTP/1.1\r\nHost: api.stripe.com\r\n{who}\r\n",
            .refused("authority_mismatch"), virtual),
        Attack(
            "the vendor's name as target",
            "GET http://api.stripe.com/v1/customers HTTP/1.1\r\nHost: api.stripe.com\r\n{who}\r\n",
            .refused("authority_mismatch"), [.virtual]),
        Attack(
            "the other vendor", "GET /twilio/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}\r\n",
            .refused("vendor_not_granted"), [.virtual]),
        Attack(
            "no vendor", "GET /v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}\r\n", .refused("unknown_vendor"),
            [.virtual]),
    ]

    /// A listener of a run's own is that run's; nobody else can be anybody there.
    private static let ownListener: [Attack] = [
        Attack("another's proxy credential", ask("{who}{other}"), stranger, own).but(.ownTunnel, two),
        Attack("the common run's proxy credential", ask("{who}{own}"), stranger, own).but(.ownTunnel, two),
        Attack("another's key", ask("{who}Authorization: Bearer {otherKey}\r\n"), unknown, own),
        Attack("another's key as a password", ask("{who}Authorization: Basic {otherBasic}\r\n"), unknown, own),
        Attack("another's key as a user", ask("{who}Authorization: Basic {otherUser}\r\n"), unknown, own),
        Attack("a vault key of nobody", ask("{who}Authorization: Bearer vk_x\r\n"), unknown, own),
        Attack("another's run", ask("{who}X-Agent-Run-Id: attack-2\r\n"), two, own),
        Attack("the own run", ask("{who}X-Agent-Run-Id: {run}\r\n"), .passes(seen), own),
        Attack("a vendor's key", ask("{who}Authorization: Bearer \(live)\r\n"), .passes(seen), own).but(
            .ownGateway, unknown),
        Attack("another's key in the query", ask("{who}", "?api_key={otherKey}"), two, own),
        Attack("a vendor's key in the query", ask("{who}", "?api_key=\(live)"), two, own),
        Attack(
            "another authority", "GET http://evil.example/v1/customers HTTP/1.1\r\nHost: evil.example\r\n{who}\r\n",
            .refused("host_not_allowed"), [.ownAbsolute]),
        Attack(
            "the admin listener", "GET http://{admin}/v1/runs HTTP/1.1\r\nHost: {admin}\r\n{who}\r\n",
            .refused("host_not_allowed"), [.ownAbsolute]),
        Attack(
            "the vendor itself", "GET http://{vendor}/v1/customers HTTP/1.1\r\nHost: {vendor}\r\n{who}\r\n",
            .refused("host_not_allowed"), [.ownAbsolute]),
    ]

    private static func ask(_ lines: String, _ query: String = "") -> String {
        "GET {path}/v1/customers\(query) HTTP/1.1\r\nHost: {host}\r\n\(lines)\r\n"
    }

    static let all = virtualHost + ownListener

    /// What the three ways withstand, each by one of the five: all would take too long.
    static let others: [Attack] = {
        let attacks =
            LengthAttacks.all + CodingAttacks.all + ChunkAttacks.all + LineAttacks.all + HostAttacks.all
            + PathAttacks.all
            + FieldAttacks.all + AccountAttacks.all + PipelineAttacks.all
        return attacks.enumerated().map { index, attack in
            let turned = Way.side[(index % 5)...] + Way.side[..<(index % 5)]
            return attack.aside(turned.filter { attack.ways.contains($0.base) }.prefix(1).map(\.self))
        }
    }()
}

extension `End to end` {
    @Suite struct `A hostile request by a virtual host or a listener of its own` {
        @Test func `is nobody but who it is`() async throws {
            try await Siege.lay { siege in try await siege.withstand(SideAttacks.all) }
        }

        @Test func `is nothing, or one canonical request`() async throws {
            try await Siege.lay { siege in try await siege.withstand(SideAttacks.others) }
        }
    }
}
