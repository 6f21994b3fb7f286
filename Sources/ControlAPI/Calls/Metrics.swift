internal import Core

extension ControlAPI {
    /// Prometheus' text format. Labels are our own codes and configured names, never a caller's words.
    func metrics(_ call: Call) -> APIAnswer {
        var text = MetricsText()
        counters(&text)
        gauges(&text)
        return .text(text.text, type: "text/plain; version=0.0.4; charset=utf-8")
    }

    private func counters(_ text: inout MetricsText) {
        let total = sidecar.activity.total
        let spent = total.spent.values.reduce(Money.zero, +)
        text.add("cofferdam_requests_allowed_total", .counter, "Requests that were allowed.", "\(total.allowed)")
        text.add(
            "cofferdam_refusals_total", .counter, "Requests that were refused, by code.", label: "code",
            total.refusals.map { ($0.key, "\($0.value)") })
        text.add(
            "cofferdam_unidentified_total", .counter, "Refusals of callers that could not be identified.",
            "\(total.unidentified)")
        text.add("cofferdam_spent_usd_total", .counter, "Dollars settled since the start.", spent.decimal)
    }

    private func gauges(_ text: inout MetricsText) {
        let rules = sidecar.rules
        let counts = sidecar.vault.counts()
        let uptime = Int64((sidecar.clock() - sidecar.startedAt).seconds)
        text.add("cofferdam_in_flight", .gauge, "Requests that are being served.", "\(sidecar.inFlight.count)")
        text.add("cofferdam_keys", .gauge, "Live vault keys.", "\(counts.keys)")
        text.add("cofferdam_runs", .gauge, "Live runs.", "\(counts.runs)")
        text.add("cofferdam_ready", .gauge, "1 when requests are served.", isReady ? "1" : "0")
        text.add("cofferdam_degraded", .gauge, "1 when something needs an operator.", problems().isEmpty ? "0" : "1")
        text.add("cofferdam_config_generation", .gauge, "Configurations taken since the start.", "\(rules.generation)")
        text.add("cofferdam_uptime_seconds", .gauge, "Seconds since the start.", "\(uptime)")
        text.add(
            "cofferdam_vendor_ok", .gauge, "1 when the vendor's credential could be read.", label: "vendor",
            rules.vendors.values.map { ($0.name, $0.credential == nil ? "0" : "1") })
    }
}

/// Prometheus' text exposition format, version 0.0.4.
struct MetricsText {
    enum Kind: String { case counter, gauge }

    private(set) var text = ""

    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: String) {
        begin(name, kind, help)
        text += "\(name) \(value)\n"
    }

    mutating func add(_ name: String, _ kind: Kind, _ help: String, label: String, _ values: [(String, String)]) {
        begin(name, kind, help)
        for (value, number) in values.sorted(by: { $0.0 < $1.0 }) {
            text += "\(name){\(label)=\"\(Self.escaped(value))\"} \(number)\n"
        }
    }

    private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            switch character {
            case "\\", "\"": text += "\\\(character)"
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }
}
