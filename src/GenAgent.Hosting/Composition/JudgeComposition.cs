using GenAgent.Agents;
using GenAgent.Hosting.Configuration;
using GenAgent.Judging;
using GenAgent.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace GenAgent.Hosting.Composition;

/// <summary>The configured judge: who chooses among images, and who scores the final one.</summary>
/// <param name="Chat">The judge's model, to be disposed of; null for a judge without one.</param>
/// <param name="Selector">Who chooses.</param>
/// <param name="Final">Who scores the final image; null for a judge that only compares.</param>
public sealed record JudgeComposition(IChatClient? Chat, IAttemptSelector Selector, IJudge? Final)
{
    private const long CacheBytes = 4L << 20;

    /// <summary>Makes the judge; null when none is configured.</summary>
    /// <param name="options">Which judge, and how it is asked.</param>
    /// <param name="registry">Makes its model.</param>
    /// <param name="time">The clock of its time limits.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The judge, or null.</returns>
    /// <exception cref="BackendUriException">The URI cannot be read, or names neither a judge nor a chat model.</exception>
    public static async Task<JudgeComposition?> CreateAsync(
        GenAgentOptions options, BackendRegistry registry, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(registry);
        if (options.Backends.Judge is not { Length: > 0 } uri)
        {
            return null;
        }

        if (registry.IsJudge(uri))
        {
            var program = await registry.CreateJudgeAsync(uri, cancellationToken);
            return new(null, new ScoreSelector(program), program);
        }

        var judging = options.Judging;
        var chat = await registry.CreateChatClientAsync(uri, cancellationToken);
        if (judging.Kind == JudgeKind.Pairwise)
        {
            return new(chat, new TournamentSelector(new PairwiseJudge(chat, judging.ToChatOptions())), null);
        }

        IJudge asked = judging.Kind == JudgeKind.Checklist
            ? new ChecklistJudge(chat, judging.ToChatOptions()) : new PointwiseJudge(chat, judging.ToChatOptions());

        // The selector has seen the final image already: its score is remembered, not asked for twice.
        var cache = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions { SizeLimit = CacheBytes }));
        var judge = asked.AsBuilder()
            .UseCache(cache)
            .UseRetries(judging.Retries, time: time)
            .UseConcurrencyLimit(judging.Concurrency)
            .Build();
        return new(chat, new ScoreSelector(judge), judge);
    }
}
