import Foundation
import Testing

@testable import Loopback

@Suite struct `Stripe's imitation` {
    @Test func `makes a payment intent and finds it again`() async throws {
        try await Asker.with { asker in
            let made = try await asker.curl(
                "/v1/payment_intents", "-d", "amount=2000", "-d", "currency=USD", "-d", "confirm=true", "-d",
                "metadata[order]=7")
            #expect(made.text.contains("\r\nRequest-Id: req_"))
            let intent = try #require(made.json)
            #expect(intent["object"] == "payment_intent")
            #expect(intent["amount"] == 2000)
            #expect(intent["currency"] == "usd")
            #expect(intent["status"] == "succeeded")
            #expect(intent["livemode"] == false)
            #expect(intent["metadata"]?["order"] == "7")
            let id = try #require(intent["id"]?.string)
            #expect(try await asker.curl("/v1/payment_intents/\(id)").json?["id"] == intent["id"])
            #expect(
                asker.sandbox.accepted == [Accepted(id: id, object: "payment_intent", amount: 2000, currency: "usd")])
        }
    }

    @Test(arguments: ["charges", "payouts", "transfers"])
    func `moves money in other ways`(kind: String) async throws {
        try await Asker.with { asker in
            let made = try await asker.curl("/v1/\(kind)", "-d", "amount=300&currency=eur").json
            #expect(made?["object"]?.string.map { "\($0)s" } == kind)
            #expect(asker.sandbox.accepted.map(\.amount) == [300])
        }
    }

    @Test func `refunds what is left and no more`() async throws {
        try await Asker.with { asker in
            let charge = try await asker.curl("/v1/charges", "-d", "amount=1000&currency=usd").json
            let id = try #require(charge?["id"]?.string)
            let some = try await asker.curl("/v1/refunds", "-d", "charge=\(id)&amount=300").json
            #expect(some?["amount"] == 300)
            #expect(try await asker.curl("/v1/refunds", "-d", "charge=\(id)").json?["amount"] == 700)
            #expect(try await asker.curl("/v1/refunds", "-d", "charge=\(id)").text.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func `confirms and captures without accepting twice`() async throws {
        try await Asker.with { asker in
            let intent = try await asker.curl("/v1/payment_intents", "-d", "amount=5&currency=usd").json
            #expect(intent?["status"] == "requires_payment_method")
            let id = try #require(intent?["id"]?.string)
            let confirmed = try await asker.curl("/v1/payment_intents/\(id)/confirm", "-X", "POST").json
            #expect(confirmed?["status"] == "succeeded")
            #expect(asker.sandbox.accepted.count == 1)
        }
    }

    @Test func `replays an idempotency key, and refuses it for something else`() async throws {
        try await Asker.with { asker in
            let key = ["-H", "Idempotency-Key: k1"]
            let first = try await asker.curl("/v1/charges", key[0], key[1], "-d", "amount=5&currency=usd")
            let second = try await asker.curl("/v1/charges", key[0], key[1], "-d", "amount=5&currency=usd")
            #expect(!first.text.contains("Idempotent-Replayed"))
            #expect(second.text.contains("\r\nIdempotent-Replayed: true\r\n"))
            #expect(first.json?["id"] == second.json?["id"])
            let other = try await asker.curl("/v1/charges", key[0], key[1], "-d", "amount=6&currency=usd")
            #expect(other.text.hasPrefix("HTTP/1.1 400 "))
            #expect(other.json?["error"]?["type"] == "idempotency_error")
            #expect(asker.sandbox.accepted.count == 1)
        }
    }

    @Test(arguments: [
        ("amount=402&currency=usd", 402, "card_declined"), ("currency=usd", 400, "parameter_missing"),
        ("amount=5", 400, "parameter_missing"), ("amount=5.5&currency=usd", 400, "parameter_invalid_integer"),
        ("amount=-5&currency=usd", 400, "parameter_invalid_integer"),
    ])
    func `declines and complains in Stripe's form`(form: String, status: Int, code: String) async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl("/v1/charges", "-d", form)
            #expect(ran.text.hasPrefix("HTTP/1.1 \(status) "))
            #expect(ran.json?["error"]?["code"]?.string == code)
            #expect(asker.sandbox.accepted.isEmpty)
        }
    }

    @Test func `keeps customers`() async throws {
        try await Asker.with { asker in
            let made = try await asker.curl("/v1/customers", "-d", "email=a%40b.example&name=A+B").json
            #expect(made?["email"] == "a@b.example")
            #expect(made?["name"] == "A B")
            let list = try await asker.curl("/v1/customers?limit=1").json
            #expect(list?["data"]?.array?.map { $0["id"] } == [made?["id"]])
            #expect(try await asker.curl("/v1/customers/cus_none").text.hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test func `accepts each of many at once exactly once`() async throws {
        try await Asker.with { asker in
            let transfers = (0..<200).map { number in
                """
                url = "https://api.stripe.com/v1/charges"
                header = "Idempotency-Key: k\(number / 2)"
                data = "amount=5&currency=usd"
                output = "/dev/null"
                cacert = "\(asker.folder.file("ca.pem"))"
                connect-to = "api.stripe.com:443:127.0.0.1:\(asker.sandbox.port)"
                """
            }
            let config = asker.folder.file("config")
            try transfers.joined(separator: "\nnext\n").write(toFile: config, atomically: true, encoding: .utf8)
            let ran = try await run([
                "curl", "-sS", "--http1.1", "-Z", "--parallel-immediate", "--parallel-max", "100", "-K", config,
            ])
            #expect(ran.status == 0, "\(ran.errors)")
            #expect(asker.sandbox.counts.complete == 200)
            #expect(asker.sandbox.accepted.count == 100)
        }
    }
}

