internal import Core

extension ControlAPI {
    /// Server-sent events: each record once it is complete, in the order in which they end.
    func followAudit(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let query = try call.query(["label", "run_id", "key_id", "vendor", "decision", "request_id", "since", "after"])
        var follower = Follower(audit: sidecar.audit, filter: try filter(query))
        follower.after = try query.number("after")
        if follower.after == nil, follower.filter.since == nil {
            // Begin behind what is there already.
            let audit = sidecar.audit
            let last = try await stored { () throws(StoreFailure) in
                try await audit.records(AuditFilter(), after: nil, newest: true, limit: 1)
            }
            follower.after = last.last?.sequence ?? 0
        }
        let start = follower
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingNewest(1024))
        let task = Task {
            var follower = start
            await follower.run(continuation)
        }
        continuation.onTermination = { _ in task.cancel() }
        return APIAnswer(status: 200, contentType: "text/event-stream", content: .stream(stream))
    }
}

/// Looks for new records a few times a second: the store has no other way to tell.
struct Follower: Sendable {
    let audit: any AuditStore
    let filter: AuditFilter
    /// The last record that was seen.
    var after: Int64?
    /// Seen, but still without an outcome.
    private var open: [AuditRecord] = []

    private static let pause = Duration.milliseconds(200)
    /// Rounds between two signs of life, so that both ends notice when the other is gone.
    private static let heartbeat = 50
    private static let page = 200
    /// An outcome that does not come for so many requests at once is shown without.
    private static let mostOpen = 200

    init(audit: any AuditStore, filter: AuditFilter) { (self.audit, self.filter) = (audit, filter) }

    mutating func run(_ out: AsyncStream<[UInt8]>.Continuation) async {
        out.yield(Array(": following\n\n".utf8))
        var rounds = 0
        while !Task.isCancelled {
            do {
                for record in try await step() { out.yield(Self.event(record)) }
            } catch {
                out.yield(Array("event: error\ndata: {\"code\":\"store_unavailable\"}\n\n".utf8))
                break
            }
            rounds += 1
            if rounds % Self.heartbeat == 0 { out.yield(Array(":\n\n".utf8)) }
            try? await Task.sleep(for: Self.pause)
        }
        out.finish()
    }

    /// What has become complete since the last look.
    mutating func step() async throws(StoreFailure) -> [AuditRecord] {
        var done: [AuditRecord] = []
        var waiting: [AuditRecord] = []
        for record in open {
            var one = AuditFilter()
            one.requestID = record.decision.requestID.text
            let now = try await audit.records(one, after: nil, newest: false, limit: 1).first ?? record
            if now.isOpen { waiting.append(now) } else { done.append(now) }
        }
        var filter = filter
        // Whether it ends in doubt is known at its end.
        if filter.decision == "in_doubt" { filter.decision = DecisionRecord.allowed }
        for record in try await audit.records(filter, after: after, newest: false, limit: Self.page) {
            after = record.sequence
            if record.isOpen { waiting.append(record) } else { done.append(record) }
        }
        let overdue = max(0, waiting.count - Self.mostOpen)
        open = Array(waiting.dropFirst(overdue))
        return (waiting.prefix(overdue) + done).filter(self.filter.fits)
    }

    private static func event(_ record: AuditRecord) -> [UInt8] {
        Array("id: \(record.sequence)\ndata: ".utf8) + record.json.bytes + Array("\n\n".utf8)
    }
}
