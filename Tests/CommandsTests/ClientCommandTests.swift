import Core
import Foundation
import Testing

/// The commands as an operator uses them, against a sidecar that was started like one.
@Suite struct `An operator at a running sidecar` {
    @Test func `sees whether all is well, for eyes and for programs`() async throws {
        let served = try await Served.start()
        let status = try await served.run("status")
        #expect(status.status == 0)
        #expect(status.output.hasPrefix("OK\n"))
        #expect(status.output.contains("stripe TEST"))
        #expect(!status.output.contains("\u{1B}"))
        let json = try await served.run("status", "--json")
        #expect(try JSONValue.parse(Array(json.output.utf8))["status"]?.text == "ok")
    }

    @Test func `is told by the exit status when it is degraded`() async throws {
        let served = try await Served.start()
        try served.folder.write("nonsense: true\n", "proxy.conf.new")
        try FileManager.default.removeItem(atPath: served.folder.file("proxy.conf"))
        try FileManager.default.moveItem(
            atPath: served.folder.file("proxy.conf.new"), toPath: served.folder.file("proxy.conf"))
        let token = try served.folder.read("state/token").trimmingCharacters(in: .newlines)
        // The file says no more where state_dir is, so the token comes by the environment.
        var status = try await served.run("status", environment: ["COFFERDAM_TOKEN": token])
        for _ in 0..<100 where status.status == 0 {
            status = try await served.run("status", environment: ["COFFERDAM_TOKEN": token])
        }
        #expect(status.status == 1)
        #expect(status.output.hasPrefix("DEGRADED  newer configuration rejected"))
        #expect(status.output.contains("nonsense"))
    }

    @Test func `registers a run, stops it and resumes it`() async throws {
        let served = try await Served.start()
        let made = try await served.run("runs", "register", "--id", "billing-7", "--json")
        let secret = try #require(try JSONValue.parse(Array(made.output.utf8))["secret"]?.text)
        #expect(secret.hasPrefix("run_secret_"))
        #expect(try await served.run("runs", "register", "--id", "billing-7").status == 65)
        let stopped = try await served.run("stop", "run=billing-7", "--reason", "charges in a loop")
        #expect(stopped.status == 0)
        #expect(stopped.output.contains("cofferdam resume run=billing-7"))
        #expect(try await served.run("runs").output.contains("revoked"))
        #expect(try await served.run("resume", "run=billing-7").output == "run billing-7 goes on\n")
        #expect(try await served.run("runs", "end", "billing-7").output == "billing-7 ended\n")
        let audit = try await served.run("audit", "--run", "billing-7", "--decision", "note").output
        let me = NSUserName()
        #expect(audit.contains("run billing-7 stopped by \(me) (cofferdam command): charges in a loop"), "\(audit)")
        #expect(audit.contains("run billing-7 resumed by \(me) (cofferdam command)"))
    }

