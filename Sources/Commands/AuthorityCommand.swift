internal import ArgumentParser
internal import Authority
internal import Core
internal import Foundation
internal import Settings

struct AuthorityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "Show the local CA that intercepted connections are signed with.",
        discussion: """
            cofferdam run and cofferdam env hand it to agents by themselves. Do not put it among a machine's own roots: \
            only the agents' clients need it.
            """)

    @Option(name: .long, help: ArgumentHelp("The configuration that says where state_dir is.", valueName: "path"))
    var config: String?
    @Flag(help: "Print the certificate in PEM and nothing else.")
    var pem = false
    @Flag(help: "Print the certificate's SHA-256 fingerprint and nothing else.")
    var fingerprint = false
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !(pem && fingerprint) else { throw ValidationError("give --pem or --fingerprint, not both") }
    }

    func run() async throws {
        Screen.print(text(try certificate()))
    }

    private func certificate() throws(Quit) -> AuthorityCertificate {
        let places: Whereabouts
        do {
            places = try SettingsLoader.whereabouts(explicit: config, environment: ProcessEnvironment.current)
        } catch { throw Quit(error.description, .noInput) }
        guard let directory = places.stateDir else { throw Quit("set state_dir in the configuration", .noInput) }
        do { return try AuthorityCertificate.read(directory: directory) } catch {
            throw Quit("\(error); cofferdam serve makes the CA at its first start", .noInput)
        }
    }

    private func text(_ certificate: AuthorityCertificate) -> String {
        if pem { return certificate.pem }
        if fingerprint { return certificate.fingerprintSHA256 }
        let end = Moment(seconds: Int64(certificate.expiresAt.timeIntervalSince1970)).rfc3339
        let members: [JSONValue.Member] = [
            .init("path", .string(certificate.path)), .init("sha256", .string(certificate.fingerprintSHA256)),
            .init("expires_at", .string(end)),
        ]
        return output.json ? JSONValue.object(members).line : Sheet.text(.object(members))
    }
}
