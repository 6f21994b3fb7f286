package import Core

/// An event loop that exchanges run on; the transfers of one lane share one libcurl loop.
package struct Lane: Sendable {
    package let index: Int
    /// Runs a block on the event loop, from any thread.
    package let execute: @Sendable (@escaping @Sendable () -> Void) -> Void

    package init(index: Int, execute: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        self.index = index
        self.execute = execute
    }
}

/// How the libcurl adapter behaves towards every vendor.
package struct CurlSettings: Sendable {
    /// Connections that one loop keeps open for one pool; at least the concurrency, or reuse suffers.
    package var maxConnections = 1024
    /// Bytes that libcurl reads at once. A TLS record is 16 KiB at most. Buffers come and go with transfers, and the
    /// allocator tidies up at every block of 64 KiB that is freed: these stay below.
    package var bufferSize = 32_768
    /// An idle connection that is older is not used again: origins close theirs after 5 to 75 s.
    package var maxIdle: Span = .seconds(30)
    /// A pool that nobody used for this long gives its connections back.
    package var poolLifetime: Span = .seconds(120)

    package init() {}
}

/// What the adapter is doing right now.
package struct CurlStats: Sendable, Equatable {
    package var inFlight = 0
    package var connections = 0
    package var connectionsOpened = 0

    package init() {}
}
