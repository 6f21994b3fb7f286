package import Core
import GRDB

extension SQLiteStore {
    package func spend(_ question: SpendQuestion) async throws(StoreFailure) -> SpendReport {
        var pages = SpendPages(question)
        var sums: [[String]: SpendSum] = [:]
        while !pages.isDone {
            let before = pages
            let lines: [SpendLine]
            (pages, lines) = try await onQueue { db in
                var pages = before
                let lines = try pages.turn(db)
                return (pages, lines)
            }
            for line in lines where question.matches(line) {
                sums[question.by.map { line.name($0, question) }, default: SpendSum()] += line.sum
            }
            guard sums.count <= SpendQuestion.mostGroups else { throw .tooManyGroups }
        }
        return SpendReport(groups: sums.map { SpendReport.Group(names: $0.key, sum: $0.value) })
    }
}
