internal import CCurl
package import Core
package import Logging
internal import NIOConcurrencyHelpers

#if canImport(Glibc)
internal import Glibc
#else
internal import Musl
#endif

/// The port to the origins, by libcurl: one loop with its own thread, connections and timers for each lane.
///
/// It must be stopped before the last reference goes; its threads would live on otherwise.
package final class CurlOrigin: Origin, Sendable {
    private let loops: [CurlLoop]
    private let threads: Guarded<[pthread_t]>

    /// Starts a loop for each lane; the lanes are numbered from 0, and a request names one.
    /// - Throws: What the system or libcurl refused.
    package init(lanes: [Lane], settings: CurlSettings = CurlSettings(), logger: Logger) throws {
        precondition(!lanes.isEmpty, "an origin needs a lane")
        try Self.library.get()
        if !TLSState.isSupported {
            logger.warning("libcurl's TLS library can't be asked for unread bytes and cut answers")
        }
        let loops = try lanes.sorted { $0.index < $1.index }.map {
            try CurlLoop($0, settings: settings, logger: logger)
        }
        self.loops = loops
        threads = Guarded([])
        for loop in loops {
            let thread = try System.startThread("origin-\(loop.lane.index)") { loop.run() }
            threads.withLockedValue { $0.append(thread) }
        }
    }

    /// libcurl's process-wide start, once.
    private static let library: Result<Void, CurlError> = {
        let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        return code == CURLE_OK ? .success(()) : .failure(CurlError(code))
    }()

    package func send(_ request: OriginRequest) -> any Transfer {
        let loop = loops[Int(UInt(bitPattern: request.lane) % UInt(loops.count))]
        let transfer = CurlTransfer(request, on: loop)
        if !loop.queue(.start(transfer)) {
            transfer.refuse(OriginFailure(.cancelled, sent: false, detail: "the sidecar stops"))
        }
        return transfer
    }

    /// Breaks off what is in flight and ends the threads. Harmless twice.
    package func stop() async {
        let running = threads.withLockedValue { threads in
            defer { threads = [] }
            return threads
        }
        for loop in loops { loop.queue(.stop) }
        // The threads end within a turn.
        for thread in running { System.join(thread) }
    }

    package var stats: CurlStats {
        loops.reduce(into: CurlStats()) { sum, loop in
            let part = loop.counters.withLockedValue { $0 }
            sum.inFlight += part.inFlight
            sum.connections += part.connections
            sum.connectionsOpened += part.connectionsOpened
        }
    }
}
