import Core
import Dispatch
import Foundation
import Logging
import Testing

@testable import OriginClient

/// An adapter with one lane, and a recording origin; requests go from here to there.
struct Road {
    let origin: CurlOrigin
    let server: OriginServer

    init(origin: CurlOrigin, server: OriginServer) {
        self.origin = origin
        self.server = server
    }

    init(_ certificate: String? = "good", settings: CurlSettings = CurlSettings()) async throws {
        server = try await OriginServer(certificate)
        origin = try CurlOrigin(lanes: [.queue(0)], settings: settings, logger: Logger(label: "test"))
    }

    /// Runs `body` with a road, and closes the road after it.
    static func open<T>(
        _ certificate: String? = "good", settings: CurlSettings = CurlSettings(), _ body: (Road) async throws -> T
    ) async throws -> T {
        let road = try await Road(certificate, settings: settings)
        do {
            let result = try await body(road)
            await road.origin.stop()
            return result
        } catch {
            await road.origin.stop()
            throw error
        }
    }

    func request(
        _ method: Core.Method = .get, _ target: String = "/plain", fields: [(String, String)] = [],
        content: OriginRequest.Content = .none, pool: String = "one", change: (inout OriginRequest) -> Void = { _ in }
    ) -> OriginRequest {
        var dial = Dial()
        dial.connectTo = server.address
        dial.caFile = Certificates.shared.file("root")
        dial.allowAddresses = [AddressRange(server.address)].compactMap { $0 }
        var request = OriginRequest(
            method: method, host: "vendor.test", target: Array(target.utf8), fields: Fields(fields), content: content,
            dial: dial, pool: pool, lane: 0)
        change(&request)
        return request
    }

    func send(_ request: OriginRequest) async -> Outcome { await Outcome(of: origin.send(request)) }

    func get(_ target: String, change: (inout OriginRequest) -> Void = { _ in }) async -> Outcome {
        await send(request(.get, target, change: change))
    }
}

/// Everything that a transfer said.
struct Outcome: Sendable {
    var interims: [AnswerHead] = []
    var head: AnswerHead?
    var content: [UInt8] = []
    var trailers: Fields?
    var failure: OriginFailure?

    init(of transfer: any Transfer) async {
        while trailers == nil, failure == nil {
            switch await transfer.next() {
            case .interim(let head): interims.append(head)
            case .head(let head): self.head = head
            case .content(let bytes): content += bytes
            case .end(let trailers): self.trailers = trailers
            case .failed(let failure): self.failure = failure
            }
        }
    }

    var text: String { String(bytes: content) }

    func field(_ name: String) -> String? { head?.fields[name].map { String(bytes: $0) } }

    /// The origin's number for the connection that answered.
    var connection: String? { field("x-connection") }
}

extension Lane {
    static func queue(_ index: Int) -> Lane {
        let queue = DispatchQueue(label: "lane-\(index)")
        return Lane(index: index) { block in queue.async(execute: block) }
    }
}

/// Something came that a test did not expect.
struct Surprise: Error {
    var words: String
}
