internal import Foundation

/// Standard output, which may be a terminal.
enum Screen {
    /// Colour only where a person looks, and not where they asked for none (https://no-color.org).
    static let coloured =
        isatty(STDOUT_FILENO) == 1 && ProcessEnvironment.current["NO_COLOR", default: ""].isEmpty
        && ProcessEnvironment.current["TERM"] != "dumb"

    static func print(_ text: String) {
        guard !text.isEmpty else { return }
        FileHandle.standardOutput.write(Data((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }
}

/// A few styles of ECMA-48; plain where nobody wants colour.
struct Paint: Sendable {
    var on = Screen.coloured

    static let plain: @Sendable (String) -> String = { $0 }

    func bold(_ text: String) -> String { styled(text, "1") }
    func dim(_ text: String) -> String { styled(text, "2") }
    func red(_ text: String) -> String { styled(text, "31") }
    func green(_ text: String) -> String { styled(text, "32") }
    func yellow(_ text: String) -> String { styled(text, "33") }

    private func styled(_ text: String, _ code: String) -> String { on ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}
