using GenAgent.Validation;

namespace GenAgent.Tests.Validation;

public sealed class SpellingTests
{
    private static readonly string[] Known = ["generate", "models", "openai", "ollama", "comfyui", "--agent", "--seed"];

    [Theory]
    [InlineData("genrate", "generate")]
    [InlineData("opnai", "openai")]
    [InlineData("--agnet", "--agent")]
    [InlineData("Models", "models")]
    [InlineData("banana", null)]
    [InlineData("x", null)]
    public void What_was_most_likely_meant_is_found_and_nothing_is_guessed(string word, string? expected) => Spelling.Closest(word, Known).ShouldBe(expected);
}