@Suite struct `The other imitations` {
    @Test func `send a message, whose price comes later`() async throws {
        try await Asker.with { asker in
            let path = "/2010-04-01/Accounts/AC1/Messages"
            let text = String(repeating: "a", count: 161)
            let ran = try await asker.curl(
                "\(path).json", "--data-urlencode", "To=+15550001", "--data-urlencode", "From=+15550002", "-d",
                "Body=\(text)", host: "api.twilio.com")
            #expect(ran.text.hasPrefix("HTTP/1.1 201 "))
            let message = try #require(ran.json)
            #expect(message["to"] == "+15550001")
            #expect(message["price"] == .null)
            #expect(message["num_segments"] == "2")
            let sid = try #require(message["sid"]?.string)
            let later = try await asker.curl("\(path)/\(sid).json", host: "api.twilio.com").json
            #expect(later?["price"] == "-0.01580")
            let refused = try await asker.curl("\(path).json", "-d", "From=1&Body=x", host: "api.twilio.com")
            #expect(refused.json?["code"] == 21604)
        }
    }

    @Test func `send emails, one and many`() async throws {
        try await Asker.with { asker in
            let email = #"{"from":"a@a.example","to":["b@b.example","c@c.example"],"subject":"s"}"#
            let one = try await asker.curl("/emails", "--json", email).json
            #expect(one?["id"]?.string?.count == 36)
            let many = try await asker.curl("/emails/batch", "--json", "[\(email),\(email)]").json
            #expect(many?["data"]?.array?.count == 2)
            #expect(asker.sandbox.accepted.map(\.amount) == [2, 2, 2])
            #expect(try await asker.curl("/emails", "--json", "{}").text.hasPrefix("HTTP/1.1 422 "))
        }
    }

    @Test func `complete a chat, whole and in events`() async throws {
        try await Asker.with { asker in
            let ask = #""model":"m","messages":[{"role":"user","content":"12345678"}]"#
            let whole = try await asker.curl("/v1/chat/completions", "--json", "{\(ask)}").json
            let message = whole?["choices"]?.array?.first?["message"]
            #expect(message?["content"]?.string == Completion.sentence)
            #expect(whole?["usage"]?["completion_tokens"] == 9)
            #expect(whole?["usage"]?["prompt_tokens"] == 3)
            let stream = try await asker.curl(
                "/v1/chat/completions", "-N", "--json",
                "{\(ask),\"stream\":true,\"max_tokens\":2,\"stream_options\":{\"include_usage\":true}}")
            #expect(stream.text.contains("Content-Type: text/event-stream"))
            let events = stream.text.components(separatedBy: "\n\n").filter { $0.contains("data: ") }
            #expect(events.last == "data: [DONE]")
            #expect(events.dropLast().last?.contains(#""completion_tokens":2"#) == true)
            #expect(events.contains { $0.contains(#""finish_reason":"length""#) })
        }
    }

    @Test func `write a message, whole and in events`() async throws {
        try await Asker.with { asker in
            let ask = #""model":"m","max_tokens":100,"messages":[{"role":"user","content":"hello"}]"#
            let whole = try await asker.curl("/v1/messages", "--json", "{\(ask)}").json
            #expect(whole?["content"]?.array?.first?["text"]?.string == Completion.sentence)
            #expect(whole?["usage"]?["output_tokens"] == 9)
            let stream = try await asker.curl("/v1/messages", "-N", "--json", "{\(ask),\"stream\":true}").text
            #expect(stream.contains("event: message_start\ndata: {"))
            #expect(stream.hasSuffix("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"))
            #expect(stream.contains(#""usage":{"output_tokens":9}"#))
            let refused = try await asker.curl("/v1/messages", "--json", "{}")
            #expect(refused.json?["type"] == "error")
        }
    }
}
