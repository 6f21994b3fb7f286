import Core
import Foundation
import Testing

@Suite struct `An operator who hands out tokens` {
    @Test func `makes one that works at once, for what its role may do`() async throws {
        let served = try await Served.start()
        let made = try await served.run("token", "add", "ci", "--role", "reader")
        #expect(made.status == 0, "\(made.errors)")
        let token = ["COFFERDAM_TOKEN": made.output.trimmingCharacters(in: .newlines)]
        #expect(try await served.run("status", environment: token).output.contains("today"))
        let stop = try await served.run("stop", "run=billing-7", environment: token)
        #expect(stop.status == 77 && stop.errors.contains("needs the role issuer"), "\(stop.errors)")
        #expect(try await served.run("token").output.contains("ci    reader"))
        #expect(try await served.run("token", "rm", "ci").output == "token ci removed\n")
        let late = try await served.run("runs", environment: token)
        #expect(late.status == 77 && late.errors.contains("not known"), "\(late.errors)")
    }

    @Test func `rotates the master token, and goes on with the new one`() async throws {
        let served = try await Served.start()
        let old = ["COFFERDAM_TOKEN": try served.folder.read("state/token").trimmingCharacters(in: .newlines)]
        let new = try await served.run("token", "rotate", "master")
        #expect(try served.folder.read("state/token") == new.output)
        #expect(try await served.run("runs").status == 0)
        #expect(try await served.run("runs", environment: old).status == 77)
    }
}
