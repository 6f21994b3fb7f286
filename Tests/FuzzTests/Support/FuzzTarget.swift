/// A parser, and what must hold of it for any bytes. `Fuzzer/` gives it those of libFuzzer, `Replay/` those of the corpus.
struct FuzzTarget: Sendable, CustomStringConvertible {
    let name: String
    let check: @Sendable ([UInt8]) throws(Broken) -> Void

    init(_ name: String, _ check: @escaping @Sendable ([UInt8]) throws(Broken) -> Void) {
        (self.name, self.check) = (name, check)
    }

    var description: String { name }

    /// Each has a folder of its name in `Corpus/`.
    static let all: [FuzzTarget] = [
        FuzzTarget("address", AddressTarget.check), FuzzTarget("answer", AnswerTarget.check),
        FuzzTarget("api", APITarget.check), FuzzTarget("chunks", ChunksTarget.check),
        FuzzTarget("encodings", EncodingsTarget.check), FuzzTarget("form", FormTarget.check),
        FuzzTarget("glob", GlobTarget.check), FuzzTarget("head", HeadTarget.check),
        FuzzTarget("json", JSONTarget.check), FuzzTarget("label", LabelTarget.check),
        FuzzTarget("money", MoneyTarget.check), FuzzTarget("outgoing", OutgoingTarget.check),
        FuzzTarget("path", PathTarget.check), FuzzTarget("pattern", PatternTarget.check),
        FuzzTarget("price", PriceTarget.check), FuzzTarget("record", RecordTarget.check),
        FuzzTarget("request", RequestTarget.check), FuzzTarget("scrubber", ScrubberTarget.check),
        FuzzTarget("settings", SettingsTarget.check), FuzzTarget("tags", TagsTarget.check),
        FuzzTarget("target", AuthorityTarget.check), FuzzTarget("time", TimeTarget.check),
        FuzzTarget("watch", WatchTarget.check),
    ]
}

/// Something that must hold did not.
struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// - Throws: `what`, when the condition is not met.
func hold(_ condition: Bool, _ what: @autoclosure () -> String) throws(Broken) {
    if !condition { throw Broken(what()) }
}

/// The value, which must be there.
func present<T>(_ value: T?, _ what: @autoclosure () -> String) throws(Broken) -> T {
    guard let value else { throw Broken(what()) }
    return value
}
