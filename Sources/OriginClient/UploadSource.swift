internal import Core

/// The content of a request as libcurl's read callback takes it: once, in order, never again.
struct UploadSource {
    private var pieces: [[UInt8]] = []
    private var piece = 0
    private var offset = 0
    /// Bytes that are still to come; nil when only the end tells.
    private(set) var left: Int64?
    /// More comes from the exchange.
    let isStreamed: Bool
    /// Whether there is content that a second sending would need.
    let hasContent: Bool
    /// All of it is with libcurl.
    var isDone: Bool

    init(_ content: OriginRequest.Content) {
        switch content {
        case .none: (left, isStreamed, hasContent) = (0, false, false)
        case .whole(let bytes):
            (pieces, left, isStreamed, hasContent) = ([bytes], Int64(bytes.count), false, !bytes.isEmpty)
        case .streamed(let length): (left, isStreamed, hasContent) = (length, true, true)
        }
        isDone = left == 0 || Self.leavesWithHead(content)
    }

    /// libcurl takes small content in one piece, with the head.
    static func leavesWithHead(_ content: OriginRequest.Content) -> Bool {
        if case .whole(let bytes) = content { bytes.count < smallContent } else { false }
    }

    /// From 64 KiB on libcurl writes content apart from the head in any case.
    static let smallContent = 65_536

    var isEmpty: Bool { piece == pieces.count }

    mutating func refill(_ new: [[UInt8]]) {
        pieces = new
        (piece, offset) = (0, 0)
    }

    /// Fills the buffer as far as the content goes, but never beyond the announced length.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let limit = left.map { Int(min($0, Int64(buffer.count))) } ?? buffer.count
        var filled = 0
        while filled < limit, piece < pieces.count {
            let count = min(limit - filled, pieces[piece].count - offset)
            pieces[piece].withUnsafeBytes { source in
                let part = UnsafeRawBufferPointer(rebasing: source[offset..<(offset + count)])
                UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyMemory(from: part)
            }
            filled += count
            advance(count)
        }
        if let left { self.left = left - Int64(filled) }
        isDone = self.left == 0
        return filled
    }

    private mutating func advance(_ count: Int) {
        offset += count
        guard offset == pieces[piece].count else { return }
        pieces[piece] = []
        piece += 1
        offset = 0
    }
}
