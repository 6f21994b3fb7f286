/// "Did you mean": the known name that is nearest to a wrong one.
enum Spelling {
    /// `; did you mean "budget"?`, or nothing when no name is near.
    static func hint(_ word: String, _ known: some Sequence<String>) -> String {
        let allowed = word.utf8.count < 4 ? 1 : max(2, min(3, word.utf8.count / 3))
        let near = known.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }.filter { $0.1 <= allowed }
        guard let best = near.min(by: { ($0.1, $0.0) < ($1.1, $1.0) }) else { return "" }
        return "; did you mean \"\(best.0)\"?"
    }

    /// The number of letters to insert, remove or replace.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, letter) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let replaced = diagonal + (letter == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
