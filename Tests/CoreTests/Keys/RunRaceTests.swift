import Testing

@testable import Core

@Suite struct `A run that is changed by several at once` {
    /// The store takes its time to write.
    private func slow(_ world: World) {
        world.store.beforePut.withLockedValue { $0 = { try? await Task.sleep(for: .milliseconds(2)) } }
    }

    @Test(arguments: ["renew", "register"]) func `stays revoked, whoever writes last`(_ other: String) async throws {
        for round in 0..<20 {
            let world = try await World()
            if other == "register" { _ = try await world.vault.end(runID: "billing-7") }
            slow(world)
            async let change: Void = {
                switch other {
                case "register":
                    _ = try? await world.vault.register(runID: "billing-7", lifetime: .seconds(60), lease: nil)
                default: _ = try? await world.vault.renew(runID: "billing-7", lifetime: .seconds(60))
                }
            }()
            if round % 2 == 0 { try await Task.sleep(for: .milliseconds(1)) }
            _ = try await world.vault.revoke(runID: "billing-7")
            #expect(world.vault.liveRun("billing-7")?.revokedAt != nil)
            await change
            #expect(world.vault.liveRun("billing-7")?.revokedAt != nil)
            #expect(try await world.store.run(id: "billing-7")?.revokedAt != nil)
        }
    }

    @Test func `stays ended, and ends at once`() async throws {
        for _ in 0..<20 {
            let world = try await World()
            slow(world)
            async let renewal = try? world.vault.renew(runID: "billing-7", lifetime: .seconds(60))
            _ = try await world.vault.end(runID: "billing-7")
            _ = await renewal
            #expect(world.vault.liveRun("billing-7")?.endedAt != nil)
            #expect(try await world.store.run(id: "billing-7")?.endedAt != nil)
        }
    }

    @Test func `is registered once`() async throws {
        let world = try await World()
        slow(world)
        let secrets = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try? await world.vault.register(runID: "billing-9", lifetime: .seconds(60), lease: nil).secret
                }
            }
            return await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
        }
        #expect(secrets.count == 1)
        let run = try #require(try await world.store.run(id: "billing-9"))
        #expect(run.digest == SecretDigest(of: secrets[0]))
    }

    @Test func `is not assumed after a restart, when it was ended or revoked`() async throws {
        let world = try await World()
        for id in ["billing-1", "billing-2", "billing-3"] {
            _ = try await world.vault.register(runID: id, lifetime: .seconds(3600), lease: nil)
        }
        _ = try await world.vault.end(runID: "billing-1")
        _ = try await world.vault.end(runID: "billing-2")
        _ = try await world.vault.revoke(runID: "billing-2")
        _ = try await world.vault.revoke(runID: "billing-3")
        let next = Sidecar(
            rules: Example.rules(), vaultStore: world.store, ledger: world.store, audit: world.store, clock: { .start })
        try await next.load()
        let codes = await ["billing-1", "billing-2", "billing-3", "billing-4"].asyncMap { id in
            do throws(Refusal) {
                _ = try next.vault.checked(await next.vault.named(id))
                return "active"
            } catch { return error.code }
        }
        #expect(codes == ["run_expired", "run_revoked", "run_revoked", "active"])
        // Whoever is registered later is not taken for the one that was not.
        _ = try await next.vault.register(runID: "billing-4", lifetime: .seconds(3600), lease: nil)
        _ = try await next.vault.revoke(runID: "billing-4")
        #expect(try await next.vault.named("billing-4").revokedAt != nil)
    }

    @Test func `is renewed within the bound of who renews it, lease or not`() async throws {
        let world = try await World()
        _ = try await world.vault.register(runID: "billing-9", lifetime: .seconds(60), lease: .seconds(3600))
        let run = try await world.vault.renew(runID: "billing-9", lifetime: .seconds(60), bound: .seconds(60))
        #expect(run.deadline == .start + .seconds(60))
    }
}

extension Array where Element: Sendable {
    fileprivate func asyncMap<T>(_ change: (Element) async throws -> T) async rethrows -> [T] {
        var changed: [T] = []
        for element in self { changed.append(try await change(element)) }
        return changed
    }
}
