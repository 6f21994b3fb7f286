import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    @Suite struct `A sidecar that is told to end` {
        @Test func `ends well while connections still come in`() async throws {
            try await Stage.play { stage in
                for _ in 0..<5 {
                    for port in [stage.sidecar.adminPort, stage.sidecar.adminPort, stage.sidecar.proxyPort] {
                        Thread.detachNewThread { knock(port) }
                    }
                    #expect(await stage.sidecar.stop()?.status == 0)
                    try await stage.sidecar.start()
                }
            }
        }
    }
}

/// Comes and goes until nobody is there any more.
private func knock(_ port: Int) {
    for _ in 0..<500 {
        let socket = Port.connect(port)
        guard socket >= 0 else { return }
        close(socket)
    }
}
