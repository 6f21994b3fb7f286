internal import NIOCore
internal import NIOHTTP1

/// What the client sent before it had its answer, and what its coming set going.
struct WaitingRoom {
    private var parts = CircularBuffer<HTTPServerRequestPart>()
    /// Somebody behind us wants to read on.
    var readHeld = false
    /// Nothing more comes behind these parts.
    var inputEnded = false
    private var bytes = 0

    var isEmpty: Bool { parts.isEmpty }

    private static let mostParts = 64
    private static let mostBytes = 64 << 10

    /// False when it is too much: few clients send ahead, and those only a little.
    mutating func take(_ part: HTTPServerRequestPart) -> Bool {
        if case .body(let content) = part { bytes += content.readableBytes }
        parts.append(part)
        return parts.count <= Self.mostParts && bytes <= Self.mostBytes
    }

    mutating func next() -> HTTPServerRequestPart? {
        let part = parts.popFirst()
        if case .body(let content) = part { bytes -= content.readableBytes }
        return part
    }
}

/// How an answer is taken.
struct Taking {
    /// Pieces that have not gone to the system.
    var waiting = 0
    /// Pieces that have.
    var progress = 0
    var isStream = false
    var timer: Scheduled<Void>?
}
