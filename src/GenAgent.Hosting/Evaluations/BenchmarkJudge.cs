using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Judging;
using Microsoft.Extensions.AI;

namespace GenAgent.Hosting.Evaluations;

/// <summary>Who judges a benchmark: a program, or a chat model that is asked by the benchmark's format.</summary>
/// <param name="Judge">The judge.</param>
/// <param name="Chat">Its model, to be disposed of; null for a program.</param>
public sealed record BenchmarkJudge(IJudge Judge, IChatClient? Chat) : IDisposable
{
    /// <summary>Makes the judge of a URI, or where there is none the benchmark's own.</summary>
    /// <param name="host">Where backends come from.</param>
    /// <param name="settings">The configuration.</param>
    /// <param name="benchmark">What is judged.</param>
    /// <param name="uri">The judge's URI; null for the benchmark's own.</param>
    /// <param name="budget">Limits the calls of a chat model; null for no limit.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The judge; the caller disposes it.</returns>
    /// <exception cref="OptionException">There is neither.</exception>
    public static async Task<BenchmarkJudge> OpenAsync(
        HostEnvironment host, Settings settings, IBenchmark benchmark, string? uri, CallBudget? budget, CancellationToken cancellationToken)
    {
        if (uri is null && benchmark.ExactJudge is { } exact)
        {
            return new(exact, null);
        }

        uri ??= benchmark.OfficialJudge
            ?? throw new OptionException($"{benchmark.Title} needs a judge: name a chat model that sees images, as in --judge openai:gpt-4.1, or verifier.");
        var registry = BackendComposition.Create(host, settings);
        if (registry.IsJudge(uri))
        {
            return new(await registry.CreateJudgeAsync(uri, cancellationToken), null);
        }

        if (benchmark.Format is not { } format)
        {
            throw new OptionException($"{benchmark.Title} is judged by a program; no model can judge it. Leave --judge out.");
        }

        var chat = await registry.CreateChatClientAsync(uri, cancellationToken);
        return new(new ReplyJudge(chat, format, uri, budget), chat);
    }

    /// <summary>Disposes of the model.</summary>
    public void Dispose() => Chat?.Dispose();
}
