/// The port to the vendors: sends one request, once, and hands back what the origin answers.
package protocol Origin: Sendable {
    /// Begins a transfer; never throws: what goes wrong arrives as `.failed`.
    func send(_ request: OriginRequest) -> any Transfer
}

/// One exchange with an origin. All calls come from the exchange's own task, except `cancel`, which any thread may call.
package protocol Transfer: Sendable {
    /// The next thing that the origin said; suspends until there is one. After `.end` and `.failed` there is none.
    /// Content that is not asked for makes the origin wait (back-pressure).
    func next() async -> OriginEvent

    /// Gives the next piece of streamed content; returns when the transfer can take more, or has ended.
    func upload(_ bytes: [UInt8]) async

    /// Ends streamed content.
    func finishUpload()

    /// Breaks the transfer off; `next` then answers `.failed` with `.cancelled`. Harmless after the end.
    func cancel()
}

/// What an origin sends, in order: interim heads, the head, content, the end; or a failure at any point.
package enum OriginEvent: Sendable {
    case interim(AnswerHead)
    case head(AnswerHead)
    case content([UInt8])
    case end(trailers: Fields)
    case failed(OriginFailure)
}

/// Everything that a transfer needs; the credential is already in place.
package struct OriginRequest: Sendable {
    package enum Content: Sendable {
        case none
        case whole([UInt8])
        /// Comes through `Transfer.upload`; nil length is sent chunked.
        case streamed(length: Int64?)
    }

    package var method: Method
    /// The vendor's name: what is dialled, verified, and sent as SNI and Host. Lower case, port 443.
    package var host: String
    /// Canonical path and query, percent-encoded ASCII, starting with `/`.
    package var target: [UInt8]
    /// End-to-end fields and the credential; no Host, no Content-Length, nothing hop-by-hop.
    package var fields: Fields
    package var content: Content
    package var dial: Dial
    /// Connections are shared only among requests with the same pool name (one for each credential).
    package var pool: String
    /// The event loop that the exchange runs on; its transfers share one libcurl loop.
    package var lane: Int

    package init(
        method: Method, host: String, target: [UInt8], fields: Fields, content: Content, dial: Dial, pool: String,
        lane: Int
    ) {
        self.method = method
        self.host = host
        self.target = target
        self.fields = fields
        self.content = content
        self.dial = dial
        self.pool = pool
        self.lane = lane
    }
}

/// How a vendor is reached.
package struct Dial: Sendable, Equatable {
    /// Dial this `address:port` instead of the name's own; the name is still what is verified.
    package var connectTo: String?
    /// Trust these roots (a PEM file) instead of the system's.
    package var caFile: String?
    /// Exceptions to "public addresses only".
    package var allowAddresses: [AddressRange] = []
    /// An http proxy towards the vendor (`http://host:port`); nil: none, whatever the environment says.
    package var upstreamProxy: String?
    package var connectTimeout: Span = .seconds(10)
    /// From the request's last byte to the answer's first.
    package var firstByteTimeout: Span = .seconds(100)
    /// Between two pieces of an answer, or of an upload.
    package var idleTimeout: Span = .seconds(300)

    package init() {}
}

/// Why a transfer did not end well.
package struct OriginFailure: Error, Sendable, Equatable {
    package enum Cause: Sendable, Equatable {
        case unreachable, tlsFailed, addressRefused, protocolError, timeout, cut, cancelled
    }

    package var cause: Cause
    /// Whether the request may have reached the origin (libcurl reached its pre-request callback).
    package var sent: Bool
    /// For the log and the audit record: the library's own words, without content.
    package var detail: String

    package init(_ cause: Cause, sent: Bool, detail: String) {
        self.cause = cause
        self.sent = sent
        self.detail = detail
    }
}
