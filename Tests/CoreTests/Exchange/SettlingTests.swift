import Testing

@testable import Core

@Suite struct `The hold of a request that was sent` {
    private func pay(_ world: World, _ origin: FakeOrigin) async -> FakeClient {
        let (arrival, client) = world.payment()
        await world.answer(arrival, client, from: origin)
        #expect(world.spent.held == .zero, "every hold is closed")
        #expect(world.sidecar.inFlight.count == 0)
        return client
    }

    @Test func `is settled by a 2xx, at what the vendor says`() async throws {
        let world = try await World()
        let client = await pay(world, FakeOrigin(200, #"{"amount":700,"currency":"usd"}"#))
        #expect(world.closings == [.settled(.dollars(7))])
        #expect(client.said.first == .head(200) && client.said.last == .end)
        #expect(client.text == #"{"amount":700,"currency":"usd"}"#)
    }

    @Test(arguments: [
        "{}", "not JSON", #"{"amount":"5"}"#, #"{"amount":5.5,"currency":"usd"}"#, #"{"amount":1,"currency":"xxx"}"#,
    ])
    func `is settled at the estimate when the vendor does not say it plainly`(_ content: String) async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(200, content))
        #expect(world.closings == [.settled(.dollars(5))])
    }

    @Test func `is released by a status that proves that the vendor did not act`() async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(402))
        #expect(world.closings == [.released] && world.spent.counted == .zero)
    }

    @Test(arguments: [500, 503, 302, 409, 404]) func `is in doubt after any other status`(_ status: Int) async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(status))
        #expect(world.spent.inDoubt == .dollars(5))
        #expect(world.outcomes.first?.result == "in_doubt" && world.outcomes.first?.originStatus == status)
    }

    @Test(arguments: [
        (OriginFailure.Cause.unreachable, "origin_unreachable"), (.tlsFailed, "origin_tls_failed"),
        (.addressRefused, "origin_address_refused"), (.timeout, "origin_timeout"),
        (.protocolError, "origin_protocol_error"),
        (.cut, "origin_protocol_error"),
    ]) func `is released when nothing was sent, else in doubt`(_ cause: OriginFailure.Cause, _ code: String)
        async throws
    {
        for sent in [false, true] {
            let world = try await World()
            let client = await pay(world, FakeOrigin(failing: cause, sent: sent))
            #expect(world.closings == [sent ? .inDoubt(evidence: "for a test") : .released])
            #expect(client.said == [.refused(code)])
            #expect(world.outcomes.first?.sentBytes == (sent ? 23 : 0))
        }
    }

    @Test func `is in doubt when the answer breaks off, and the client sees that`() async throws {
        let world = try await World()
        let head = AnswerHead(status: 200, framing: .fixed(100))
        let client = await pay(
            world,
            FakeOrigin([
                .event(.head(head)), .event(.content([65, 66])), .event(.content([67])),
                .event(.failed(OriginFailure(.cut, sent: true, detail: "cut"))),
            ]))
        #expect(world.spent.inDoubt == .dollars(5))
        #expect(client.said == [.head(200), .content("AB"), .cut(nil)])
    }

    @Test func `is released when an answer that proves it breaks off`() async throws {
        let world = try await World()
        let head = AnswerHead(status: 402, framing: .fixed(100))
        _ = await pay(
            world, FakeOrigin([.event(.head(head)), .event(.failed(OriginFailure(.cut, sent: true, detail: "cut")))]))
        #expect(world.closings == [.released])
    }

    @Test func `is in doubt when the content is encoded, and nothing of it is passed on`() async throws {
        let world = try await World()
        let origin = FakeOrigin(200, "zipped", [("Content-Encoding", "gzip")])
        let client = await pay(world, origin)
        #expect(world.spent.inDoubt == .dollars(5))
        #expect(client.said == [.refused("origin_protocol_error")])
        #expect(origin.state.withLockedValue { $0.cancelled } == 1)
    }

    @Test func `is settled by its answer when the client goes, which nobody reads`() async throws {
        let world = try await World()
        let (arrival, client) = world.payment()
        let gone = Guarded(false)
        let origin = FakeOrigin(200, "{}", [], .act { while !gone.withLockedValue({ $0 }) { await Task.yield() } })
        let task = Task { await world.answer(arrival, client, from: origin) }
        while origin.requests.isEmpty { await Task.yield() }
        task.cancel()
        gone.withLockedValue { $0 = true }
        await task.value
        #expect(world.spent.spent == .dollars(5) && world.outcomes.first?.failure == "client_gone")
        #expect(!client.said.contains(.end) && origin.state.withLockedValue { $0.cancelled } == 0)
    }

    @Test func `is in doubt when the client goes and the vendor does not answer in time`() async throws {
        let world = try await World()
        let (arrival, client) = world.payment()
        let origin = FakeOrigin([.wait])
        let exchange = Exchange(sidecar: world.sidecar, origin: origin, drainTime: .milliseconds(50))
        let task = Task { await exchange.answer(arrival, client) }
        while origin.requests.isEmpty { await Task.yield() }
        task.cancel()
        await task.value
        #expect(world.spent.inDoubt == .dollars(5) && world.outcomes.first?.failure == "client_gone")
        #expect(client.said.isEmpty)
    }

    @Test func `is closed before the client has the last byte`() async throws {
        for framing in [Framing.fixed(4), .chunked, .untilClose] {
            let world = try await World()
            let (arrival, _) = world.payment()
            let heldAt = Guarded<[Money]>([])
            let client = FakeClient(
                ["amount=500&currency=usd"],
                onSaid: { said in
                    if case .content = said { heldAt.withLockedValue { $0.append(world.spent.held) } }
                })
            let head = AnswerHead(status: 200, framing: framing)
            await world.answer(
                arrival, client,
                from: FakeOrigin([
                    .event(.head(head)), .event(.content([65, 66])), .event(.content([67, 68])),
                    .event(.end(trailers: Fields())),
                ]))
            #expect(heldAt.withLockedValue { $0 } == [.dollars(5), .zero])
        }
    }

    @Test func `of a stream is settled at the estimate, and no event waits for it`() async throws {
        let world = try await World()
        let (arrival, client) = world.payment()
        let head = AnswerHead(
            status: 200, fields: Fields([("Content-Type", "text/event-stream; charset=utf-8")]), framing: .chunked)
        let seen = Guarded<[String]>([])
        await world.answer(
            arrival, client,
            from: FakeOrigin([
                .event(.head(head)), .event(.content(Array("one".utf8))),
                .act { seen.withLockedValue { $0.append(client.text) } },
                .event(.content(Array("two".utf8))), .event(.end(trailers: Fields())),
            ]))
        #expect(seen.withLockedValue { $0 } == ["one"])
        #expect(world.closings == [.settled(.dollars(5))] && client.text == "onetwo")
    }

    @Test func `of nothing is closed as free, whatever comes`() async throws {
        for origin in [FakeOrigin(200), FakeOrigin(500), FakeOrigin(failing: .timeout, sent: true)] {
            let world = try await World()
            await world.answer(world.tunnelled(.get, "/v1/payment_intents/pi_1"), FakeClient(), from: origin)
            #expect(world.closings == [.settled(.zero)] && world.outcomes.first?.result == "free")
        }
    }
}

