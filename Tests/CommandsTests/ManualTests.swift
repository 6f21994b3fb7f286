import Core
import Foundation
import Testing

/// The manual against what the program itself says of its commands.
@Suite struct `The manual` {
    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../man/cofferdam.1").standardizedFileURL.path

    /// A command without subcommands, by its words, with the names of its options.
    private struct Leaf {
        var words: [String]
        var options: [String]
    }

    @Test func `has every command and every option in that command's section`() async throws {
        let sections = try Self.sections()
        let leaves = try await Self.leaves()
        #expect(leaves.count > 15)
        for leaf in leaves {
            let name = leaf.words.joined(separator: " ")
            let text = try #require(sections[name], "no section \".Ss \(name)\"")
            for option in leaf.options {
                #expect(text.contains("Fl \(option) ") || text.contains("Fl \(option)\n"), "\(name): no \(option)")
            }
        }
    }

    @Test func `names no command that is not there`() async throws {
        let known = Set(try await Self.leaves().map { $0.words.joined(separator: " ") })
        for name in try Self.sections().keys { #expect(known.contains(name), "\(name)") }
    }

    @Test func `is sound mdoc`() async throws {
        let result = try await launch("/usr/bin/env", ["mandoc", "-Tlint", "-W", "warning", Self.page])
        // What env(1) says when there is no such program.
        if result.status == 127 {
            #expect(ProcessInfo.processInfo.environment["CI"] == nil, "mandoc is missing: install it")
            return
        }
        #expect(result.status == 0, "\(result.output)")
    }

    private static func sections() throws -> [String: String] {
        let text = try String(contentsOfFile: page, encoding: .utf8)
        var sections: [String: String] = [:]
        for part in text.components(separatedBy: "\n.Ss ").dropFirst() {
            let name = part.prefix { $0 != "\n" }
            sections[String(name)] = part.components(separatedBy: "\n.Sh ").first
        }
        return sections
    }

    private static func leaves() async throws -> [Leaf] {
        let dump = try await launch(Program.path, ["--experimental-dump-help"])
        let root = try JSONValue.parse(Array(dump.output.utf8))
        return collect(try #require(root["command"]), [])
    }

    private static func collect(_ command: JSONValue, _ above: [String]) -> [Leaf] {
        if case .array(let commands) = command["subcommands"] {
            let shown = commands.filter { $0["commandName"]?.text != "help" }
            if !shown.isEmpty {
                return shown.flatMap { collect($0, above + [$0["commandName"]?.text ?? ""]) }
            }
        }
        return [Leaf(words: above, options: options(command))]
    }

    /// `-json` for `--json`, `d` for `-d`, as mdoc's Fl has them. What every command has is said once, above.
    private static func options(_ command: JSONValue) -> [String] {
        guard case .array(let arguments) = command["arguments"] else { return [] }
        return arguments.flatMap { argument -> [String] in
            guard argument["shouldDisplay"] == .bool(true), case .array(let names) = argument["names"] else {
                return []
            }
            return names.compactMap { name in
                name["name"]?.text.map { name["kind"]?.text == "long" ? "-" + $0 : $0 }
            }
        }.filter { !["-help", "h", "-version"].contains($0) }
    }
}
