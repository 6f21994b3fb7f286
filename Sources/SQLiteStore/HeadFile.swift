import Core
import Foundation

/// The head and count of the records, outside the database, so that a cut or an older copy shows.
///
/// Only written after a synced commit: it is never ahead of what a power cut leaves. It also says up to which row the
/// beginning may be pruned, before that is done. Belongs to the database's queue.
final class HeadFile: @unchecked Sendable {
    private let descriptor: CInt
    private let store: String
    private let sync: (CInt) -> CInt
    /// When it was written last, or was to be.
    private var writtenAt = ContinuousClock.now
    private var syncedAt: ContinuousClock.Instant?
    /// What it says now.
    private(set) var chain: ChainHead
    private(set) var pruned: ChainHead
    /// Rows were written that the file does not count.
    private(set) var isBehind = false
    private var failing: (since: ContinuousClock.Instant, cause: String)?

    /// Opens or makes the file, for the owner alone.
    init(path: String, store: String, _ content: Content?, sync: @escaping (CInt) -> CInt = fdatasync) throws {
        self.sync = sync
        descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreFailure("\(path): \(String(cString: strerror(errno)))") }
        self.store = store
        (chain, pruned) = (content?.chain ?? .empty, content?.pruned ?? .empty)
    }

    deinit { Foundation.close(descriptor) }

    /// Whether it has been behind for a second.
    var isDue: Bool { isBehind && .now - writtenAt >= .seconds(1) }

    func fallBehind() { isBehind = true }

    /// Why it could not be written for so long that no passing trouble explains it.
    func failure(at now: ContinuousClock.Instant = .now) -> StoreFailure? {
        guard let failing, now - failing.since >= Self.patience else { return nil }
        return StoreFailure("audit.head can't be written: \(failing.cause)")
    }

    /// It is tried again once a second.
    static let patience = Duration.seconds(5)

    /// One short write at the start; the length is always the same, so no old bytes remain. It reaches the disk about
    /// once a second, or at once when `durable`.
    func write(_ chain: ChainHead, durable: Bool = false) {
        let text = Content(store: store, chain: chain, pruned: pruned).text
        let now = ContinuousClock.now
        writtenAt = now
        guard pwrite(descriptor, text, text.utf8.count, 0) == text.utf8.count else { return fail(now) }
        if !durable, let syncedAt, now - syncedAt < .seconds(1) {
            (isBehind, self.chain) = (false, chain)
            return
        }
        // What could not be synced is not tried again by the system: it must be written anew.
        guard sync(descriptor) == 0 else { return fail(now) }
        (isBehind, self.chain, syncedAt, failing) = (false, chain, now, nil)
    }

    private func fail(_ now: ContinuousClock.Instant) {
        let cause = String(cString: strerror(errno))
        isBehind = true
        failing = (failing?.since ?? now, cause)
    }

    /// Rows up to this one may go from now on.
    func allowPruning(upTo end: ChainHead) throws {
        let text = Content(store: store, chain: chain, pruned: end).text
        guard pwrite(descriptor, text, text.utf8.count, 0) == text.utf8.count, sync(descriptor) == 0 else {
            throw StoreFailure("audit.head: \(String(cString: strerror(errno)))")
        }
        pruned = end
    }

    /// What the file says.
    struct Content: Sendable, Equatable {
        var store: String
        var chain: ChainHead
        /// Up to there rows may be missing at the beginning.
        var pruned = ChainHead.empty

        /// `STORE ROWS HASH ROWS HASH`, padded.
        var text: String {
            let heads = [chain, pruned].map { head in
                let rows = String(head.rows)
                return String(repeating: "0", count: 19 - rows.count) + rows + " " + head.hash.hex
            }
            return "\(store) \(heads[0]) \(heads[1])\n"
        }

        /// The last two words came later.
        init?(text: Substring) {
            let words = text.split(separator: " ")
            guard words.count == 3 || words.count == 5, let chain = Self.head(words[1], words[2]) else { return nil }
            (store, self.chain) = (String(words[0]), chain)
            guard words.count == 5 else { return }
            guard let pruned = Self.head(words[3], words[4]) else { return nil }
            self.pruned = pruned
        }

        init(store: String, chain: ChainHead, pruned: ChainHead) {
            (self.store, self.chain, self.pruned) = (store, chain, pruned)
        }

        private static func head(_ rows: Substring, _ hash: Substring) -> ChainHead? {
            guard let rows = Int64(rows), let hash = [UInt8](hex: hash), hash.count == 32 else { return nil }
            return ChainHead(rows: rows, hash: hash)
        }
    }

    /// nil when there is no file, or it is empty.
    static func read(path: String) throws -> Content? {
        guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else { return nil }
        guard let line = String(bytes: data).split(separator: "\n").first, let content = Content(text: line) else {
            throw StoreFailure("\(path) is damaged")
        }
        return content
    }
}
