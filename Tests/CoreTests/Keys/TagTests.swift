import Testing

@testable import Core

@Suite struct `A label with tags in it` {
    private let template = LabelTemplate("tenant-{tenant}-{user}-{run}")

    @Test func `is read when there is one way to read it`() throws {
        let template = try #require(template)
        #expect(template.read("tenant-acme-42-7") == .certain(["tenant": "acme", "user": "42"]))
        #expect(template.names == ["tenant", "user"])
        let segments = try #require(LabelTemplate("{tenant}:{agent}:{feature}:{run}"))
        #expect(
            segments.read("acme:bot:refunds:9") == .certain(["tenant": "acme", "agent": "bot", "feature": "refunds"]))
        #expect(try #require(LabelTemplate("django-{user}")).read("django-ü-7") == .certain(["user": "ü-7"]))
    }

    @Test(arguments: ["tenant-acme-corp-42-7", "tenant-a-b-c-d-e", "tenant-acme--42-7"])
    func `says nothing when there are several`(_ label: String) throws {
        #expect(try #require(template).read(label) == .ambiguous)
    }

    @Test(arguments: [
        "run-7", "7", "0190f3a2-1c2e-7bbb-8000-aaaaaaaaaaaa", "-", "x-0190f3a2-1c2e-7bbb-8000-aaaaaaaaaaaa",
    ])
    func `is read whatever the run is, where its tags say how they look`(_ run: String) throws {
        let words = try #require(LabelTemplate("tenant-{tenant:word}-{user:word}-{run}"))
        #expect(words.names == ["tenant", "user"])
        #expect(words.read("tenant-acme-ada_1-\(run)") == .certain(["tenant": "acme", "user": "ada_1"]))
        let uuid = "0190f3a2-1c2e-7BBB-8000-00000000000f"
        let users = try #require(LabelTemplate("django-{user:uuid}-{run}"))
        #expect(users.read("django-\(uuid)-\(run)") == .certain(["user": uuid]))
    }

    @Test(arguments: ["django-ü-7", "django--7", "django-ada", "django-ada-", "django-a.b-7"])
    func `does not fit what looks otherwise`(_ label: String) throws {
        #expect(try #require(LabelTemplate("django-{user:word}-{run}")).read(label) == nil)
    }

    @Test(arguments: [
        "django-0190f3a2-1c2e-7bbb-8000-00000000000-7", "django-0190f3a2-1c2e-7bbb-8000-00000000000g-7",
        "django-0190f3a21c2e7bbb8000000000000000aaaa-7", "django-0190f3a2",
    ])
    func `does not take anything for a UUID`(_ label: String) throws {
        #expect(try #require(LabelTemplate("django-{user:uuid}-{run}")).read(label) == nil)
    }

    @Test(arguments: ["tenant-acme-42", "acme-42-7", "tenant-", "tenant---", "", "Tenant-acme-42-7"])
    func `does not fit every label`(_ label: String) throws {
        #expect(try #require(template).read(label) == nil)
    }

    @Test func `is read in good time, however it is made`() throws {
        let template = try #require(LabelTemplate("{a}-{b}-{c}-{d}-{e}-{f}-{g}-{h}-x"))
        #expect(template.read(String(repeating: "-", count: 255) + "y") == nil)
        #expect(template.read(String(repeating: "-", count: 255) + "x") == .ambiguous)
    }

    @Test(arguments: [
        "", "plain", "{run}", "{a}{b}", "{a}-{a}", "{A}", "{a", "a}", "{}", "{a b}", "{a:number}", "{a:}",
        "{a:anything}", "{a}-{run:uuid}", "{a}-{a:word}",
    ])
    func `is refused when it names no tag or can't be read`(_ text: String) { #expect(LabelTemplate(text) == nil) }
}

@Suite struct `The tags of a key` {
    private var rules: TagRules {
        var rules = TagRules()
        rules.templates = [LabelTemplate("tenant-{tenant}-{user}-{run}")].compactMap(\.self)
        rules.required = ["tenant"]
        return rules
    }

    @Test func `are those that it is given and those of its label`() throws {
        #expect(
            try rules.tags(["team": "a"], label: "tenant-acme-42-7") == ["tenant": "acme", "user": "42", "team": "a"])
        #expect(try rules.tags(["tenant": "acme"], label: "free text") == ["tenant": "acme"])
    }

    @Test func `must be there when they are required`() {
        #expect(throws: TagProblem.missing("tenant")) { try rules.tags(["user": "42"], label: "free text") }
        #expect(throws: TagProblem.missing("user")) {
            try rules.tags(["tenant": "a"], label: "free text", also: ["user"])
        }
    }

    @Test func `are never guessed`() throws {
        let label = "tenant-acme-corp-42-7"
        #expect(throws: TagProblem.self) { try rules.tags([:], label: label) }
        #expect(throws: TagProblem.self) { try rules.tags(["tenant": "acme"], label: label) }
        let given = ["tenant": "acme-corp", "user": "42"]
        #expect(try rules.tags(given, label: label) == given)
    }

    @Test func `may not contradict the label`() {
        #expect(throws: TagProblem.contradiction("tenant", given: "other", label: "acme")) {
            try rules.tags(["tenant": "other"], label: "tenant-acme-42-7")
        }
    }

    @Test func `are written in one way and read back`() {
        let tags = ["user": "42=x", "tenant": "acme corp"]
        #expect(Tag.text(tags) == "tenant=acme corp,user=42=x")
        #expect(Tag.read(Tag.text(tags)) == tags)
        #expect(Tag.text([:]) == nil && Tag.read(nil) == [:])
    }

    @Test(arguments: ["", "a,b", "a\nb", "cafe\u{301}", "\u{212A}", "a\u{202E}b", String(repeating: "a", count: 129)])
    func `have no values that lists or terminals would misread`(_ value: String) { #expect(!Tag.isValue(value)) }

    @Test(arguments: ["", "A", "1a", "a-b", "run", "vendor", String(repeating: "a", count: 33)])
    func `have names that configurations can spell`(_ name: String) { #expect(!Tag.isName(name)) }
}
