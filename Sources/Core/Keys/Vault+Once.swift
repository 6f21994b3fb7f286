/// Who asks for a key, under which `Idempotency-Key`, and with which content.
package struct OrderName: Sendable, Hashable {
    package var issuer: String
    package var name: String
    package var content: SecretDigest

    package init(issuer: String, name: String, content: SecretDigest) {
        (self.issuer, self.name, self.content) = (issuer, name, content)
    }
}

/// Why an order is not carried out a second time.
package enum OnceProblem: Error, Sendable, Equatable {
    /// The same name stands for another content.
    case otherContent
    /// The key was issued before a restart, and its token is kept nowhere.
    case tokenGone(keyID: String)
    case store(StoreFailure)
}

/// A key that was issued, with its token.
package struct Issued: Sendable {
    package var key: VaultKey
    package var token: String
    /// Whether it is the answer to an earlier request.
    package var isReplay = false

    package init(key: VaultKey, token: String) { (self.key, self.token) = (key, token) }
}

extension Vault {
    /// Issues a key once for each name: for a day, while the key lives, the same name gets the same key.
    ///
    /// Answers are in memory only. The key's ID is made of the name, so that after a restart, or when too many others
    /// were remembered, a repetition still finds that the key is there, and no second one is made.
    package func issue(_ order: KeyOrder, once name: OrderName) async throws(OnceProblem) -> Issued {
        let now = clock()
        let (remembered, isFirst) = once.withLockedValue { once in
            once.remembered(name, now, isLive: { self.isLive($0) }) { Task { await self.issueFirst(order, name) } }
        }
        guard remembered.content == name.content else { throw .otherContent }
        do throws(OnceProblem) {
            var issued = try await remembered.answer.value.get()
            once.withLockedValue { $0.answered(name, issued.key) }
            issued.isReplay = !isFirst
            if !isFirst, let key = try await known(issued.key.id) { issued.key = key }
            return issued
        } catch {
            // What failed may be tried again.
            once.withLockedValue { $0.forget(name) }
            throw error
        }
    }

    private func issueFirst(_ order: KeyOrder, _ name: OrderName) async -> Result<Issued, OnceProblem> {
        do throws(OnceProblem) {
            let id = try await freeID(name)
            var (key, token) = make(order, at: clock())
            key.id = id
            let made = key
            do { try await keep(made) } catch { throw OnceProblem.store(error) }
            return .success(Issued(key: made, token: token))
        } catch {
            return .failure(error)
        }
    }

    /// The name's next ID: each key that has ended leaves its own behind, as the books know it.
    private func freeID(_ name: OrderName) async throws(OnceProblem) -> String {
        let now = clock()
        let today = now.microseconds / 86_400_000_000
        var id = ""
        for day in [today - 1, today] {
            var number = 0
            id = name.keyID(day, number)
            while let key = try await known(id) {
                if key.status(at: now) == .active, now < key.createdAt + OnceMemory.window {
                    throw .tokenGone(keyID: id)
                }
                number += 1
                id = name.keyID(day, number)
            }
        }
        return id
    }

    private func known(_ id: String) async throws(OnceProblem) -> VaultKey? {
        do { return try await key(id: id) } catch { throw .store(error) }
    }

    private func isLive(_ key: VaultKey) -> Bool {
        let now = clock()
        return state.withLockedValue { $0.keys[key.digest] }?.status(at: now) == .active
    }
}

extension OrderName {
    /// An ID like any other: 95 bits of a digest.
    fileprivate func keyID(_ day: Int64, _ number: Int) -> String {
        let digest = SecretDigest(of: "\(issuer)\n\(name)\n\(day)\n\(number)")
        return "key_" + String(bytes: digest.bytes.prefix(16).map { Random.alphabet[Int($0) % 62] })
    }
}

/// Orders that were carried out a short while ago, with their answers.
struct OnceMemory: Sendable {
    struct Order: Sendable {
        var content: SecretDigest
        var since: Moment
        var answer: Task<Result<Issued, OnceProblem>, Never>
        /// nil while it is being issued.
        var key: VaultKey?
    }

    static let window = Span.seconds(86_400)
    /// Some megabytes.
    static let most = 10_000

    private struct Name: Hashable {
        var issuer: String
        var name: String
    }

    private var orders: [Name: Order] = [:]

    /// The order under this name, which is begun when there is none, or when its key has ended.
    mutating func remembered(
        _ name: OrderName, _ now: Moment, isLive: (VaultKey) -> Bool,
        begin: () -> Task<Result<Issued, OnceProblem>, Never>
    ) -> (Order, isFirst: Bool) {
        let short = Name(issuer: name.issuer, name: name.name)
        if let known = orders[short], known.holds(now, isLive) { return (known, false) }
        makeRoom(now, isLive)
        let order = Order(content: name.content, since: now, answer: begin())
        orders[short] = order
        return (order, true)
    }

    mutating func answered(_ name: OrderName, _ key: VaultKey) {
        orders[Name(issuer: name.issuer, name: name.name)]?.key = key
    }

    mutating func forget(_ name: OrderName) { orders[Name(issuer: name.issuer, name: name.name)] = nil }

    /// What is over goes first, then what is oldest: its key's ID still prevents a second one.
    private mutating func makeRoom(_ now: Moment, _ isLive: (VaultKey) -> Bool) {
        guard orders.count >= Self.most else { return }
        orders = orders.filter { $0.value.holds(now, isLive) }
        guard orders.count >= Self.most else { return }
        let oldest = orders.filter { $0.value.key != nil }.sorted { $0.value.since < $1.value.since }
        for (name, _) in oldest.prefix(Self.most / 10) { orders[name] = nil }
    }
}

extension OnceMemory.Order {
    fileprivate func holds(_ now: Moment, _ isLive: (VaultKey) -> Bool) -> Bool {
        guard let key else { return true }
        return now < since + OnceMemory.window && isLive(key)
    }
}
