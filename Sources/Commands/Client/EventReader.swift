internal import Core

/// Finds the data of server-sent events in pieces as they come.
final class EventReader: Sendable {
    private let rest = Guarded<[UInt8]>([])
    private let each: @Sendable (JSONValue) -> Void

    init(_ each: @escaping @Sendable (JSONValue) -> Void) { self.each = each }

    func take(_ piece: [UInt8]) {
        for line in lines(piece) where line.starts(with: "data: ".utf8) {
            if let value = try? JSONValue.parse(Array(line.dropFirst(6))) { each(value) }
        }
    }

    /// The lines that are complete now.
    private func lines(_ piece: [UInt8]) -> [[UInt8]] {
        rest.withLockedValue { rest in
            rest += piece
            guard let end = rest.lastIndex(of: 0x0A) else { return [] }
            defer { rest.removeFirst(end + 1) }
            return rest[..<end].split(separator: 0x0A).map(Array.init)
        }
    }
}
