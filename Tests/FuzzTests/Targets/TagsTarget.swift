@testable import Core

/// Names and values of tags, one in a line: what is written in one text is read from it again.
enum TagsTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        let lines = bytes.split(separator: 0x0A).prefix(Tag.most * 2).map { String(validating: $0, as: UTF8.self) }
        var tags = Tags()
        for at in stride(from: 0, to: lines.count - 1, by: 2) {
            guard let name = lines[at], let value = lines[at + 1], Tag.isName(name), Tag.isValue(value) else {
                continue
            }
            tags[name] = value
        }
        let read = Tag.read(Tag.text(tags))
        // As bytes: Swift takes some different texts for equal.
        let same = read.count == tags.count && tags.allSatisfy { read[$0]?.utf8.elementsEqual($1.utf8) == true }
        try hold(same, "\(tags) became \(read)")
        let stops = lines.compactMap { $0.flatMap { Stop.Target($0) } }
        for stop in stops {
            try hold(Stop.Target(stop.text)?.text == stop.text, "read again, \(stop.text) is another stop")
        }
    }
}
