import Core
import Foundation
import Testing

@testable import OriginClient

@Suite struct `Content that is streamed to an origin` {
    @Test(arguments: [Int64?.some(300_000), nil]) func `arrives whole`(length: Int64?) async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request(.post, "/length", content: .streamed(length: length)))
            for piece in stride(from: 0, to: 300_000, by: 30_000) {
                await transfer.upload(Array(pattern(300_000)[piece..<(piece + 30_000)]))
            }
            transfer.finishUpload()
            #expect(await Outcome(of: transfer).text == "300000")
            let seen = try #require(await road.server.requests.first)
            #expect(seen.content == String(bytes: pattern(4096)))
            #expect(
                seen.head?.contains(length == nil ? "Transfer-Encoding: chunked" : "Content-Length: 300000") == true)
            #expect(await road.get("/plain").connection == "1")
        }
    }

    @Test(arguments: [Int64?.some(0), nil]) func `may be empty`(length: Int64?) async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request(.post, "/length", content: .streamed(length: length)))
            transfer.finishUpload()
            #expect(await Outcome(of: transfer).text == "0")
        }
    }

    @Test func `that falls short of its length is broken off`() async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request(.post, "/length", content: .streamed(length: 10)))
            await transfer.upload(Array("half-".utf8))
            transfer.finishUpload()
            let outcome = await Outcome(of: transfer)
            #expect(outcome.failure?.cause == .cancelled)
            #expect(outcome.failure?.sent == true)
            #expect(await road.server.requests.isEmpty)
        }
    }

    @Test func `waits for an origin that does not read`() async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request(.post, "/unread-upload", content: .streamed(length: nil)))
            let given = Guarded(0)
            let writer = Task {
                for _ in 0..<400 {
                    await transfer.upload([UInt8](repeating: 0x78, count: 65_536))
                    given.withLockedValue { $0 += 65_536 }
                }
                transfer.finishUpload()
            }
            _ = await road.server.mark("upload begins")
            let stalled = await level { given.withLockedValue { $0 } }
            // What the kernel's buffers hold, and a little of ours.
            #expect(stalled < 400 * 65_536)
            try road.server.openGate()
            #expect(await Outcome(of: transfer).text == "\(400 * 65_536)")
            await writer.value
        }
    }

    @Test(arguments: ["/early-413", "/early-chunked", "/early-kept"], [Int64?.some(1 << 30), nil])
    func `ends when the origin has answered that it is too much`(target: String, length: Int64?) async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request(.post, target, content: .streamed(length: length)))
            let writer = Task {
                for _ in 0..<1000 { await transfer.upload([UInt8](repeating: 0x78, count: 65_536)) }
            }
            let outcome = await Outcome(of: transfer)
            await writer.value
            // An origin that closes while we still write resets the connection; the answer may be lost with it, and then
            // that has to be told: it is no end, and the request counts as sent.
            if let failure = outcome.failure {
                #expect(failure.cause == .cut && failure.sent, "\(failure)")
                #expect(target != "/early-kept")
                return
            }
            #expect(outcome.head?.status == 413)
            #expect(outcome.text == "too much")
        }
    }

    @Test(arguments: ["/early-413", "/early-chunked", "/early-kept"])
    func `need not go on once the origin has answered that it is too much`(target: String) async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request(.post, target, content: .streamed(length: nil)))
            await transfer.upload(Array("a little".utf8))
            #expect(await Outcome(of: transfer).text == "too much")
            transfer.finishUpload()
            // The connection did not carry all content: it is not used again.
            #expect(await road.get("/plain").connection == "2")
        }
    }

    @Test(arguments: ["/early-cut", "/early-cut-chunked"])
    func `does not hide that an early answer was cut`(target: String) async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request(.post, target, content: .streamed(length: nil)))
            #expect(await Outcome(of: transfer).failure?.cause == .cut)
        }
    }

    @Test func `goes on after an early answer that is good`() async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request(.post, "/early-200", content: .streamed(length: 200_000)))
            guard case .head(let head) = await transfer.next() else { throw Surprise(words: "no head") }
            #expect(head.status == 200)
            for _ in 0..<2 { await transfer.upload([UInt8](repeating: 0x78, count: 100_000)) }
            transfer.finishUpload()
            #expect(await Outcome(of: transfer).failure == nil)
            #expect(await road.server.mark("uploaded").size == 200_000)
        }
    }
}

@Suite struct `A large answer` {
    static let size = 32 << 20

    @Test func `arrives whole`() async throws {
        try await Road.open { road in
            let outcome = await road.get("/big?\(Self.size)")
            #expect(outcome.failure == nil)
            #expect(outcome.content.count == Self.size)
        }
    }

    @Test func `waits for its reader in little memory`() async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request(.get, "/big?\(Self.size)"))
            guard case .head = await transfer.next() else { throw Surprise(words: "no head") }
            // The reader of another answer is not disturbed.
            #expect(await road.get("/plain").text == "hello")
            var received = 0
            var sinceSleep = 0
            reading: while true {
                switch await transfer.next() {
                case .content(let bytes):
                    received += bytes.count
                    sinceSleep += bytes.count
                    #expect(bytes.count <= 262_144)
                case .end: break reading
                case .interim, .head, .failed: throw Surprise(words: "broken")
                }
                if sinceSleep > 8 << 20 {
                    sinceSleep = 0
                    #expect(await level { await road.server.count("mark") } == 0 || received > Self.size - (8 << 20))
                }
            }
            #expect(received == Self.size)
        }
    }
}

/// The value once it has stopped rising.
func level(_ value: () async -> Int) async -> Int {
    var (last, calm) = (-1, 0)
    while calm < 5 {
        try? await Task.sleep(for: .milliseconds(30))
        let now = await value()
        calm = now == last ? calm + 1 : 0
        last = now
    }
    return last
}

@Suite struct `Many requests at once` {
    @Test func `are all answered`() async throws {
        try await Road.open { road in
            let texts = await withTaskGroup(of: String.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        await road.send(road.request(.post, "/echo", content: .whole(Array("n=\(index)".utf8)))).text
                    }
                }
                return await group.reduce(into: [String]()) { $0.append($1) }
            }
            let numbers = Set(texts.map { $0.split(separator: "\r\n\r\n").last ?? "" })
            #expect(numbers == Set((0..<200).map { Substring("n=\($0)") }))
            #expect(road.origin.stats.connectionsOpened <= 200)
        }
    }

    @Test func `one after another need one connection`() async throws {
        try await Road.open { road in
            for _ in 0..<100 { #expect(await road.get("/chunked").failure == nil) }
            #expect(await road.server.count("connection") == 1)
        }
    }
}
