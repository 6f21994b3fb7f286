import Foundation
import Harness
import Testing

extension `End to end` {
    /// Git against its own http-backend. No git host is in the catalogue: it is either tunnelled, or a vendor that the
    /// configuration describes.
    @Suite struct `git clone` {
        @Test func `goes through a tunnel that is listed, and through no other`() async throws {
            try await withRepository { place in
                let rules = """
                    egress: { tunnel: ["localhost:\(place.port)"], allow_addresses: ["127.0.0.1:\(place.port)"] }

                    """
                try await serving(place, rules) { sidecar in
                    let listed = "https://localhost:\(place.port)/project.git"
                    let output = try await sidecar.run(
                        "agent-1", place.clone(listed, "listed", roots: place.certificate))
                    #expect(output.status == 0, "\(output)")
                    #expect(try place.holds("listed"))
                    let other = try await sidecar.run("agent-1", place.clone("https://git.example/a.git", "other"))
                    #expect(other.status == 128)
                    #expect(other.err.contains("403"), "\(other)")
                    #expect(other.err.contains("host_not_allowed"), "\(other)")
                }
            }
        }

        @Test func `gets the credential from us when the host is a vendor`() async throws {
            let secret = Stage.Secrets.random(32)
            let field = "Basic " + Data("x-access-token:\(secret)".utf8).base64EncodedString()
            try await withRepository(authorization: field) { place in
                let address = "127.0.0.1:\(place.port)"
                let way = "connect_to: \"\(address)\", ca_file: \(place.certificate), allow_addresses: [\"\(address)\"]"
                let credential = "credential: { env: GIT_TOKEN, user: x-access-token }, credential_scheme: basic"
                let rules = """
                    vendors: { git: { hosts: [git.example], \(credential), \(way) } }
                    policies:
                      - name: reading
                        runs: "*"
                        vendor: git
                        allowed_endpoints: ["GET /project.git/info/refs", "POST /project.git/git-upload-pack"]

                    """
                try await serving(place, rules, ["GIT_TOKEN": secret]) { sidecar in
                    let output = try await sidecar.run(
                        "agent-1", place.clone("https://git.example/project.git", "vendor"))
                    #expect(output.status == 0, "\(output)")
                    #expect(try place.holds("vendor"))
                    #expect(!(output.out + output.err).contains(secret))
                    let codes = try await sidecar.settled("agent-1").map { $0["code"].text }
                    #expect(codes.count >= 2 && codes.allSatisfy { $0 == "allowed" })
                    let push = ["git", "-C", "vendor", "push", "origin", "HEAD:refs/heads/other"]
                    let refused = try await sidecar.run("agent-1", push)
                    #expect(refused.status != 0)
                    #expect(refused.err.contains("403"), "\(refused)")
                }
            }
        }

        /// A repository that is served over TLS, and a folder to clone into.
        private struct Place {
            let folder: Folder
            let certificate: String
            let port: Int

            /// Loopback names are never proxied unless one insists.
            func clone(_ url: String, _ name: String, roots: String? = nil) -> [String] {
                let trust = roots.map { ["GIT_SSL_CAINFO=\($0)"] } ?? []
                return ["env", "NO_PROXY=", "no_proxy="] + trust + ["git", "clone", url, name]
            }

            func holds(_ name: String) throws -> Bool {
                try String(contentsOfFile: "\(folder.path)/\(name)/README", encoding: .utf8) == "kept\n"
            }
        }

        private func withRepository(authorization: String? = nil, _ body: (Place) async throws -> Void) async throws {
            let folder = try Folder()
            defer { folder.remove() }
            let (git, port) = (try Machine.find("git"), try Port.free())
            let certificate = try await Certificate.make(authorization == nil ? "localhost" : "git.example", in: folder)
            try FileManager.default.createDirectory(atPath: folder.path + "/source", withIntermediateDirectories: true)
            try folder.write("kept\n", to: "source/README")
            let name = ["-C", "source", "-c", "user.name=Test", "-c", "user.email=test@example.com"]
            for arguments in [
                ["init", "-q", "source"], name + ["add", "."], name + ["commit", "-q", "-m", "First"],
                ["clone", "-q", "--bare", "source", "root/project.git"],
            ] {
                let made = try await Child.run(git, arguments, in: folder)
                try #require(made.status == 0, "\(made)")
            }
            let arguments = [Machine.script("git_origin.py"), "\(port)", certificate.path, folder.path + "/root"]
            let origin = try Child(
                try Machine.find("python3"), arguments + (authorization.map { [$0] } ?? []), in: folder)
            do {
                try await origin.says("ready")
                try await body(Place(folder: folder, certificate: certificate.path, port: port))
            } catch {
                await origin.stop()
                throw error
            }
            await origin.stop()
        }

        private func serving(
            _ place: Place, _ rules: String, _ environment: [String: String] = [:],
            _ body: (Sidecar) async throws -> Void
        ) async throws {
            let sidecar = try Sidecar(rules, environment: environment, in: place.folder)
            do {
                try await sidecar.start()
                try await body(sidecar)
            } catch {
                await sidecar.stop()
                throw error
            }
            await sidecar.stop()
        }
    }
}
