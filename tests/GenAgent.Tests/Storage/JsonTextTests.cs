using System.Text.Json;
using GenAgent.Storage;

namespace GenAgent.Tests.Storage;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("""{"pro\ud83d": 1, "prompt": "a cat"}""", "a cat")]
    [InlineData("""{"prompt": "a dog", "prompt": "a cat", "pro\ud83d": 1}""", "a cat")]
    [InlineData("""{"pro\ud83d": 1}""", null)]
    [InlineData("""{"Prompt": "a dog"}""", null)]
    [InlineData("""["prompt"]""", null)]
    public void A_member_is_found_beside_names_that_are_half_a_character(string json, string? expected)
    {
        using var document = JsonDocument.Parse(json);

        var member = JsonText.Member(document.RootElement, "prompt");

        (member.ValueKind == JsonValueKind.Undefined ? null : member.GetString()).ShouldBe(expected);
    }

    [Theory]
    [InlineData("""{"pro\ud83d\n": 1}""", "pro\ufffd\n")]
    [InlineData("""{"\ud83d\ude00 \"": 1}""", "\U0001f600 \"")]
    public void A_name_that_is_half_a_character_is_read(string json, string expected)
    {
        using var document = JsonDocument.Parse(json);

        JsonText.NameOf(document.RootElement.EnumerateObject().Single()).ShouldBe(expected);
    }
}
