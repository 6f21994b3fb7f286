import Core
import Testing

extension Fact {
    /// What every store does with keys and runs.
    package static let vault: [Fact] = [
        Fact("a key comes back as it was put, by digest and by ID, also after a restart") { books in
            var key = try VaultKey.example("vk_1")
            let store = try await books.open()
            try await store.put(key)
            #expect(try await store.key(digest: key.digest) == key)
            key.revokedAt = .start + .seconds(1)
            try await store.put(key)
            try await books.crash(store)
            let again = try await books.open()
            #expect(try await again.key(id: "vk_1") == key)
            #expect(try await again.key(digest: SecretDigest(of: "other")) == nil)
            await books.close(again)
        },
        Fact("stops come back in their order until they are lifted, also after a restart") { books in
            let store = try await books.open()
            let stops = (0..<3).map { number in
                Stop(
                    id: "stop_\(9 - number)", target: number == 0 ? .all : .label(Glob("acme:*")),
                    createdAt: .start + .seconds(Int64(number)), until: number == 1 ? .start + .seconds(9) : nil,
                    reason: "it's a \"loop\"", by: "ops")
            }
            for stop in stops { try await store.put(stop) }
            try await store.remove(stopID: stops[0].id)
            try await store.remove(stopID: "unknown")
            try await books.crash(store)
            let again = try await books.open()
            #expect(try await again.load(now: .start).stops == Array(stops.dropFirst()))
            await books.close(again)
        },
        Fact("changed budgets come back until they are over or taken back, also after a restart") { books in
            let store = try await books.open()
            func change(_ value: String, _ daily: Int64, _ until: Span?) -> BudgetChange {
                BudgetChange(
                    budget: "users", value: value, caps: Caps(daily: .dollars(daily), request: Money(micros: 1)),
                    createdAt: .start, until: until.map { .start + $0 }, reason: "it's \"big\"", by: "ops")
            }
            for change in [change("a,1", 5, nil), change("b,1", 6, .seconds(9)), change("c,1", 7, .seconds(99))] {
                try await store.put(change)
            }
            try await store.put(change("a,1", 8, nil))
            try await store.put(change("d,1", 9, nil))
            try await store.remove(budgetChange: "budget:users:d,1")
            try await store.remove(budgetChange: "unknown")
            try await books.crash(store)
            let again = try await books.open()
            let found = try await again.load(now: .start + .seconds(9)).budgetChanges
            #expect(found.sorted { $0.id < $1.id } == [change("a,1", 8, nil), change("c,1", 7, .seconds(99))])
            await books.close(again)
        },
        Fact("the time that was told last is known after a crash") { books in
            let store = try await books.open()
            #expect(try await store.lastClock() == nil)
            try await store.tell(clock: .start)
            try await store.tell(clock: .start + .seconds(-9))
            await store.flush()
            try await books.crash(store)
            let again = try await books.open()
            #expect(try await again.lastClock() == .start + .seconds(-9))
            await books.close(again)
        },
        Fact("ends move with a clock that is set back, each once; those of stops also with one set ahead") { books in
            let store = try await books.open()
            for number in 0..<1100 { try await store.put(VaultKey.example("vk_\(number)", lives: .seconds(100))) }
            try await store.put(VaultKey.example("vk_over", lives: .seconds(-70)))
            try await store.put(Run.example("r"))
            try await store.put(
                Stop(
                    id: "s", target: .all, createdAt: .start, until: .start + .seconds(5), reason: "", by: ""))
            try await store.moveEnds(by: .seconds(-60), now: .start + .seconds(-60))
            let contents = try await store.load(now: .start + .seconds(-100))
            #expect(contents.keys.count == 1101)
            #expect(
                contents.keys.allSatisfy { $0.expiresAt == .start + .seconds($0.id == "vk_over" ? -70 : 40) })
            #expect(contents.runs.map(\.deadline) == [Run.example("r").deadline + .seconds(-60)])
            #expect(contents.stops.map(\.until) == [.start + .seconds(-55)])
            try await store.moveEnds(by: .seconds(60), now: .start)
            let ahead = try await store.load(now: .start)
            #expect(ahead.keys.first?.expiresAt == .start + .seconds(40))
            #expect(ahead.stops.map(\.until) == [.start + .seconds(5)])
            await books.close(store)
        },
        Fact("loading leaves out what is over") { books in
            let store = try await books.open()
            try await store.put(VaultKey.example("vk_live"))
            try await store.put(VaultKey.example("vk_old", lives: .seconds(1)))
            var ended = Run.example("ended")
            ended.endedAt = .start
            try await store.put(ended)
            try await store.put(Run.example("live"))
            try await store.block(runID: "live", vendor: "stripe", true)
            try await store.block(runID: "live", vendor: "twilio", true)
            try await store.block(runID: "live", vendor: "twilio", false)
            let contents = try await store.load(now: .start + .seconds(2))
            #expect(contents.keys.map(\.id) == ["vk_live"])
            #expect(contents.runs == [Run.example("live")])
            #expect(contents.blocked == [VaultContents.RunVendor(runID: "live", vendor: "stripe")])
            await books.close(store)
        },
        Fact("keys and runs are found by each part of a filter, whatever signs are in it") { books in
            let store = try await books.open()
            let names = ["acme", "a/b", #"a"b"#, #"a\b"#, "é", "acme corp", "a[m]?", "a=b"]
            for (number, name) in names.enumerated() {
                var key = try VaultKey.example("vk_\(number)", label: name, lives: .seconds(Int64(number)))
                (key.tags, key.runID) = (["tenant": name, "user": "\(number)"], number % 3 == 0 ? nil : "r\(number)")
                key.vendor = number % 2 == 0 ? "stripe" : "twilio"
                if number == 5 { key.revokedAt = .start }
                try await store.put(key)
                var run = Run.example("r:\(number)")
                run.tags = key.tags
                try await store.put(run)
            }
            let patterns = ["*", "a*", "*b", "a*p", "*\"*", "a/*", "é*", "nobody"]
            let globs = (names + patterns).map { Glob($0) }
            var filters = globs.flatMap { glob in
                let plain = VaultFilter(now: .start + .seconds(3))
                var (label, tag) = (plain, plain)
                (label.label, tag.tags) = (glob, ["tenant": glob])
                return [label, tag]
            }
            for status in ["active", "expired", "revoked"] {
                filters.append(VaultFilter(status: status, now: .start + .seconds(3)))
            }
            for run in ["*", "r*", "r1", "r:1", "x"] { filters.append(VaultFilter(runID: Glob(run), now: .start)) }
            filters.append(VaultFilter(vendor: "twilio", now: .start))
            let keys = try await store.keys(VaultFilter(now: .start), after: nil, limit: 100)
            let runs = try await store.runs(VaultFilter(now: .start), after: nil, limit: 100)
            #expect(keys.count == names.count && runs.count == names.count)
            for filter in filters {
                let found = try await store.keys(filter, after: nil, limit: 100)
                #expect(found == keys.filter(filter.matches), "\(filter)")
                let some = try await store.runs(filter, after: nil, limit: 100)
                #expect(some == runs.filter(filter.matches), "\(filter)")
            }
            await books.close(store)
        },
        Fact("keys are listed newest first, page by page, through the filter") { books in
            let store = try await books.open()
            for number in 0..<450 {
                var key = try VaultKey.example("vk_\(number)", label: number % 2 == 0 ? "even-\(number)" : "odd")
                key.createdAt = .start + .seconds(Int64(number / 10))
                try await store.put(key)
            }
            let filter = VaultFilter(label: Glob("even-*"), now: .start)
            var (seen, after) = ([VaultKey](), String?.none)
            repeat {
                let page = try await store.keys(filter, after: after, limit: 100)
                seen += page
                after = page.last?.id
            } while after != nil
            #expect(seen.count == 225 && Set(seen.map(\.id)).count == 225)
            #expect(seen.map(\.createdAt) == seen.map(\.createdAt).sorted(by: >))
            await books.close(store)
        },
    ]
}
