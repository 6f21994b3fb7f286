import Testing

@testable import Core

@Suite struct `What the origin sees` {
    private func sent(_ arrival: Arrival, _ world: World, _ client: FakeClient = FakeClient()) async throws
        -> OriginRequest
    {
        let origin = FakeOrigin(200)
        await world.answer(arrival, client, from: origin)
        return try #require(origin.requests.first, "refused: \(String(describing: client.refusal))")
    }

    private func text(_ fields: Fields, _ name: String) -> [String] { fields.all(name).map { String(bytes: $0) } }

    @Test func `is the same in all three ways`() async throws {
        let world = try await World()
        let proxy = ("Proxy-Authorization", "Basic " + world.basic("billing-7", world.secret))
        let own = [("X-Kept", "1"), ("Cookie", "a=b")]
        let requests = try await [
            sent(world.tunnelled(.get, "/v1/x?a=1", own), world),
            sent(
                world.direct(.get, "http://api.stripe.com/v1/x?a=1", [("Host", "api.stripe.com"), proxy] + own), world),
            sent(
                world.direct(
                    .get, "/stripe/v1/x?a=1",
                    [("Host", "localhost:4700"), ("Authorization", "Bearer \(world.secret)")] + own), world),
        ]
        for request in requests {
            #expect(request.host == "api.stripe.com" && String(bytes: request.target) == "/v1/x?a=1")
            #expect(request.fields == requests[0].fields)
            #expect(text(request.fields, "authorization") == ["Bearer " + Example.credential])
        }
    }