@Suite struct `What changes while content is still arriving` {
    private func code(_ change: @escaping @Sendable (World) async -> Void) async throws -> String? {
        let world = try await World()
        let (arrival, _) = world.payment()
        let client = FakeClient(["amount=500&currency=usd"], onRead: { await change(world) })
        let origin = FakeOrigin(200)
        await world.answer(arrival, client, from: origin)
        #expect(origin.requests.isEmpty == (client.refusal != nil))
        #expect(world.spent.held == .zero)
        return client.refusal?.code
    }

    @Test func `holds for it: caps, endpoints, key and run`() async throws {
        let lowered = try await code { world in
            world.sidecar.change { $0.policies[0].caps = Caps(daily: .dollars(1)) }
        }
        #expect(lowered == "cap_exhausted")
        let unlisted = try await code { world in
            world.sidecar.change {
                $0.policies[0] = Example.policy("billing", ["GET /v1/x"])
                $0.policies[0].fingerprint = "2"
            }
        }
        #expect(unlisted == "endpoint_not_allowed")
        #expect(try await code { $0.pass(.seconds(2 * 86_400)) } == "run_expired")
        let stopped = try await code { world in
            world.pass(.seconds(1))
            _ = try? await world.vault.revoke(runID: "billing-7")
        }
        #expect(stopped == "run_revoked")
    }

    @Test func `is served under the new rules where they allow it`() async throws {
        #expect(try await code { $0.sidecar.change { $0.policies[0].caps = Caps(daily: .dollars(50)) } } == nil)
        #expect(try await code { $0.pass(.seconds(5)) } == nil)
    }

    @Test func `is told to come again when the configuration is another`() async throws {
        let reloaded = try await code { world in
            var rules = Example.rules()
            rules.generation = 2
            world.sidecar.replace(rules)
        }
        #expect(reloaded == "overloaded")
    }
}

@Suite struct `A revocation` {
    @Test func `stops a request whose content is still arriving`() async throws {
        let world = try await World()
        let (arrival, _) = world.payment()
        let client = FakeClient(
            ["amount=500&currency=usd"], onRead: { _ = try? await world.vault.revoke(runID: "billing-7") })
        let origin = FakeOrigin(200)
        await world.answer(arrival, client, from: origin)
        #expect(origin.requests.isEmpty && client.said == [.refused("run_revoked")])
        #expect(world.closings == [.released])
    }

