@testable import Core

/// Content that passes by: a name that must not come is found wherever it is put in, whatever way the content is cut.
enum WatchTarget {
    private static let names = ParameterNames(MethodOverride.all)

    static func check(_ bytes: [UInt8]) throws(Broken) {
        let at = bytes.isEmpty ? 0 : Int(bytes[0]) % (bytes.count + 1)
        let (before, after) = (Array(bytes.prefix(at)), Array(bytes.suffix(from: at)))
        try checkPieces(bytes, nil)
        try checkPieces(before + "&_method=DELETE".utf8 + after, .form(FormWatch(names)))
        let part = "\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nDELETE".utf8
        try checkPieces(before + part + after, .parts(PartWatch(names)))
    }

    /// With a name put in, its watch finds one or refuses; without, both say the same of every way of cutting.
    private static func checkPieces(_ text: [UInt8], _ planted: ContentWatch?) throws(Broken) {
        for watch in planted.map({ [$0] }) ?? [.form(FormWatch(names)), .parts(PartWatch(names))] {
            let found = Pieces.of(text).map { finds(watch, $0) }
            try hold(found.allSatisfy { $0 == found[0] }, "another cut finds something else")
            if planted != nil { try hold(found[0], "the name passes") }
        }
    }

    private static func finds(_ watch: ContentWatch, _ pieces: [ArraySlice<UInt8>]) -> Bool {
        var watch = watch
        do throws(Refusal) {
            for piece in pieces where try watch.see(piece) != nil { return true }
            return watch.finish() != nil
        } catch { return true }
    }
}
