internal import Core

/// Bytes that have arrived and were not yet taken.
struct Inbox {
    private var bytes: [UInt8] = []
    private var start = 0
    /// What was already searched for the end of a head.
    private var scanned = 0
    /// An empty line came before the head that is awaited.
    private var hasSkipped = false

    var count: Int { bytes.count - start }

    var isEmpty: Bool { count == 0 }

    var slice: ArraySlice<UInt8> { bytes[start...] }

    mutating func append(_ more: some Collection<UInt8>) {
        if start == bytes.count { removeAll() }
        bytes.append(contentsOf: more)
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 64 * 1024)
        (start, scanned) = (0, 0)
    }

    /// Drops what a reader has taken from the front of `slice`.
    mutating func take(_ count: Int) {
        start += count
        scanned = start
        if start == bytes.count {
            removeAll()
        } else if start > 64 * 1024 {
            bytes.removeFirst(start)
            (start, scanned) = (0, 0)
        }
    }

    /// A whole head from the front, without blank lines before it; nil when it has not arrived yet.
    /// - Throws: `.malformedRequest` for what can't become one.
    mutating func head() throws(Refusal) -> ArraySlice<UInt8>? {
        if !hasSkipped, bytes[start...].starts(with: [0x0D, 0x0A]) {
            take(2)
            hasSkipped = true
        }
        guard let end = HeadScanner.end(in: bytes[start...], from: scanned) else {
            try HeadParser.checkBegun(bytes[start...], from: scanned)
            scanned = max(start, bytes.count - 3)
            return nil
        }
        hasSkipped = false
        return bytes[start..<end]
    }
}
