/// So many at once, in all and for one of them; who comes beyond that is told to come again, before it costs anything.
///
/// One caller gets half at most, unless told otherwise: whatever it does, others are served.
package final class Turnstile: Sendable {
    package let limit: Int
    private let each: Int
    private let inside = Guarded((all: 0, by: [String: Int]()))

    /// `each` is for one caller; half of all when nil.
    package init(limit: Int, each: Int? = nil) { (self.limit, self.each) = (limit, each ?? max(1, limit / 2)) }

    package var count: Int { inside.withLockedValue { $0.all } }

    /// - Throws: `.overloaded`.
    package func enter(_ caller: String, _ count: Int = 1) throws(Refusal) {
        try inside.withLockedValue { inside throws(Refusal) in
            guard inside.all <= limit - count, inside.by[caller, default: 0] <= each - count else { throw .overloaded }
            inside.all += count
            inside.by[caller, default: 0] += count
        }
    }

    package func leave(_ caller: String, _ count: Int = 1) {
        inside.withLockedValue { inside in
            inside.all -= count
            inside.by[caller] = inside.by[caller].flatMap { $0 > count ? $0 - count : nil }
        }
    }
}

/// Content that is kept until it is judged: little is free, of much there is only so much at once.
final class ContentMeter: Sendable {
    /// For one request.
    let limit: Int
    private let bytes: Turnstile?
    private let caller: String
    private let taken = Guarded(0)

    /// `bytes` is nil where nobody counts.
    init(limit: Int, _ bytes: Turnstile? = nil, _ caller: String = "") {
        (self.limit, self.bytes, self.caller) = (limit, bytes, caller)
    }

    deinit { bytes?.leave(caller, taken.withLockedValue { $0 }) }

    /// Makes room for all of a request's content so far.
    /// - Throws: `.contentTooLarge`, `.overloaded`.
    func hold(_ count: Int) throws(Refusal) {
        guard count <= limit else { throw .contentTooLarge(limit: limit) }
        guard count > Self.little, let bytes else { return }
        try taken.withLockedValue { taken throws(Refusal) in
            try bytes.enter(caller, count - taken)
            taken = count
        }
    }

    private static let little = 64 << 10
}

/// How much is served at once. Each of them holds descriptors: a tunnel one, a request one more, of the origin.
package struct ServingLimits: Sendable, Equatable {
    /// Agents' connections; when one more comes, an idle one goes.
    package var connections = 20_000
    /// Requests with a known caller.
    package var requests = 4096
    /// Requests of one run (or key, or program); half of all when nil.
    package var requestsPerRun: Int?
    /// Bytes of content beyond the first 64 KiB of each request, which wait to be judged.
    package var contentBytes = 256 << 20
    /// Connections that callers of the admin listener hold.
    package var operators = 256

    package init() {}

    /// One run may have three of four: idle connections make room anyway.
    package var tunnelsPerRun: Int { max(1, connections * 3 / 4) }

    /// As many of each as these descriptors are enough for: what a process needs besides is kept free.
    package func within(descriptors: Int) -> ServingLimits {
        var limits = self
        limits.operators = min(operators, max(8, descriptors / 8))
        let free = max(0, descriptors - Self.ownDescriptors - limits.operators)
        limits.requests = min(requests, max(4, free * 3 / 8))
        limits.connections = min(connections, max(8, free - limits.requests))
        return limits
    }

    /// Store, listeners, loops, logs, and files that are read now and then.
    private static let ownDescriptors = 64
}
