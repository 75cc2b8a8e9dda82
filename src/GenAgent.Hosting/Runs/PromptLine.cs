using System.Security.Cryptography;
using System.Text;
using GenAgent.Running;

namespace GenAgent.Hosting.Runs;

/// <summary>One prompt of many.</summary>
/// <param name="Index">Its place among the prompts, from 0.</param>
/// <param name="Text">The user's own words.</param>
/// <param name="Key">What it is known by in the run folder: depends on the words and on how often they came before, so that lines may be added or
/// moved.</param>
public sealed record PromptLine(int Index, string Text, string Key) : IRunTask
{
    /// <summary>The prompts with their keys.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <returns>The prompts in their order; equal ones have different keys.</returns>
    public static IReadOnlyList<PromptLine> Number(IEnumerable<string> prompts)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. prompts.Select((text, index) =>
        {
            var occurrence = seen[text] = seen.GetValueOrDefault(text) + 1;
            return new PromptLine(index, text, KeyOf(text, occurrence));
        })];
    }

    private static string KeyOf(string text, int occurrence) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{occurrence}\n{text}")).AsSpan(0, 8));
}