    @Test func `issues a key, sees what it was refused and why, and revokes it`() async throws {
        let served = try await Served.start()
        let made = try await served.run(
            "keys", "issue", "--vendor", "stripe", "--label", "refunds-42", "--allow", "payment_intents.create",
            "--daily-cap",
            "50", "--json")
        let key = try JSONValue.parse(Array(made.output.utf8))
        let (id, token) = (try #require(key["id"]?.text), try #require(key["token"]?.text))
        let refused = try await launch(
            "/usr/bin/env",
            [
                "curl", "-s", "--noproxy", "*", "-u", "\(token):", "-d", "amount=500",
                "http://127.0.0.1:\(served.proxy)/stripe/v1/payouts",
            ])
        let request = try #require(try JSONValue.parse(Array(refused.output.utf8))["request_id"]?.text)
        let audit = try await served.run("audit", "--label", "refunds-*")
        #expect(audit.output.contains("endpoint_not_allowed"))
        #expect(audit.output.contains(request))
        #expect(!audit.output.contains(token))
        let why = try await served.run("explain", request)
        #expect(why.output.hasPrefix("REFUSED 403 endpoint_not_allowed; nothing reached stripe"))
        #expect(try await served.run("keys", "revoke", id, id).status == 0)
        let shown = try await served.run("keys", "show", id)
        #expect(shown.output.contains("revoked"), "\(shown)")
        #expect(try await served.run("audit", "verify").output.hasPrefix("intact: "))
        #expect(try await served.run("holds").output == "nothing is in doubt\n")
    }

    @Test func `exports the records, and checks the export without the sidecar`() async throws {
        let served = try await Served.start()
        for number in 0..<3 {
            _ = try await served.run("runs", "register", "--id", "billing-\(number)")
            _ = try await served.run("stop", "run=billing-\(number)", "--reason", "=1+1")
        }
        let file = served.folder.file("audit.jsonl")
        let ended = try await served.run("audit", "export", "--out", file)
        #expect(ended.status == 0, "\(ended.errors)")
        let facts = try FileManager.default.attributesOfItem(atPath: file)
        #expect((facts[.posixPermissions] as? Int) == 0o600)
        #expect(try await served.run("audit", "export", "--out", file).status == 73)
        let checked = try await launch(Program.path, ["audit", "verify", "--file", file])
        #expect(checked.status == 0 && checked.output.hasPrefix("intact: 3 rows (1 to 3) of store "), "\(checked)")
        try served.folder.write(
            try served.folder.read("audit.jsonl").replacing("billing-1", with: "billing-2"), "b.jsonl")
        let broken = try await launch(Program.path, ["audit", "verify", "--file", served.folder.file("b.jsonl")])
        #expect(broken.status == 1 && broken.output.hasPrefix("BROKEN at line 3: "), "\(broken)")
        let csv = try await served.run("audit", "export", "--format", "csv", "--run", "billing-1")
        #expect(csv.output.split(separator: "\r\n").count == 2, "\(csv.output)")
        #expect(try await served.run("audit", "export", "--run", "billing-1").status == 64)
        let used = try await served.run("audit", "verify", "--store", served.folder.file("state/cofferdam.sqlite"))
        #expect(used.status == 66 && used.errors.contains("in use by another cofferdam serve"), "\(used)")
    }

    @Test(arguments: [("shell", "agent.sh"), ("dotenv", "agent.env"), ("k8s", "agent.yaml")])
    func `writes an agent's environment without showing its secret`(format: String, name: String) async throws {
        let served = try await Served.start()
        let folder = served.folder.file("agent")
        let ended = try await served.run("env", "--run-id", "billing-7", "--format", format, "--write", folder)
        #expect(ended.status == 0 && ended.output.contains(name), "\(ended)")
        #expect(!(ended.output + ended.errors).contains("run_secret_"))
        let text = try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
        #expect(text.contains(format == "k8s" ? "kind: Secret" : "run_secret_"))
        var files = try FileManager.default.subpathsOfDirectory(atPath: folder).map { folder + "/" + $0 }
        #expect(files.contains(folder + "/bundle.pem") == (format != "k8s"))
        files.append(folder)
        for file in files {
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode.map { $0 & 0o077 } == 0, "\(file)")
        }
        guard format == "shell" else { return }
        let run = try await launch(
            "/bin/sh", ["-c", ended.output + "echo $COFFERDAM_RUN_ID; cat $SSL_CERT_FILE | head -1"])
        #expect(run.output.hasPrefix("billing-7\n-----BEGIN"), "\(run)")
    }

