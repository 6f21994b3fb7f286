import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    @Suite struct `A cap of $50` {
        @Test func `lets 50 of 120 charges of a dollar pass that come at once`() async throws {
            let command = [try Machine.python(), Machine.script("race.py"), "120"]
            try await Stage.play { stage in
                let output = try await stage.sidecar.run("agent-1", command)
                #expect(output.told("race")["200"].number == 50, "\(output)")
                #expect(output.told("race")["cap_exhausted"].number == 70)
                #expect(stage.vendor.accepted.count == 50)
                let spent = try await stage.sidecar.settled("agent-1").compactMap { $0["cost_usd"].number }.reduce(0, +)
                #expect(spent == 50)
                #expect(output.err.contains("spent $50.00"))
            }
        }
    }

    @Suite struct `An operator who logs the keys of TLS` {
        @Test func `does not get those of our connections`() async throws {
            let folder = try Folder()
            defer { folder.remove() }
            let log = folder.path + "/keys"
            try await Stage.play(variables: ["SSLKEYLOGFILE": log]) { stage in
                let curl = ["curl", "-sS", "https://api.acme.example/_test/bytes/3"]
                let output = try await stage.sidecar.run("agent-1", ["env", "-u", "SSLKEYLOGFILE"] + curl)
                #expect(stage.reached == ["GET /_test/bytes/3"], "\(output)")
                #expect(!FileManager.default.fileExists(atPath: log))
            }
        }
    }

    @Suite struct `A vendor that gives the credential back` {
        @Test(arguments: ["", "&chunk=7", "&trailer=1"])
        func `gives it to us alone`(_ how: String) async throws {
            try await Stage.play { stage in
                let url = "https://api.stripe.com/_test/leak?form=raw,base64,base64url,percent,json\(how)"
                let output = try await stage.sidecar.run("agent-1", ["curl", "-sS", "-i", url])
                #expect(output.out.contains("\r\n\r\nleak\nraw="), "\(output)")
                #expect(output.out.contains("\nend\n"))
                let forms = stage.secrets.forms.filter { (output.out + output.err).contains($0) }
                #expect(forms == [])
            }
        }

        @Test func `behind an encoding is not passed on`() async throws {
            try await Stage.play { stage in
                let url = "https://api.stripe.com/_test/gzip"
                let output = try await stage.sidecar.run("agent-1", ["curl", "-sS", url])
                #expect(output.out.contains("\"code\":\"origin_protocol_error\""), "\(output)")
            }
        }
    }
}
