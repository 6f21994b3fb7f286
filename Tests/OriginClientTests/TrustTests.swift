import Core
import Testing

@testable import OriginClient

@Suite struct `An origin that can't prove its name` {
    @Test(arguments: ["expired", "untrusted", "other"])
    func `is told nothing`(certificate: String) async throws {
        try await Road.open(certificate) { road in
            let outcome = await road.get("/plain")
            #expect(outcome.failure?.cause == .tlsFailed)
            #expect(outcome.failure?.sent == false)
            #expect(await road.server.requests.isEmpty)
        }
    }

    @Test func `is one whose root is the system's, when another is configured`() async throws {
        try await Road.open { road in
            let outcome = await road.get("/plain") { $0.dial.caFile = Certificates.shared.file("stranger") }
            #expect(outcome.failure?.cause == .tlsFailed)
        }
    }

    @Test func `is one with a private root, when none is configured`() async throws {
        try await Road.open { road in
            #expect(await road.get("/plain") { $0.dial.caFile = nil }.failure?.cause == .tlsFailed)
        }
    }

    @Test func `is one that speaks no TLS`() async throws {
        try await Road.open(nil) { road in
            let outcome = await road.get("/plain") { $0.dial.connectTimeout = .milliseconds(300) }
            #expect([.tlsFailed, .timeout].contains(outcome.failure?.cause))
            #expect(outcome.failure?.sent == false)
        }
    }

    @Test func `when the roots can't be read either`() async throws {
        try await Road.open { road in
            let outcome = await road.get("/plain") { $0.dial.caFile = "/nonexistent.pem" }
            #expect(outcome.failure?.cause == .tlsFailed)
        }
    }
}

@Suite struct `An address` {
    @Test func `that is not public is not dialled`() async throws {
        try await Road.open { road in
            let outcome = await road.get("/plain") { $0.dial.allowAddresses = [] }
            #expect(outcome.failure?.cause == .addressRefused)
            #expect(outcome.failure?.sent == false)
            #expect(await road.server.count("connection") == 0)
        }
    }

    @Test func `is allowed with its port only`() async throws {
        try await Road.open { road in
            let outcome = await road.get("/plain") {
                $0.dial.allowAddresses = [AddressRange("127.0.0.1:1"), AddressRange("10.0.0.0/8")].compactMap { $0 }
            }
            #expect(outcome.failure?.cause == .addressRefused)
            #expect(await road.server.count("connection") == 0)
        }
    }

    @Test(arguments: ["localhost", "ip6-localhost"])
    func `that a name hides is refused all the same`(name: String) async throws {
        try await Road.open("localhost") { road in
            let outcome = await road.get("/plain") {
                $0.host = "localhost"
                $0.dial.connectTo = "\(name):\(road.server.port)"
                $0.dial.allowAddresses = []
            }
            #expect([.addressRefused, .unreachable].contains(outcome.failure?.cause))
            #expect(outcome.failure?.sent == false)
            #expect(await road.server.count("connection") == 0)
        }
    }

    @Test func `behind a name is dialled when it is allowed`() async throws {
        try await Road.open("localhost") { road in
            let outcome = await road.get("/plain") {
                $0.host = "localhost"
                $0.dial.connectTo = "localhost:\(road.server.port)"
                $0.dial.allowAddresses = [AddressRange("127.0.0.0/8")].compactMap { $0 }
            }
            #expect(outcome.text == "hello")
        }
    }

    @Test func `that was allowed for one way to dial is not thereby allowed for another`() async throws {
        try await Road.open { road in
            #expect(await road.get("/plain").text == "hello")
            let outcome = await road.get("/plain") { $0.dial.allowAddresses = [] }
            #expect(outcome.failure?.cause == .addressRefused)
            #expect(await road.server.requests.count == 1)
        }
    }

    @Test func `where nobody listens is unreachable`() async throws {
        try await Road.open { road in
            let outcome = await road.get("/plain") {
                $0.dial.connectTo = "127.0.0.1:1"
                $0.dial.allowAddresses = [AddressRange("127.0.0.1:1")].compactMap { $0 }
            }
            #expect(outcome.failure?.cause == .unreachable)
            #expect(outcome.failure?.sent == false)
        }
    }

    @Test func `of a name that does not exist is unreachable`() async throws {
        try await Road.open { road in
            let outcome = await road.get("/plain") {
                $0.host = "nowhere.invalid"
                $0.dial.connectTo = nil
            }
            #expect(outcome.failure?.cause == .unreachable)
            #expect(outcome.failure?.sent == false)
        }
    }
}

@Suite struct `Two credentials` {
    @Test func `never share a connection`() async throws {
        try await Road.open { road in
            let first = await road.send(road.request(pool: "one"))
            let second = await road.send(road.request(pool: "two"))
            let third = await road.send(road.request(pool: "one"))
            #expect([first.connection, second.connection, third.connection] == ["1", "2", "1"])
        }
    }

    @Test func `nor do two ways to dial`() async throws {
        try await Road.open { road in
            let first = await road.get("/plain")
            let second = await road.get("/plain") {
                $0.dial.allowAddresses += [AddressRange("10.0.0.0/8")].compactMap { $0 }
            }
            #expect([first.connection, second.connection] == ["1", "2"])
        }
    }

    @Test func `give their connections back when nobody uses them`() async throws {
        var settings = CurlSettings()
        settings.poolLifetime = .milliseconds(50)
        try await Road.open(settings: settings) { road in
            _ = await road.get("/plain")
            _ = await road.server.event { $0.event == "closed" }
            #expect(await road.get("/plain").connection == "2")
        }
    }
}
