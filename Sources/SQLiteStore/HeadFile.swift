import Core
import Foundation

/// The head and count of the records, outside the database, so that a cut or an older copy shows.
///
/// Only written after a synced commit: it is never ahead of what a power cut leaves. Belongs to the database's queue.
final class HeadFile: @unchecked Sendable {
    private let descriptor: CInt
    private let store: String
    private var writtenAt = ContinuousClock.now
    private var syncedAt: ContinuousClock.Instant?
    /// Rows were written that the file does not count.
    private(set) var isBehind = false

    /// Opens or makes the file, for the owner alone.
    init(path: String, store: String) throws {
        descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreFailure("\(path): \(String(cString: strerror(errno)))") }
        self.store = store
    }

    deinit { Foundation.close(descriptor) }

    /// Whether it has been behind for a second.
    var isDue: Bool { isBehind && .now - writtenAt >= .seconds(1) }

    func fallBehind() { isBehind = true }

    /// One short write at the start; the length is always the same, so no old bytes remain. It reaches the disk about
    /// once a second, or at once when `durable`.
    func write(_ chain: ChainHead, durable: Bool = false) {
        let text = HeadFile.text(store, chain)
        guard pwrite(descriptor, text, text.utf8.count, 0) == text.utf8.count else { return fallBehind() }
        let now = ContinuousClock.now
        (isBehind, writtenAt) = (false, now)
        if !durable, let syncedAt, now - syncedAt < .seconds(1) { return }
        fdatasync(descriptor)
        syncedAt = now
    }

    /// `STORE ROWS HASH`, padded.
    private static func text(_ store: String, _ chain: ChainHead) -> String {
        let rows = String(chain.rows)
        let padded = String(repeating: "0", count: 19 - rows.count) + rows
        return "\(store) \(padded) \(chain.hash.hex)\n"
    }

    /// What the file says; nil when there is none, or it is empty.
    static func read(path: String) throws -> (store: String, chain: ChainHead)? {
        guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else { return nil }
        let words = String(bytes: data).split(separator: "\n").first?.split(separator: " ") ?? []
        guard words.count == 3, let rows = Int64(words[1]), let hash = [UInt8](hex: words[2]), hash.count == 32 else {
            throw StoreFailure("\(path) is damaged")
        }
        return (String(words[0]), ChainHead(rows: rows, hash: hash))
    }
}