    @Test func `holds the credential, whatever the client calls hop-by-hop`() async throws {
        let world = try await World()
        let fields = [
            ("Connection", "Authorization, X-Hop, Host"), ("X-Hop", "1"), ("Authorization", "Bearer placeholder"),
            ("Keep-Alive", "5"), ("TE", "trailers"), ("Trailer", "x"), ("Proxy-Connection", "x"),
            ("Expect", "100-continue"),
            ("Accept-Encoding", "gzip"), ("Forwarded", "for=1"), ("X-Forwarded-For", "1"), ("Via", "x"),
            ("X-Real-IP", "1"),
            ("Cofferdam-Request-Id", "x"), ("X-Agent-Run-Id", "billing-7"), ("Stripe_Account", "acct_2"),
            ("Stripe-Version", "1"),
            ("Content-Length", "0"), ("Kept", "1"),
        ]
        let request = try await sent(world.tunnelled(.get, "/v1/x", fields), world)
        #expect(
            request.fields
                == Fields([
                    ("Kept", "1"), ("Accept-Encoding", "identity"), ("Authorization", "Bearer " + Example.credential),
                ]))
    }

    @Test func `is a field of the vendor's own, once`() async throws {
        var rules = Example.rules()
        rules.vendors["stripe"]?.scheme = .field(name: "X-Api-Key", prefix: "Key ")
        let world = try await World(rules)
        let request = try await sent(
            world.tunnelled(.get, "/v1/x", [("x-api-key", "theirs"), ("X-API-KEY", "again")]), world)
        #expect(text(request.fields, "x-api-key") == ["Key " + Example.credential])
        #expect(!request.fields.contains("authorization"))
    }

    @Test func `is a parameter of the vendor's own, once`() async throws {
        var rules = Example.rules()
        rules.vendors["stripe"]?.scheme = .query(name: "key")
        let world = try await World(rules)
        let request = try await sent(world.tunnelled(.get, "/v1/x?a=1&key=theirs&%4bey=2&KEY=3"), world)
        #expect(String(bytes: request.target) == "/v1/x?a=1&key=sk_test_51Hq%2F%2BpleaseKeepThis")
        let (_, token) = try await world.issue(runID: "billing-7")
        let replaced = try await sent(world.tunnelled(.get, "/v1/x?key=\(token)&b=2"), world)
        #expect(String(bytes: replaced.target) == "/v1/x?b=2&key=sk_test_51Hq%2F%2BpleaseKeepThis")
    }

    @Test func `is no part of what is judged when it is a parameter`() async throws {
        var rules = Example.rules()
        rules.vendors["stripe"]?.scheme = .query(name: "key")
        let world = try await World(rules)
        var (arrival, client) = world.payment()
        arrival.head.target = Array("/v1/payment_intents?key=sk_test_placeholder".utf8)
        // Any other query beside an amount is refused.
        let request = try await sent(arrival, world, client)
        #expect(String(bytes: request.target).hasPrefix("/v1/payment_intents?key=sk_test_51Hq"))
    }

    @Test func `is Basic where the vendor wants that`() async throws {
        let world = try await World()
        let request = try await sent(
            world.tunnelled(.get, "/2010-04-01/Accounts/AC123/Calls.json", host: "api.twilio.com"), world)
        #expect(text(request.fields, "authorization") == ["Basic " + world.basic("AC123", "topsecretpassword")])
    }

    @Test func `is what was priced, with a type of its own`() async throws {
        let world = try await World()
        let (arrival, client) = world.payment(
            #"{"amount":500,"currency":"usd","metadata":{"a":"b c"}}"#, type: "application/json")
        let request = try await sent(arrival, world, client)
        guard case .whole(let content) = request.content else {
            Issue.record("not whole")
            return
        }
        #expect(String(bytes: content) == "amount=500&currency=usd&metadata%5Ba%5D=b%20c")
        #expect(text(request.fields, "content-type") == ["application/x-www-form-urlencoded"])
    }

    @Test func `is streamed content, counted, when its price needs no look at it`() async throws {
        let world = try await World()
        let arrival = world.tunnelled(.post, "/v1/files", Self.bytes, framing: .fixed(6))
        let origin = FakeOrigin([
            .upload(6), .event(.head(AnswerHead(status: 200, framing: .fixed(0)))), .event(.end(trailers: Fields())),
        ])
        await world.answer(arrival, FakeClient(["abc", "def"]), from: origin)
        #expect(origin.state.withLockedValue { String(bytes: $0.uploaded) } == "abcdef")
        #expect(world.outcomes.first?.sentBytes == 6)
        guard case .streamed(6) = origin.requests.first?.content else {
            Issue.record("not streamed")
            return
        }
    }

    private static let bytes = [("Content-Type", "application/octet-stream")]

    @Test func `is no range, and no part of an answer is passed on`() async throws {
        var rules = Example.rules()
        let fields = [("Range", "bytes=0-5"), ("If-Range", "x"), ("Kept", "1")]
        let part = FakeOrigin(206, "sk_tes", [("Content-Range", "bytes 0-5/30")])
        let world = try await World(rules)
        let client = FakeClient()
        await world.answer(world.tunnelled(.get, "/v1/x", fields), client, from: part)
        #expect(part.requests.first.map { $0.fields.contains("range") || $0.fields.contains("if-range") } == false)
        #expect(client.said == [.refused("origin_protocol_error")])
        rules.vendors["stripe"]?.scrub = false
        let trusting = try await World(rules)
        let request = try await sent(trusting.tunnelled(.get, "/v1/x", fields), trusting)
        #expect(text(request.fields, "range") == ["bytes=0-5"])
    }

    @Test func `is nothing more once a part has a name that must not come`() async throws {
        let world = try await World()
        let client = FakeClient(["--b\r\nContent-Disposition: form-data; na", "me=\"_method\"\r\n\r\nDELETE\r\n--b--"])
        let type = [("Content-Type", "multipart/form-data; boundary=b")]
        let origin = FakeOrigin([.wait])
        await world.answer(world.tunnelled(.post, "/v1/files", type, framing: .chunked), client, from: origin)
        #expect(client.said == [.refused("malformed_request")])
        #expect(!origin.state.withLockedValue { String(bytes: $0.uploaded).contains("_method") || $0.uploadEnded })
    }

    @Test func `is nothing more once the content breaks its framing`() async throws {
        let world = try await World()
        let client = FakeClient(["abc"], broken: .malformedRequest("a bad chunk"))
        let arrival = world.tunnelled(.post, "/v1/files", Self.bytes, framing: .chunked)
        await world.answer(arrival, client, from: FakeOrigin([.wait]))
        #expect(client.said == [.refused("malformed_request")])
        #expect(world.spent.inDoubt == .dollars(1))
    }

    @Test func `ends an upload that nobody waits for when it has answered`() async throws {
        let world = try await World()
        let client = FakeClient([], onRead: { await Task.yield() })
        let arrival = world.tunnelled(.post, "/v1/files", Self.bytes, framing: .fixed(10))
        await world.answer(arrival, client, from: FakeOrigin(413))
        #expect(client.said.last == .end && client.state.withLockedValue { $0.unblocked })
    }
}

@Suite struct `What the client sees of an answer` {
    private func answered(
        _ fields: [(String, String)], content: String = "", trailers: [(String, String)] = [], reason: String = "OK",
        framing: Framing = .chunked, status: Int = 200
    ) async throws -> FakeClient.State {
        let world = try await World()
        let client = FakeClient()
        let head = AnswerHead(status: status, reason: Array(reason.utf8), fields: Fields(fields), framing: framing)
        let pieces = content.utf8.map { FakeOrigin.Play.event(.content([$0])) }
        await world.answer(
            world.tunnelled(.get, "/v1/x"), client,
            from: FakeOrigin([.event(.head(head))] + pieces + [.event(.end(trailers: Fields(trailers)))]))
        return client.state.withLockedValue { $0 }
    }

