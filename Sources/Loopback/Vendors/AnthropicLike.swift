/// Anthropic's messages, whole or as a stream.
enum AnthropicLike {
    static func answer(_ request: VendorRequest) -> VendorAnswer? {
        guard request.method == "POST", request.segments == ["v1", "messages"] else { return nil }
        guard let json = request.json, let model = json["model"]?.string, json["messages"]?.array != nil,
            let limit = json["max_tokens"]?.int
        else { return refusal("model, messages and max_tokens are required") }
        let completion = Completion(prompt: json["messages"], limit: limit)
        let id = Identifier.make("msg_")
        guard json["stream"]?.bool == true else { return .json(200, whole(completion, id, model)) }
        return .events(events(completion, id, model), everyMilliseconds: 20)
    }

    private static func whole(_ completion: Completion, _ id: String, _ model: String) -> JSON {
        start(id, model)
            .with("content", [["type": "text", "text": .string(completion.text)]])
            .with("stop_reason", reason(completion))
            .with("usage", usage(input: completion.promptTokens, output: completion.words.count))
    }

    private static func events(_ completion: Completion, _ id: String, _ model: String) -> [String] {
        let message = start(id, model).with("usage", usage(input: completion.promptTokens, output: 1))
        var events: [JSON] = [
            ["type": "message_start", "message": message],
            ["type": "content_block_start", "index": 0, "content_block": ["type": "text", "text": ""]],
            ["type": "ping"],
        ]
        events += completion.pieces.map {
            ["type": "content_block_delta", "index": 0, "delta": ["type": "text_delta", "text": .string($0)]]
        }
        events += [
            ["type": "content_block_stop", "index": 0],
            [
                "type": "message_delta", "delta": ["stop_reason": reason(completion), "stop_sequence": nil],
                "usage": ["output_tokens": .int(completion.words.count)],
            ],
            ["type": "message_stop"],
        ]
        return events.map { "event: \($0["type"]?.string ?? "")\ndata: \($0.text)\n\n" }
    }

    private static func start(_ id: String, _ model: String) -> JSON {
        [
            "id": .string(id), "type": "message", "role": "assistant", "model": .string(model), "content": [],
            "stop_reason": nil, "stop_sequence": nil,
        ]
    }

    private static func usage(input: Int, output: Int) -> JSON {
        [
            "input_tokens": .int(input), "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "output_tokens": .int(output),
        ]
    }

    private static func reason(_ completion: Completion) -> JSON {
        completion.isCut ? "max_tokens" : "end_turn"
    }

    private static func refusal(_ message: String) -> VendorAnswer {
        .json(400, ["type": "error", "error": ["type": "invalid_request_error", "message": .string(message)]])
    }
}
