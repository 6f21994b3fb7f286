@testable import Core
@testable import Settings

/// The built-in vendors, as a configuration makes them.
enum World {
    static let rules: Rules = {
        let names = ["stripe", "twilio", "resend", "openai", "anthropic", "sendgrid", "github", "slack"]
        let vendors = names.map { name in
            let user = name == "twilio" ? ", user: AC0123" : ""
            return "  \(name):\n    credential: { env: KEY\(user) }\n"
        }
        let text =
            "state_dir: /nowhere\nvirtual_hosts: { api: api.keybrake.com, proxy: proxy.keybrake.com }\n"
            + "currencies: { eur: 1.10, jpy: 0.0068 }\nvendors:\n" + vendors.joined()
        let source = SettingsLoader.source("/nowhere/proxy.conf")
        do throws(ConfigurationProblems) {
            return try SettingsLoader.load(Array(text.utf8), source, ["KEY": "sk_test_0123456789"], 1).rules
        } catch { preconditionFailure(error.description) }
    }()

    static let vendors = rules.vendors.values.sorted { $0.name < $1.name }
}
