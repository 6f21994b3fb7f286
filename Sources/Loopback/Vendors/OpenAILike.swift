/// OpenAI's chat completions, whole or as a stream.
enum OpenAILike {
    static func answer(_ request: VendorRequest) -> VendorAnswer? {
        switch (request.method, request.segments) {
        case ("GET", ["v1", "models"]):
            let model: JSON = ["id": "sandbox-1", "object": "model", "created": 1_700_000_000, "owned_by": "sandbox"]
            return .json(200, ["object": "list", "data": [model]])
        case ("POST", ["v1", "chat", "completions"]):
            guard let json = request.json, let model = json["model"]?.string, json["messages"]?.array != nil else {
                return refusal("You must provide a model and messages.")
            }
            return complete(json, model)
        default:
            return nil
        }
    }

    private static func complete(_ json: JSON, _ model: String) -> VendorAnswer {
        let limit = json["max_completion_tokens"]?.int ?? json["max_tokens"]?.int
        let completion = Completion(prompt: json["messages"], limit: limit)
        let id = Identifier.make("chatcmpl-")
        guard json["stream"]?.bool == true else { return .json(200, whole(completion, id, model)) }
        let wantsUsage = json["stream_options"]?["include_usage"]?.bool == true
        return .events(events(completion, id, model, wantsUsage: wantsUsage), everyMilliseconds: 20)
    }

    private static func whole(_ completion: Completion, _ id: String, _ model: String) -> JSON {
        base(id, model, "chat.completion")
            .with(
                "choices",
                [
                    [
                        "index": 0, "message": ["role": "assistant", "content": .string(completion.text)],
                        "logprobs": nil, "finish_reason": reason(completion),
                    ]
                ]
            )
            .with("usage", usage(completion))
    }

    private static func events(_ completion: Completion, _ id: String, _ model: String, wantsUsage: Bool) -> [String] {
        let base = base(id, model, "chat.completion.chunk")
        func chunk(_ delta: JSON, _ reason: JSON) -> JSON {
            let chunk = base.with("choices", [["index": 0, "delta": delta, "logprobs": nil, "finish_reason": reason]])
            return wantsUsage ? chunk.with("usage", nil) : chunk
        }
        var chunks = [chunk(["role": "assistant", "content": ""], nil)]
        chunks += completion.pieces.map { chunk(["content": .string($0)], nil) }
        chunks.append(chunk([:], reason(completion)))
        if wantsUsage { chunks.append(base.with("choices", []).with("usage", usage(completion))) }
        return chunks.map { "data: \($0.text)\n\n" } + ["data: [DONE]\n\n"]
    }

    private static func base(_ id: String, _ model: String, _ object: String) -> JSON {
        ["id": .string(id), "object": .string(object), "created": 1_700_000_000, "model": .string(model)]
    }

    private static func reason(_ completion: Completion) -> JSON {
        completion.isCut ? "length" : "stop"
    }

    private static func usage(_ completion: Completion) -> JSON {
        [
            "prompt_tokens": .int(completion.promptTokens), "completion_tokens": .int(completion.words.count),
            "total_tokens": .int(completion.promptTokens + completion.words.count),
            "prompt_tokens_details": ["cached_tokens": 0], "completion_tokens_details": ["reasoning_tokens": 0],
        ]
    }

    private static func refusal(_ message: String) -> VendorAnswer {
        let error: JSON = ["message": .string(message), "type": "invalid_request_error", "param": nil, "code": nil]
        return .json(400, ["error": error])
    }
}
