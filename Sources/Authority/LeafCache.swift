internal import FoundationEssentials
internal import NIOSSL

/// A server context and when to replace it.
struct Leaf {
    let context: NIOSSLContext
    let renewAt: Date
}

/// The leaves most recently used, at most `capacity` of them.
struct LeafCache {
    private struct Entry {
        let leaf: Leaf
        var lastUse: UInt64
    }

    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    var count: Int { entries.count }

    /// The leaf of `host` if there is one and it is not due for renewal.
    mutating func context(for host: String, at now: Date) -> NIOSSLContext? {
        guard let index = entries.index(forKey: host) else { return nil }
        let leaf = entries.values[index].leaf
        guard now < leaf.renewAt else { return nil }
        uses += 1
        entries.values[index].lastUse = uses
        return leaf.context
    }

    /// Looks through all entries when it is full: a microsecond or two, beside the 100 that a leaf costs to make.
    mutating func insert(_ leaf: Leaf, for host: String) {
        if entries.count >= capacity, entries[host] == nil,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            entries[oldest.key] = nil
        }
        uses += 1
        entries[host] = Entry(leaf: leaf, lastUse: uses)
    }
}