    @Test func `has no hop-by-hop fields, no way around us, and our request ID`() async throws {
        let state = try await answered([
            ("Connection", "close, X-Hop"), ("X-Hop", "1"), ("Transfer-Encoding", "chunked"), ("Alt-Svc", "h3"),
            ("Kept", "1"),
            ("Cofferdam-Request-Id", "forged"), ("Content-Length", "5"),
        ])
        let fields = try #require(state.head?.fields)
        #expect((0..<fields.count).map { String(bytes: fields.name($0)) } == ["Kept", "Cofferdam-Request-Id"])
        #expect(fields["cofferdam-request-id"].map { String(bytes: $0) }?.hasPrefix("req_") == true)
    }

    @Test func `holds the credential nowhere`() async throws {
        let secret = Example.credential
        let state = try await answered(
            [("X-Echo", "Bearer \(secret)"), ("Location", "https://x/?key=\(secret)")], content: "it is \(secret)!",
            trailers: [("X-Sum", secret)], reason: secret)
        let said = String(describing: state.said) + String(describing: state.head?.fields)
        #expect(!said.contains(secret))
        let head = try #require(state.head)
        for index in 0..<head.fields.count { #expect(!String(bytes: head.fields.value(index)).contains(secret)) }
        #expect(!String(bytes: head.reason).contains(secret))
        #expect(state.trailers == Fields([("X-Sum", String(repeating: "*", count: secret.utf8.count))]))
    }

    @Test func `has trailers that are trailers`() async throws {
        let state = try await answered(
            [],
            trailers: [
                ("X-Sum", "1"), ("Content-Length", "5"), ("Set-Cookie", "a"), ("Connection", "x"), ("Cofferdam-X", "1"),
            ])
        #expect(state.trailers == Fields([("X-Sum", "1")]))
    }

    @Test func `keeps the length of what has no content`() async throws {
        let lengths: [([String], Int, String?)] = [
            (["5"], 200, "5"), (["5", "5"], 200, "5"), (["005"], 304, "5"), (["5", "6"], 200, nil), (["5"], 204, nil),
            (["+5"], 200, nil), ([], 200, nil),
        ]
        for (told, status, expected) in lengths {
            let state = try await answered(told.map { ("Content-Length", $0) }, framing: .none, status: status)
            let fields = try #require(state.head?.fields)
            #expect(fields.all("content-length").map { String(bytes: $0) } == (expected.map { [$0] } ?? []), "\(told)")
        }
    }

    @Test func `puts no credential on record`() async throws {
        var rules = Example.rules()
        rules.vendors["stripe"]?.requestIDField = "request-id"
        rules.vendors["stripe"]?.objectID = JSONPath("id")
        let world = try await World(rules)
        let (arrival, client) = world.payment()
        let content = "{\"id\":\"pi_\(Example.credential)\"}"
        await world.answer(arrival, client, from: FakeOrigin(200, content, [("Request-Id", Example.credential)]))
        let outcome = try #require(world.outcomes.first)
        #expect(outcome.result == "settled" && outcome.vendorRequestID?.allSatisfy { $0 == "*" } == true)
        #expect(!"\(outcome)".contains(Example.credential))
    }

    @Test func `tells the room that is left after a priced request`() async throws {
        let world = try await World()
        let (arrival, client) = world.payment()
        await world.answer(arrival, client, from: FakeOrigin(200))
        let room = client.state.withLockedValue { $0.head?.fields["cofferdam-remaining-usd"].map { String(bytes: $0) } }
        #expect(room == "95.00")
    }

    @Test func `passes interim answers on, but 100`() async throws {
        let world = try await World()
        let client = FakeClient()
        await world.answer(
            world.tunnelled(.get, "/v1/x"), client,
            from: FakeOrigin([
                .event(.interim(AnswerHead(status: 100))), .event(.interim(AnswerHead(status: 103))),
                .event(.head(AnswerHead(status: 204))), .event(.end(trailers: Fields())),
            ]))
        #expect(client.said == [.interim(103), .head(204), .end])
    }
}

@Suite struct `A cap` {
    @Test func `lets in exactly as many as it has room for, however many come at once`() async throws {
        let world = try await World()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    let (arrival, client) = world.payment()
                    await world.answer(arrival, client, from: FakeOrigin(200))
                }
            }
        }
        #expect(world.spent.spent == .dollars(100) && world.closings.count == 20)
    }

    @Test func `counts on the run and on the key`() async throws {
        let world = try await World()
        let (_, token) = try await world.issue(caps: Caps(total: .dollars(8)))
        for code in [nil, "cap_exhausted"] {
            var (arrival, client) = world.payment()
            arrival.head.fields.append("Authorization", "Bearer \(token)")
            await world.answer(arrival, client, from: FakeOrigin(200))
            #expect(client.refusal?.code == code)
        }
        #expect(world.spent.spent == .dollars(5))
    }
}
