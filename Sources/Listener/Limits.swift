internal import NIOCore

/// How patient the listener is, and how much it takes.
package struct Limits: Sendable {
    /// From a head's first byte to its last.
    package var headSeconds: Int64 = 30
    /// Between two pieces of content, or between two requests.
    package var contentSeconds: Int64 = 60
    /// Bytes of content in a second, at least, once that time is over.
    package var contentRate: Int64 = 256
    package var idleSeconds: Int64 = 600
    /// Connections at the same time; when one more comes an idle one goes, or, without one, it is told to come again.
    package var connections = 20_000
    /// Unread content up to this length is read off, so that the connection lives on.
    package var drainBytes: Int64 = 64 * 1024
    /// Bytes that wait for a slow exchange before the client is made to wait.
    package var inboxBytes = 128 * 1024

    package init() {}
}
