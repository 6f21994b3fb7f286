/// Columns for people: as wide as their widest cell, two spaces between, nothing behind the last.
struct Table {
    enum Side { case left, right }

    struct Column {
        var title: String
        var side: Side = .left
        var least = 0

        init(_ title: String, _ side: Side = .left, least: Int = 0) {
            (self.title, self.side, self.least) = (title, side, least)
        }
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []
    /// What is done to a whole line that is otherwise finished.
    private var styles: [(String) -> String] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ cells: [String], style: @escaping (String) -> String = { $0 }) {
        rows.append(cells.map(Self.safe))
        styles.append(style)
    }

    var header: String { line(columns.map(\.title)) }

    var body: String { zip(rows, styles).map { $1(line($0)) + "\n" }.joined() }

    /// Header and body; nothing at all without rows.
    var text: String { rows.isEmpty ? "" : header + "\n" + body }

    private func line(_ cells: [String]) -> String {
        let padded = zip(cells, columns.indices).map { cell, index in
            let gap = String(repeating: " ", count: max(0, width(index) - cell.count))
            return columns[index].side == .right ? gap + cell : cell + gap
        }
        let text = padded.joined(separator: "  ")
        return String(text.reversed().drop { $0 == " " }.reversed())
    }

    private func width(_ index: Int) -> Int {
        rows.map { $0[index].count }.reduce(max(columns[index].least, columns[index].title.count), max)
    }

    /// Labels and paths are callers' words: nothing of them may steer a terminal.
    static func safe(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }
}
