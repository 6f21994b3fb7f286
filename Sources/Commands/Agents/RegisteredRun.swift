internal import Core

/// A run as the sidecar answered its registration: all that its process needs, also where `state_dir` can't be read.
struct RegisteredRun: Sendable {
    let id: String
    let secret: String
    /// The certificate, in PEM, that intercepted connections are signed with.
    let authority: String

    init(id: String, secret: String, authority: String) {
        (self.id, self.secret, self.authority) = (id, secret, authority)
    }

    /// Registers it; `terms` are its lifetime, lease and tags.
    init(_ id: String, _ terms: [JSONValue.Member] = [], at client: AdminClient) async throws {
        let answer = try await client.call(.post, "/v1/runs", .object([.init("id", .string(id))] + terms))
        (self.id, secret, authority) = (id, answer.string("secret"), answer.string("ca"))
    }
}
