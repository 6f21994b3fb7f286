import Testing

@testable import Core

@Suite struct `JSON that decides` {
    @Test(arguments: [
        "", " ", "{", "}", "[1,]", "{\"a\":1,}", "[,1]", "{\"a\":1 \"b\":2}", "{a:1}", "{'a':1}", "[1 2]", "nul",
        "True",
        "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x10", "1_000", "\"a", "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"a\nb\"", "\"a\u{0}\"", "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}", "1 2", "{}x", "\u{FEFF}{}", "// c\n{}", "[1]/**/", "{\"a\"}", "{\"a\":}", "{1:2}",
    ]) func `is refused when it is not plain`(_ text: String) {
        #expect(throws: JSONValue.Problem.self) { try JSONValue.parse(Array(text.utf8)) }
    }

    @Test func `is refused when it is not UTF-8`() {
        for bad: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
            #expect(throws: JSONValue.Problem.self) { try JSONValue.parse(bad) }
        }
    }

    @Test func `is refused when it is nested without end`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(throws: JSONValue.Problem.self) { try JSONValue.parse(nested(100_000)) }
        _ = try JSONValue.parse(nested(60))
    }

    @Test func `keeps keys apart that only look alike`() throws {
        let value = try JSONValue.parse(Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8))
        #expect(value["\u{E9}"] == .number("1") && value["e\u{301}"] == .number("2"))
    }

    @Test func `reads escapes`() throws {
        let text = #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#
        #expect(try JSONValue.parse(Array(text.utf8)) == .string("\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{1F600}"))
    }

    @Test func `comes back as it was written`() throws {
        var dice = Chance(3)
        for _ in 0..<300 {
            let value = Self.random(&dice, depth: 4)
            #expect(try JSONValue.parse(value.bytes) == value)
        }
    }

    private static func random(_ dice: inout Chance, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &dice) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &dice))
        case 2: return .number(["0", "-1", "1.50", "1e9", "12345678901234567890"].randomElement(using: &dice) ?? "0")
        case 3, 4: return .string(text(&dice))
        case 5: return .array((0..<3).map { _ in random(&dice, depth: depth - 1) })
        default: return .object((0..<3).map { .init("k\($0)" + text(&dice), random(&dice, depth: depth - 1)) })
        }
    }

    private static func text(_ dice: inout Chance) -> String {
        let letters: [Character] = ["a", "\"", "\\", "\n", "\u{1}", "\u{7F}", "é", "😀", "/", "\u{2028}"]
        return String((0..<Int.random(in: 0...6, using: &dice)).map { _ in letters.randomElement(using: &dice) ?? "a" })
    }
}

@Suite struct `A form` {
    @Test(arguments: ["a=%", "a=%1", "a=%zz", "%=1", "a%4=1", "=1", "a=1&=2", "%00=1", "a%0a=1"])
    func `is refused when it is broken`(_ text: String) { #expect(Form(Array(text.utf8)) == nil) }

    @Test func `is written in one spelling`() throws {
        let form = try #require(Form(Array("a[b]=1+2%203&&c&d=%c3%A9&e=x%26y=z".utf8)))
        #expect(String(bytes: form.bytes) == "a%5Bb%5D=1%202%203&c=&d=%C3%A9&e=x%26y%3Dz")
    }

    @Test func `comes back as it was written`() {
        var dice = Chance(4)
        for _ in 0..<300 {
            var form = Form()
            for _ in 0..<3 {
                let name = (0..<3).map { _ in UInt8.random(in: 0x20...255, using: &dice) }
                form.pairs.append(
                    .init(name: name, value: (0..<4).map { _ in UInt8.random(in: 0...255, using: &dice) }))
            }
            #expect(Form(form.bytes) == form)
        }
    }

    @Test func `is made of JSON in the vendors' bracket spelling`() throws {
        let json = try JSONValue.parse(Array(#"{"a":1,"b":{"c":"x y","d":[true,null]},"e":[]}"#.utf8))
        let form = try #require(Form(json: json))
        #expect(String(bytes: form.bytes) == "a=1&b%5Bc%5D=x%20y&b%5Bd%5D%5B0%5D=true&b%5Bd%5D%5B1%5D=")
        #expect(Form(json: .array([])) == nil)
    }
}

@Suite struct `Content that is judged` {
    private static func json(_ parts: Int) -> [String] {
        let elements = Array(repeating: "0", count: parts).joined(separator: ",")
        let members = (0..<parts).map { "\"\($0)\":0" }.joined(separator: ",")
        let nested = String(repeating: "[0],", count: parts / 2)
        return ["[\(elements)]", "{\(members)}", "[\(nested)0]"]
    }

    @Test func `is read up to a bound`() throws {
        for text in Self.json(9_999) { _ = try JSONValue.parse(judged: Array(text.utf8)) }
        let form = Form(Array(Array(repeating: "a=1", count: 10_000).joined(separator: "&").utf8))
        #expect(form?.pairs.count == 10_000)
    }

    @Test func `is refused beyond it, and answers are not`() throws {
        for text in Self.json(10_002) {
            #expect(throws: JSONValue.Problem.self) { try JSONValue.parse(judged: Array(text.utf8)) }
            _ = try JSONValue.parse(Array(text.utf8))
        }
        #expect(Form(Array(Array(repeating: "a=1", count: 10_001).joined(separator: "&").utf8)) == nil)
    }

    @Test func `is refused when its names together grow beyond what came`() {
        let key = String(repeating: "k", count: 1 << 16)
        let text = "{\"\(key)\":[\(Array(repeating: "0", count: 9_000).joined(separator: ","))]}"
        #expect(throws: JSONValue.Problem.self) { try JSONValue.parse(judged: Array(text.utf8)) }
    }
}
