internal import Core
internal import Foundation

/// Runs a program that prints a secret, without a shell, for a bounded time.
struct CredentialCommand {
    var words: [String]
    /// All that it has of our environment, which holds the credentials of other vendors.
    var environment: [String: String] = [:]
    var patience: Span

    func run() throws(CredentialProblem) -> [UInt8] {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: try program())
        process.arguments = Array(words.dropFirst())
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        do { try process.run() } catch { throw problem("can't be started") }
        try? pipe.fileHandleForWriting.close()
        let deadline = ContinuousClock.now + .microseconds(patience.microseconds)
        let output = read(pipe.fileHandleForReading.fileDescriptor, until: deadline)
        let rest = max(.zero, deadline - .now)
        guard let output, ended.wait(timeout: .now() + Double(rest.components.seconds) + 0.1) == .success else {
            kill(process.processIdentifier, SIGKILL)
            throw problem("took longer than \(patience.text)")
        }
        guard process.terminationStatus == 0 else { throw problem("failed with status \(process.terminationStatus)") }
        return output
    }

    private func problem(_ what: String) -> CredentialProblem {
        CredentialProblem(message: "the command \(words[0]) \(what); run it by hand to see why")
    }

    /// A path as it is, a name looked up in the usual folders: what PATH says is not to decide over secrets.
    private func program() throws(CredentialProblem) -> String {
        if words[0].contains("/") { return words[0] }
        let folders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"]
        guard let found = folders.map({ $0 + "/" + words[0] }).first(where: { access($0, X_OK) == 0 }) else {
            throw problem("is not in \(folders.joined(separator: ", "))")
        }
        return found
    }

    /// Everything up to the end of the stream (at most 64 KiB); nil when that does not come in time.
    private func read(_ descriptor: Int32, until deadline: ContinuousClock.Instant) -> [UInt8]? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= 64 << 10 {
            let rest = (deadline - .now).components
            guard rest.seconds >= 0, rest.attoseconds >= 0 else { return nil }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&entry, 1, Int32(rest.seconds * 1000 + rest.attoseconds / 1_000_000_000_000_000) + 1)
            if ready < 0, errno != EINTR { return nil }
            guard ready > 0 else { continue }
            let count = Foundation.read(descriptor, &piece, piece.count)
            if count == 0 { return bytes }
            if count > 0 { bytes.append(contentsOf: piece[..<count]) }
        }
        return nil
    }
}
