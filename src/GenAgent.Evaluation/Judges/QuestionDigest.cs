using System.Security.Cryptography;
using System.Text;
using GenAgent.Evaluation.Benchmarks;

namespace GenAgent.Evaluation.Judges;

/// <summary>A hash of the questions that a format asks about a benchmark's prompts: stands beside every score.</summary>
internal static class QuestionDigest
{
    /// <summary>What it is called in an evaluation's manifest.</summary>
    public const string ManifestKey = "questions";

    private const int Digits = 12;

    /// <summary>The first digits of the SHA-256 of all questions; null where a program judges.</summary>
    public static string? Of(IBenchmark benchmark)
    {
        if (benchmark.Format is not { } format)
            return null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var question in benchmark.Tasks.SelectMany(format.Ask))
            hash.AppendData(Encoding.UTF8.GetBytes($"{question.System}\0{question.Text}\0{string.Join('\n', question.Spellings)}\0"));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..Digits];
    }
}
