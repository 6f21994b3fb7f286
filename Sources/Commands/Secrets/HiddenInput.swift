internal import Foundation

/// Reads a secret: at a terminal without showing it, else all of standard input.
enum HiddenInput {
    private static let longest = 64 << 10

    /// Without the newline at its end.
    static func read(_ prompt: String) throws(Quit) -> [UInt8] {
        let bytes = isatty(STDIN_FILENO) == 1 ? try ask(prompt) : try all()
        return bytes.last == 0x0A ? bytes.dropLast(bytes.dropLast().last == 0x0D ? 2 : 1) : bytes
    }

    private static func all() throws(Quit) -> [UInt8] {
        let data = (try? FileHandle.standardInput.read(upToCount: longest + 1)) ?? nil
        guard let data, data.count <= longest else { throw Quit("nothing, or too much, on standard input", .dataError) }
        return Array(data)
    }

    /// The terminal is as it was when this returns, also after Ctrl-C.
    private static func ask(_ prompt: String) throws(Quit) -> [UInt8] {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            throw Quit("the terminal can't hide what is typed", .ioError)
        }
        var hidden = before
        hidden.c_lflag &= ~tcflag_t(ECHO | ISIG)
        let interrupt: UInt8 = 0x03
        // It ends the line like Enter, and is seen below.
        withUnsafeMutableBytes(of: &hidden.c_cc) { $0[Int(VEOL)] = interrupt }
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0 else {
            throw Quit("the terminal can't hide what is typed", .ioError)
        }
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before) }
        say(prompt)
        var line = [UInt8](repeating: 0, count: 4096)
        let count = Foundation.read(STDIN_FILENO, &line, line.count)
        say("\n")
        guard count > 0, !line[..<count].contains(interrupt) else {
            throw Quit("interrupted; nothing was set", .dataError)
        }
        return Array(line[..<count])
    }

    private static func say(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
