import FoundationEssentials

extension AgentSetup {
    /// A Secret with the variables and a ConfigMap with the files, which hold none; above them, how a pod takes them.
    func kubernetes(_ names: [String]) -> [String] {
        kubernetesComment + object("Secret", more: ["type: Opaque"], "data", names.map { ($0, Data(value($0).utf8)) })
            + ["---"] + object("ConfigMap", "binaryData", files.map { (Self.key($0.path), $0.content) })
    }

    /// `cofferdam-` and what of the run's ID may stand in a name.
    private var kubernetesName: String {
        let allowed = runID.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let text = String(allowed.prefix(200)).drop { $0 == "-" }
        return "cofferdam-" + String(text.reversed().drop { $0 == "-" }.reversed())
    }

    private var kubernetesComment: [String] {
        [
            "# Holds the run's secret: keep it out of version control. Take it with",
            "#   kubectl apply --server-side -f FILE",
            "# and use it in the agent's container, in a pod that has the sidecar:",
            "#   envFrom:",
            "#     - secretRef: { name: \(kubernetesName) }",
            "#   volumeMounts:",
            "#     - { name: cofferdam, mountPath: \(Self.yamlQuoted(folder)), readOnly: true }",
            "# and in the pod:",
            "#   volumes:",
            "#     - name: cofferdam",
            "#       configMap:",
            "#         name: \(kubernetesName)",
            "#         items:",
        ] + files.map { "#           - { key: \(Self.key($0.path)), path: \($0.path) }" }
    }

    private func object(_ kind: String, more: [String] = [], _ field: String, _ data: [(String, Data)]) -> [String] {
        ["apiVersion: v1", "kind: \(kind)", "metadata:", "  name: \(kubernetesName)"] + more + ["\(field):"]
            + data.map { "  \($0): \(Self.yamlQuoted($1.base64EncodedString()))" }
    }

    /// No slashes in keys.
    private static func key(_ path: String) -> String { path.replacing("/", with: "_") }
}
