package import Authority
internal import NIOConcurrencyHelpers
internal import NIOCore
package import NIOPosix
internal import NIOSSL
internal import NIOTLS

/// A server on the loopback interface that plays the vendors: for `cofferdam demo`, and for every test that must see
/// what really reached an origin.
///
/// It imitates, by path, the endpoints of Stripe, Twilio, Resend, OpenAI and Anthropic that matter here, misbehaves
/// on demand under `/_test/` (`Behaviours`), and records each request as it arrived.
package final class SandboxVendor: Sendable {
    /// The port on the loopback interface.
    package let port: Int
    /// The CA of its certificate, for a vendor entry's `ca_file`.
    package let certificatePEM: String

    private let recording: Recording
    private let desk: Desk
    private let server: any Channel
    private let accepting: Task<Void, Never>

    /// Listens; from then on everything is recorded.
    /// - Parameters:
    ///   - hosts: the vendor names that its certificate holds and that it answers for.
    ///   - authority: signs its certificate; a throw-away CA unless given.
    ///   - credentials: what it wants to see before it answers, by host; other hosts need nothing.
    ///   - address: an address of this machine.
    ///   - port: 0 for any that is free.
    ///   - tls: plain TCP if false.
    ///   - contentBound: how many bytes of each request's content are kept.
    ///   - group: where its connections live.
    /// - Returns: the server, ready for connections.
    /// - Throws: if it can't listen, or can't make its certificate.
    package static func start(
        hosts: [String], authority: LocalAuthority? = nil, credentials: [String: ExpectedCredential] = [:],
        address: String = "127.0.0.1", port: Int = 0, tls: Bool = true, contentBound: Int = 64 << 10,
        group: MultiThreadedEventLoopGroup = .singleton
    ) async throws -> SandboxVendor {
        let authority = try authority ?? LocalAuthority.temporary(name: "Cofferdam sandbox CA")
        let context = tls ? try authority.leaf(forNames: hosts + ["localhost", address]) : nil
        let recording = Recording(contentBound: contentBound)
        let server = try await listen(address, port, context, recording, group)
        let names = hosts.map { $0.lowercased() } + ["localhost", address]
        let desk = Desk(hosts: names, expected: credentials, recording: recording)
        return SandboxVendor(server, recording, desk, authority.certificatePEM)
    }

    private init(_ server: Server, _ recording: Recording, _ desk: Desk, _ certificatePEM: String) {
        self.recording = recording
        self.desk = desk
        self.certificatePEM = certificatePEM
        self.server = server.channel
        port = server.channel.localAddress?.port ?? 0
        accepting = Task { await Self.serve(server, recording, desk) }
    }

    // MARK: What it saw

    /// The requests whose head arrived, oldest first.
    package var requests: [RecordedRequest] { recording.requests }

    /// The connections, oldest first.
    package var connections: [RecordedConnection] { recording.connections }

    /// How much arrived in all.
    package var counts: SandboxCounts { recording.counts }

    /// Everything that the imitated vendors accepted: replays and declines are not in it.
    package var accepted: [Accepted] { desk.accepted }

    /// Returns as soon as `isMet` (or when the task is cancelled).
    package func wait(until isMet: @escaping @Sendable (SandboxCounts) -> Bool) async {
        await recording.wait(until: isMet)
    }

    /// Forgets the requests on record; the counts go on.
    package func forgetRequests() {
        recording.forget()
    }

    // MARK: What it does

    /// From now on asks `choose` at the head of each request whether to do something else. Nil ends that.
    package func divert(_ choose: (@Sendable (RecordedRequest) -> Diversion?)?) {
        desk.divert(choose)
    }

    /// Ends all connections at once, and listens no more.
    package func stop() async {
        // In this order: NIO traps when a connection comes while the sequence of connections is cancelled.
        try? await server.close()
        accepting.cancel()
        await accepting.value
    }
}

/// What a sandbox does to a request instead of answering it: any behaviour, on any path.
package struct Diversion: Sendable {
    /// A target under `/_test/`, like `/_test/cut?after=10`.
    package let target: String
    /// Whether the vendor has acted (charged, sent) before it misbehaves.
    package let acts: Bool

    package init(_ target: String, acts: Bool = false) {
        self.target = target
        self.acts = acts
    }
}

/// The one value of a field with which a request is let in.
package struct ExpectedCredential: Sendable {
    package let field: String
    package let value: String

    package init(_ value: String, field: String = "authorization") {
        self.field = field
        self.value = value
    }
}
