/// How much of a listener strangers may take: an agent can reach it too, and must not keep the operator out.
package struct ConnectionLimits: Sendable {
    /// Connections at once.
    package var connections = 256
    /// Seconds from the connection to the end of its first head.
    package var headSeconds: Int64 = 10
    /// Seconds from a head to the end of its content.
    package var contentSeconds: Int64 = 30
    /// Seconds in which something of an answer must be taken by who showed no valid token. An export that an operator
    /// reads page by page has `patience` times as long, a stream of events any time: it keeps the newest few only.
    package var answerSeconds: Int64 = 10
    package var patience: Int64 = 30

    package init() {}
}