    @Test func `gives a container's environment the paths that it has there, and nothing of the operator's own`()
        async throws
    {
        let served = try await Served.start()
        let own = ["PYTHONPATH": "/home/me/lib", "NO_PROXY": "intern.example", "NODE_OPTIONS": "--inspect"]
        let ended = try await served.run(
            "env", "--run-id", "billing-7", "--format", "dotenv", "--write", served.folder.file("a"), "--mount",
            "/agent",
            environment: own)
        #expect(ended.status == 0 && ended.output.contains(":/agent:ro"), "\(ended)")
        let text = try served.folder.read("a/agent.env")
        #expect(
            text.contains("SSL_CERT_FILE=/agent/bundle.pem\n") && text.contains("NO_PROXY=intern.example,localhost"))
        #expect(!text.contains("/home/me") && !text.contains("--inspect") && !text.contains(served.folder.file("a")))
        #expect(try await served.run("env", "--mount", "/agent").status == 64)
    }

    @Test func `gives an environment to who has a token and can't read the state`() async throws {
        let served = try await Served.start()
        let token = try served.folder.read("state/token").trimmingCharacters(in: .newlines)
        try served.folder.write(
            """
            listen: { runs: [{ address: "127.0.0.1:4999", run: billing-7 }] }
            state_dir: \(served.folder.file("another's"))
            """, "other.conf")
        let ended = try await served.run(
            "env", "--run-id", "billing-7", "--tag", "team=north", "--write", served.folder.file("a"),
            environment: ["COFFERDAM_CONFIG": served.folder.file("other.conf"), "COFFERDAM_TOKEN": token])
        #expect(ended.status == 0, "\(ended)")
        #expect(try served.folder.read("a/ca.pem") == served.folder.read("state/ca.pem"))
        let text = try served.folder.read("a/agent.sh")
        // Java, which can't send a credential, has the run's own listener.
        #expect(text.contains("-Dhttps.proxyPort=4999"))
        let runs = try await served.run("runs", "--json", "--tag", "team=north")
        #expect(runs.output.contains("billing-7"), "\(runs)")
    }

    @Test func `sums what was spent`() async throws {
        let served = try await Served.start()
        #expect(try await served.run("spend").output.hasPrefix("nothing was spent or refused ("))
        let json = try await served.run("spend", "--by", "day,vendor", "--since", "7d", "--json")
        #expect(try JSONValue.parse(Array(json.output.utf8))["total"]?["spent_usd"]?.text == "0.00")
        let wrong = try await served.run("spend", "--by", "weekday")
        #expect(wrong.status == 65 && wrong.errors.contains("group_by: expected one or more of day, vendor"))
    }

    @Test func `follows records as they come`() async throws {
        let served = try await Served.start()
        let made = try await served.run("keys", "issue", "--vendor", "stripe", "--label", "a", "--json")
        let token = try #require(try JSONValue.parse(Array(made.output.utf8))["token"]?.text)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments = ["audit", "--follow", "--json"]
        process.environment = [
            "COFFERDAM_CONFIG": served.folder.file("proxy.conf"), "COFFERDAM_ADMIN": "127.0.0.1:\(served.admin)",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        defer { process.terminate() }
        // Requests go on until one is seen: following begins some time after the start.
        let busy = Task {
            while !Task.isCancelled {
                _ = try await launch(
                    "/usr/bin/env",
                    [
                        "curl", "-s", "--noproxy", "*", "-u", "\(token):",
                        "http://127.0.0.1:\(served.proxy)/stripe/v1/charges",
                    ])
            }
        }
        defer { busy.cancel() }
        let first = try #require(try await printed(output) { $0.contains("\n") }.split(separator: "\n").first)
        let record = try JSONValue.parse(Array(first.utf8))
        #expect(record["code"]?.text == "endpoint_not_allowed")
        #expect(record["label"]?.text == "a")
    }

    @Test func `is not led through a proxy by the environment`() async throws {
        let served = try await Served.start()
        let nowhere = ["http_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].map { ($0, "http://127.0.0.1:1") }
        let status = try await served.run("status", environment: Dictionary(uniqueKeysWithValues: nowhere))
        #expect(status.status == 0)
    }

    @Test func `sees the local CA`() async throws {
        let served = try await Served.start()
        let pem = try await served.run("ca", "--pem")
        #expect(pem.output == (try served.folder.read("state/ca.pem")))
        let print = try await served.run("ca", "--fingerprint")
        #expect(print.output.wholeMatch(of: /([0-9A-F]{2}:){31}[0-9A-F]{2}\n/) != nil)
        #expect(try await served.run("ca", "--pem", "--fingerprint").status == 64)
    }
}

@Suite struct `A command that can't do its work` {
    @Test func `says that nothing answers, and how to start it`() async throws {
        let ended = try await launch(
            Program.path, ["status"], ["COFFERDAM_ADMIN": "127.0.0.1:1", "COFFERDAM_TOKEN": "t"])
        #expect(ended.status == 69)
        #expect(ended.errors.contains("is the sidecar running? Start it with: cofferdam serve"))
        #expect(ended.output.isEmpty)
    }

    @Test func `says how to get at a token that is not there`() async throws {
        let folder = try Folder()
        try folder.write("state_dir: \(folder.path)\n", "proxy.conf")
        let ended = try await launch(Program.path, ["status", "--config", folder.file("proxy.conf")])
        #expect(ended.status == 69)
        #expect(ended.errors.contains("export COFFERDAM_TOKEN="))
    }

    @Test func `does not use a token that others can read`() async throws {
        let folder = try Folder()
        try folder.write("state_dir: \(folder.path)\n", "proxy.conf")
        try folder.write("cofferdam_admin_0123456789012345678901\n", "token")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.file("token"))
        let ended = try await launch(Program.path, ["status", "--config", folder.file("proxy.conf")])
        #expect(ended.status == 77)
        #expect(ended.errors.contains("chmod 600 \(folder.file("token"))"))
    }

    @Test func `is told that its token is wrong`() async throws {
        let served = try await Served.start()
        let ended = try await served.run("status", environment: ["COFFERDAM_TOKEN": "cofferdam_admin_wrong"])
        #expect(ended.status == 77)
        let agent = try await served.run("keys", environment: ["COFFERDAM_TOKEN": "run_secret_abc"])
        #expect(agent.status == 77)
        #expect(agent.errors.contains("run's secret"))
    }

    @Test func `stops nothing when one target is malformed`() async throws {
        let served = try await Served.start()
        #expect(try await served.run("stop", "run=r1", "billing-7").status == 65)
        #expect(try await served.run("runs").output == "no runs\n")
    }

    @Test(arguments: ["127.0.0.1", "http://127.0.0.1:0", "127.0.0.1:99999", ":4701", "evil\r\nHost: x:1"])
    func `refuses an address that is none`(address: String) async throws {
        let ended = try await launch(
            Program.path, ["status"], ["COFFERDAM_ADMIN": address, "COFFERDAM_TOKEN": "t"])
        #expect(ended.status == 65 || ended.status == 69)
        #expect(ended.output.isEmpty)
    }

    @Test func `works while the configuration is being edited`() async throws {
        let served = try await Served.start()
        let broken = try served.folder.read("proxy.conf").replacing("policies:", with: "buget: 5\npolicies:")
        try served.folder.write(broken, "proxy.conf")
        #expect(try await served.run("stop", "run=billing-7").status == 0)
    }
}
