internal import Core
internal import Foundation
package import Logging

/// Structured lines on stderr: time, level, message, `key=value`.
package enum Logs {
    package static func start(_ level: Logger.Level) -> Logger {
        Logger(label: "cofferdam") { _ in LineHandler(logLevel: level) }
    }

    /// A line on stderr for whoever started us, before anything else goes on.
    static func say(_ line: String) {
        LogWriter.shared.write(line + "\n")
        LogWriter.shared.flush()
    }
}

/// Writes one line for each event: `2026-11-23T06:00:00Z notice listening proxy=127.0.0.1:4700`.
struct LineHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    init(logLevel: Logger.Level) { self.logLevel = logLevel }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
        let line = "\(UTC.text(SystemClock.now())) \(event.level) \(Self.oneLine("\(event.message)"))\(pairs)\n"
        LogWriter.shared.write(line)
    }

    /// A log line is one line, whatever it quotes.
    private static func oneLine(_ text: String) -> String {
        String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }

    private static func quoted(_ value: String) -> String {
        let clean = oneLine(value)
        return clean.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" })
            ? "\"" + clean.replacingOccurrences(of: "\"", with: "'") + "\"" : clean
    }
}