    @Test func `of its key stops it too, and so does the run's end`() async throws {
        for ends in [true, false] {
            let world = try await World()
            let key = try await world.vault.exchange(
                world.vault.assumed("billing-7"), for: "stripe", world.rules.policy(for: "billing-7", "stripe"))
            let (arrival, _) = world.payment()
            let client = FakeClient(
                ["amount=500&currency=usd"],
                onRead: {
                    if ends {
                        _ = try? await world.vault.end(runID: "billing-7")
                    } else {
                        _ = try? await world.vault.revoke(keyID: key.id)
                    }
                })
            let origin = FakeOrigin(200)
            await world.answer(arrival, client, from: origin)
            #expect(origin.requests.isEmpty && client.refusal?.code == (ends ? "run_expired" : "vault_key_revoked"))
        }
    }

    @Test func `tells the client at once, and waits for what was sent to settle it`() async throws {
        let world = try await World()
        let (arrival, client) = world.payment()
        let said = Guarded<[FakeClient.Said]>([])
        let origin = FakeOrigin([
            .act {
                _ = try? await world.vault.revoke(runID: "billing-7")
                said.withLockedValue { $0 = client.said }
            },
            .event(.head(AnswerHead(status: 200, framing: .fixed(2)))), .event(.content([123, 125])),
            .event(.end(trailers: Fields())),
        ])
        await world.answer(arrival, client, from: origin)
        #expect(said.withLockedValue { $0 } == [.refused("run_revoked")])
        #expect(client.said == [.refused("run_revoked")])
        #expect(world.closings == [.settled(.dollars(5))])
        #expect(world.outcomes.map(\.failure) == ["run_revoked"])
        #expect(world.sidecar.activity.total.refusals == ["run_revoked": 1])
        #expect(world.sidecar.inFlight.count == 0)
    }

    @Test func `cuts a stream visibly, with an event in the vendor's form`() async throws {
        let world = try await World()
        let (arrival, client) = world.payment()
        let head = AnswerHead(status: 200, fields: Fields([("Content-Type", "text/event-stream")]), framing: .chunked)
        let origin = FakeOrigin([
            .event(.head(head)), .event(.content(Array("data: 1\n\n".utf8))),
            .act { _ = try? await world.vault.revoke(runID: "billing-7") }, .event(.content(Array("data: 2\n\n".utf8))),
            .wait,
        ])
        await world.answer(arrival, client, from: origin)
        #expect(
            client.said == [
                .head(200), .content("data: 1\n\n"), .cut("event: error\ndata: {\"code\":\"run_revoked\"}\n\n"),
            ])
        #expect(world.spent.inDoubt == .dollars(5))
        #expect(world.outcomes.map(\.failure) == ["run_revoked"])
    }

    @Test func `ends a free transfer at once`() async throws {
        let world = try await World()
        let client = FakeClient()
        let origin = FakeOrigin([.act { _ = try? await world.vault.revoke(runID: "billing-7") }, .wait])
        await world.answer(world.tunnelled(.get, "/v1/x"), client, from: origin)
        #expect(client.said == [.refused("run_revoked")] && world.closings == [.settled(.zero)])
    }

    @Test func `ends an upload that is not whole instead of waiting for its answer`() async throws {
        let world = try await World()
        let arrival = world.tunnelled(.post, "/v1/files", [("Content-Type", "image/png")], framing: .fixed(6))
        let reads = Guarded(0)
        let client = FakeClient(
            ["abc", "def"],
            onRead: {
                let count = reads.withLockedValue { reads in
                    reads += 1
                    return reads
                }
                if count == 2 { _ = try? await world.vault.revoke(runID: "billing-7") }
            })
        let origin = FakeOrigin([.wait])
        await world.answer(arrival, client, from: origin)
        #expect(client.said == [.refused("run_revoked")])
        #expect(world.spent.inDoubt == .dollars(1))
        #expect(!origin.state.withLockedValue { $0.uploadEnded })
    }

    @Test func `that comes with the last byte changes nothing`() async throws {
        let world = try await World()
        let (arrival, _) = world.payment()
        let client = FakeClient(
            ["amount=500&currency=usd"],
            onSaid: { said in
                if case .content("}") = said { world.sidecar.inFlight.cut(.revoked) { _ in true } }
            })
        await world.answer(arrival, client, from: FakeOrigin(200))
        #expect(client.said == [.head(200), .content("{"), .content("}"), .end])
        #expect(world.closings == [.settled(.dollars(5))] && world.outcomes.map(\.failure) == [nil])
    }

    @Test func `at shutdown is told as overload`() async throws {
        let world = try await World()
        let client = FakeClient()
        let origin = FakeOrigin([.act { world.sidecar.inFlight.cut(.shutdown) { _ in true } }, .wait])
        await world.answer(world.tunnelled(.get, "/v1/x"), client, from: origin)
        #expect(client.said == [.refused("overloaded")])
    }
}
