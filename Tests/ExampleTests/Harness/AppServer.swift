import Foundation
import Harness

/// An example's own server, which is asked as its users ask it.
struct AppServer: Sendable {
    let port: Int
    let child: Child

    /// Sends JSON; a list of fields may go with it.
    func post(_ path: String, _ content: JSON, _ fields: [String] = []) async throws -> Wire.Answer {
        try await Wire.ask(port, "POST", path, fields, content.encoded)
    }

    func get(_ path: String, _ fields: [String] = []) async throws -> Wire.Answer {
        try await Wire.ask(port, "GET", path, fields)
    }
}
