import Foundation

/// The inputs of a target: `Corpus/<target>/`, one in a file, and its words in `Corpus/<target>.dict`.
struct Corpus {
    let inputs: [(name: String, bytes: [UInt8])]
    let words: [[UInt8]]

    init(_ target: String) throws {
        let folder = Self.folder + "/" + target
        inputs = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
            (name, Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))))
        }
        words = Self.words((try? String(contentsOfFile: folder + ".dict", encoding: .utf8)) ?? "")
    }

    /// The targets that have inputs.
    static var names: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasSuffix(".dict") }.sorted()
        }
    }

    /// `"word"` in each line, with `\xAB` for bytes; the format is libFuzzer's.
    private static func words(_ text: String) -> [[UInt8]] {
        text.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("\""), line.hasSuffix("\""), line.utf8.count > 2 else { return nil }
            return bytes(Array(line.utf8.dropFirst().dropLast()))
        }
    }

    private static func bytes(_ escaped: [UInt8]) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), escaped[...])
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            guard next == UInt8(ascii: "x") else {
                bytes.append(next)
                continue
            }
            bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    private static let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../Corpus").standardized.path
}
