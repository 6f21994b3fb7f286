internal import Core

extension ControlAPI {
    /// `GET /v1/spend`: sums of whole days, the largest first; those beyond `limit` together in `others`.
    func spend(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let query = try call.query([
            "group_by", "depth", "label", "run_id", "vendor", "policy", "key_id", "since", "until", "limit", "tag.*",
        ])
        let question = try spendQuestion(query)
        let limit = try query.limit(default: 100, most: 10_000)
        let report: SpendReport
        do { report = try await sidecar.ledger.spend(question) } catch .tooManyGroups {
            let most = SpendQuestion.mostGroups
            throw .field("group_by", "more than \(most) sums; narrow it with since, until, label or vendor")
        } catch { throw APIProblem(error) }
        return .json(200, .spend(report, question, limit: limit))
    }

    private func spendQuestion(_ query: Query) throws(APIProblem) -> SpendQuestion {
        let names = (query["group_by"] ?? "label").split(separator: ",", omittingEmptySubsequences: false)
        var question = SpendQuestion(by: try dimensions(names))
        question.tagName = names.first { $0.hasPrefix("tag.") }.map { String($0.dropFirst(4)) } ?? ""
        question.tags = try query.tags()
        if let depth = try query.number("depth") {
            guard (1...16).contains(depth) else { throw .field("depth", "expected a number from 1 to 16") }
            guard question.by.contains(.labelPrefix) else { throw .field("depth", "goes with group_by=label_prefix") }
            question.depth = Int(depth)
        }
        (question.label, question.runID) = (query.glob("label"), query.glob("run_id"))
        (question.vendor, question.policy, question.keyID) = (query["vendor"], query["policy"], query["key_id"])
        question.firstDay = try day(query, "since") ?? day(of: sidecar.clock())
        question.lastDay = try day(query, "until")
        return question
    }

    private func dimensions(_ names: [Substring]) throws(APIProblem) -> [SpendQuestion.Dimension] {
        var found: [SpendQuestion.Dimension] = []
        for name in names {
            let isTag = name.hasPrefix("tag.") && Tag.isName(String(name.dropFirst(4)))
            let dimension = isTag ? .tag : SpendQuestion.Dimension(rawValue: String(name))
            guard let dimension, isTag || dimension != .tag else {
                let known = SpendQuestion.Dimension.allCases.map { $0 == .tag ? "tag.NAME" : $0.rawValue }
                throw .field("group_by", "expected one or more of \(known.joined(separator: ", "))")
            }
            guard !found.contains(dimension) else {
                throw .field("group_by", "\(dimension.rawValue) is given twice")
            }
            found.append(dimension)
        }
        return found
    }

    /// A date, or the day of a moment, as `spend.timezone` has it.
    private func day(_ query: Query, _ name: String) throws(APIProblem) -> Int32? {
        guard let text = try query.filled(name) else { return nil }
        if text.utf8.count == 10, let midnight = Moment(rfc3339: text + "T00:00:00Z") {
            return Int32(clamping: midnight.seconds / 86_400)
        }
        return try query.moment(name, now: sidecar.clock()).map(day(of:))
    }

    private func day(of moment: Moment) -> Int32 {
        let seconds = surroundings.localTime(moment).seconds
        return Int32(clamping: (seconds >= 0 ? seconds : seconds - 86_399) / 86_400)
    }
}

extension JSONValue {
    fileprivate static func spend(_ report: SpendReport, _ question: SpendQuestion, limit: Int) -> JSONValue {
        let groups = report.groups.sorted { question.by.first == .day ? $0.names.precede($1.names) : $0.precedes($1) }
        let others = groups.dropFirst(limit).reduce(into: SpendSum()) { $0 += $1.sum }
        let shown = groups.prefix(limit).map { group in
            fields(
                zip(question.by, group.names).map { ($0.member(question), $1.isEmpty ? .null : .string($1)) }
                    + group.sum.members)
        }
        return fields([
            ("since", question.firstDay.map { .string(SpendQuestion.text(ofDay: $0)) } ?? .null),
            ("until", question.lastDay.map { .string(SpendQuestion.text(ofDay: $0)) } ?? .null),
            ("group_by", .array(question.by.map { .string($0 == .tag ? $0.member(question) : $0.rawValue) })),
            ("groups", .array(shown)),
            ("others", groups.count > limit ? .fields(others.members) : .null),
            ("total", .fields(report.total.members)),
        ])
    }
}

extension SpendQuestion.Dimension {
    /// As the rest of the API calls it.
    fileprivate func member(_ question: SpendQuestion) -> String {
        switch self {
        case .tag: "tag." + question.tagName
        case .run: "run_id"
        case .key: "key_id"
        default: rawValue
        }
    }
}

extension SpendReport.Group {
    /// What counts most comes first.
    fileprivate func precedes(_ other: SpendReport.Group) -> Bool {
        let (mine, its) = (sum.counted, other.sum.counted)
        return mine == its ? names.precede(other.names) : mine > its
    }
}

extension [String] {
    fileprivate func precede(_ other: [String]) -> Bool { lexicographicallyPrecedes(other) }
}

extension SpendSum {
    fileprivate var members: [(String, JSONValue?)] {
        [
            ("requests", .count(requests)), ("refused", .count(refused)), ("in_doubt", .count(doubtful)),
            ("spent_usd", .usdText(spent)), ("held_usd", .usdText(held)), ("in_doubt_usd", .usdText(inDoubt)),
        ]
    }
}
