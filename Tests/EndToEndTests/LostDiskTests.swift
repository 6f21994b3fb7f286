import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    /// What the store is kept on fails while the sidecar serves.
    @Suite struct `A sidecar whose disk is lost` {
        /// A payment of $7; its status and code.
        private func pay(_ stage: Stage, _ secret: String) async throws -> String {
            let answer = try await Wire.ask(
                stage.sidecar.proxyPort, "POST", "/stripe/v1/payment_intents",
                ["Authorization: Bearer \(secret)", "Content-Type: application/x-www-form-urlencoded"],
                "amount=700&currency=usd")
            return "\(answer.status) \(answer.json["code"].text ?? "")"
        }

        /// Refuses payments, sends nothing, is not ready, and tells its operator `cause`.
        private func refuses(_ stage: Stage, _ secret: String, _ cause: String) async throws {
            let reached = stage.reached.count
            for _ in 0..<3 { #expect(try await pay(stage, secret) == "503 store_unavailable") }
            #expect(stage.reached.count == reached)
            try await eventually("the store's trouble is told") {
                try await stage.sidecar.ask("GET", "/readyz").status == 503
            }
            let status = try await stage.sidecar.ask("GET", "/status").json
            let problem = status["problems"].items.first { $0["code"].text == "store_unavailable" }
            #expect(problem?["detail"].text?.contains(cause) == true, "\(status)")
            #expect(status["status"].text == "degraded" && status["ready"] == .bool(false))
            #expect(try await pay(stage, secret) == "503 store_unavailable")
            #expect(stage.reached.count == reached)
        }

        /// What was paid is what the books have, to the cent, and the records are whole; `doubt`: what was not yet on the
        /// disk when that was lost may be in doubt.
        private func agree(_ stage: Stage, _ secret: String, doubt: Bool = false) async throws {
            _ = try await stage.sidecar.settled("agent-1")
            let me = try await Wire.ask(
                stage.sidecar.proxyPort, "GET", "/_cofferdam/self", ["Authorization: Bearer \(secret)"])
            let cap = me.json["vendors"].items.first { $0["vendor"].text == "stripe" }?["caps"].items.first
            let cents = stage.vendor.accepted.map(\.amount).reduce(0, +)
            let sums = ["spent_usd", "in_doubt_usd", "held_usd"].map { Double(cap?[$0].text ?? "") ?? -1 }
            #expect(sums[0] + sums[1] == Double(cents) / 100 && sums[2] == 0 && (doubt || sums[1] == 0), "\(me)")
            let verified = try await stage.sidecar.command(["audit", "verify"])
            #expect(verified.status == 0, "\(verified)")
        }

        @Test func `refuses while no file may grow, and goes on when it may again`() async throws {
            let prlimit = try Machine.find("prlimit")
            try await Stage.play { stage in
                let secret = try await stage.sidecar.register("agent-1")
                let process = ["--pid", "\(try stage.sidecar.child.id)"]
                #expect(try await pay(stage, secret) == "200 ")
                let set = try await Child.run(prlimit, process + ["--fsize=0:unlimited"], in: stage.sidecar.folder)
                try #require(set.status == 0, "\(set)")
                try await refuses(stage, secret, "disk")
                let lifted = try await Child.run(
                    prlimit, process + ["--fsize=unlimited:unlimited"], in: stage.sidecar.folder)
                try #require(lifted.status == 0, "\(lifted)")
                try await eventually("it serves again") { try await self.pay(stage, secret) == "200 " }
                try await eventually("it is ready") { try await stage.sidecar.ask("GET", "/readyz").status == 200 }
                try await agree(stage, secret)
            }
        }

        /// As ext4 does it when it finds an error (`errors=remount-ro`): under the open files.
        @Test func `refuses on a file system that became read-only, and goes on after it was mended`() async throws {
            try await Apart.need()
            let mkfs = try Machine.find("mkfs.ext4")
            let fsck = try Machine.find("e2fsck")
            try await Stage.play { stage in
                await stage.sidecar.stop()
                let (folder, state) = (stage.sidecar.folder, stage.sidecar.state)
                try FileManager.default.removeItem(atPath: state)
                try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: false)
                let image = try folder.write("", to: "disk.img")
                try #require(truncate(image, 16 << 20) == 0)
                let made = try await Child.run(mkfs, ["-q", "-F", image], in: folder)
                try #require(made.status == 0, "\(made)")
                let mount = "mount -o loop,errors=remount-ro '\(image)' '\(state)'; chmod 700 '\(state)'"
                let tried = try await Child.run("unshare", ["-m", "/bin/sh", "-ec", mount], in: folder)
                guard tried.status == 0 else { try Test.cancel("skipped: no file can be mounted here: \(tried.err)") }
                try await stage.sidecar.start(behind: Apart.after(mount))
                let secret = try await register(stage)
                #expect(try await pay(stage, secret) == "200 ")
                _ = try await stage.sidecar.settled("agent-1")
                try await fail(stage)
                try await refuses(stage, secret, "disk error")
                await stage.sidecar.stop(SIGKILL)
                let mended = try await Child.run(fsck, ["-fy", image], in: folder)
                #expect(mended.status < 4, "\(mended)")
                try await stage.sidecar.start(behind: Apart.after(mount))
                #expect(try await pay(stage, secret) == "200 ")
                try await agree(stage, secret, doubt: true)
                #expect(stage.vendor.accepted.count == 2)
            }
        }

        /// The token stands on the disk that only the sidecar sees.
        private func register(_ stage: Stage) async throws -> String {
            let token = stage.sidecar.state + "/token"
            let inside = "/proc/\(try stage.sidecar.child.id)/root"
            try FileManager.default.copyItem(atPath: inside + token, toPath: token)
            return try await stage.sidecar.register("agent-1")
        }

        /// Makes the file system find an error.
        private func fail(_ stage: Stage) async throws {
            let inside = ["-t", "\(try stage.sidecar.child.id)", "-m"]
            let script =
                "echo 1 > /sys/fs/ext4/$(basename $(findmnt -no SOURCE '\(stage.sidecar.state)'))/trigger_fs_error"
            let failed = try await Child.run("nsenter", inside + ["/bin/sh", "-ec", script], in: stage.sidecar.folder)
            guard failed.status == 0 else {
                try Test.cancel("skipped: a file system can't be made to fail: \(failed.err)")
            }
        }

        private static let ways: [@Sendable (String) throws -> Void] = [
            { try FileManager.default.removeItem(atPath: $0) },
            { path in
                try FileManager.default.copyItem(atPath: path, toPath: path + ".copy")
                guard rename(path + ".copy", path) == 0 else { throw Machine.Missing(description: "rename") }
            },
        ]

        @Test(arguments: 0..<2)
        func `refuses once its database was removed or replaced, and says so`(_ way: Int) async throws {
            try await Stage.play { stage in
                let secret = try await stage.sidecar.register("agent-1")
                #expect(try await pay(stage, secret) == "200 ")
                try Self.ways[way](stage.sidecar.state + "/cofferdam.sqlite")
                try await eventually("it is seen") { try await stage.sidecar.ask("GET", "/readyz").status == 503 }
                try await refuses(stage, secret, "removed or replaced")
                #expect(stage.vendor.accepted.count == 1)
            }
        }
    }
}
