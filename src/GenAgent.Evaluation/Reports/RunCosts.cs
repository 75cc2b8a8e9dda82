using GenAgent.Evaluation.Runs;

namespace GenAgent.Evaluation.Reports;

/// <summary>What an evaluation took. Immutable.</summary>
/// <param name="ImagesPerSample">Images that generators made for one that counts.</param>
/// <param name="ModelCallsPerSample">Calls of the agent's model for one that counts; 0 without an agent.</param>
/// <param name="InputTokensPerSample">Tokens that the agent's model read.</param>
/// <param name="OutputTokensPerSample">Tokens that it wrote.</param>
/// <param name="SecondsPerSample">From prompt to image, others at the same time included; of what was made in the run that judged it.</param>
/// <param name="JudgeCalls">Calls of the judge's model in all.</param>
/// <param name="JudgeInputTokens">Tokens that it read in all.</param>
/// <param name="JudgeOutputTokens">Tokens that it wrote in all.</param>
/// <param name="FaultyShare">Share of the agent's runs with a fault; null without an agent.</param>
public sealed record RunCosts(
    double ImagesPerSample, double ModelCallsPerSample, double InputTokensPerSample, double OutputTokensPerSample, double SecondsPerSample,
    long JudgeCalls, long JudgeInputTokens, long JudgeOutputTokens, double? FaultyShare)
{
    internal static RunCosts? Of(IReadOnlyList<Sample> samples)
    {
        if (samples.Count == 0)
            return null;
        var agents = samples.Select(s => s.Agent).OfType<Systems.AgentConduct>().ToList();
        var replies = samples.SelectMany(s => s.AllReplies).ToList();
        return new(
            samples.Average(s => (double)(s.Agent?.Images ?? (s.Agent is not null ? s.Attempts.Count : s.Image is null ? 0 : 1))),
            samples.Average(s => (double)(s.Agent?.ModelCalls ?? s.Agent?.Rounds ?? 0)),
            samples.Average(s => (double)(s.Agent?.InputTokens ?? 0)),
            samples.Average(s => (double)(s.Agent?.OutputTokens ?? 0)),
            samples.Average(s => s.Seconds),
            replies.Count,
            replies.Sum(r => r.InputTokens),
            replies.Sum(r => r.OutputTokens),
            agents.Count == 0 ? null : agents.Average(a => a.Faults.Count > 0 ? 1.0 : 0));
    }
}
