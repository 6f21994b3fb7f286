import Foundation
import Harness

/// localstripe, which others wrote to play Stripe's API, behind an nginx that speaks TLS and keeps a log.
final class StripeOrigin: Sendable {
    let port: Int
    /// The certificate, which is its own root.
    let certificate: String
    private let log: String
    private let children: [Child]

    /// Starts both; returns when they answer.
    static func start(in folder: Folder) async throws -> StripeOrigin {
        let nginx = try Machine.find("nginx")
        let localstripe = try Machine.client("localstripe")
        let certificate = try await Certificate.make("api.stripe.com", in: folder)
        let (inner, outer) = (try Port.free(), try Port.free())
        let api = try Child(localstripe, ["--port", "\(inner)", "--from-scratch"], in: folder)
        let file = try folder.write(configuration(folder, certificate, inner, outer), to: "nginx.conf")
        let front = try Child(nginx, ["-c", file, "-p", folder.path, "-e", folder.path + "/nginx.err"], in: folder)
        let origin = StripeOrigin(outer, certificate, folder.path + "/access.log", [front, api])
        do {
            try await Port.opened(inner, by: api)
            try await Port.opened(outer, by: front)
        } catch {
            await origin.stop()
            throw error
        }
        return origin
    }

    private init(_ port: Int, _ certificate: Certificate, _ log: String, _ children: [Child]) {
        (self.port, self.certificate, self.log, self.children) = (port, certificate.path, log, children)
    }

    private static func configuration(
        _ folder: Folder, _ certificate: Certificate, _ inner: Int, _ outer: Int
    ) -> String {
        let scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.path)/nginx-\($0);" }.joined(separator: " ")
        return """
            \(getuid() == 0 ? "user root;" : "")
            daemon off;
            worker_processes 1;
            pid \(folder.path)/nginx.pid;
            events {}
            http {
                \(scratch)
                log_format plain '$request_method $request_uri $status $http_authorization';
                access_log \(folder.path)/access.log plain;
                server {
                    listen 127.0.0.1:\(outer) ssl;
                    server_name api.stripe.com;
                    ssl_certificate \(certificate.path);
                    ssl_certificate_key \(certificate.path);
                    location / { proxy_pass http://127.0.0.1:\(inner); }
                }
            }

            """
    }

    /// What reached it, oldest first: method, target, status and the field with the credential.
    var requests: [String] {
        ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    func stop() async { for child in children { await child.stop() } }
}

/// A certificate for a name and its key, in one file, made by openssl; it is its own root.
struct Certificate: Sendable {
    let path: String

    static func make(_ name: String, in folder: Folder) async throws -> Certificate {
        let (key, certificate) = (folder.path + "/\(name).key", folder.path + "/\(name).crt")
        let options = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name),IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ]
        let made = try await Child.run(try Machine.find("openssl"), options, in: folder)
        guard made.status == 0 else { throw Machine.Missing(description: "no certificate: \(made)") }
        let both = try [key, certificate].map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
        return Certificate(path: try folder.write(both, to: name + ".pem"))
    }
}
