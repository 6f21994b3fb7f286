import Foundation
import Testing

@testable import AgentEnvironment

@Suite struct `A real credential` {
    @Test(arguments: [
        Sample.secret, "Bearer \(Sample.secret)", "https://x:\(Sample.secret)@api.stripe.com/",
        "{\"key\":\"\(Sample.secret)\"}",
        Data(Sample.secret.utf8).base64EncodedString(), "Basic " + Data("\(Sample.secret):".utf8).base64EncodedString(),
    ])
    func `is removed with whatever variable holds it`(_ value: String) {
        let setup = Sample.setup(parent: ["MY_OWN_NAME": value, "HOME": "/home/me"])
        #expect(setup.environment["MY_OWN_NAME"] == nil)
        #expect(setup.removed == ["MY_OWN_NAME"])
        #expect(setup.environment["HOME"] == "/home/me")
    }

    @Test func `is removed percent-encoded and JSON-escaped`() {
        let setup = Sample.setup(parent: ["A": "x=p%40ss%2Fword%21%22", "B": "\"p@ss/word!\\\"\"", "C": "kept"]) {
            $0.secrets = ["p@ss/word!\""]
        }
        #expect(setup.removed == ["A", "B"])
    }

    @Test func `is removed by name, whatever it holds`() {
        #expect(Sample.setup(parent: ["STRIPE_LIVE_KEY": "anything"]).removed == ["STRIPE_LIVE_KEY"])
    }

    @Test func `that is short is removed only where it is all`() {
        let setup = Sample.setup(parent: ["PIN": "1234", "PORT": "12345"]) { $0.secrets = ["1234", ""] }
        #expect(setup.removed == ["PIN"])
    }

    @Test(arguments: ["AC0123:", "x", "xx", "xxx"])
    func `is found in base64, whatever stands before it`(_ before: String) {
        let packed = Data((before + Sample.secret).utf8).base64EncodedString()
        let setup = Sample.setup(parent: ["AUTH": "Basic \(packed), other"])
        #expect(setup.removed == ["AUTH"])
        #expect(setup.notes.contains("removed AUTH: a vendor's credential is in it"))
        let urlSafe = packed.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        #expect(Sample.setup(parent: ["AUTH": urlSafe]).removed == ["AUTH"])
    }

    @Test func `of a vendor is known by its looks`() {
        let setup = Sample.setup(parent: ["OLD_KEY": "sk_live_0123456789abcdef", "NOTE": "sk_live_ is a prefix"])
        #expect(setup.removed == ["OLD_KEY"])
        #expect(setup.notes.contains("removed OLD_KEY: it looks like a credential of stripe"))
    }

    @Test func `gives way to the vendor's placeholder`() {
        let setup = Sample.setup(parent: ["STRIPE_API_KEY": Sample.secret])
        #expect(setup.environment["STRIPE_API_KEY"] == Sample.placeholder)
        #expect(setup.removed.isEmpty)
    }

    @Test func `of ours or of Keybrake's stays with the operator`() {
        let parent = [
            "COFFERDAM_DJANGO_SECRET": "x", "COFFERDAM_CONFIG": "/c", "KEYBRAKE_TOKEN": "y", "KEYBRAKE_API_KEY": "z",
        ]
        #expect(Sample.setup(parent: parent).removed == parent.keys.sorted())
    }

    @Test func `of Keybrake's is kept when told so`() {
        let setup = Sample.setup(parent: ["KEYBRAKE_TOKEN": "vault_key_1"]) { $0.kept = ["KEYBRAKE_TOKEN"] }
        #expect(setup.environment["KEYBRAKE_TOKEN"] == "vault_key_1")
    }

    @Test func `is never kept, even when told so`() {
        let setup = Sample.setup(parent: ["STRIPE_LIVE_KEY": "x"]) { $0.kept = ["STRIPE_LIVE_KEY"] }
        #expect(setup.removed == ["STRIPE_LIVE_KEY"])
    }

    @Test func `is in no file of the setup, and neither is the run's`() {
        let setup = Sample.setup(parent: ["STRIPE_API_KEY": Sample.secret, "HOME": "/h"])
        for file in setup.files {
            #expect(file.content.firstRange(of: Data(Sample.secret.utf8)) == nil)
            #expect(file.content.firstRange(of: Data("run_secret_0123456789abcdef".utf8)) == nil)
        }
    }
}

@Suite struct `A configured vendor` {
    @Test func `leaves its placeholder even where the parent has nothing`() {
        #expect(Sample.setup().environment["STRIPE_API_KEY"] == Sample.placeholder)
    }

    @Test func `may take the run's secret as its key`() {
        let setup = Sample.setup { $0.vendors = [Sample.openAI] }
        #expect(setup.environment["OPENAI_API_KEY"] == "run_secret_0123456789abcdef")
        #expect(setup.environment["OPENAI_BASE_URL"] == nil)
    }

    @Test func `is reached by its base URL when that is asked for`() {
        let setup = Sample.setup {
            $0.vendors = [Sample.openAI]
            $0.usesBaseURLs = true
        }
        #expect(setup.environment["OPENAI_BASE_URL"] == "http://127.0.0.1:4700/openai/v1")
    }

    @Test func `that is AWS closes the other ways to credentials`() {
        let parent = ["AWS_SESSION_TOKEN": "t", "AWS_PROFILE": "prod", "AWS_REGION": "eu-west-1"]
        let setup = Sample.setup(parent: parent) { $0.awsConfigured = true }
        #expect(setup.removed == ["AWS_PROFILE", "AWS_SESSION_TOKEN"])
        #expect(setup.environment["AWS_EC2_METADATA_DISABLED"] == "true")
        #expect(Sample.setup(parent: parent).removed.isEmpty)
        #expect(Sample.setup().environment["AWS_EC2_METADATA_DISABLED"] == nil)
    }

    @Test func `is told apart from the run`() {
        let setup = Sample.setup(parent: ["COFFERDAM_RUN_ID": "outer"])
        #expect(setup.environment["COFFERDAM_RUN_ID"] == "run-1")
        #expect(setup.environment["COFFERDAM_GATEWAY"] == "http://127.0.0.1:4700")
    }
}

@Suite struct `A .env file where the agent works` {
    private func warnings(_ text: String, file: String = ".env") -> [String] {
        Sample.setup(files: ["/home/me/agent/\(file)": text]).warnings
    }

    @Test func `is warned of when it holds a vendor's variable`() {
        #expect(
            warnings("DEBUG=1\nexport STRIPE_API_KEY = 'whatever' # mine\n")
                == [".env in this folder holds STRIPE_API_KEY; the agent can read it"])
    }

    @Test(arguments: ["KEY=\(Sample.secret)", "KEY=\"x \(Sample.secret)\"", "KEY=sk_live_0123456789abcdef"])
    func `is warned of when it holds a real credential under any name`(_ text: String) {
        #expect(warnings(text) == [".env in this folder holds KEY; the agent can read it"])
    }

    @Test(arguments: ["", "STRIPE_API_KEY=", "# STRIPE_API_KEY=x", "STRIPE_API_KEY=\(Sample.placeholder)", "A=b"])
    func `is fine without`(_ text: String) {
        #expect(warnings(text).isEmpty)
    }

    @Test func `counts under its other names too`() {
        #expect(warnings("STRIPE_LIVE_KEY=x", file: ".env.local").first?.hasPrefix(".env.local ") == true)
    }
}
